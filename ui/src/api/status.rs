//! `/api/v1/status`: what was received, what is stored, what is pending.

use axum::extract::State;
use axum::response::Response;

use crate::answer;
use crate::error::ApiError;
use crate::state::Api;

pub(crate) async fn status(State(api): State<Api>) -> Result<Response, ApiError> {
    answer::json(&api.status().await?)
}
