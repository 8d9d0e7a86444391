//! `/api/v1/logs/complete`, `/api/v1/traces/complete`: what may stand at a place of a query.

use axum::extract::State;
use axum::response::Response;
use clearspan_query::language::Mistake;
use clearspan_query::{CompletionItem, CompletionRequest, Signal};
use serde::Serialize;

use crate::answer::{self, CountEnd, made};
use crate::error::ApiError;
use crate::limits::CHOICES_LIMIT_DEFAULT;
use crate::params::{Params, bad};
use crate::state::Api;
use crate::time::range;

const PARAMETERS: [&str; 5] = ["q", "at", "from", "to", "limit"];

#[derive(Serialize)]
struct CompletionView {
    items: Vec<ItemView>,
    kind: &'static str,
    mistakes: Vec<MistakeView>,
    counted_rows: u64,
    counted_all: bool,
    #[serde(flatten)]
    end: CountEnd,
}

#[derive(Serialize)]
struct ItemView {
    insert: String,
    label: String,
    count: Option<u64>,
    from: usize,
    to: usize,
}

#[derive(Serialize)]
struct MistakeView {
    position: usize,
    length: usize,
    message: String,
    expected: Vec<String>,
}

pub(crate) async fn of_logs(api: State<Api>, params: Params) -> Result<Response, ApiError> {
    complete(api, Signal::Logs, params).await
}

pub(crate) async fn of_spans(api: State<Api>, params: Params) -> Result<Response, ApiError> {
    complete(api, Signal::Spans, params).await
}

async fn complete(
    State(api): State<Api>,
    signal: Signal,
    params: Params,
) -> Result<Response, ApiError> {
    let timer = api.timer();
    let request = CompletionRequest {
        query: params.query()?,
        position: position(&params)?,
        range: range(&params)?,
        limit: params.limit(CHOICES_LIMIT_DEFAULT)?,
    };
    let engine = api.engine()?;
    let answer = engine.complete(&api.tenant(), signal, request).await?;
    let elapsed_ms = timer.elapsed_ms();
    made(move || {
        let (from, to) = (answer.replace.start, answer.replace.end);
        let item = |item: CompletionItem| ItemView {
            insert: item.insert,
            label: item.label,
            count: item.count,
            from,
            to,
        };
        let hints = params.hints(&PARAMETERS);
        answer::json(&CompletionView {
            items: answer.items.into_iter().map(item).collect(),
            kind: answer.kind.name(),
            mistakes: answer.mistakes.into_iter().map(MistakeView::from).collect(),
            counted_rows: answer.counted_rows,
            counted_all: answer.counted_all,
            end: CountEnd::of(elapsed_ms, &answer.stats, answer.missing, hints),
        })
    })
    .await
}

/// `at`, in characters; how many the query has, the engine finds out.
fn position(params: &Params) -> Result<Option<usize>, ApiError> {
    let Some(text) = params.text_or_number("at")? else {
        return Ok(None);
    };
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        let expected = "a number of characters from 0";
        return Err(bad("bad_parameter", "at", text, expected));
    }
    Ok(Some(text.parse().unwrap_or(usize::MAX)))
}

impl From<Mistake> for MistakeView {
    fn from(mistake: Mistake) -> Self {
        MistakeView {
            position: mistake.error.position,
            length: mistake.length,
            message: mistake.error.message,
            expected: mistake.error.expected,
        }
    }
}
