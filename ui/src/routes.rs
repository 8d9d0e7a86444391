//! All routes. What is not here does not exist.

use axum::Router;
use axum::handler::Handler;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, get};
use http::{Method, Uri};

use crate::api::{health, logs_search, services, status, trace, trace_logs, traces_search};
use crate::error::{ApiError, shown};
use crate::guard::guard;
use crate::state::Api;

/// The routes of `api`.
pub fn router(api: Api) -> Router {
    Router::new()
        .route("/api/v1/logs/search", asked(logs_search::search))
        .route("/api/v1/traces/search", asked(traces_search::search))
        .route("/api/v1/traces/{id}", asked(trace::trace))
        .route("/api/v1/traces/{id}/logs", get(trace_logs::logs))
        .route("/api/v1/services", asked(services::services))
        .route("/api/v1/status", get(status::status))
        .route("/livez", get(health::livez))
        .route("/readyz", get(health::readyz))
        .fallback(unknown_path)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn_with_state(api.clone(), guard))
        .with_state(api)
}

/// A call with parameters takes them in the URL or, by POST, as a JSON body.
fn asked<H: Handler<T, Api>, T: 'static>(handler: H) -> MethodRouter<Api> {
    get(handler.clone()).post(handler)
}

async fn unknown_path(uri: Uri) -> ApiError {
    ApiError::UnknownPath {
        path: shown(uri.path()),
    }
}

async fn method_not_allowed(method: Method) -> ApiError {
    ApiError::MethodNotAllowed {
        method: shown(method.as_str()),
    }
}
