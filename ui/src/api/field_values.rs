//! `/api/v1/logs/fields/{name}/values`, and of spans under `/api/v1/traces`: the values of one field.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use clearspan_query::{Signal, ValuesRequest};
use serde::Serialize;

use super::counted::counted;
use crate::answer::{self, CountEnd, made, push_end};
use crate::error::ApiError;
use crate::json::push_value_counts;
use crate::limits::VALUES_LIMIT_DEFAULT;
use crate::params::Params;
use crate::state::Api;

const PARAMETERS: [&str; 5] = ["q", "from", "to", "limit", "prefix"];

/// What stands behind the values.
#[derive(Serialize)]
struct ValuesEnd {
    distinct: u64,
    matched: u64,
    #[serde(flatten)]
    end: CountEnd,
}

/// A field's name, as a path gives it.
type Name = Result<Path<String>, PathRejection>;

pub(crate) async fn of_logs(
    api: State<Api>,
    name: Name,
    params: Params,
) -> Result<Response, ApiError> {
    values(api, Signal::Logs, name, params).await
}

pub(crate) async fn of_spans(
    api: State<Api>,
    name: Name,
    params: Params,
) -> Result<Response, ApiError> {
    values(api, Signal::Spans, name, params).await
}

async fn values(
    State(api): State<Api>,
    signal: Signal,
    name: Name,
    params: Params,
) -> Result<Response, ApiError> {
    let timer = api.timer();
    let Path(field) = name.map_err(|_| ApiError::BadEncoding {
        what: "the path".into(),
    })?;
    let request = ValuesRequest {
        rows: counted(&params)?,
        field,
        prefix: params
            .text_or_number("prefix")?
            .unwrap_or_default()
            .to_owned(),
        limit: params.limit(VALUES_LIMIT_DEFAULT)?,
    };
    let engine = api.engine()?;
    let answer = engine.field_values(&api.tenant(), signal, request).await?;
    let elapsed_ms = timer.elapsed_ms();
    made(move || {
        let mut body = String::from("{\"values\":");
        push_value_counts(&answer.values.values, &mut body);
        let end = ValuesEnd {
            distinct: answer.values.distinct,
            matched: answer.counted.matched,
            end: CountEnd::new(elapsed_ms, answer.counted, params.hints(&PARAMETERS)),
        };
        push_end(&end, &mut body)?;
        Ok(answer::json_bytes(body))
    })
    .await
}
