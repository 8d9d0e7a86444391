//! `/api/v1/sql`: the rows of one SELECT, as JSON, CSV or an Arrow stream.
//!
//! | file | what it holds |
//! |---|---|
//! | `request.rs` | the query and its parameters, from the body |
//! | `accept.rs` | which format the caller wants |
//! | `json.rs`, `csv.rs`, `arrow_stream.rs` | the rows in each format |
//! | `value.rs` | one value of any Arrow type as JSON |

mod accept;
mod arrow_stream;
mod csv;
mod json;
mod request;
mod value;

use axum::extract::State;
use axum::response::Response;
use clearspan_query::{QueryError, SqlAnswer};
use http::{HeaderMap, HeaderValue};
use serde::Serialize;

use crate::answer::{Completeness, PARTIAL_HEADER, StatsView, bytes, made, push_end};
use crate::error::ApiError;
use crate::state::Api;
use accept::Format;
use request::SqlBody;

#[derive(Serialize)]
struct SqlEnd {
    stats: StatsView,
    #[serde(flatten)]
    whole: Completeness,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hints: Vec<String>,
}

pub(crate) async fn sql(
    State(api): State<Api>,
    headers: HeaderMap,
    body: SqlBody,
) -> Result<Response, ApiError> {
    let timer = api.timer();
    let format = accept::format(&headers)?;
    let SqlBody { request, hints } = body;
    let mut answer = api.engine()?.sql(&api.tenant(), request).await?;
    let end = SqlEnd {
        stats: StatsView::new(timer.elapsed_ms(), &answer.stats),
        whole: Completeness::of(std::mem::take(&mut answer.missing)),
        hints,
    };
    made(move || {
        let is_partial = end.whole.partial;
        let mut response = bytes(format.content_type(), written(format, &answer, &end)?);
        if is_partial {
            let headers = response.headers_mut();
            headers.insert(PARTIAL_HEADER, HeaderValue::from_static("true"));
        }
        Ok(response)
    })
    .await
}

/// CSV and Arrow have no room for what stands behind the rows in JSON; the header says whether they are whole.
fn written(format: Format, answer: &SqlAnswer, end: &SqlEnd) -> Result<Vec<u8>, ApiError> {
    let failed = |error: ::arrow::error::ArrowError| QueryError::Internal(error.to_string());
    Ok(match format {
        Format::Json => {
            let mut body = json::rows(&answer.schema, &answer.batches).map_err(failed)?;
            push_end(end, &mut body)?;
            body.into_bytes()
        }
        Format::Csv => csv::rows(&answer.schema, &answer.batches).map_err(failed)?,
        Format::Arrow => arrow_stream::rows(&answer.schema, &answer.batches).map_err(failed)?,
    })
}
