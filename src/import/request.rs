//! From one line or frame to the requests that carry it.

use bytes::Bytes;

use super::input::Place;
use super::shift::Shift;
use super::split::Payload;
use super::{json, protobuf};
use crate::cli::SignalArg;

/// What a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signal {
    Traces,
    Logs,
    Metrics,
}

impl Signal {
    pub(super) const ALL: [Self; 3] = [Self::Traces, Self::Logs, Self::Metrics];

    /// Where OTLP/HTTP takes it.
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Traces => "/v1/traces",
            Self::Logs => "/v1/logs",
            Self::Metrics => "/v1/metrics",
        }
    }
}

impl From<SignalArg> for Signal {
    fn from(arg: SignalArg) -> Self {
        match arg {
            SignalArg::Traces => Self::Traces,
            SignalArg::Logs => Self::Logs,
            SignalArg::Metrics => Self::Metrics,
        }
    }
}

/// The two encodings of OTLP/HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Json,
    Protobuf,
}

impl Encoding {
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Protobuf => "application/x-protobuf",
        }
    }
}

/// One export request.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) place: Place,
    pub(super) signal: Signal,
    pub(super) encoding: Encoding,
    /// Spans, log records or data points.
    pub(super) records: u64,
    pub(super) body: Bytes,
}

/// What is in an encoded export request.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Contents {
    records: [u64; Signal::ALL.len()],
    /// The time of the newest record that has one.
    pub(super) newest_ns: Option<u64>,
}

impl Contents {
    pub(super) fn add(&mut self, signal: Signal, time_ns: u64) {
        self.records[signal as usize] += 1;
        if Shift::is_movable(time_ns) {
            self.newest_ns = self.newest_ns.max(Some(time_ns));
        }
    }

    /// The signals that have records, with how many.
    pub(super) fn signals(&self) -> impl Iterator<Item = (Signal, u64)> + use<> {
        let records = self.records;
        Signal::ALL
            .into_iter()
            .map(move |signal| (signal, records[signal as usize]))
            .filter(|(_, records)| *records > 0)
    }
}

/// What a payload holds, without making requests of it.
pub(super) fn contents(payload: &Payload, signal: Option<Signal>) -> Result<Contents, String> {
    match payload {
        Payload::Json(text) => json::contents(text),
        Payload::Protobuf(message) => protobuf::contents(message, signal_of(message, signal)?),
    }
}

/// The requests for one payload: one for each signal in it, none where it holds no record. A line that holds several
/// signals is sent to each one's path as it stands, since a receiver ignores fields that it does not know.
pub(super) fn requests(
    payload: Payload,
    place: &Place,
    signal: Option<Signal>,
    shift: Shift,
) -> Result<Vec<Request>, String> {
    let contents = contents(&payload, signal)?;
    let (encoding, body) = match payload {
        Payload::Json(text) if shift.is_none() => (Encoding::Json, text),
        Payload::Json(text) => (Encoding::Json, json::shifted(&text, shift)),
        Payload::Protobuf(mut message) => {
            if !shift.is_none() {
                let signal = signal_of(&message, signal)?;
                protobuf::shift(&mut message, signal, shift)?;
            }
            (Encoding::Protobuf, message)
        }
    };
    let body = Bytes::from(body);
    let request = |(signal, records)| Request {
        place: place.clone(),
        signal,
        encoding,
        records,
        body: body.clone(),
    };
    Ok(contents.signals().map(request).collect())
}

/// A message without any record carries whichever signal; it yields no request.
fn signal_of(message: &[u8], given: Option<Signal>) -> Result<Signal, String> {
    match given {
        Some(signal) => Ok(signal),
        None => Ok(protobuf::detect(message)?.unwrap_or(Signal::Logs)),
    }
}
