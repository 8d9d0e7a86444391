//! `/trace/{id}`: one trace as a waterfall, and what its spans say.
//!
//! The page is whole without a script: facts, a paged table of the spans, and the span of `?span=` beside it. With one, a
//! waterfall takes the table's place: it fetches the trace's skeleton and, span by span, the panel.
//!
//! What is looked at stands in the URL:
//!
//! | parameter | what it says |
//! |---|---|
//! | `span` | the chosen span; `none` for none, and without it the deepest error, else the first span |
//! | `service`, `errors=only` | only such spans, and what called them |
//! | `page`, `view=table` | the page of the table; the table also where a script runs |
//! | `rows=spans`, `in=FROM-TO` | of the waterfall alone: a row for every span; the zoom, in nanoseconds after the trace's start |
//!
//! | file | what it holds |
//! |---|---|
//! | `head.rs`, `strip.rs` | title, facts, what is odd; self time by service |
//! | `table.rs` | the spans as a table, page by page |
//! | `panel.rs` | one span: the panel's frame and `/trace/{id}/span/{span}` |
//! | `span.rs`, `events.rs`, `span_logs.rs` | what the panel says of a span |
//! | `pairs.rs` | attributes, each a filter of the trace search |
//! | `raw.rs` | the span as it would be sent, readable |
//! | `origin.rs` | times as offsets from the trace's start |

mod events;
mod head;
mod origin;
mod pairs;
mod panel;
mod raw;
mod span;
mod span_logs;
mod strip;
mod table;

use askama::Template;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::response::Response;
use clearspan_query::{
    AskedRange, LogsRequest, Order, QueryEngine, QueryError, Skeleton, SpanFlags, SpanId, TenantId,
    TraceId,
};

use self::head::Head;
use self::panel::Panel;
use self::table::{Filter, Table};
use super::asked::{Asked, Question, page};
use super::format;
use super::frame::{Frame, Here};
use super::marks::Marks;
use super::paging::PAGE;
use super::text::plain;
use super::view::Link;
use crate::answer::made;
use crate::api::trace::trace_id;
use crate::error::ApiError;
use crate::params::bad;

pub(crate) use panel::span;

/// What `span` says when no span is to be shown.
const NO_SPAN: &str = "none";

pub(crate) async fn trace(asked: Asked, id: Result<Path<String>, PathRejection>) -> Response {
    let answer = |question| answer(question, id);
    asked.answer(Here::Trace, answer).await
}

async fn answer(
    question: Question,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, ApiError> {
    let Question { api, frame, .. } = question;
    let timer = api.timer();
    let id = trace_id(id)?;
    let wanted = Wanted::of(&frame)?;
    let filter = Filter::of(&frame.view)?;
    let (engine, tenant) = (api.engine()?, api.tenant());
    let (skeleton, logs) =
        futures::try_join!(engine.skeleton(&tenant, id), log_count(engine, &tenant, id))?;
    let marks = Marks::read(&api)?;
    let shown = wanted.span_in(&skeleton);
    let panel = match shown {
        Some(span) => Some(Panel::read(&api, &frame, id, span, &skeleton, &marks).await?),
        None => None,
    };
    let (is_asked, elapsed_ms) = (wanted.is_asked(), timer.elapsed_ms());
    // Both pass over all spans.
    made(move || {
        let head = Head::new(id, &skeleton, &frame, &marks);
        let table = Table::new(&skeleton, &frame, &marks, &filter, (shown, is_asked));
        page(&Trace {
            logs: format::count(logs),
            logs_link: logs_link(id, &skeleton),
            shape: Shape::of(&skeleton, &frame, &marks),
            is_asked,
            as_table: frame.view.get("view") == "table",
            waterfall: frame.view.without(&["view", PAGE]).link(),
            as_table_link: frame.view.with("view", "table").link(),
            elapsed_ms,
            head,
            table,
            panel,
            frame,
        })
    })
    .await
}

#[derive(Template)]
#[template(path = "trace.html")]
struct Trace {
    frame: Frame,
    head: Head,
    table: Table,
    panel: Option<Panel>,
    shape: Shape,
    logs: String,
    logs_link: Link,
    /// A span was named, so that its panel may lie over the rest where there is no room beside it.
    is_asked: bool,
    /// The table instead of the waterfall, whether or not a script runs.
    as_table: bool,
    waterfall: Link,
    as_table_link: Link,
    elapsed_ms: u64,
}

/// What the waterfall is started with.
struct Shape {
    skeleton: String,
    spans: String,
    /// Of services' names, what most of them begin and end with.
    prefix: String,
    suffix: String,
    start_ns: u64,
    from: String,
    to: String,
}

impl Shape {
    fn of(skeleton: &Skeleton, frame: &Frame, marks: &Marks) -> Self {
        let id = frame.view.path().trim_start_matches("/trace/");
        Shape {
            skeleton: format!("/api/v1/traces/{id}/skeleton"),
            spans: format!("/trace/{id}/span/"),
            prefix: plain(marks.prefix()),
            suffix: plain(marks.suffix()),
            start_ns: skeleton.start_ns.unwrap_or(0),
            from: frame.view.get("from").to_owned(),
            to: frame.view.get("to").to_owned(),
        }
    }
}

/// Which span the panel is about.
enum Wanted {
    /// None was named: the one that most likely tells what is wrong, else the first.
    Any,
    None,
    Span(SpanId),
}

impl Wanted {
    fn of(frame: &Frame) -> Result<Self, ApiError> {
        match frame.view.get("span") {
            "" => Ok(Wanted::Any),
            NO_SPAN => Ok(Wanted::None),
            text => span_id(text).map(Wanted::Span),
        }
    }

    fn is_asked(&self) -> bool {
        matches!(self, Wanted::Span(_))
    }

    fn span_in(&self, skeleton: &Skeleton) -> Option<SpanId> {
        match self {
            Wanted::None => None,
            Wanted::Span(id) => Some(*id),
            Wanted::Any => {
                // An error mostly shows in every caller above it: the deepest is nearest to its cause.
                let errors = skeleton.spans.iter();
                let errors = errors.filter(|span| span.flags.has(SpanFlags::ERROR));
                let deepest = errors.rev().max_by_key(|span| span.depth);
                deepest.or(skeleton.spans.first()).map(|span| span.span_id)
            }
        }
    }
}

/// The id of a span: 16 hexadecimal digits of either case.
fn span_id(text: &str) -> Result<SpanId, ApiError> {
    let mut id = SpanId::default();
    hex::decode_to_slice(text, &mut id)
        .map_err(|_| bad("bad_id", "span", text, "a span id of 16 hexadecimal digits"))?;
    Ok(id)
}

/// How many logs the trace has: a search counts them without reading them.
async fn log_count(
    engine: &QueryEngine,
    tenant: &TenantId,
    id: TraceId,
) -> Result<u64, QueryError> {
    let request = LogsRequest {
        query: of_trace(id),
        range: AskedRange::default(),
        order: Order::Ascending,
        limit: 1,
        cursor: None,
        count: true,
    };
    engine.search_logs(tenant, request).await?.counted()
}

fn of_trace(id: TraceId) -> String {
    format!("trace_id:{}", hex::encode(id))
}

/// The trace's logs, on their page.
fn logs_link(id: TraceId, skeleton: &Skeleton) -> Link {
    let end = skeleton
        .start_ns
        .map(|start| start.saturating_add(skeleton.duration_ns));
    origin::around("/logs", skeleton.start_ns, end, origin::FOR_LOGS_NS)
        .with("q", &of_trace(id))
        .link()
}
