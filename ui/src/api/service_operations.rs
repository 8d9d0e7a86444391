//! `/api/v1/services/{name}/operations`: the spans of a service by name and kind.

use axum::extract::State;
use axum::response::Response;
use clearspan_query::OperationRow;
use serde::Serialize;

use super::service::{ServiceName, hints, kind_text, ns};
use crate::answer::{self, Completeness, StatsView, made};
use crate::error::ApiError;
use crate::params::Params;
use crate::state::Api;
use crate::time::range;

const PARAMETERS: [&str; 2] = ["from", "to"];

#[derive(Serialize)]
struct OperationsView {
    operations: Vec<OperationView>,
    stats: StatsView,
    #[serde(flatten)]
    whole: Completeness,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hints: Vec<String>,
}

#[derive(Serialize)]
struct OperationView {
    name: String,
    kind: String,
    calls: u64,
    errors: u64,
    p50_ns: Option<String>,
    p95_ns: Option<String>,
    p99_ns: Option<String>,
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
            stats: StatsView::new(elapsed_ms, &answer.stats),
            whole: Completeness::of(answer.missing),
            hints: hinted,
        })
    })
    .await
}

impl From<OperationRow> for OperationView {
    fn from(operation: OperationRow) -> Self {
        OperationView {
            name: operation.name,
            kind: kind_text(operation.kind),
            calls: operation.calls,
            errors: operation.errors,
            p50_ns: ns(operation.p50_ns),
            p95_ns: ns(operation.p95_ns),
            p99_ns: ns(operation.p99_ns),
            impact: operation.impact,
        }
    }
}
