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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_kind_of_a_line_is_told_by_its_field() {
        for (line, signal) in [
            (r#"{"resourceSpans":[]}"#, Some(WireSignal::Traces)),
            (
                r#" {"other":[{}],"resource_logs":null}"#,
                Some(WireSignal::Logs),
            ),
            ("\u{feff}{\"resourceMetrics\":[", Some(WireSignal::Metrics)),
            ("{}", None),
            (r#"{"other":"#, None),
            ("resourceSpans", None),
            ("", None),
        ] {
            assert_eq!(signal_of_line(line.as_bytes()), signal, "{line}");
        }
        assert!(count_records(b"{}").is_err());
    }

    #[test]
    fn a_line_moves_with_all_of_its_times() {
        let line = br#"{"resourceSpans":[{"scopeSpans":[{"spans":[
            {"startTimeUnixNano":"100","endTimeUnixNano":"300","events":[{"timeUnixNano":200},{}]},
            {"startTimeUnixNano":"18446744073709551615","name":"far"}]}]}]}"#;
        assert_eq!(count_records(line).unwrap(), 2);
        assert_eq!(newest_time(line).unwrap(), Some(300));
        assert_eq!(
            String::from_utf8(shift_times(line, 50).unwrap()).unwrap(),
            concat!(
                r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"startTimeUnixNano":"150","endTimeUnixNano":"350","#,
                r#""events":[{"timeUnixNano":"250"},{}]},{"name":"far","startTimeUnixNano":"18446744073709551615"}]}]}]}"#
            )
        );
        let metrics = br#"{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"sum":{"dataPoints":[{}]}}]}]}]}"#;
        assert_eq!(count_records(metrics).unwrap(), 1);
        assert_eq!(newest_time(metrics).unwrap(), None);
        assert_eq!(shift_times(metrics, 50).unwrap(), metrics);
    }
}
