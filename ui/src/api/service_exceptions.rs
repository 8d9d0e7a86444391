//! `/api/v1/services/{name}/exceptions`: what events of a service's spans tell, by type and top frame.

use axum::extract::State;
use axum::response::Response;
use clearspan_query::ExceptionRow;
use serde::Serialize;

use super::service::{ServiceName, hints};
use crate::answer::{self, CountEnd, made};
use crate::error::ApiError;
use crate::params::Params;
use crate::state::Api;
use crate::time::range;

const PARAMETERS: [&str; 2] = ["from", "to"];

#[derive(Serialize)]
struct ExceptionsView {
    exceptions: Vec<ExceptionView>,
    #[serde(flatten)]
    end: CountEnd,
}

#[derive(Serialize)]
struct ExceptionView {
    #[serde(rename = "type")]
    exception_type: String,
    frame: Option<String>,
    count: u64,
    first_ns: String,
    last_ns: String,
    message: Option<String>,
    exemplar_trace_id: String,
}

pub(crate) async fn exceptions(
    State(api): State<Api>,
    ServiceName(service): ServiceName,
    params: Params,
) -> Result<Response, ApiError> {
    let timer = api.timer();
    let range = range(&params)?;
    let (engine, tenant) = (api.engine()?, api.tenant());
    let answer = engine.exceptions(&tenant, service.clone(), range).await?;
    let elapsed_ms = timer.elapsed_ms();
    let mut hinted = params.hints(&PARAMETERS);
    if answer.exceptions.is_empty() {
        hinted.extend(hints(&api, &service)?);
    }
    made(move || {
        answer::json(&ExceptionsView {
            exceptions: answer.exceptions.into_iter().map(Into::into).collect(),
            end: CountEnd::of(elapsed_ms, &answer.stats, answer.missing, hinted),
        })
    })
    .await
}

impl From<ExceptionRow> for ExceptionView {
    fn from(exception: ExceptionRow) -> Self {
        ExceptionView {
            exception_type: exception.exception_type,
            frame: exception.frame,
            count: exception.count,
            first_ns: exception.first_ns.to_string(),
            last_ns: exception.last_ns.to_string(),
            message: exception.message,
            exemplar_trace_id: hex::encode(exception.exemplar_trace_id),
        }
    }
}
