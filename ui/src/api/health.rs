//! `/livez`: the process answers. `/readyz`: it should be sent clients.

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;

use crate::answer;
use crate::error::ApiError;
use crate::state::Api;

#[derive(Serialize)]
struct Health {
    status: &'static str,
}

pub(crate) async fn livez() -> Result<Response, ApiError> {
    answer::json(&Health { status: "live" })
}

pub(crate) async fn readyz(State(api): State<Api>) -> Result<Response, ApiError> {
    api.ready()?;
    answer::json(&Health { status: "ready" })
}
