//! The rows of a page, as HTML: the same on the page and where its script asks for more.

use askama::Template;
use axum::response::Response;
use clearspan_query::{AnyRef, Body, LogRecord, QueryError, json};

use super::columns;
use super::conditions::{encoded, text_is};
use super::fold::{Folded, Own, fold};
use super::message::{Marked, Style, short};
use super::question::{LogsView, ROWS};
use super::search::{Page, search};
use super::severity::Severity;
use crate::answer::made;
use crate::error::ApiError;
use crate::pages::asked::{Asked, Question, page};
use crate::pages::format;
use crate::pages::frame::Here;
use crate::pages::marks::{Mark, Marks};
use crate::pages::view::Link;

/// Rows that the script of a page asks for at once.
const PART_ROWS: usize = 200;

/// A pause between two rows from here on gets a row of its own.
const PAUSE_NS: u64 = 2_500_000_000;

/// Characters of a value in a column of its own.
const CELL_CHARS_MAX: usize = 200;

/// `/logs/rows`: further rows alone.
pub(crate) async fn rows(asked: Asked) -> Response {
    asked.answer(Here::Logs, answer).await
}

async fn answer(question: Question) -> Result<Response, ApiError> {
    let Question {
        api, params, frame, ..
    } = question;
    let view = LogsView::read(&params, frame)?;
    let found = search(&api, &view, PART_ROWS, false).await?;
    let marks = Marks::read(&api)?;
    let rows = made(move || Rows::new(&view, &found, marks)).await?;
    page(&rows)
}

/// A piece of the list.
#[derive(Template)]
#[template(path = "logs_rows.html")]
pub(super) struct Rows {
    /// Where these rows can be asked for again; not for the first ones, which would be others by then.
    own: Option<Link>,
    /// Where the next ones can be asked for, and the page of them.
    next: Option<(Link, Link)>,
    next_word: &'static str,
    /// When the row above the first one is, for a script that tells days of another zone apart.
    above: Option<String>,
    rows: Vec<Row>,
}

/// One record, with what stands above it.
struct Row {
    number: Option<u64>,
    day: Option<String>,
    pause: Option<String>,
    id: String,
    link: Link,
    is_selected: bool,
    severity: Severity,
    severity_add: Option<String>,
    /// What of the time is the same as above.
    time_head: String,
    time: String,
    datetime: String,
    service: Mark,
    service_add: Option<String>,
    cells: Vec<Cell>,
    message: Marked,
}

/// The value of a column.
struct Cell {
    text: Marked,
    add: Option<String>,
}

impl Rows {
    pub(super) fn new(view: &LogsView, found: &Page, marks: Marks) -> Result<Self, ApiError> {
        let writer = Writer {
            view,
            style: view.style(),
            marks,
        };
        let records = found.answer.rows.records().map_err(QueryError::from)?;
        let mut records: Vec<LogRecord<'_>> = records.iter().collect();
        if found.goes_back {
            records.reverse();
        }
        // Where these rows go on behind others, the script puts them there.
        let mut above = view
            .place
            .as_ref()
            .filter(|place| !place.goes_back)
            .and_then(|place| place.last_ns);
        let above_first = above.map(format::rfc3339);
        let mut rows = Vec::with_capacity(records.len());
        for (at, record) in (0u64..).zip(&records) {
            let number = found
                .rows_before
                .map(|before| before.saturating_add(at).saturating_add(1));
            rows.push(writer.row(record, number, above));
            above = Some(record.id.placed_time);
        }
        Ok(Rows {
            own: view
                .place
                .as_ref()
                .map(|place| view.part(ROWS).with("cursor", &place.to_string()).link()),
            next: found.behind.as_ref().map(|place| {
                let part = view
                    .part(ROWS)
                    .without(&["sel"])
                    .with("cursor", &place.to_string());
                (part.link(), view.at(Some(place)))
            }),
            next_word: behind_word(view),
            above: above_first,
            rows,
        })
    }
}

/// The rows that follow are older where the newest come first.
pub(super) fn behind_word(view: &LogsView) -> &'static str {
    match view.order {
        clearspan_query::Order::Descending => "Older",
        clearspan_query::Order::Ascending => "Newer",
    }
}

struct Writer<'a> {
    view: &'a LogsView,
    style: Style,
    marks: Marks,
}

impl Writer<'_> {
    fn row(&self, record: &LogRecord<'_>, number: Option<u64>, above: Option<i64>) -> Row {
        let (log, ns) = (&record.log, record.id.placed_time);
        let severity = Severity::of(log.severity_number, log.severity_text);
        let id = record.id.to_string();
        let (time_head, time) = split_time(ns, above);
        Row {
            number,
            day: day(ns, above),
            pause: above.and_then(|above| pause(ns, above, !self.view.query.is_all())),
            link: self.view.with("sel", &id),
            is_selected: self.view.get("sel") == id,
            severity_add: severity.clause().map(|clause| encoded(&clause)),
            severity,
            time_head,
            time,
            datetime: format::rfc3339(ns),
            service: self.marks.of(record.service.unwrap_or_default()),
            service_add: record
                .service
                .and_then(|name| text_is("service.name", name))
                .map(|clause| encoded(&clause)),
            cells: self
                .view
                .columns
                .names()
                .iter()
                .map(|name| Cell::new(record, name))
                .collect(),
            message: record_text(record, &self.style),
            id,
        }
    }
}

impl Cell {
    fn new(record: &LogRecord<'_>, name: &str) -> Self {
        let Some(value) = columns::value(record, name) else {
            return Cell {
                text: Marked::default(),
                add: None,
            };
        };
        Cell {
            text: short(&value.text, CELL_CHARS_MAX),
            add: value.clause.as_deref().map(encoded),
        }
    }
}

/// The text of a record as a row shows it.
pub(super) fn record_text(record: &LogRecord<'_>, style: &Style) -> Marked {
    let log = &record.log;
    let severity = Severity::of(log.severity_number, log.severity_text);
    match log.body {
        Body::Text(text) if !text.trim().is_empty() => {
            let own = Own {
                placed_ns: record.id.placed_time,
                severity_text: log.severity_text,
                severity_name: if severity == Severity::Unset {
                    ""
                } else {
                    severity.name()
                },
                trace_id: log.trace_id.map(hex::encode),
                span_id: log.span_id.map(hex::encode),
            };
            style.row(text, &fold(text, &own))
        }
        Body::Value(encoded) => style.row(&value_text(encoded), &Folded::default()),
        Body::Text(_) | Body::Absent if !log.event_name.is_empty() => {
            short(log.event_name, CELL_CHARS_MAX)
        }
        Body::Text(_) | Body::Absent => short("(no text)", CELL_CHARS_MAX),
    }
}

/// A body that is no text, as JSON.
pub(super) fn value_text(encoded: &[u8]) -> String {
    let mut text = String::new();
    // Malformed bytes are unset, as they are everywhere else.
    json::push_json(AnyRef::decode(encoded).unwrap_or(AnyRef::Empty), &mut text);
    text
}

/// The date of a row, where it is another than above.
fn day(ns: i64, above: Option<i64>) -> Option<String> {
    let is_same =
        above.is_some_and(|above| format::civil(above).date() == format::civil(ns).date());
    (!is_same).then(|| format::long_day(ns))
}

fn pause(ns: i64, above: i64, is_searched: bool) -> Option<String> {
    let apart = ns.abs_diff(above);
    let words = if is_searched {
        "without a match"
    } else {
        "without a record"
    };
    let length = format::duration(i64::try_from(apart).unwrap_or(i64::MAX));
    (apart >= PAUSE_NS).then(|| format!("{length} {words}"))
}

/// The time of day: what stands above just so, up to a colon or the point, and the rest.
fn split_time(ns: i64, above: Option<i64>) -> (String, String) {
    let time = format::clock_ms(ns);
    let above = above.map(format::clock_ms).unwrap_or_default();
    let same = time
        .bytes()
        .zip(above.bytes())
        .take_while(|(a, b)| a == b)
        .count();
    let joint = time[..same].rfind([':', '.']).map_or(0, |at| at + 1);
    let (head, tail) = time.split_at(joint);
    (head.to_owned(), tail.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: i64 = 1_674_984_886_500_706_516;

    #[test]
    fn the_unchanged_head_of_a_time_steps_back() {
        let check = |above: Option<i64>, head: &str, tail: &str| {
            assert_eq!(split_time(AT, above), (head.to_owned(), tail.to_owned()));
        };
        check(None, "", "09:34:46.500");
        check(Some(AT + 1_000_000), "09:34:46.", "500");
        check(Some(AT), "09:34:46.", "500");
        check(Some(AT + 1_000_000_000), "09:34:", "46.500");
        check(Some(AT + 10_000_000_000), "09:34:", "46.500");
        check(Some(AT + 3_600_000_000_000), "", "09:34:46.500");
    }

    #[test]
    fn pauses_and_dates_stand_between_rows() {
        assert_eq!(pause(AT, AT + 2_499_999_999, false), None);
        let words = pause(AT, AT - 2_800_000_000, true).map(|words| words.replace('\u{a0}', " "));
        assert_eq!(words.as_deref(), Some("2.80 s without a match"));
        assert_eq!(day(AT, None).as_deref(), Some("Sunday 29 January 2023"));
        assert_eq!(day(AT, Some(AT - 1)), None);
        assert_eq!(
            day(AT, Some(AT + 86_400_000_000_000)).as_deref(),
            Some("Sunday 29 January 2023")
        );
        assert!(pause(i64::MIN, i64::MAX, false).is_some());
    }
}
