//! `/api/v1/services`: who sent spans in a range, how many, how fast.

use axum::extract::State;
use axum::response::Response;
use clearspan_query::ServiceRow;
use serde::Serialize;

use super::calls::CallsView;
use crate::answer::{self, CountEnd, made};
use crate::error::ApiError;
use crate::params::Params;
use crate::state::Api;
use crate::time::range;

const PARAMETERS: [&str; 2] = ["from", "to"];

#[derive(Serialize)]
struct ServicesView {
    services: Vec<ServiceView>,
    #[serde(flatten)]
    end: CountEnd,
}

#[derive(Serialize)]
struct ServiceView {
    name: String,
    namespace: Option<String>,
    environment: Option<String>,
    spans: u64,
    #[serde(flatten)]
    figures: CallsView,
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
            end: CountEnd::of(
                elapsed_ms,
                &answer.stats,
                answer.missing,
                params.hints(&PARAMETERS),
            ),
        })
    })
    .await
}

impl From<ServiceRow> for ServiceView {
    fn from(service: ServiceRow) -> Self {
        ServiceView {
            figures: CallsView::new(
                service.calls,
                service.errors,
                [service.p50_ns, service.p95_ns, service.p99_ns],
            ),
            last_seen_ns: service.last_seen_ns.to_string(),
            name: service.name,
            namespace: service.namespace,
            environment: service.environment,
            spans: service.spans,
            rate_per_s: service.rate_per_s,
        }
    }
}
