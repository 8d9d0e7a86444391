//! `ExportTraceServiceRequest`.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link, SpanKind};
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};

use super::error::Malformed;
use super::group::{add_capped, read_resource, read_scope, write_resource, write_scope};
use super::reader::Reader;
use super::value::{read_attributes, write_attributes};
use super::writer::{Fields, write_object};

/// Reads a request.
pub(crate) fn request(reader: &mut Reader<'_>) -> Result<ExportTraceServiceRequest, Malformed> {
    let mut request = ExportTraceServiceRequest::default();
    reader.object(|reader, name| match name {
        "resourceSpans" | "resource_spans" => {
            reader.list(&mut request.resource_spans, read_resource_spans)
        }
        _ => reader.skip(),
    })?;
    Ok(request)
}

fn read_resource_spans(reader: &mut Reader<'_>) -> Result<ResourceSpans, Malformed> {
    reader.group()?;
    let mut group = ResourceSpans::default();
    reader.message(|reader, name| {
        match name {
            "resource" => group.resource = read_resource(reader)?,
            "scopeSpans" | "scope_spans" => {
                reader.list(&mut group.scope_spans, read_scope_spans)?;
            }
            "schemaUrl" | "schema_url" => reader.text(&mut group.schema_url)?,
            _ => reader.skip()?,
        }
        Ok(())
    })?;
    Ok(group)
}

fn read_scope_spans(reader: &mut Reader<'_>) -> Result<ScopeSpans, Malformed> {
    reader.group()?;
    let mut group = ScopeSpans::default();
    reader.message(|reader, name| {
        match name {
            "scope" => group.scope = read_scope(reader)?,
            "spans" => reader.list(&mut group.spans, read_span)?,
            "schemaUrl" | "schema_url" => reader.text(&mut group.schema_url)?,
            _ => reader.skip()?,
        }
        Ok(())
    })?;
    Ok(group)
}

fn read_span(reader: &mut Reader<'_>) -> Result<Span, Malformed> {
    reader.record()?;
    let mut span = Span::default();
    let mut capped = 0;
    reader.message(|reader, name| match name {
        "traceId" | "trace_id" => reader.id::<16>(&mut span.trace_id),
        "spanId" | "span_id" => reader.id::<8>(&mut span.span_id),
        "traceState" | "trace_state" => reader.text(&mut span.trace_state),
        "parentSpanId" | "parent_span_id" => reader.id::<8>(&mut span.parent_span_id),
        "flags" => reader.integer(&mut span.flags),
        "name" => reader.text(&mut span.name),
        "kind" => reader.enumeration(&mut span.kind, |name| {
            SpanKind::from_str_name(name).map(i32::from)
        }),
        "startTimeUnixNano" | "start_time_unix_nano" => {
            reader.integer(&mut span.start_time_unix_nano)
        }
        "endTimeUnixNano" | "end_time_unix_nano" => reader.integer(&mut span.end_time_unix_nano),
        "attributes" => read_attributes(reader, &mut span.attributes, &mut capped),
        "droppedAttributesCount" | "dropped_attributes_count" => {
            reader.integer(&mut span.dropped_attributes_count)
        }
        "events" => reader.list(&mut span.events, read_event),
        "droppedEventsCount" | "dropped_events_count" => {
            reader.integer(&mut span.dropped_events_count)
        }
        "links" => reader.list(&mut span.links, read_link),
        "droppedLinksCount" | "dropped_links_count" => {
            reader.integer(&mut span.dropped_links_count)
        }
        "status" => read_status(reader, &mut span.status),
        _ => reader.skip(),
    })?;
    add_capped(&mut span.dropped_attributes_count, capped);
    Ok(span)
}

fn read_event(reader: &mut Reader<'_>) -> Result<Event, Malformed> {
    let mut event = Event::default();
    let mut capped = 0;
    reader.message(|reader, name| match name {
        "timeUnixNano" | "time_unix_nano" => reader.integer(&mut event.time_unix_nano),
        "name" => reader.text(&mut event.name),
        "attributes" => read_attributes(reader, &mut event.attributes, &mut capped),
        "droppedAttributesCount" | "dropped_attributes_count" => {
            reader.integer(&mut event.dropped_attributes_count)
        }
        _ => reader.skip(),
    })?;
    add_capped(&mut event.dropped_attributes_count, capped);
    Ok(event)
}

fn read_link(reader: &mut Reader<'_>) -> Result<Link, Malformed> {
    let mut link = Link::default();
    let mut capped = 0;
    reader.message(|reader, name| match name {
        "traceId" | "trace_id" => reader.id::<16>(&mut link.trace_id),
        "spanId" | "span_id" => reader.id::<8>(&mut link.span_id),
        "traceState" | "trace_state" => reader.text(&mut link.trace_state),
        "attributes" => read_attributes(reader, &mut link.attributes, &mut capped),
        "droppedAttributesCount" | "dropped_attributes_count" => {
            reader.integer(&mut link.dropped_attributes_count)
        }
        "flags" => reader.integer(&mut link.flags),
        _ => reader.skip(),
    })?;
    add_capped(&mut link.dropped_attributes_count, capped);
    Ok(link)
}

fn read_status(reader: &mut Reader<'_>, to: &mut Option<Status>) -> Result<(), Malformed> {
    *to = None;
    if reader.null()? {
        return Ok(());
    }
    let status = to.insert(Status::default());
    reader.object(|reader, name| match name {
        "message" => reader.text(&mut status.message),
        "code" => reader.enumeration(&mut status.code, |name| {
            StatusCode::from_str_name(name).map(i32::from)
        }),
        _ => reader.skip(),
    })
}

/// Appends a request.
pub(crate) fn write(request: &ExportTraceServiceRequest, out: &mut Vec<u8>) {
    // The one list that is written when empty: an answer then still says what it would hold.
    if request.resource_spans.is_empty() {
        return out.extend_from_slice(b"{\"resourceSpans\":[]}");
    }
    write_object(out, |fields| {
        fields.list("resourceSpans", &request.resource_spans, |fields, group| {
            write_resource(fields, group.resource.as_ref());
            fields.list("scopeSpans", &group.scope_spans, |fields, group| {
                write_scope(fields, group.scope.as_ref());
                fields.list("spans", &group.spans, write_span);
                fields.text("schemaUrl", &group.schema_url);
            });
            fields.text("schemaUrl", &group.schema_url);
        });
    });
}

fn write_span(fields: &mut Fields<'_>, span: &Span) {
    fields.id("traceId", &span.trace_id);
    fields.id("spanId", &span.span_id);
    fields.text("traceState", &span.trace_state);
    fields.id("parentSpanId", &span.parent_span_id);
    fields.number("flags", span.flags);
    fields.text("name", &span.name);
    fields.number("kind", span.kind);
    fields.uint64("startTimeUnixNano", span.start_time_unix_nano);
    fields.uint64("endTimeUnixNano", span.end_time_unix_nano);
    write_attributes(fields, "attributes", &span.attributes);
    fields.number("droppedAttributesCount", span.dropped_attributes_count);
    fields.list("events", &span.events, |fields, event| {
        fields.uint64("timeUnixNano", event.time_unix_nano);
        fields.text("name", &event.name);
        write_attributes(fields, "attributes", &event.attributes);
        fields.number("droppedAttributesCount", event.dropped_attributes_count);
    });
    fields.number("droppedEventsCount", span.dropped_events_count);
    fields.list("links", &span.links, |fields, link| {
        fields.id("traceId", &link.trace_id);
        fields.id("spanId", &link.span_id);
        fields.text("traceState", &link.trace_state);
        write_attributes(fields, "attributes", &link.attributes);
        fields.number("droppedAttributesCount", link.dropped_attributes_count);
        fields.number("flags", link.flags);
    });
    fields.number("droppedLinksCount", span.dropped_links_count);
    if let Some(status) = &span.status {
        fields.object("status", |fields| {
            fields.text("message", &status.message);
            fields.number("code", status.code);
        });
    }
}
