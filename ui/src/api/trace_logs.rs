//! `/api/v1/traces/{id}/logs`: the logs of one trace, oldest first.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Serialize;

use super::trace::trace_id;
use crate::answer::{self, Completeness, StatsView};
use crate::error::ApiError;
use crate::json::push_log_rows;
use crate::state::Api;

#[derive(Serialize)]
struct LogsEnd {
    matched: u64,
    stats: StatsView,
    #[serde(flatten)]
    whole: Completeness,
}

/// A trace without logs, and one that nobody has heard of, have no rows.
pub(crate) async fn logs(
    State(api): State<Api>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, ApiError> {
    let timer = api.timer();
    let id = trace_id(id)?;
    let answer = api.engine()?.trace_logs(&api.tenant(), id).await?;
    let elapsed_ms = timer.elapsed_ms();
    let matched = answer.counted()?;
    let end = LogsEnd {
        matched,
        stats: StatsView::new(elapsed_ms, &answer.stats),
        whole: Completeness::of(answer.missing).cut(answer.rows.len() as u64, matched),
    };
    answer::rows(move |out| push_log_rows(&answer.rows, out), end).await
}
