//! The logs of one span, each a link to itself among its neighbours.

use clearspan_query::language::fields::severity_name;
use clearspan_query::{AnyRef, Body, LogRecord, LogsAnswer, QueryError, SpanId, json};

use super::origin::{FOR_LOGS_NS, Origin, around};
use super::pairs::cut;
use super::panel::Context;
use crate::error::ApiError;
use crate::limits::PANEL_ENTRIES_MAX;
use crate::pages::format;
use crate::pages::view::Link;

/// Bytes of a message that stand in the panel: a line is cut long before.
const MESSAGE_BYTES_MAX: usize = 512;

pub(super) struct Logs {
    pub(super) rows: Vec<LogLine>,
    pub(super) total: u64,
    pub(super) count: String,
    pub(super) all: Link,
}

pub(super) struct LogLine {
    pub(super) link: Link,
    /// `error`, which is also the name of its icon.
    pub(super) severity: String,
    pub(super) word: String,
    pub(super) offset: String,
    pub(super) at: String,
    pub(super) message: String,
}

impl Logs {
    pub(super) fn new(
        answer: &LogsAnswer,
        context: &Context<'_>,
        span: SpanId,
    ) -> Result<Self, ApiError> {
        let query = format!(
            "trace_id:{} span_id:{}",
            hex::encode(context.trace),
            hex::encode(span)
        );
        let records = answer.rows.records().map_err(QueryError::from)?;
        let placed = |record: &LogRecord<'_>| u64::try_from(record.id.placed_time).ok();
        let (first, last) = (
            records.iter().next().and_then(|record| placed(&record)),
            records.iter().last().and_then(|record| placed(&record)),
        );
        let all = around("/logs", first, last, FOR_LOGS_NS).with("q", &query);
        let row = |record: LogRecord<'_>| {
            let around = around("/logs", placed(&record), None, FOR_LOGS_NS).with("q", &query);
            let link = around.with("sel", &record.id.to_string()).link();
            LogLine::new(&record, link, context.origin)
        };
        let matched = answer.counted()?;
        Ok(Logs {
            rows: records.iter().take(PANEL_ENTRIES_MAX).map(row).collect(),
            total: matched,
            count: format::count(matched),
            all: all.link(),
        })
    }
}

impl LogLine {
    fn new(record: &LogRecord<'_>, link: Link, origin: Origin) -> Self {
        let name = severity_name(record.log.severity_number, record.log.severity_text);
        let word = name.unwrap_or("UNSET");
        let time = u64::try_from(record.id.placed_time).unwrap_or(0);
        let offset = match origin {
            Origin(Some(_)) => origin.offset(time),
            Origin(None) => format::clock_ms(record.id.placed_time),
        };
        LogLine {
            link,
            severity: word.to_ascii_lowercase(),
            word: word.to_owned(),
            offset,
            at: format::rfc3339(record.id.placed_time),
            message: message(record),
        }
    }
}

fn message(record: &LogRecord<'_>) -> String {
    let mut text = String::new();
    match record.log.body {
        Body::Absent => text.push_str(record.log.event_name),
        Body::Text(body) => text.push_str(body),
        Body::Value(encoded) => {
            json::push_text(AnyRef::decode(encoded).unwrap_or(AnyRef::Empty), &mut text);
        }
    }
    if text.len() > MESSAGE_BYTES_MAX {
        cut(&mut text, MESSAGE_BYTES_MAX);
        text.push('…');
    }
    text
}
