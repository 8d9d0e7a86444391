//! `/metrics`: the figures of all rooms, for Prometheus and whoever reads its text format.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;

use crate::error::ApiError;
use crate::state::Api;

const TEXT_FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

pub(crate) async fn metrics(State(api): State<Api>) -> Result<Response, ApiError> {
    let page = api.metrics().await?;
    Ok(([(CONTENT_TYPE, TEXT_FORMAT)], page).into_response())
}
