//! Log rows as CSV (RFC 4180): quoted where needed, values as they are. A text that a spreadsheet would take
//! for a formula is not altered: this is data for programs.

use clearspan_query::json::push_json_object;
use clearspan_query::language::fields::severity_band;
use clearspan_query::{AnyRef, Body, ExportPiece, LogRecord, QueryError, json};
use csv::{Terminator, Writer, WriterBuilder};
use jiff::Timestamp;

use crate::error::ApiError;

const COLUMNS: [&str; 8] = [
    "time",
    "severity",
    "service",
    "body",
    "trace_id",
    "span_id",
    "attributes",
    "resource",
];

/// The line with the columns' names.
pub(super) fn head() -> Result<Vec<u8>, ApiError> {
    let mut to = writer();
    to.write_record(COLUMNS).map_err(|_| ApiError::Internal)?;
    finished(to)
}

/// The rows of a piece.
pub(super) fn rows(piece: &ExportPiece) -> Result<Vec<u8>, ApiError> {
    let mut to = writer();
    for rows in piece.log_rows() {
        for record in rows.records().map_err(QueryError::from)?.iter() {
            to.write_record(fields(&record))
                .map_err(|_| ApiError::Internal)?;
        }
    }
    finished(to)
}

fn writer() -> Writer<Vec<u8>> {
    let mut builder = WriterBuilder::new();
    builder.terminator(Terminator::CRLF);
    builder.from_writer(Vec::new())
}

fn finished(writer: Writer<Vec<u8>>) -> Result<Vec<u8>, ApiError> {
    writer.into_inner().map_err(|_| ApiError::Internal)
}

fn fields(record: &LogRecord<'_>) -> [String; 8] {
    let log = &record.log;
    let object = |entries| {
        let mut text = String::new();
        push_json_object(entries, &mut text);
        text
    };
    [
        time(if log.time == 0 {
            log.observed_time
        } else {
            log.time
        }),
        severity(log.severity_text, log.severity_number).to_owned(),
        record.service.unwrap_or_default().to_owned(),
        body(log.body),
        log.trace_id.map(hex::encode).unwrap_or_default(),
        log.span_id.map(hex::encode).unwrap_or_default(),
        object(log.attributes),
        object(record.resource.attributes),
    ]
}

/// RFC 3339 in UTC, to the nanosecond; empty when unknown.
fn time(ns: u64) -> String {
    let known = (ns != 0).then(|| Timestamp::from_nanosecond(ns.into()).ok());
    known
        .flatten()
        .map_or_else(String::new, |time| format!("{time:.9}"))
}

/// The text as sent, else the name of the number's band.
fn severity(text: &str, number: i32) -> &str {
    if text.is_empty() {
        severity_band(number).unwrap_or_default()
    } else {
        text
    }
}

fn body(body: Body<'_>) -> String {
    let mut text = String::new();
    match body {
        Body::Absent => {}
        Body::Text(body) => text.push_str(body),
        Body::Value(encoded) => {
            json::push_json(AnyRef::decode(encoded).unwrap_or(AnyRef::Empty), &mut text);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_exact_over_the_whole_range() {
        for (ns, expected) in [
            (0, ""),
            (1, "1970-01-01T00:00:00.000000001Z"),
            (1_674_981_729_487_160_534, "2023-01-29T08:42:09.487160534Z"),
            (1_674_981_729_000_000_000, "2023-01-29T08:42:09.000000000Z"),
            (u64::MAX, "2554-07-21T23:34:33.709551615Z"),
        ] {
            assert_eq!(time(ns), expected);
        }
    }

    #[test]
    fn a_severity_is_what_was_sent() {
        assert_eq!(severity("warning", 17), "warning");
        assert_eq!(severity("", 18), "ERROR");
        assert_eq!(severity("", 0), "");
    }
}
