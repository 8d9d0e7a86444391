//! What of a request must come out again, whatever the order of its groups.

use clearspan_schema::ids::valid_id;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::logs::v1::{ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;

/// Each record under its resource and scope, sorted. Bytes, so that NaN equals itself.
pub(crate) type Meaning = Vec<[Vec<u8>; 3]>;

/// What a trace request means once its bad spans are left out and its odd ones repaired.
pub(crate) fn of_traces(request: &ExportTraceServiceRequest) -> Meaning {
    let mut request = request.clone();
    let mut meaning = Vec::new();
    each_value_of_traces(&mut request, &mut settle);
    for mut group in request.resource_spans {
        for mut scope in std::mem::take(&mut group.scope_spans) {
            for span in std::mem::take(&mut scope.spans) {
                if let Some(span) = repaired(span) {
                    meaning.push(parts(&group, &scope, &span));
                }
            }
        }
    }
    meaning.sort();
    meaning
}

/// What a log request means once its odd records are repaired.
pub(crate) fn of_logs(request: &ExportLogsServiceRequest) -> Meaning {
    let mut request = request.clone();
    let mut meaning = Vec::new();
    each_value_of_logs(&mut request, &mut settle);
    for mut group in request.resource_logs {
        for mut scope in std::mem::take(&mut group.scope_logs) {
            for mut record in std::mem::take(&mut scope.log_records) {
                keep_if_id::<16>(&mut record.trace_id);
                keep_if_id::<8>(&mut record.span_id);
                meaning.push(parts(&group, &scope, &record));
            }
        }
    }
    meaning.sort();
    meaning
}

fn parts(group: &impl Message, scope: &impl Message, record: &impl Message) -> [Vec<u8>; 3] {
    [
        group.encode_to_vec(),
        scope.encode_to_vec(),
        record.encode_to_vec(),
    ]
}

/// The span as it is kept; `None` when it is not.
fn repaired(mut span: Span) -> Option<Span> {
    valid_id::<16>(&span.trace_id)?;
    valid_id::<8>(&span.span_id)?;
    keep_if_id::<8>(&mut span.parent_span_id);
    let sent = span.links.len();
    span.links.retain(|link| {
        valid_id::<16>(&link.trace_id).is_some() && valid_id::<8>(&link.span_id).is_some()
    });
    let left_out = (sent - span.links.len()) as u32;
    span.dropped_links_count = span.dropped_links_count.saturating_add(left_out);
    Some(span)
}

fn keep_if_id<const N: usize>(id: &mut Vec<u8>) {
    if valid_id::<N>(id).is_none() {
        id.clear();
    }
}

/// What means the same becomes the same: an absent value is an unset one, and so is an index into a string table.
fn settle(value: &mut Option<AnyValue>) {
    let value = value.get_or_insert_default();
    if let Some(Value::StringValueStrindex(_)) = value.value {
        value.value = None;
    }
}

/// JSON has one NaN.
pub(crate) fn unify_nan(value: &mut Option<AnyValue>) {
    if let Some(AnyValue {
        value: Some(Value::DoubleValue(double)),
    }) = value
        && double.is_nan()
    {
        *double = f64::NAN;
    }
}

/// Calls `visit` with every value of a trace request, nested ones included.
pub(crate) fn each_value_of_traces(
    request: &mut ExportTraceServiceRequest,
    visit: &mut impl FnMut(&mut Option<AnyValue>),
) {
    for ResourceSpans {
        resource,
        scope_spans,
        ..
    } in &mut request.resource_spans
    {
        let resource = resource.iter_mut();
        resource.for_each(|resource| each_value(&mut resource.attributes, visit));
        for ScopeSpans { scope, spans, .. } in scope_spans {
            let scope = scope.iter_mut();
            scope.for_each(|scope| each_value(&mut scope.attributes, visit));
            for span in spans {
                each_value(&mut span.attributes, visit);
                for event in &mut span.events {
                    each_value(&mut event.attributes, visit);
                }
                for link in &mut span.links {
                    each_value(&mut link.attributes, visit);
                }
            }
        }
    }
}

/// Calls `visit` with every value of a log request, nested ones included.
pub(crate) fn each_value_of_logs(
    request: &mut ExportLogsServiceRequest,
    visit: &mut impl FnMut(&mut Option<AnyValue>),
) {
    for ResourceLogs {
        resource,
        scope_logs,
        ..
    } in &mut request.resource_logs
    {
        let resource = resource.iter_mut();
        resource.for_each(|resource| each_value(&mut resource.attributes, visit));
        for ScopeLogs {
            scope, log_records, ..
        } in scope_logs
        {
            let scope = scope.iter_mut();
            scope.for_each(|scope| each_value(&mut scope.attributes, visit));
            for record in log_records {
                each_value(&mut record.attributes, visit);
                if record.body.is_some() {
                    each_nested(&mut record.body, visit);
                }
            }
        }
    }
}

fn each_value(attributes: &mut [KeyValue], visit: &mut impl FnMut(&mut Option<AnyValue>)) {
    for attribute in attributes {
        each_nested(&mut attribute.value, visit);
    }
}

fn each_nested(value: &mut Option<AnyValue>, visit: &mut impl FnMut(&mut Option<AnyValue>)) {
    visit(value);
    match value.as_mut().and_then(|value| value.value.as_mut()) {
        Some(Value::KvlistValue(list)) => each_value(&mut list.values, visit),
        Some(Value::ArrayValue(array)) => {
            for item in &mut array.values {
                let mut value = Some(std::mem::take(item));
                each_nested(&mut value, visit);
                *item = value.unwrap_or_default();
            }
        }
        _ => {}
    }
}
