//! What a reader chooses from: fields that become columns, and formats in which all records are given out.

use askama::Template;
use axum::response::Response;
use clearspan_query::{FieldCount, Signal};

use super::columns::COLUMNS_MAX;
use super::message::{Marked, short};
use super::question::LogsView;
use crate::error::ApiError;
use crate::pages::asked::{Asked, Question, page};
use crate::pages::format;
use crate::pages::frame::Here;
use crate::pages::view::Link;

/// Fields of the list; others can be typed.
const FIELDS_MAX: usize = 100;

const NAME_CHARS_MAX: usize = 80;

/// Fields that have a column already.
const SHOWN: [&str; 4] = ["severity", "service", "service.name", "body"];

/// `/logs/fields`: the fields that the records have, each to be shown as a column.
pub(crate) async fn fields(asked: Asked) -> Response {
    asked.answer(Here::Logs, answer).await
}

async fn answer(question: Question) -> Result<Response, ApiError> {
    let Question {
        api, params, frame, ..
    } = question;
    let view = LogsView::read(&params, frame)?;
    let answer = api
        .engine()?
        .fields(
            &api.tenant(),
            Signal::Logs,
            view.counted(),
            FIELDS_MAX + SHOWN.len(),
        )
        .await?;
    let fields = answer
        .fields
        .iter()
        .filter(|field| !SHOWN.contains(&field.name.as_str()));
    page(&Fields {
        fields: fields
            .take(FIELDS_MAX)
            .map(|field| Choice::new(&view, field))
            .collect(),
        is_full: view.columns.is_full(),
    })
}

#[derive(Template)]
#[template(path = "logs_fields.html")]
struct Fields {
    fields: Vec<Choice>,
    is_full: bool,
}

struct Choice {
    name: Marked,
    count: String,
    link: Link,
    is_shown: bool,
}

impl Choice {
    fn new(view: &LogsView, field: &FieldCount) -> Self {
        Choice {
            name: short(&field.name, NAME_CHARS_MAX),
            count: format::count(field.count),
            link: view.with("cols", &view.columns.toggled(&field.name).text()),
            is_shown: view.columns.has(&field.name),
        }
    }
}

/// A column that is shown.
pub(super) struct Column {
    pub(super) name: Marked,
    /// The page without it.
    pub(super) without: Link,
}

/// The columns that are shown.
pub(super) fn columns(view: &LogsView) -> Vec<Column> {
    let column = |name: &String| Column {
        name: short(name, NAME_CHARS_MAX),
        without: view.with("cols", &view.columns.toggled(name).text()),
    };
    view.columns.names().iter().map(column).collect()
}

/// A form in which every record that matches is given out.
pub(super) struct Format {
    pub(super) words: &'static str,
    pub(super) note: &'static str,
    pub(super) link: Link,
}

/// The formats of `/api/v1/logs/export`.
pub(super) fn formats(view: &LogsView) -> Vec<Format> {
    let range = &view.frame.range;
    let export = view.part("/api/v1/logs/export");
    let names: Vec<&str> = export
        .kept(&["q"])
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    let asked = export
        .without(&names)
        .with("from", &range.from_text)
        .with("to", &range.to_text);
    let format = |word: &str, words, note| Format {
        words,
        note,
        link: asked.with("format", word).link(),
    };
    vec![
        format("otlp", "OTLP/JSON lines", "as sent, nothing lost"),
        format("ndjson", "NDJSON", "one row a line, as in the API"),
        format("csv", "CSV", "for spreadsheets"),
    ]
}
