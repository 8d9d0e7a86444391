//! From one line or frame to the request that carries it.

use bytes::Bytes;
use clearspan_proto::jsonl;
use clearspan_proto::otlp::{self, Encoding, WireSignal, frames};

use super::input::Place;
use super::shift::Shift;
use crate::cli::SignalArg;

/// One export request as it was found, with what it is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Payload {
    pub(super) encoding: Encoding,
    pub(super) body: Vec<u8>,
}

/// One export request, ready to be sent.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) place: Place,
    pub(super) signal: WireSignal,
    pub(super) encoding: Encoding,
    /// Spans, log records or data points.
    pub(super) records: u64,
    pub(super) body: Bytes,
}

impl Payload {
    /// The request for this payload; none where it holds no record. Its body stays byte for byte as it is, unless times
    /// are moved.
    pub(super) fn into_request(
        self,
        place: &Place,
        given: Option<WireSignal>,
        shift: Shift,
    ) -> Result<Option<Request>, String> {
        let Some(signal) = self.signal(given)? else {
            return Ok(None);
        };
        let encoding = self.encoding;
        let body = if shift.is_none() {
            self.body
        } else {
            otlp::shift_times(&self.body, signal, encoding, shift.ns())
                .map_err(|error| error.to_string())?
        };
        let records =
            otlp::count_records(&body, signal, encoding).map_err(|error| error.to_string())?;
        let request = Request {
            place: place.clone(),
            signal,
            encoding,
            records,
            body: body.into(),
        };
        Ok((records > 0).then_some(request))
    }

    /// The time of the newest record.
    pub(super) fn newest_ns(&self, given: Option<WireSignal>) -> Option<u64> {
        let signal = self.signal(given).ok()??;
        otlp::newest_time(&self.body, signal, self.encoding).ok()?
    }

    /// Whether there is no record, of whichever signal: the three requests have the same outline.
    fn is_empty(&self) -> bool {
        matches!(
            otlp::count_records(&self.body, WireSignal::Logs, self.encoding),
            Ok(0)
        )
    }

    /// What the records are; none where there is no record that could tell. A line says so itself, frames of protobuf do
    /// not: there the word of the command line comes first.
    fn signal(&self, given: Option<WireSignal>) -> Result<Option<WireSignal>, String> {
        match self.encoding {
            Encoding::Json => match jsonl::signal_of_line(&self.body) {
                Some(signal) => Ok(Some(signal)),
                None => Err(why_no_signal(&self.body)),
            },
            Encoding::Protobuf if given.is_some() => Ok(given),
            Encoding::Protobuf => match frames::detect_signal(&self.body) {
                Some(signal) => Ok(Some(signal)),
                None if self.is_empty() => Ok(None),
                None => Err("cannot tell which signal it is; name it with --signal".to_owned()),
            },
        }
    }
}

/// The reader's own words tell a line that is no JSON from one that is no request.
fn why_no_signal(line: &[u8]) -> String {
    match otlp::count_records(line, WireSignal::Traces, Encoding::Json) {
        Err(error) => error.to_string(),
        Ok(_) => "it has neither resourceSpans nor resourceLogs nor resourceMetrics".to_owned(),
    }
}

/// Where OTLP/HTTP takes a signal.
pub(super) fn path(signal: WireSignal) -> &'static str {
    match signal {
        WireSignal::Traces => "/v1/traces",
        WireSignal::Logs => "/v1/logs",
        WireSignal::Metrics => "/v1/metrics",
    }
}

/// The content type of an encoding.
pub(super) fn content_type(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Json => "application/json",
        Encoding::Protobuf => "application/x-protobuf",
    }
}

impl From<SignalArg> for WireSignal {
    fn from(arg: SignalArg) -> Self {
        match arg {
            SignalArg::Traces => Self::Traces,
            SignalArg::Logs => Self::Logs,
            SignalArg::Metrics => Self::Metrics,
        }
    }
}
