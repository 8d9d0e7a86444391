//! `/api/v1/logs/export`: every log that matches, newest first, as a file.

use axum::extract::State;
use axum::response::Response;
use clearspan_query::ExportRequest;

use crate::error::ApiError;
use crate::export::{Format, name_of_now, streamed};
use crate::params::Params;
use crate::state::Api;
use crate::time::range;

pub(crate) async fn logs(State(api): State<Api>, params: Params) -> Result<Response, ApiError> {
    let format = params.word("format", Format::OF_LOGS, Format::parse)?;
    let request = ExportRequest {
        query: params.query()?,
        range: range(&params)?,
    };
    let export = api.engine()?.export_logs(&api.tenant(), request).await?;
    let name = name_of_now(&api, "logs");
    streamed(&api, export, format.unwrap_or_default(), &name)
}
