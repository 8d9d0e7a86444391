//! The panel beside the waterfall: one span with everything that it says.
//!
//! The page has it for the span of `?span=`; a script fetches it by itself, for one span after the other. Then the trace
//! is not read again: the script says where the trace starts (`at`), and fills in the self time, which it knows.

use askama::Template;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::response::Response;
use clearspan_query::{Skeleton, SpanId, TraceId};
use http::StatusCode;

use super::origin::Origin;
use super::raw::Raw;
use super::span::Span;
use super::span_logs::Logs;
use super::{NO_SPAN, span_id};
use crate::api::trace::trace_id;
use crate::error::ApiError;
use crate::pages::asked::{Asked, Question, page};
use crate::pages::frame::{Frame, Here};
use crate::pages::marks::Marks;
use crate::pages::paging::PAGE;
use crate::pages::view::{Link, View};
use crate::params::bad;
use crate::state::Api;

/// `/trace/{id}/span/{span}`: the panel alone.
pub(crate) async fn span(
    asked: Asked,
    ids: Result<Path<(String, String)>, PathRejection>,
) -> Response {
    let answer = |question| answer(question, ids);
    asked.answer(Here::Trace, answer).await
}

async fn answer(
    question: Question,
    ids: Result<Path<(String, String)>, PathRejection>,
) -> Result<Response, ApiError> {
    let Question { api, frame, .. } = question;
    let (id, span) = match ids {
        Ok(Path((id, span))) => (trace_id(Ok(Path(id)))?, span_id(&span)?),
        Err(rejection) => (trace_id(Err(rejection))?, SpanId::default()),
    };
    let marks = Marks::read(&api)?;
    let context = Context {
        trace: id,
        frame: &frame,
        marks: &marks,
        origin: origin(&frame)?,
        skeleton: None,
    };
    let panel = Panel::about(&api, span, &context).await?;
    let mut response = page(&panel)?;
    if panel.spans.is_empty() {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    Ok(response)
}

/// Where offsets count from, as whoever asks knows it.
fn origin(frame: &Frame) -> Result<Origin, ApiError> {
    let text = frame.view.get("at");
    match text.parse::<u64>() {
        _ if text.is_empty() => Ok(Origin(None)),
        Ok(start) => Ok(Origin(Some(start).filter(|&start| start > 0))),
        Err(_) => Err(bad("bad_parameter", "at", text, "nanoseconds since 1970")),
    }
}

/// What a span is shown with.
pub(super) struct Context<'a> {
    pub(super) trace: TraceId,
    pub(super) frame: &'a Frame,
    pub(super) marks: &'a Marks,
    pub(super) origin: Origin,
    /// Where the trace was read as a whole.
    pub(super) skeleton: Option<&'a Skeleton>,
}

impl Context<'_> {
    /// The page of the trace, as it is asked for now.
    pub(super) fn page(&self) -> View {
        let path = format!("/trace/{}", hex::encode(self.trace));
        self.frame.view.on(&path).without(&["at", PAGE])
    }
}

/// One span id and the spans that have it.
#[derive(Template)]
#[template(path = "trace_panel.html")]
pub(super) struct Panel {
    span_id: String,
    spans: Vec<Span>,
    logs: Logs,
    raw: Raw,
    /// Segments that cannot be read and may hold the span.
    missing: usize,
    close: Link,
    here: Link,
}

impl Panel {
    /// The panel of a page that has read the trace.
    pub(super) async fn read(
        api: &Api,
        frame: &Frame,
        trace: TraceId,
        span: SpanId,
        skeleton: &Skeleton,
        marks: &Marks,
    ) -> Result<Self, ApiError> {
        let context = Context {
            trace,
            frame,
            marks,
            origin: Origin(skeleton.start_ns),
            skeleton: Some(skeleton),
        };
        Panel::about(api, span, &context).await
    }

    async fn about(api: &Api, span: SpanId, context: &Context<'_>) -> Result<Self, ApiError> {
        let (engine, tenant) = (api.engine()?, api.tenant());
        let (rows, logs) = futures::try_join!(
            engine.span(&tenant, context.trace, span),
            engine.span_logs(&tenant, context.trace, span)
        )?;
        let records = rows.records().map_err(clearspan_query::QueryError::from)?;
        let view = context.page();
        Ok(Panel {
            span_id: hex::encode(span),
            spans: records
                .iter()
                .map(|record| Span::new(record, context))
                .collect(),
            logs: Logs::new(&logs, context, span)?,
            raw: Raw::of(rows.batches())?,
            missing: rows.missing.len().max(logs.missing.len()),
            close: view.with("span", NO_SPAN).link(),
            here: view.with("span", &hex::encode(span)).link(),
        })
    }
}
