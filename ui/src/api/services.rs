//! `/api/v1/services`: who sent spans in a range, how many, how fast.

use axum::extract::State;
use axum::response::Response;
use clearspan_query::ServiceRow;
use serde::Serialize;

use crate::answer::{self, Completeness, StatsView, made};
use crate::error::ApiError;
use crate::params::Params;
use crate::state::Api;
use crate::time::range;

const PARAMETERS: [&str; 2] = ["from", "to"];

#[derive(Serialize)]
struct ServicesView {
    services: Vec<ServiceView>,
    stats: StatsView,
    #[serde(flatten)]
    whole: Completeness,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hints: Vec<String>,
}

#[derive(Serialize)]
struct ServiceView {
    name: String,
    namespace: Option<String>,
    environment: Option<String>,
    spans: u64,
    calls: u64,
    errors: u64,
    p50_ns: Option<String>,
    p95_ns: Option<String>,
    p99_ns: Option<String>,
    rate_per_s: f64,
    last_seen_ns: String,
}

pub(crate) async fn services(State(api): State<Api>, params: Params) -> Result<Response, ApiError> {
    let timer = api.timer();
    let request = range(&params)?.into();
    let answer = api.engine()?.services(&api.tenant(), request).await?;
    let elapsed_ms = timer.elapsed_ms();
    // There may be a hundred thousand of them.
    made(move || {
        answer::json(&ServicesView {
            services: answer.services.into_iter().map(ServiceView::from).collect(),
            stats: StatsView::new(elapsed_ms, &answer.stats),
            whole: Completeness::of(answer.missing),
            hints: params.hints(&PARAMETERS),
        })
    })
    .await
}

impl From<ServiceRow> for ServiceView {
    fn from(service: ServiceRow) -> Self {
        let ns = |duration: Option<i64>| duration.map(|ns| ns.to_string());
        ServiceView {
            p50_ns: ns(service.p50_ns),
            p95_ns: ns(service.p95_ns),
            p99_ns: ns(service.p99_ns),
            last_seen_ns: service.last_seen_ns.to_string(),
            name: service.name,
            namespace: service.namespace,
            environment: service.environment,
            spans: service.spans,
            calls: service.calls,
            errors: service.errors,
            rate_per_s: service.rate_per_s,
        }
    }
}
