//! `/api/v1/traces/{id}/skeleton`: what a waterfall draws of one trace, as bytes that `docs/formats.md` describes.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;

use super::trace::{marked, trace_id};
use crate::answer::{bytes, made};
use crate::error::ApiError;
use crate::state::Api;

/// The content type of a skeleton.
const SKELETON: &str = "application/vnd.clearspan.skeleton";

pub(crate) async fn skeleton(
    State(api): State<Api>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, ApiError> {
    let id = trace_id(id)?;
    let skeleton = api.engine()?.skeleton(&api.tenant(), id).await?;
    made(move || {
        let is_partial = !skeleton.missing.is_empty();
        Ok(marked(bytes(SKELETON, skeleton.encode()), is_partial))
    })
    .await
}
