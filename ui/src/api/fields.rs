//! `/api/v1/logs/fields`, `/api/v1/traces/fields`: the fields of the logs or spans that match.

use axum::extract::State;
use axum::response::Response;
use clearspan_query::{FieldCount, FieldType, Signal};
use serde::Serialize;

use super::counted::counted;
use crate::answer::{self, CountEnd, made};
use crate::error::ApiError;
use crate::limits::FIELDS_LIMIT_DEFAULT;
use crate::params::Params;
use crate::state::Api;

const PARAMETERS: [&str; 4] = ["q", "from", "to", "limit"];

#[derive(Serialize)]
struct FieldsView {
    fields: Vec<FieldView>,
    distinct: u64,
    matched: u64,
    #[serde(flatten)]
    end: CountEnd,
}

#[derive(Serialize)]
struct FieldView {
    name: String,
    r#type: Option<&'static str>,
    count: u64,
}

pub(crate) async fn of_logs(api: State<Api>, params: Params) -> Result<Response, ApiError> {
    fields(api, Signal::Logs, params).await
}

pub(crate) async fn of_spans(api: State<Api>, params: Params) -> Result<Response, ApiError> {
    fields(api, Signal::Spans, params).await
}

async fn fields(
    State(api): State<Api>,
    signal: Signal,
    params: Params,
) -> Result<Response, ApiError> {
    let timer = api.timer();
    let rows = counted(&params)?;
    let limit = params.limit(FIELDS_LIMIT_DEFAULT)?;
    let engine = api.engine()?;
    let answer = engine.fields(&api.tenant(), signal, rows, limit).await?;
    let elapsed_ms = timer.elapsed_ms();
    made(move || {
        answer::json(&FieldsView {
            fields: answer.fields.into_iter().map(FieldView::from).collect(),
            distinct: answer.distinct,
            matched: answer.counted.matched,
            end: CountEnd::new(elapsed_ms, answer.counted, params.hints(&PARAMETERS)),
        })
    })
    .await
}

impl From<FieldCount> for FieldView {
    fn from(field: FieldCount) -> Self {
        FieldView {
            name: field.name,
            r#type: field.value_type.map(FieldType::name),
            count: field.count,
        }
    }
}
