//! The panel of one record: its text whole, where it stands in its trace, all of its fields.

use askama::Template;
use axum::response::{IntoResponse, Response};
use clearspan_query::{Body, LogId, LogRecord, LogRows, QueryError};
use http::StatusCode;

use super::fields::{self, Section};
use super::message::{Marked, bytes, head};
use super::pretty::pretty;
use super::question::{LogsView, RECORD};
use super::rows::value_text;
use super::severity::Severity;
use super::trace::InTrace;
use crate::answer::made;
use crate::error::ApiError;
use crate::json::push_log_rows;
use crate::pages::asked::{Asked, Question, page};
use crate::pages::format;
use crate::pages::frame::Here;
use crate::pages::text::Block;
use crate::pages::view::Link;
use crate::state::Api;

/// Bytes of a text that are shown at once, and on demand.
const TEXT_BYTES: usize = 64 * 1024;
const TEXT_BYTES_MAX: usize = 1024 * 1024;

/// `/logs/record?sel=`: the panel alone.
pub(crate) async fn record(asked: Asked) -> Response {
    asked.answer(Here::Logs, answer).await
}

async fn answer(question: Question) -> Result<Response, ApiError> {
    let Question {
        api, params, frame, ..
    } = question;
    let view = LogsView::read(&params, frame)?;
    let panel = Panel::ask(&api, &view, Neighbours::Unknown).await?;
    let status = if panel.record.is_some() {
        StatusCode::OK
    } else {
        StatusCode::NOT_FOUND
    };
    Ok((status, page(&panel)?).into_response())
}

/// The records before and behind, as they are listed.
pub(super) enum Neighbours {
    /// The script of the page knows them.
    Unknown,
    Links(Option<Link>, Option<Link>),
}

/// The panel.
#[derive(Template)]
#[template(path = "logs_record.html")]
pub(super) struct Panel {
    close: Link,
    neighbours: Neighbours,
    record: Option<Record>,
    in_trace: Option<InTrace>,
}

struct Record {
    severity: Severity,
    datetime: String,
    day: String,
    clock: String,
    /// What the clock does not show.
    rest_ns: String,
    text: Marked,
    /// The rest of the text: how much it is, where it is shown, and the part of the page that has it.
    more: Option<(String, Link, Link)>,
    /// What is not shown at all.
    beyond: Option<String>,
    sections: Vec<Section>,
    count: usize,
    json: String,
    is_json_cut: bool,
}

impl Panel {
    pub(super) async fn ask(
        api: &Api,
        view: &LogsView,
        neighbours: Neighbours,
    ) -> Result<Self, ApiError> {
        let close = view.with("sel", "");
        let found = match LogId::parse(view.get("sel")) {
            Some(id) => api.engine()?.log_record(&api.tenant(), id).await?,
            None => None,
        };
        let Some(rows) = found else {
            return Ok(Panel {
                close,
                neighbours,
                record: None,
                in_trace: None,
            });
        };
        let in_trace = InTrace::ask(api, view, &rows).await?;
        let view = view.clone();
        let record = made(move || Record::new(&view, &rows)).await?;
        Ok(Panel {
            close,
            neighbours,
            record,
            in_trace,
        })
    }
}

impl Record {
    fn new(view: &LogsView, rows: &LogRows) -> Result<Option<Self>, ApiError> {
        let records = rows.records().map_err(QueryError::from)?;
        let Some(record) = records.iter().next() else {
            return Ok(None);
        };
        let bytes_max = if view.has("full") {
            TEXT_BYTES_MAX
        } else {
            TEXT_BYTES
        };
        let text = text_of(&record);
        let (ns, log) = (record.id.placed_time, &record.log);
        let (json, is_json_cut) = json_of(rows, bytes_max)?;
        let sections = fields::sections(view, &record);
        let full = view.same().with("full", "1");
        let is_cut = text.len() > bytes_max;
        Ok(Some(Record {
            severity: Severity::of(log.severity_number, log.severity_text),
            datetime: format::rfc3339(ns),
            day: format::day(ns, view.frame.range.now_ns),
            clock: format::clock_ms(ns),
            rest_ns: format!("{:06}", ns.rem_euclid(1_000_000)),
            text: view.style().body(&text, bytes_max),
            more: (is_cut && !view.has("full"))
                .then(|| (bytes(text.len()), full.link(), full.on(RECORD).link())),
            beyond: (is_cut && view.has("full"))
                .then(|| bytes(text.len() - head(&text, bytes_max).len())),
            count: sections.iter().map(|section| section.fields.len()).sum(),
            sections,
            json: Block(&json).to_string(),
            is_json_cut,
        }))
    }
}

fn text_of(record: &LogRecord<'_>) -> String {
    match record.log.body {
        Body::Text(text) => text.to_owned(),
        Body::Value(encoded) => pretty(&value_text(encoded), TEXT_BYTES_MAX),
        Body::Absent => String::new(),
    }
}

/// The record as the API gives it, and whether that is not all.
fn json_of(rows: &LogRows, bytes_max: usize) -> Result<(String, bool), ApiError> {
    let mut json = String::new();
    push_log_rows(rows, &mut json)?;
    let one = json
        .strip_prefix('[')
        .and_then(|json| json.strip_suffix(']'))
        .unwrap_or(&json);
    let shown = pretty(one, bytes_max);
    let is_cut = shown.len() >= bytes_max;
    Ok((head(&shown, bytes_max).to_owned(), is_cut))
}
