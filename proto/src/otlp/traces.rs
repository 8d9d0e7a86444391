//! Trace requests to span batches and back.

use arrow::array::RecordBatch;
use clearspan_schema::ids::valid_id;
use clearspan_schema::nested::{EventRef, LinkRef};
use clearspan_schema::spans::{SpanRow, SpansBuilder, SpansReader};
use clearspan_schema::{SchemaError, SpansBatch};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use prost::Message;

use crate::json;

use super::groups::{
    Grouped, ResourceBuffers, encode_resource, encode_scope, resource_message, scope_message,
    service_of,
};
use super::request::traces_in_pieces;
use super::{DecodeError, Decoded, Encoding, Rejections, Repairs, attributes};

/// Decodes an `ExportTraceServiceRequest`. Spans without a known start are placed at `arrival_ns`
/// (nanoseconds since 1970).
pub fn decode_traces(
    body: &[u8],
    encoding: Encoding,
    arrival_ns: i64,
) -> Result<Decoded<SpansBatch>, DecodeError> {
    let pieces = traces_in_pieces(body, encoding)?;
    let rows = usize::try_from(pieces.records).unwrap_or_default();
    let mut spans = SpansDecoder {
        builder: SpansBuilder::new(rows, arrival_ns),
        rejected: Rejections::default(),
        repaired: pieces.repaired,
        scratch: Vec::new(),
    };
    let mut buffers = (ResourceBuffers::default(), Vec::new());
    for piece in pieces {
        for group in &piece?.resource_spans {
            spans.push_group(group, &mut buffers)?;
        }
    }
    Ok(Decoded {
        batch: spans.builder.finish()?,
        rejected: spans.rejected,
        repaired: spans.repaired,
    })
}

struct SpansDecoder {
    builder: SpansBuilder,
    rejected: Rejections,
    repaired: Repairs,
    scratch: Vec<u8>,
}

impl SpansDecoder {
    fn push_group(
        &mut self,
        group: &ResourceSpans,
        (resource_buffers, scope_buffer): &mut (ResourceBuffers, Vec<u8>),
    ) -> Result<(), SchemaError> {
        let resource = group.resource.as_ref();
        let service = service_of(resource);
        let resource = encode_resource(resource, &group.schema_url, resource_buffers);
        for scope_spans in &group.scope_spans {
            let scope = scope_spans.scope.as_ref();
            let scope = encode_scope(scope, &scope_spans.schema_url, scope_buffer);
            self.builder.group(&resource, &scope, service);
            for span in &scope_spans.spans {
                self.push(span)?;
            }
        }
        Ok(())
    }

    fn push(&mut self, span: &Span) -> Result<(), SchemaError> {
        let Some(trace_id) = valid_id(&span.trace_id) else {
            self.rejected.invalid_trace_id += 1;
            return Ok(());
        };
        let Some(span_id) = valid_id(&span.span_id) else {
            self.rejected.invalid_span_id += 1;
            return Ok(());
        };
        let parent_span_id = valid_id(&span.parent_span_id);
        if parent_span_id.is_none() && !span.parent_span_id.is_empty() {
            self.repaired.parent_span_id_dropped += 1;
        }
        self.push_events(&span.events);
        let links_left_out = self.push_links(&span.links)?;
        let status = span.status.as_ref();
        self.builder.push(&SpanRow {
            trace_id,
            span_id,
            parent_span_id,
            trace_state: &span.trace_state,
            flags: span.flags,
            name: &span.name,
            kind: span.kind,
            start_time: span.start_time_unix_nano,
            end_time: span.end_time_unix_nano,
            status: status.map(|status| (status.code, status.message.as_str())),
            attributes: attributes::encode(&span.attributes, &mut self.scratch),
            dropped_attributes_count: span.dropped_attributes_count,
            dropped_events_count: span.dropped_events_count,
            dropped_links_count: span.dropped_links_count.saturating_add(links_left_out),
        })
    }

    fn push_events(&mut self, events: &[Event]) {
        for event in events {
            self.builder.event(&EventRef {
                time: event.time_unix_nano,
                name: &event.name,
                attributes: attributes::encode(&event.attributes, &mut self.scratch),
                dropped_attributes_count: event.dropped_attributes_count,
            });
        }
    }

    /// The number of links that were left out, because their ids are invalid.
    fn push_links(&mut self, links: &[Link]) -> Result<u32, SchemaError> {
        let mut left_out = 0;
        for link in links {
            let ids = valid_id(&link.trace_id).zip(valid_id(&link.span_id));
            let Some((trace_id, span_id)) = ids else {
                left_out += 1;
                continue;
            };
            self.builder.link(&LinkRef {
                trace_id,
                span_id,
                trace_state: &link.trace_state,
                attributes: attributes::encode(&link.attributes, &mut self.scratch),
                dropped_attributes_count: link.dropped_attributes_count,
                flags: link.flags,
            })?;
        }
        self.repaired.link_dropped += u64::from(left_out);
        Ok(left_out)
    }
}

/// Appends the spans of `batches`, which must have all columns of the canonical schema, as one JSON object
/// `{"resourceSpans":[...]}`. Spans keep their order within their resource and scope; these stand in the
/// order of their first span.
pub fn encode_traces_json(batches: &[RecordBatch], out: &mut Vec<u8>) -> Result<(), SchemaError> {
    json::traces::write(&request(batches)?, out);
    Ok(())
}

/// The spans of `batches` as an `ExportTraceServiceRequest`, in the order of [`encode_traces_json`].
pub fn encode_traces_protobuf(batches: &[RecordBatch]) -> Result<Vec<u8>, SchemaError> {
    Ok(request(batches)?.encode_to_vec())
}

fn request(batches: &[RecordBatch]) -> Result<ExportTraceServiceRequest, SchemaError> {
    let mut grouped = Grouped::new();
    for batch in batches {
        let reader = SpansReader::new(batch)?;
        let (resources, scopes) = (reader.resources(), reader.scopes());
        for row in 0..reader.rows() {
            let resource = resources.value(row).unwrap_or_default();
            let scope = scopes.value(row).unwrap_or_default();
            grouped.push(resource, scope, span(&reader, row));
        }
    }
    let groups = grouped.into_resources().into_iter().map(|group| {
        let (resource, schema_url) = resource_message(group.resource);
        let scopes = group.scopes.into_iter().map(|group| {
            let (scope, schema_url) = scope_message(group.scope);
            ScopeSpans {
                scope,
                spans: group.records,
                schema_url,
            }
        });
        ResourceSpans {
            resource,
            scope_spans: scopes.collect(),
            schema_url,
        }
    });
    Ok(ExportTraceServiceRequest {
        resource_spans: groups.collect(),
    })
}

fn span(reader: &SpansReader<'_>, at: usize) -> Span {
    let row = reader.row(at);
    Span {
        trace_id: row.trace_id.to_vec(),
        span_id: row.span_id.to_vec(),
        trace_state: row.trace_state.to_owned(),
        parent_span_id: row.parent_span_id.map(Vec::from).unwrap_or_default(),
        flags: row.flags,
        name: row.name.to_owned(),
        kind: row.kind,
        start_time_unix_nano: row.start_time,
        end_time_unix_nano: row.end_time,
        attributes: attributes::messages(row.attributes),
        dropped_attributes_count: row.dropped_attributes_count,
        events: reader.events(at).map(event).collect(),
        dropped_events_count: row.dropped_events_count,
        links: reader.links(at).map(link).collect(),
        dropped_links_count: row.dropped_links_count,
        status: row.status.map(|(code, message)| Status {
            message: message.to_owned(),
            code,
        }),
    }
}

fn event(event: EventRef<'_>) -> Event {
    Event {
        time_unix_nano: event.time,
        name: event.name.to_owned(),
        attributes: attributes::messages(event.attributes),
        dropped_attributes_count: event.dropped_attributes_count,
    }
}

fn link(link: LinkRef<'_>) -> Link {
    Link {
        trace_id: link.trace_id.to_vec(),
        span_id: link.span_id.to_vec(),
        trace_state: link.trace_state.to_owned(),
        attributes: attributes::messages(link.attributes),
        dropped_attributes_count: link.dropped_attributes_count,
        flags: link.flags,
    }
}
