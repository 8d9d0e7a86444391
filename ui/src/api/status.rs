//! `/api/v1/status`: what was received, what is stored, what is pending.

use axum::extract::State;
use axum::response::Response;

use crate::answer::{self, made};
use crate::error::ApiError;
use crate::state::Api;

pub(crate) async fn status(State(api): State<Api>) -> Result<Response, ApiError> {
    let source = api.status_source()?;
    made(move || answer::json(&source.status())).await
}
