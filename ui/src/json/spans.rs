//! Spans as JSON: the columns of the table `spans`, by their names there; times as everywhere in this API.

use std::fmt::Write;

use clearspan_query::json::{push_json_object, push_json_string};
use clearspan_query::language::fields::{kind_name, status_name};
use clearspan_query::{EventRef, FoundSpan, FoundSpans, LinkRef, QueryError};

use super::{push_id, push_optional_string, push_sent_ns};

/// Appends `spans` as a JSON array.
pub(crate) fn push_spans(spans: &FoundSpans, out: &mut String) -> Result<(), QueryError> {
    out.push('[');
    let mut is_first = true;
    spans.each(|span| {
        if !is_first {
            out.push(',');
        }
        is_first = false;
        push_span(&span, out);
    })?;
    out.push(']');
    Ok(())
}

fn push_span(found: &FoundSpan<'_>, out: &mut String) {
    push_itself(found, out);
    let record = &found.record;
    let (resource, scope) = (&record.resource, &record.scope);
    out.push_str(",\"service\":");
    push_optional_string(record.service, out);
    out.push_str(",\"attributes\":");
    push_json_object(record.span.attributes, out);
    out.push_str(",\"resource\":");
    push_json_object(resource.attributes, out);
    push_text("scope_name", scope.name, out);
    push_text("scope_version", scope.version, out);
    out.push_str(",\"scope\":");
    push_json_object(scope.attributes, out);
    out.push_str(",\"events\":");
    push_all(&record.events, push_event, out);
    out.push_str(",\"links\":");
    push_all(&record.links, push_link, out);
    push_number(
        "dropped_attributes_count",
        record.span.dropped_attributes_count,
        out,
    );
    push_number(
        "dropped_events_count",
        record.span.dropped_events_count,
        out,
    );
    push_number("dropped_links_count", record.span.dropped_links_count, out);
    push_text("resource_schema_url", resource.schema_url, out);
    push_text("scope_schema_url", scope.schema_url, out);
    out.push('}');
}

/// What is no list, no attributes and not shared with other spans.
fn push_itself(found: &FoundSpan<'_>, out: &mut String) {
    let span = &found.record.span;
    out.push_str("{\"trace_id\":");
    push_id(Some(&span.trace_id), out);
    out.push_str(",\"span_id\":");
    push_id(Some(&span.span_id), out);
    out.push_str(",\"parent_span_id\":");
    push_id(span.parent_span_id.as_ref(), out);
    push_text("trace_state", span.trace_state, out);
    push_number("flags", span.flags, out);
    push_text("name", span.name, out);
    push_code("kind", span.kind, kind_name, out);
    out.push_str(",\"start_time_ns\":");
    push_sent_ns(span.start_time, out);
    out.push_str(",\"end_time_ns\":");
    push_sent_ns(span.end_time, out);
    let _infallible = match found.duration_ns {
        Some(duration) => write!(out, ",\"duration_ns\":\"{duration}\""),
        None => write!(out, ",\"duration_ns\":null"),
    };
    let (code, message) = span.status.unwrap_or_default();
    push_code("status_code", code, status_name, out);
    push_text("status_message", message, out);
}

fn push_event(event: &EventRef<'_>, out: &mut String) {
    out.push_str("{\"time_ns\":");
    push_sent_ns(event.time, out);
    push_text("name", event.name, out);
    out.push_str(",\"attributes\":");
    push_json_object(event.attributes, out);
    push_number(
        "dropped_attributes_count",
        event.dropped_attributes_count,
        out,
    );
    out.push('}');
}

fn push_link(link: &LinkRef<'_>, out: &mut String) {
    out.push_str("{\"trace_id\":");
    push_id(Some(&link.trace_id), out);
    out.push_str(",\"span_id\":");
    push_id(Some(&link.span_id), out);
    push_text("trace_state", link.trace_state, out);
    out.push_str(",\"attributes\":");
    push_json_object(link.attributes, out);
    push_number(
        "dropped_attributes_count",
        link.dropped_attributes_count,
        out,
    );
    push_number("flags", link.flags, out);
    out.push('}');
}

fn push_all<T>(items: &[T], push: fn(&T, &mut String), out: &mut String) {
    out.push('[');
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        push(item, out);
    }
    out.push(']');
}

fn push_text(name: &str, text: &str, out: &mut String) {
    let _infallible = write!(out, ",\"{name}\":");
    push_json_string(text, out);
}

fn push_number(name: &str, number: u32, out: &mut String) {
    let _infallible = write!(out, ",\"{name}\":{number}");
}

/// The name of an enumeration's number; the number's digits where OpenTelemetry names none.
fn push_code(name: &str, number: i32, name_of: fn(i32) -> Option<&'static str>, out: &mut String) {
    let _infallible = match name_of(number) {
        Some(text) => write!(out, ",\"{name}\":\"{text}\""),
        None => write!(out, ",\"{name}\":\"{number}\""),
    };
}
