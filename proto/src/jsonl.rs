//! Files of OTLP/JSON lines: what a line holds, and moving its times. One line is one request, as the
//! Collector's file exporter writes it.

use crate::json::reader::Reader;
use crate::otlp::{self, DecodeError, Encoding, WireSignal};

/// Which request a line is, by the first of its fields that tells. `None` when there is none.
pub fn signal_of_line(line: &[u8]) -> Option<WireSignal> {
    let mut found = None;
    let mut reader = Reader::of(line).ok()?;
    // An error ends the reading at the field that tells, so that a long line is not read to its end.
    let _ = reader.object(|reader, name| {
        found = match name {
            "resourceSpans" | "resource_spans" => Some(WireSignal::Traces),
            "resourceLogs" | "resource_logs" => Some(WireSignal::Logs),
            "resourceMetrics" | "resource_metrics" => Some(WireSignal::Metrics),
            _ => return reader.skip(),
        };
        Err(reader.expected("nothing more"))
    });
    found
}

/// The number of records of a line: spans, log records or metric data points, bad ones included.
pub fn count_records(line: &[u8]) -> Result<u64, DecodeError> {
    otlp::count_records(line, signal(line)?, Encoding::Json)
}

/// The latest time of any record of a line (see [`otlp::newest_time`]).
pub fn newest_time(line: &[u8]) -> Result<Option<u64>, DecodeError> {
    otlp::newest_time(line, signal(line)?, Encoding::Json)
}

/// The line with all of its times moved by `delta_ns` (see [`otlp::shift_times`]), without a line end.
pub fn shift_times(line: &[u8], delta_ns: i64) -> Result<Vec<u8>, DecodeError> {
    otlp::shift_times(line, signal(line)?, Encoding::Json, delta_ns)
}

fn signal(line: &[u8]) -> Result<WireSignal, DecodeError> {
    let expected = "expected resourceSpans, resourceLogs or resourceMetrics";
    signal_of_line(line).ok_or_else(|| DecodeError::json(expected))
}
