//! `/api/v1/services/{name}/operations`: the spans of a service by name and kind.

use axum::extract::State;
use axum::response::Response;
use clearspan_query::OperationRow;
use serde::Serialize;

use super::calls::CallsView;
use super::service::{ServiceName, hints, kind_text};
use crate::answer::{self, CountEnd, made};
use crate::error::ApiError;
use crate::params::Params;
use crate::state::Api;
use crate::time::range;

const PARAMETERS: [&str; 2] = ["from", "to"];

#[derive(Serialize)]
struct OperationsView {
    operations: Vec<OperationView>,
    #[serde(flatten)]
    end: CountEnd,
}

#[derive(Serialize)]
struct OperationView {
    name: String,
    kind: String,
    #[serde(flatten)]
    figures: CallsView,
    impact: f64,
}

pub(crate) async fn operations(
    State(api): State<Api>,
    ServiceName(service): ServiceName,
    params: Params,
) -> Result<Response, ApiError> {
    let timer = api.timer();
    let range = range(&params)?;
    let (engine, tenant) = (api.engine()?, api.tenant());
    let answer = engine.operations(&tenant, service.clone(), range).await?;
    let elapsed_ms = timer.elapsed_ms();
    let mut hinted = params.hints(&PARAMETERS);
    if answer.operations.is_empty() {
        hinted.extend(hints(&api, &service)?);
    }
    made(move || {
        answer::json(&OperationsView {
            operations: answer.operations.into_iter().map(Into::into).collect(),
            end: CountEnd::of(elapsed_ms, &answer.stats, answer.missing, hinted),
        })
    })
    .await
}

impl From<OperationRow> for OperationView {
    fn from(operation: OperationRow) -> Self {
        OperationView {
            name: operation.name,
            kind: kind_text(operation.kind),
            figures: CallsView::new(
                operation.calls,
                operation.errors,
                [operation.p50_ns, operation.p95_ns, operation.p99_ns],
            ),
            impact: operation.impact,
        }
    }
}
