//! Log rows and values of fields as JSON.
//!
//! Written straight into one buffer, because a page may hold ten thousand rows with any number of
//! attributes. How a value is shown is `clearspan_query::json`'s business: what is searched is what is
//! shown; spans have a file of their own. Every `*_ns` is a string of an integer, because no JSON number of a browser holds it exactly.

mod spans;

use std::fmt::Write;

use clearspan_query::json::{push_json, push_json_object, push_json_string};
use clearspan_query::{AnyRef, Body, FieldValue, LogRecord, LogRows, QueryError, ValueCount};

pub(crate) use spans::push_spans;

/// Appends `rows` as a JSON array.
pub(crate) fn push_log_rows(rows: &LogRows, out: &mut String) -> Result<(), QueryError> {
    out.push('[');
    for (at, record) in rows.records()?.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        push_log_row(&record, out);
    }
    out.push(']');
    Ok(())
}

pub(crate) fn push_log_row(record: &LogRecord<'_>, out: &mut String) {
    let log = &record.log;
    let _infallible = write!(out, "{{\"id\":\"{}\"", record.id);
    out.push_str(",\"time_ns\":");
    push_sent_ns(log.time, out);
    out.push_str(",\"observed_time_ns\":");
    push_sent_ns(log.observed_time, out);
    let _infallible = write!(
        out,
        ",\"severity_number\":{},\"severity_text\":",
        log.severity_number
    );
    push_json_string(log.severity_text, out);
    out.push_str(",\"service\":");
    push_optional_string(record.service, out);
    out.push_str(",\"body\":");
    push_body(log.body, out);
    out.push_str(",\"trace_id\":");
    push_id(log.trace_id.as_ref(), out);
    out.push_str(",\"span_id\":");
    push_id(log.span_id.as_ref(), out);
    out.push_str(",\"attributes\":");
    push_json_object(log.attributes, out);
    out.push_str(",\"resource\":");
    push_json_object(record.resource.attributes, out);
    push_scope(record, out);
    push_rare(record, out);
    out.push('}');
}

/// The scope's name and version stand beside its attributes, as in OTLP, so that no attribute can hide them.
fn push_scope(record: &LogRecord<'_>, out: &mut String) {
    out.push_str(",\"scope\":{\"name\":");
    push_json_string(record.scope.name, out);
    out.push_str(",\"version\":");
    push_json_string(record.scope.version, out);
    out.push_str(",\"attributes\":");
    push_json_object(record.scope.attributes, out);
    out.push('}');
}

/// What few records have, where they have it.
fn push_rare(record: &LogRecord<'_>, out: &mut String) {
    let log = &record.log;
    if !log.event_name.is_empty() {
        out.push_str(",\"event_name\":");
        push_json_string(log.event_name, out);
    }
    if log.flags != 0 {
        let _infallible = write!(out, ",\"flags\":{}", log.flags);
    }
    if log.dropped_attributes_count != 0 {
        let _infallible = write!(
            out,
            ",\"dropped_attributes_count\":{}",
            log.dropped_attributes_count
        );
    }
}

/// A time as sent, where 0 means that the sender knew none.
fn push_sent_ns(time: u64, out: &mut String) {
    let _infallible = match time {
        0 => write!(out, "null"),
        time => write!(out, "\"{time}\""),
    };
}

pub(crate) fn push_body(body: Body<'_>, out: &mut String) {
    match body {
        Body::Absent => out.push_str("null"),
        Body::Text(text) => push_json_string(text, out),
        // Malformed bytes are unset, as they are everywhere else.
        Body::Value(encoded) => push_json(AnyRef::decode(encoded).unwrap_or(AnyRef::Empty), out),
    }
}

fn push_id<const N: usize>(id: Option<&[u8; N]>, out: &mut String) {
    push_optional_string(id.map(hex::encode).as_deref(), out);
}

fn push_optional_string(text: Option<&str>, out: &mut String) {
    match text {
        Some(text) => push_json_string(text, out),
        None => out.push_str("null"),
    }
}

/// Appends `values` as a JSON array.
pub(crate) fn push_value_counts(values: &[ValueCount], out: &mut String) {
    out.push('[');
    for (at, ValueCount { value, count }) in values.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        out.push_str("{\"value\":");
        let is_text_for_int = push_field_value(value, out);
        let _infallible = write!(out, ",\"count\":{count}");
        if is_text_for_int {
            out.push_str(",\"type\":\"int\"");
        }
        out.push('}');
    }
    out.push(']');
}

/// Whether a text stands there for an integer that a JSON number would round.
fn push_field_value(value: &FieldValue, out: &mut String) -> bool {
    let start = out.len();
    match value {
        FieldValue::Text(text) => {
            push_json_string(text, out);
            return false;
        }
        // No double with these digits is rounded: they are its own.
        FieldValue::Int {
            value,
            only_double: false,
        } => push_json(AnyRef::Int(*value), out),
        other => out.push_str(&other.text()),
    }
    out[start..].starts_with('"')
}
