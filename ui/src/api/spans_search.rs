//! `/api/v1/spans/search`: a page of the spans that match, each by itself, and how many do.

use axum::extract::State;
use axum::response::Response;
use clearspan_query::{SpanSort, SpansRequest};

use crate::answer::{self, Completeness, PageEnd, StatsView};
use crate::error::ApiError;
use crate::json::push_spans;
use crate::limits::SPANS_LIMIT_DEFAULT;
use crate::params::Params;
use crate::state::Api;
use crate::time::range;

const PARAMETERS: [&str; 7] = ["q", "from", "to", "limit", "cursor", "sort", "count"];

const SORTS: &str = "start or duration, with a - before it for largest first";

pub(crate) async fn search(State(api): State<Api>, params: Params) -> Result<Response, ApiError> {
    let timer = api.timer();
    let request = request(&params)?;
    let engine = api.engine()?.clone();
    let answer = api.uncounted().ask(
        request,
        |request| request.count = true,
        |request| {
            let (engine, tenant) = (engine.clone(), api.tenant());
            async move { engine.search_spans(&tenant, request).await }
        },
        |answer| answer.matched,
    );
    let answer = answer.await?;
    let elapsed_ms = timer.elapsed_ms();
    let end = PageEnd {
        next_cursor: answer.next_cursor,
        matched: answer.matched,
        stats: StatsView::new(elapsed_ms, &answer.stats),
        whole: Completeness::of(answer.missing),
        hints: [answer.hints, params.hints(&PARAMETERS)].concat(),
    };
    answer::rows(move |out| push_spans(&answer.rows, out), end).await
}

fn request(params: &Params) -> Result<SpansRequest, ApiError> {
    Ok(SpansRequest {
        query: params.query()?,
        range: range(params)?,
        sort: params
            .word("sort", SORTS, SpanSort::parse)?
            .unwrap_or_default(),
        limit: params.limit(SPANS_LIMIT_DEFAULT)?,
        cursor: params.cursor()?,
        count: params.count()?,
    })
}
