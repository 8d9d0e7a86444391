//! One export request as a file holds it.

use std::iter;

use clearspan_proto::jsonl;
use clearspan_proto::otlp::{self, Encoding, WireSignal, frames};
use memchr::memmem;

/// One export request as it was found, with what it is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Payload {
    pub(crate) encoding: Encoding,
    pub(crate) body: Vec<u8>,
}

impl Payload {
    /// The time of the newest record.
    pub(crate) fn newest_ns(&self, given: Option<WireSignal>) -> Option<u64> {
        let signals = self.signals(given).ok()?;
        let newest = |signal| otlp::newest_time(&self.body, signal, self.encoding).ok()?;
        signals.into_iter().filter_map(newest).max()
    }

    /// What the records are; none where there is no record that could tell. A line says so itself, frames of protobuf do
    /// not: there the word of the command line comes first.
    pub(crate) fn signals(&self, given: Option<WireSignal>) -> Result<Vec<WireSignal>, String> {
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
