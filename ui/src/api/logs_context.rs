//! `/api/v1/logs/context`: one log record, and the rows next to it.

use axum::extract::State;
use axum::response::Response;
use clearspan_query::limits::CONTEXT_ROWS_MAX;
use clearspan_query::{ContextRequest, LogId, Same};
use serde::Serialize;

use crate::answer::{self, CountEnd};
use crate::error::ApiError;
use crate::json::push_log_rows;
use crate::limits::CONTEXT_ROWS_DEFAULT;
use crate::params::{Params, bad, wrong_type};
use crate::state::Api;

const PARAMETERS: [&str; 4] = ["id", "before", "after", "same"];

/// What stands behind the rows.
#[derive(Serialize)]
struct ContextEnd {
    index: usize,
    #[serde(flatten)]
    end: CountEnd,
}

pub(crate) async fn context(State(api): State<Api>, params: Params) -> Result<Response, ApiError> {
    let timer = api.timer();
    let request = request(&params)?;
    let answer = api.engine()?.logs_context(&api.tenant(), request).await?;
    let elapsed_ms = timer.elapsed_ms();
    let hints = params.hints(&PARAMETERS);
    let end = ContextEnd {
        index: answer.index,
        end: CountEnd::of(elapsed_ms, &answer.stats, answer.missing, hints),
    };
    answer::rows(move |out| push_log_rows(&answer.rows, out), end).await
}

fn request(params: &Params) -> Result<ContextRequest, ApiError> {
    Ok(ContextRequest {
        id: id(params)?,
        before: rows(params, "before")?,
        after: rows(params, "after")?,
        same: same(params)?,
    })
}

fn id(params: &Params) -> Result<LogId, ApiError> {
    const EXPECTED: &str = "the id of a log record";
    let Some(text) = params.text("id")? else {
        return Err(wrong_type("id", "absent", EXPECTED));
    };
    LogId::parse(text).ok_or_else(|| bad("bad_id", "id", text, EXPECTED))
}

fn rows(params: &Params, name: &'static str) -> Result<usize, ApiError> {
    const EXPECTED: &str = "a whole number from 0 to 1000";
    let Some(text) = params.text_or_number(name)? else {
        return Ok(CONTEXT_ROWS_DEFAULT);
    };
    let is_whole = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let rows = text.parse().ok().filter(|&rows| rows <= CONTEXT_ROWS_MAX);
    rows.filter(|_| is_whole)
        .ok_or_else(|| bad("bad_limit", name, text, EXPECTED))
}

fn same(params: &Params) -> Result<Same, ApiError> {
    let mut same = Same::default();
    for what in params.texts("same")?.unwrap_or_default() {
        match what.as_str() {
            "service" => same.service = true,
            "instance" => same.instance = true,
            // An empty choice of a form.
            "" => {}
            other => {
                let expected = "service, instance or both with a comma between";
                return Err(bad("bad_parameter", "same", other, expected));
            }
        }
    }
    Ok(same)
}
