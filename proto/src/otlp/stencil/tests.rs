//! Copies against a plain oracle, which changes messages instead of bytes.
#![allow(clippy::unwrap_used)]

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::resource::v1::Resource;
use proptest::prelude::*;
use prost::Message;

use super::super::tests::generate;
use super::*;

const LABEL: Label<'static> = Label {
    run_key: "load.run",
    run: "r1",
    number_key: "a",
};

const STAMP: Stamp = Stamp {
    trace_mask: *b"0123456789abcdef",
    span_mask: [0xF0, 1, 2, 3, 4, 5, 6, 7],
    first_number: 70_000,
    newest_ns: 1_790_000_000_000_000_000,
};

/// The times of a request that are known, newest first.
fn newest(times: &[u64]) -> u64 {
    let known = |time: &u64| *time != 0 && i64::try_from(*time).is_ok();
    times.iter().copied().filter(known).max().unwrap_or(0)
}

fn moved(time: &mut u64, newest: u64) {
    if *time != 0 && i64::try_from(*time).is_ok() {
        *time = STAMP.newest_ns.saturating_sub(newest - *time).max(1);
    }
}

fn masked(id: &mut [u8]) {
    let mask: &[u8] = match id.len() {
        16 => &STAMP.trace_mask,
        8 => &STAMP.span_mask,
        _ => return,
    };
    id.iter_mut()
        .zip(mask)
        .for_each(|(byte, mask)| *byte ^= mask);
}

/// One trace id or one span id: the other's length is a wrong one.
fn masked_if(id: &mut [u8], length: usize) {
    if id.len() == length {
        masked(id);
    }
}

fn set(attributes: &mut Vec<KeyValue>, key: &str, value: Value) {
    attributes.retain(|attribute| attribute.key != key);
    let value = Some(AnyValue { value: Some(value) });
    attributes.push(KeyValue {
        key: key.to_owned(),
        value,
        ..KeyValue::default()
    });
}

fn named(resource: &mut Option<Resource>) {
    let resource = resource.get_or_insert_with(Resource::default);
    set(
        &mut resource.attributes,
        "load.run",
        Value::StringValue("r1".to_owned()),
    );
}

fn numbered(attributes: &mut Vec<KeyValue>, count: &mut i64) {
    set(
        attributes,
        "a",
        Value::IntValue((1 << 28) + 70_000 + *count),
    );
    *count += 1;
}

fn traces_copy(request: &mut ExportTraceServiceRequest) {
    let spans = request
        .resource_spans
        .iter()
        .flat_map(|group| &group.scope_spans);
    let times = spans.flat_map(|scope| &scope.spans).flat_map(|span| {
        let own = [span.start_time_unix_nano, span.end_time_unix_nano];
        let events = span.events.iter().map(|event| event.time_unix_nano);
        own.into_iter().chain(events)
    });
    let newest = newest(&times.collect::<Vec<_>>());
    let mut count = 0;
    for group in &mut request.resource_spans {
        named(&mut group.resource);
        for span in group
            .scope_spans
            .iter_mut()
            .flat_map(|scope| &mut scope.spans)
        {
            numbered(&mut span.attributes, &mut count);
            moved(&mut span.start_time_unix_nano, newest);
            moved(&mut span.end_time_unix_nano, newest);
            masked_if(&mut span.trace_id, 16);
            masked_if(&mut span.span_id, 8);
            masked_if(&mut span.parent_span_id, 8);
            for event in &mut span.events {
                moved(&mut event.time_unix_nano, newest);
            }
            for link in &mut span.links {
                masked_if(&mut link.trace_id, 16);
                masked_if(&mut link.span_id, 8);
            }
        }
    }
}

fn logs_copy(request: &mut ExportLogsServiceRequest) {
    let logs = request
        .resource_logs
        .iter()
        .flat_map(|group| &group.scope_logs);
    let times = logs
        .flat_map(|scope| &scope.log_records)
        .flat_map(|record| [record.time_unix_nano, record.observed_time_unix_nano]);
    let newest = newest(&times.collect::<Vec<_>>());
    let mut count = 0;
    for group in &mut request.resource_logs {
        named(&mut group.resource);
        for record in group
            .scope_logs
            .iter_mut()
            .flat_map(|scope| &mut scope.log_records)
        {
            numbered(&mut record.attributes, &mut count);
            moved(&mut record.time_unix_nano, newest);
            moved(&mut record.observed_time_unix_nano, newest);
            masked_if(&mut record.trace_id, 16);
            masked_if(&mut record.span_id, 8);
        }
    }
}

fn copied(body: &[u8], signal: WireSignal) -> Vec<u8> {
    let stencil = Stencil::new(body, signal, Encoding::Protobuf, &LABEL).unwrap();
    let copy = stencil.copy(&STAMP);
    assert_eq!(copy.len(), stencil.bytes());
    copy
}

proptest! {
    #[test]
    fn a_copy_of_spans_is_as_if_they_were_encoded_anew(mut request in generate::traces()) {
        let copy = copied(&request.encode_to_vec(), WireSignal::Traces);
        traces_copy(&mut request);
        // As bytes: a NaN is not equal to itself.
        prop_assert_eq!(copy, request.encode_to_vec());
    }

    #[test]
    fn a_copy_of_logs_is_as_if_they_were_encoded_anew(mut request in generate::logs()) {
        let copy = copied(&request.encode_to_vec(), WireSignal::Logs);
        logs_copy(&mut request);
        prop_assert_eq!(copy, request.encode_to_vec());
    }
}

fn one_log(record: LogRecord) -> Vec<u8> {
    let scope = ScopeLogs {
        log_records: vec![record],
        ..ScopeLogs::default()
    };
    let group = ResourceLogs {
        scope_logs: vec![scope],
        ..ResourceLogs::default()
    };
    let request = ExportLogsServiceRequest {
        resource_logs: vec![group],
    };
    request.encode_to_vec()
}

fn text(text: String) -> Option<AnyValue> {
    Some(AnyValue {
        value: Some(Value::StringValue(text)),
    })
}

#[test]
fn the_texts_of_a_logs_own_ids_follow_them() {
    // The span's digits also stand within the trace's, where they are not the span's.
    let (trace, span) = ("ab".repeat(16), "ab".repeat(8));
    let body = text(format!(
        "é {trace}/{span} {span}{span}{span} {}",
        "cd".repeat(8)
    ));
    let copy = copied(
        &one_log(LogRecord {
            trace_id: vec![0xAB; 16],
            span_id: vec![0xAB; 8],
            body,
            ..LogRecord::default()
        }),
        WireSignal::Logs,
    );
    let copy = ExportLogsServiceRequest::decode(copy.as_slice()).unwrap();
    let record = &copy.resource_logs[0].scope_logs[0].log_records[0];
    let hex = |id: &[u8]| {
        id.iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    };
    let (trace, span) = (hex(&record.trace_id), hex(&record.span_id));
    assert_ne!(trace, "ab".repeat(16));
    assert_eq!(
        record.body,
        text(format!("é {trace}/{span} {trace}{span} {}", "cd".repeat(8)))
    );
}

#[test]
fn numbers_are_of_one_length_and_read_back() {
    for number in [0, 1, 127, 1 << 28, Stencil::NUMBERS_MAX - 1] {
        let mut bytes = [0; NUMBER_BYTES];
        write_varint(&mut bytes, FIRST_NUMBER + number);
        let mut canonical = Vec::new();
        prost::encoding::encode_varint(FIRST_NUMBER + number, &mut canonical);
        assert_eq!(bytes, canonical[..]);
        assert_eq!(stencil_number((FIRST_NUMBER + number) as i64), Some(number));
    }
    for foreign in [-1, 0, (1 << 28) - 1, 1 << 35, i64::MAX] {
        assert_eq!(stencil_number(foreign), None, "{foreign}");
    }
}

#[test]
fn metrics_have_no_stencil() {
    assert!(Stencil::new(b"", WireSignal::Metrics, Encoding::Protobuf, &LABEL).is_err());
}

#[test]
fn the_first_records_are_those_of_the_request() {
    let record = |n: u64| LogRecord {
        time_unix_nano: n,
        body: Some(AnyValue {
            value: Some(Value::IntValue(n as i64)),
        }),
        ..LogRecord::default()
    };
    let group = |records: &[u64]| ResourceLogs {
        scope_logs: vec![ScopeLogs {
            log_records: records.iter().map(|n| record(*n)).collect(),
            ..ScopeLogs::default()
        }],
        ..ResourceLogs::default()
    };
    let request = ExportLogsServiceRequest {
        resource_logs: vec![group(&[1, 2]), group(&[]), group(&[3, 4, 5])],
    };
    let body = request.encode_to_vec();
    let whole = Stencil::new(&body, WireSignal::Logs, Encoding::Protobuf, &LABEL).unwrap();
    for (asked, expected) in [(0, 1), (1, 1), (2, 2), (3, 3), (5, 5), (9, 5)] {
        let cut = whole.first(asked, &LABEL).unwrap();
        assert_eq!(cut.records(), expected);
        let copy = ExportLogsServiceRequest::decode(&*cut.copy(&STAMP)).unwrap();
        let scopes = copy
            .resource_logs
            .iter()
            .flat_map(|group| &group.scope_logs);
        let found: Vec<&LogRecord> = scopes.flat_map(|scope| &scope.log_records).collect();
        for (number, record) in (1_i64..).zip(&found) {
            let body = AnyValue {
                value: Some(Value::IntValue(number)),
            };
            assert_eq!(record.body, Some(body));
            assert_eq!(record.attributes.len(), 1, "its number, once");
        }
        assert_eq!(found.len() as u64, expected);
    }
}

#[test]
fn the_first_spans_are_those_of_the_request() {
    let names = ["a", "b", "c"];
    let spans = names.map(|name| opentelemetry_proto::tonic::trace::v1::Span {
        name: name.to_owned(),
        trace_id: vec![7; 16],
        ..Default::default()
    });
    let request = ExportTraceServiceRequest {
        resource_spans: vec![opentelemetry_proto::tonic::trace::v1::ResourceSpans {
            scope_spans: vec![opentelemetry_proto::tonic::trace::v1::ScopeSpans {
                spans: spans.to_vec(),
                ..Default::default()
            }],
            ..Default::default()
        }],
    };
    let body = request.encode_to_vec();
    let whole = Stencil::new(&body, WireSignal::Traces, Encoding::Protobuf, &LABEL).unwrap();
    let cut = whole.first(2, &LABEL).unwrap();
    let copy = ExportTraceServiceRequest::decode(&*cut.copy(&STAMP)).unwrap();
    let spans = &copy.resource_spans[0].scope_spans[0].spans;
    let found: Vec<&str> = spans.iter().map(|span| &*span.name).collect();
    assert_eq!((found, cut.records()), (vec!["a", "b"], 2));
}
