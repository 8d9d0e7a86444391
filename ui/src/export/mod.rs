//! Answers that are streamed: every match, however many there are.
//!
//! The engine makes pieces, each becomes some lines, and the client's reading is what drives both. An
//! answer that breaks off ends without its last chunk, so that no client takes it for the whole.
//!
//! | file | what it holds |
//! |---|---|
//! | `format.rs` | a piece as OTLP/JSON lines, as JSON rows, as CSV |
//! | `csv.rs` | log rows as CSV |

mod csv;
mod format;

use axum::body::{Body, Bytes};
use axum::response::Response;
use clearspan_query::Export;
use futures::{StreamExt, stream};
use http::HeaderValue;
use http::header::CONTENT_DISPOSITION;
use jiff::Timestamp;

pub(crate) use format::Format;

use crate::answer::{bytes, made};
use crate::api::trace::marked;
use crate::error::ApiError;
use crate::state::Api;

/// `export` as an answer that is to be saved as a file. `name` says what is in it.
pub(crate) fn streamed(
    api: &Api,
    export: Export,
    format: Format,
    name: &str,
) -> Result<Response, ApiError> {
    let is_partial = !export.missing().is_empty();
    let running = Running {
        api: api.clone(),
        export,
        format,
    };
    let head = stream::iter(format.head()?.map(|head| Ok(Bytes::from(head))));
    let chunks = stream::unfold(Some(running), Running::next);
    let body = Body::from_stream(head.chain(chunks));
    let mut response = marked(bytes(format.content_type(), body), is_partial);
    let disposition = format!(
        "attachment; filename=\"clearspan-{name}.{}\"",
        format.extension()
    );
    let disposition = HeaderValue::try_from(disposition).map_err(|_| ApiError::Internal)?;
    response
        .headers_mut()
        .insert(CONTENT_DISPOSITION, disposition);
    Ok(response)
}

/// A moment as it can stand in a file's name.
pub(crate) fn name_of_now(api: &Api, what: &str) -> String {
    match Timestamp::from_nanosecond(api.now_ns().into()) {
        Ok(now) => format!("{what}-{}", now.strftime("%Y%m%dT%H%M%SZ")),
        Err(_) => what.to_owned(),
    }
}

struct Running {
    api: Api,
    export: Export,
    format: Format,
}

impl Running {
    /// The next chunk of the body. An error is the last thing that comes.
    async fn next(running: Option<Running>) -> Option<(Result<Bytes, ApiError>, Option<Running>)> {
        let mut running = running?;
        match running.chunk().await? {
            Ok(chunk) => Some((Ok(chunk), Some(running))),
            Err(error) => {
                tracing::warn!(%error, "an export breaks off");
                Some((Err(error), None))
            }
        }
    }

    async fn chunk(&mut self) -> Option<Result<Bytes, ApiError>> {
        // A long export would hold up the end of the process, and be cut off by it all the same.
        if self.api.is_draining() {
            return Some(Err(ApiError::NotReady {
                doing: "shutting down",
            }));
        }
        let piece = match self.export.next().await? {
            Ok(piece) => piece,
            Err(error) => return Some(Err(error.into())),
        };
        let format = self.format;
        Some(made(move || Ok(Bytes::from(format.write(&piece)?))).await)
    }
}
