//! From one line or frame to the requests that carry it.

use bytes::Bytes;
use clearspan_proto::otlp::{self, WireSignal};

use super::shift::Shift;
use crate::cli::SignalArg;
use crate::delivery::Export;
use crate::otlp_files::{Payload, Place};

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
