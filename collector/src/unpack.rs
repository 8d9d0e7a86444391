//! From a request's bytes to a batch: inflating and decoding, which is all the CPU a request takes here.

use bytes::Bytes;
use clearspan_proto::otlp::{self, Decoded, Encoding, WireSignal};
use clearspan_schema::{LogsBatch, SpansBatch};
use clearspan_storage::Incoming;
use clearspan_storage::memory::Hold;

use crate::body::Payload;
use crate::inflate::{Coding, inflate};
use crate::limits;
use crate::refusal::Refusal;

/// Why the points of a request of metrics are rejected.
pub(crate) const METRICS_NOT_STORED: &str = "metrics_not_stored";

/// A request as it was received.
#[derive(Debug)]
pub(crate) struct Parcel {
    pub(crate) signal: WireSignal,
    pub(crate) encoding: Encoding,
    pub(crate) coding: Coding,
    pub(crate) payload: Payload,
}

impl Parcel {
    /// Whether unpacking takes so little that it may be done where the parcel arrived.
    pub(crate) fn is_small(&self) -> bool {
        self.coding == Coding::Identity && self.payload.bytes.len() <= limits::INLINE_BYTES
    }
}

/// What came out of a request.
#[derive(Debug)]
pub(crate) struct Unpacked {
    pub(crate) contents: Contents,
    /// The good records, with what they hold of the memory budget; `None` when there are none.
    pub(crate) rows: Option<(Incoming, Hold)>,
}

/// What was in a request.
#[derive(Debug)]
pub(crate) struct Contents {
    /// How many records are good.
    pub(crate) rows: u64,
    /// How many records cannot be kept.
    pub(crate) rejected: u64,
    /// The same by reason.
    pub(crate) rejected_by_reason: Vec<(&'static str, u64)>,
    /// Records that are kept otherwise than sent, by what was changed.
    pub(crate) repaired: Vec<(&'static str, u64)>,
    /// English words for the sender, empty when there is nothing to say.
    pub(crate) message: String,
}

/// Inflates and decodes. Rows are charged as much as the bytes they came from, until the store looks how large they are.
pub(crate) fn unpack(parcel: Parcel, limit: u64, arrival_ns: i64) -> Result<Unpacked, Refusal> {
    let Parcel {
        signal,
        encoding,
        coding,
        payload,
    } = parcel;
    let (plain, mut hold) = plain(coding, payload, limit)?;
    hold.grow(plain.len())?;
    let (contents, batch) = match signal {
        WireSignal::Traces => {
            let decoded = otlp::decode_traces(&plain, encoding, arrival_ns)?;
            contents(decoded, Incoming::Spans, SpansBatch::rows)
        }
        WireSignal::Logs => {
            let decoded = otlp::decode_logs(&plain, encoding, arrival_ns)?;
            contents(decoded, Incoming::Logs, LogsBatch::rows)
        }
        WireSignal::Metrics => (metrics(otlp::count_metric_points(&plain, encoding)?), None),
    };
    hold.shrink(plain.len());
    let rows = batch.map(|batch| (batch, hold));
    Ok(Unpacked { contents, rows })
}

fn plain(coding: Coding, payload: Payload, limit: u64) -> Result<(Bytes, Hold), Refusal> {
    let Payload { bytes, mut hold } = payload;
    if coding == Coding::Identity {
        return Ok((bytes, hold));
    }
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let plain = inflate(coding, &bytes, limit, &mut |grown| hold.grow(grown))?;
    hold.shrink(bytes.len());
    Ok((plain.into(), hold))
}

/// What was decoded, in whichever signal's batch.
fn contents<B>(
    decoded: Decoded<B>,
    incoming: fn(B) -> Incoming,
    rows: fn(&B) -> usize,
) -> (Contents, Option<Incoming>) {
    let rows = rows(&decoded.batch) as u64;
    let Decoded {
        batch,
        rejected,
        repaired,
    } = decoded;
    let contents = Contents {
        rows,
        rejected: rejected.total(),
        rejected_by_reason: rejected.iter().collect(),
        repaired: repaired.iter().collect(),
        message: rejected.message(),
    };
    (contents, (rows > 0).then(|| incoming(batch)))
}

/// The transport takes metrics and nothing keeps them: an error would only fill the sender's log.
fn metrics(points: u64) -> Contents {
    let is_empty = points == 0;
    let message = match is_empty {
        true => String::new(),
        false => format!("metrics are not stored: {points} data points were rejected"),
    };
    Contents {
        rows: 0,
        rejected: points,
        rejected_by_reason: (!is_empty)
            .then_some((METRICS_NOT_STORED, points))
            .into_iter()
            .collect(),
        repaired: Vec::new(),
        message,
    }
}
