//! `/api/v1/traces/export`: all spans of the traces that match. `/api/v1/traces/{id}/export`: the spans of
//! one trace and its logs. Both as a file of OTLP/JSON lines.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use clearspan_query::ExportRequest;

use super::trace::trace_id;
use crate::error::ApiError;
use crate::export::{Format, name_of_now, streamed};
use crate::params::Params;
use crate::state::Api;
use crate::time::range;

pub(crate) async fn traces(State(api): State<Api>, params: Params) -> Result<Response, ApiError> {
    params.word("format", "otlp", |text| (text == "otlp").then_some(()))?;
    let request = ExportRequest {
        query: params.query()?,
        range: range(&params)?,
    };
    let export = api.engine()?.export_traces(&api.tenant(), request).await?;
    streamed(&api, export, Format::Otlp, &name_of_now(&api, "traces"))
}

pub(crate) async fn trace(
    State(api): State<Api>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, ApiError> {
    let id = trace_id(id)?;
    let export = api.engine()?.export_trace(&api.tenant(), id).await?;
    let name = format!("trace-{}", hex::encode(id));
    streamed(&api, export, Format::Otlp, &name)
}
