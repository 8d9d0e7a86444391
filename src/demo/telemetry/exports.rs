//! From records to export requests. A request is built as the server builds an answer: a batch, which `proto` turns into
//! protobuf. So the demo names no wire type.

use clearspan_proto::otlp::{Encoding, WireSignal, encode_logs_protobuf, encode_traces_protobuf};
use clearspan_schema::SchemaError;
use clearspan_schema::any::{AnyWriter, KeyValues};
use clearspan_schema::group::{ResourceRef, ScopeRef};
use clearspan_schema::logs::{Body, LogRow, LogsBuilder};
use clearspan_schema::nested::{EventRef, LinkRef};
use clearspan_schema::spans::{STATUS_ERROR, SpanRow, SpansBuilder};

use super::{Instance, Log, Records, Said, Scope, Span};
use crate::delivery::Export;

/// What the attributes of all records follow.
const SCHEMA_URL: &str = "https://opentelemetry.io/schemas/1.40.0";

/// W3C trace flags: sampled.
const SAMPLED: u32 = 1;

impl Records {
    /// One request for each signal that there are records of.
    pub(crate) fn into_exports(mut self) -> Result<Vec<Export>, SchemaError> {
        let mut exports = Vec::new();
        if !self.spans.is_empty() {
            let body = traces_request(&mut self.spans)?;
            exports.push(export(WireSignal::Traces, self.spans.len(), body));
        }
        if !self.logs.is_empty() {
            let body = logs_request(&mut self.logs)?;
            exports.push(export(WireSignal::Logs, self.logs.len(), body));
        }
        Ok(exports)
    }
}

fn export(signal: WireSignal, records: usize, body: Vec<u8>) -> Export {
    Export {
        signal,
        encoding: Encoding::Protobuf,
        records: records as u64,
        body: body.into(),
    }
}

/// What stands beside every record: its times are known, so nobody asks when it arrived.
const NEVER: i64 = 0;

fn traces_request(spans: &mut [Span]) -> Result<Vec<u8>, SchemaError> {
    // As a Collector groups them; the order within a group stays.
    spans.sort_by(|a, b| group_of(&a.instance, &a.scope).cmp(&group_of(&b.instance, &b.scope)));
    let mut builder = SpansBuilder::new(spans.len(), NEVER);
    let mut last = None;
    for span in spans.iter() {
        let group = group_of(&span.instance, &span.scope);
        if last != Some(group) {
            builder.group(
                &resource(&span.instance),
                &scope(&span.scope),
                Some(span.instance.service),
            );
            last = Some(group);
        }
        push_span(&mut builder, span)?;
    }
    encode_traces_protobuf(&[builder.finish()?.into_inner()])
}

fn push_span(builder: &mut SpansBuilder, span: &Span) -> Result<(), SchemaError> {
    for event in &span.events {
        builder.event(&EventRef {
            time: event.time_ns,
            name: event.name,
            attributes: event.attributes.key_values(),
            dropped_attributes_count: 0,
        });
    }
    for (trace_id, span_id) in &span.links {
        builder.link(&LinkRef {
            trace_id: *trace_id,
            span_id: *span_id,
            trace_state: "",
            attributes: KeyValues::new(&[]),
            dropped_attributes_count: 0,
            flags: SAMPLED,
        })?;
    }
    builder.push(&SpanRow {
        trace_id: span.trace_id,
        span_id: span.span_id,
        parent_span_id: span.parent,
        trace_state: "",
        flags: SAMPLED,
        name: &span.name,
        kind: span.kind as i32,
        start_time: span.start_ns,
        end_time: span.end_ns,
        status: span.error.as_deref().map(|text| (STATUS_ERROR, text)),
        attributes: span.attributes.key_values(),
        dropped_attributes_count: 0,
        dropped_events_count: 0,
        dropped_links_count: 0,
    })
}

fn logs_request(logs: &mut [Log]) -> Result<Vec<u8>, SchemaError> {
    logs.sort_by(|a, b| group_of(&a.instance, &a.scope).cmp(&group_of(&b.instance, &b.scope)));
    let mut builder = LogsBuilder::new(logs.len(), NEVER);
    let mut last = None;
    for log in logs.iter() {
        let group = group_of(&log.instance, &log.scope);
        if last != Some(group) {
            builder.group(
                &resource(&log.instance),
                &scope(&log.scope),
                Some(log.instance.service),
            );
            last = Some(group);
        }
        push_log(&mut builder, log)?;
    }
    encode_logs_protobuf(&[builder.finish()?.into_inner()])
}

fn push_log(builder: &mut LogsBuilder, log: &Log) -> Result<(), SchemaError> {
    let mut value = Vec::new();
    let (event_name, body) = match &log.said {
        Said::Text(text) => ("", Body::Text(text)),
        Said::Map(name, fields) => {
            AnyWriter::new(&mut value).key_values(|to| to.encoded(fields.key_values().encoded()));
            (*name, Body::Value(&value))
        }
    };
    builder.push(&LogRow {
        time: log.time_ns,
        observed_time: log.time_ns,
        severity_number: log.severity as i32,
        severity_text: log.severity.text(),
        event_name,
        body,
        trace_id: log.span.map(|(trace_id, _)| trace_id),
        span_id: log.span.map(|(_, span_id)| span_id),
        flags: log.span.map_or(0, |_| SAMPLED),
        attributes: log.attributes.key_values(),
        dropped_attributes_count: 0,
    })
}

fn group_of<'a>(instance: &'a Instance, scope: &'a Scope) -> (&'a str, &'a str, &'a Scope) {
    (instance.service, &instance.pod, scope)
}

fn resource(instance: &Instance) -> ResourceRef<'_> {
    ResourceRef {
        present: true,
        schema_url: SCHEMA_URL,
        attributes: instance.resource.key_values(),
        ..ResourceRef::default()
    }
}

fn scope(scope: &Scope) -> ScopeRef<'_> {
    ScopeRef {
        present: true,
        schema_url: SCHEMA_URL,
        name: &scope.name,
        version: scope.version,
        ..ScopeRef::default()
    }
}
