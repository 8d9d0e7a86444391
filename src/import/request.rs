//! From one line or frame to the requests that carry it.

use std::iter;

use bytes::Bytes;
use clearspan_proto::jsonl;
use clearspan_proto::otlp::{self, Encoding, WireSignal, frames};
use memchr::memmem;

use super::input::Place;
use super::shift::Shift;
use crate::cli::SignalArg;
use crate::delivery::Export;

/// One export request as it was found, with what it is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Payload {
    pub(super) encoding: Encoding,
    pub(super) body: Vec<u8>,
}

/// One export request, and where it was found.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) place: Place,
    pub(super) export: Export,
}

impl Payload {
    /// The requests for this payload: one for each signal it has records of. Its body stays byte for byte as it is, unless
    /// times are moved; a receiver ignores the fields of other signals.
    pub(super) fn into_requests(
        self,
        place: &Place,
        given: Option<WireSignal>,
        shift: Shift,
    ) -> Result<Vec<Request>, String> {
        let signals = self.signals(given)?;
        let encoding = self.encoding;
        let body = Bytes::from(self.body);
        let mut requests = Vec::with_capacity(signals.len());
        for signal in signals {
            let body = if shift.is_none() {
                body.clone()
            } else {
                otlp::shift_times(&body, signal, encoding, shift.ns())
                    .map_err(|error| error.to_string())?
                    .into()
            };
            let records =
                otlp::count_records(&body, signal, encoding).map_err(|error| error.to_string())?;
            if records > 0 {
                requests.push(Request {
                    place: place.clone(),
                    export: Export {
                        signal,
                        encoding,
                        records,
                        body,
                    },
                });
            }
        }
        Ok(requests)
    }

    /// The time of the newest record.
    pub(super) fn newest_ns(&self, given: Option<WireSignal>) -> Option<u64> {
        let signals = self.signals(given).ok()?;
        let newest = |signal| otlp::newest_time(&self.body, signal, self.encoding).ok()?;
        signals.into_iter().filter_map(newest).max()
    }

    /// What the records are; none where there is no record that could tell. A line says so itself, frames of protobuf do
    /// not: there the word of the command line comes first.
    fn signals(&self, given: Option<WireSignal>) -> Result<Vec<WireSignal>, String> {
        match self.encoding {
            Encoding::Json => self.signals_of_line(),
            Encoding::Protobuf if given.is_some() => Ok(given.into_iter().collect()),
            Encoding::Protobuf => match frames::detect_signal(&self.body) {
                Some(signal) => Ok(vec![signal]),
                None if self.is_empty() => Ok(Vec::new()),
                None => Err("cannot tell which signal it is; name it with --signal".to_owned()),
            },
        }
    }

    /// The first field that tells, nearly always the only one, and those that are mentioned besides: whether they are more
    /// than a text that reads so, counting their records will show.
    fn signals_of_line(&self) -> Result<Vec<WireSignal>, String> {
        let first = jsonl::signal_of_line(&self.body).ok_or_else(|| why_no_signal(&self.body))?;
        let mentioned = [
            (WireSignal::Traces, "\"resourceSpans\""),
            (WireSignal::Logs, "\"resourceLogs\""),
            (WireSignal::Metrics, "\"resourceMetrics\""),
        ]
        .into_iter()
        .filter(|(signal, field)| {
            *signal != first && memmem::find(&self.body, field.as_bytes()).is_some()
        })
        .map(|(signal, _)| signal);
        Ok(iter::once(first).chain(mentioned).collect())
    }

    /// Whether there is no record, of whichever signal: the three requests have the same outline.
    fn is_empty(&self) -> bool {
        matches!(
            otlp::count_records(&self.body, WireSignal::Logs, self.encoding),
            Ok(0)
        )
    }
}

/// The reader's own words tell a line that is no JSON from one that is no request.
fn why_no_signal(line: &[u8]) -> String {
    match otlp::count_records(line, WireSignal::Traces, Encoding::Json) {
        Err(error) => error.to_string(),
        Ok(_) => "it has neither resourceSpans nor resourceLogs nor resourceMetrics".to_owned(),
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
