//! Reading a request's body within its limits.

use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use clearspan_storage::memory::{Hold, NoRoom};
use http_body::Body;
use http_body_util::BodyExt;

use crate::limits::ANNOUNCED_BYTES_MAX;
use crate::refusal::Refusal;

/// Bytes of a request, with what they hold of the memory budget.
#[derive(Debug)]
pub(crate) struct Payload {
    pub(crate) bytes: Bytes,
    pub(crate) hold: Hold,
}

/// Reads a body that is the payload as a whole.
pub(crate) async fn read<B>(body: &mut B, limit: u64, mut hold: Hold) -> Result<Payload, Refusal>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: std::fmt::Display,
{
    // What is announced as too large is refused before any of it is read.
    if body.size_hint().lower() > limit {
        return Err(Refusal::TooLarge { limit });
    }
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    let mut bytes = Vec::new();
    while let Some(chunk) = next_chunk(body, &mut hold).await? {
        if (bytes.len() + chunk.len()) as u64 > limit {
            return Err(Refusal::TooLarge { limit });
        }
        if bytes.is_empty() {
            bytes.reserve_exact(announced.min(ANNOUNCED_BYTES_MAX));
        }
        bytes.extend_from_slice(&chunk);
    }
    let bytes = Bytes::from(bytes);
    Ok(Payload { bytes, hold })
}

/// The next bytes of `body`, charged to `hold`; `None` at its end.
pub(crate) async fn next_chunk<B>(body: &mut B, hold: &mut Hold) -> Result<Option<Bytes>, Refusal>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: std::fmt::Display,
{
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Refusal::BrokenBody(error.to_string()))?;
        // Trailers say nothing to us.
        if let Ok(chunk) = frame.into_data() {
            hold.grow(chunk.len())?;
            return Ok(Some(chunk));
        }
    }
    Ok(None)
}

/// `reading`, or a refusal when it takes longer than `time`.
pub(crate) async fn in_time<T>(
    time: Duration,
    reading: impl Future<Output = Result<T, Refusal>>,
) -> Result<T, Refusal> {
    tokio::time::timeout(time, reading)
        .await
        .unwrap_or(Err(Refusal::TooSlow(time)))
}

impl From<NoRoom> for Refusal {
    fn from(_: NoRoom) -> Self {
        Refusal::overloaded()
    }
}
