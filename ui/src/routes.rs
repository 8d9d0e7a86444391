//! All routes. What is not here does not exist.

use axum::Router;
use axum::handler::Handler;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, get, post};
use http::Method;

use crate::api::{complete, facets, field_values, fields, logs_histogram, metrics};
use crate::api::{
    dependencies, health, logs_search, services, spans_search, sql, status, trace, trace_logs,
    traces_search,
};
use crate::api::{
    logs_context, logs_export, logs_tail, trace_skeleton, traces_export, traces_scatter,
};
use crate::api::{pattern_slots, patterns};
use crate::api::{service_exceptions, service_latency, service_operations};
use crate::assets;
use crate::error::{ApiError, shown};
use crate::guard::guard;
use crate::pages::{
    self, logs as logs_page, services as services_page, settings, setup, traces as traces_page,
};
use crate::state::Api;

/// The routes of `api`.
pub fn router(api: Api) -> Router {
    Router::new()
        .route("/api/v1/logs/search", asked(logs_search::search))
        .route("/api/v1/logs/complete", asked(complete::of_logs))
        .route("/api/v1/logs/context", asked(logs_context::context))
        .route("/api/v1/logs/histogram", asked(logs_histogram::histogram))
        .route("/api/v1/logs/fields", asked(fields::of_logs))
        .route(
            "/api/v1/logs/fields/{name}/values",
            asked(field_values::of_logs),
        )
        .route("/api/v1/logs/facets", asked(facets::of_logs))
        .route("/api/v1/logs/patterns", asked(patterns::patterns))
        .route(
            "/api/v1/logs/patterns/{id}/slots",
            asked(pattern_slots::slots),
        )
        .route("/api/v1/logs/export", asked(logs_export::logs))
        .route("/api/v1/logs/tail", asked(logs_tail::tail))
        .route("/api/v1/traces/export", asked(traces_export::traces))
        .route("/api/v1/traces/{id}/export", get(traces_export::trace))
        .route("/api/v1/traces/search", asked(traces_search::search))
        .route("/api/v1/traces/scatter", asked(traces_scatter::scatter))
        .route("/api/v1/spans/search", asked(spans_search::search))
        .route("/api/v1/traces/fields", asked(fields::of_spans))
        .route(
            "/api/v1/traces/fields/{name}/values",
            asked(field_values::of_spans),
        )
        .route("/api/v1/traces/complete", asked(complete::of_spans))
        .route("/api/v1/traces/facets", asked(facets::of_spans))
        .route("/api/v1/traces/{id}", asked(trace::trace))
        .route("/api/v1/traces/{id}/logs", get(trace_logs::logs))
        .route(
            "/api/v1/traces/{id}/skeleton",
            get(trace_skeleton::skeleton),
        )
        .route("/api/v1/services", asked(services::services))
        .merge(of_service("/api/v1/services/{name}"))
        .merge(of_service("/api/v1/services/"))
        .route("/api/v1/dependencies", asked(dependencies::dependencies))
        .route("/api/v1/sql", post(sql::sql))
        .route("/api/v1/status", get(status::status))
        .route("/metrics", get(metrics::metrics))
        .route("/", get(services_page::services))
        .route("/logs", get(logs_page::logs))
        .route("/logs/rows", get(logs_page::rows))
        .route("/logs/record", get(logs_page::record))
        .route("/logs/trace", get(logs_page::trace))
        .route("/logs/matched", get(logs_page::matched))
        .route("/logs/chart", get(logs_page::chart))
        .route("/logs/facets", get(logs_page::facets))
        .route("/logs/facet", get(logs_page::facet))
        .route("/logs/fields", get(logs_page::fields))
        .route("/traces/matched", get(traces_page::matched))
        .route("/traces", get(traces_page::traces))
        .route("/trace/{id}", get(pages::trace::trace))
        .route("/trace/{id}/span/{span}", get(pages::trace::span))
        .route("/map", get(pages::map::map))
        .route("/service", get(pages::service::by_parameter))
        .route("/service/{name}", get(pages::service::service))
        .route("/theme", get(settings::theme))
        .route("/setup/waiting", get(setup::waiting))
        .route("/setup/open", get(setup::open))
        .route("/setup/demo-trace", post(setup::demo_trace))
        .route("/assets/{name}", get(assets::asset))
        .route("/livez", get(health::livez))
        .route("/readyz", get(health::readyz))
        .fallback(pages::not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn_with_state(api.clone(), guard))
        .with_state(api)
}

/// The calls about one service. In a path an empty name is two slashes, which `{name}` does not match.
fn of_service(path: &str) -> Router<Api> {
    Router::new()
        .route(
            &format!("{path}/operations"),
            asked(service_operations::operations),
        )
        .route(&format!("{path}/latency"), asked(service_latency::latency))
        .route(
            &format!("{path}/exceptions"),
            asked(service_exceptions::exceptions),
        )
}

/// A call with parameters takes them in the URL or, by POST, as a JSON body.
fn asked<H: Handler<T, Api>, T: 'static>(handler: H) -> MethodRouter<Api> {
    get(handler.clone()).post(handler)
}

async fn method_not_allowed(method: Method) -> ApiError {
    ApiError::MethodNotAllowed {
        method: shown(method.as_str()),
    }
}
