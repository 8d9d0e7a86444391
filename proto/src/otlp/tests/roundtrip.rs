//! The properties: what goes in comes out, in each encoding.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::AnyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use proptest::prelude::*;
use prost::Message;

use super::loosen::loosen;
use super::meaning::{self, each_value_of_logs, each_value_of_traces, unify_nan};
use super::{ARRIVAL_NS, generate};
use crate::json;
use crate::otlp::{
    Encoding, WireSignal, count_records, decode_logs, decode_traces, encode_logs_json,
    encode_logs_protobuf, encode_traces_json, encode_traces_protobuf, shift_times,
};

fn span_count(request: &ExportTraceServiceRequest) -> u64 {
    let scopes = request
        .resource_spans
        .iter()
        .flat_map(|group| &group.scope_spans);
    scopes.map(|scope| scope.spans.len() as u64).sum()
}

fn record_count(request: &ExportLogsServiceRequest) -> u64 {
    let scopes = request
        .resource_logs
        .iter()
        .flat_map(|group| &group.scope_logs);
    scopes.map(|scope| scope.log_records.len() as u64).sum()
}

fn traces_json(request: &ExportTraceServiceRequest) -> Vec<u8> {
    let mut out = Vec::new();
    json::traces::write(request, &mut out);
    out
}

fn logs_json(request: &ExportLogsServiceRequest) -> Vec<u8> {
    let mut out = Vec::new();
    json::logs::write(request, &mut out);
    out
}

/// The same text with a sender's freedom.
fn loosened(text: &[u8], seed: u64) -> Vec<u8> {
    let mut value = serde_json::from_slice(text).unwrap();
    loosen(&mut value, seed);
    serde_json::to_vec(&value).unwrap()
}

/// Doubles that serde's reader, which rounds carelessly, takes exactly.
fn simplify_double(value: &mut Option<AnyValue>) {
    if let Some(AnyValue {
        value: Some(Value::DoubleValue(double)),
    }) = value
        && double.is_finite()
    {
        *double = (double.to_bits() % 1_000_000) as f64 / 8.0;
    }
}

proptest! {
    #[test]
    fn spans_come_out_as_they_went_in(sent in generate::traces()) {
        let decoded = decode_traces(&sent.encode_to_vec(), Encoding::Protobuf, ARRIVAL_NS).unwrap();
        let rows = decoded.batch.rows() as u64;
        prop_assert_eq!(rows + decoded.rejected.total(), span_count(&sent));
        let expected = meaning::of_traces(&sent);
        prop_assert_eq!(rows, expected.len() as u64);
        let out = encode_traces_protobuf(&[decoded.batch.into_inner()]).unwrap();
        let out = ExportTraceServiceRequest::decode(out.as_slice()).unwrap();
        prop_assert_eq!(meaning::of_traces(&out), expected);
    }

    #[test]
    fn logs_come_out_as_they_went_in(sent in generate::logs()) {
        let decoded = decode_logs(&sent.encode_to_vec(), Encoding::Protobuf, ARRIVAL_NS).unwrap();
        prop_assert_eq!(decoded.batch.rows() as u64, record_count(&sent));
        prop_assert_eq!(decoded.rejected.total(), 0);
        let out = encode_logs_protobuf(&[decoded.batch.into_inner()]).unwrap();
        let out = ExportLogsServiceRequest::decode(out.as_slice()).unwrap();
        prop_assert_eq!(meaning::of_logs(&out), meaning::of_logs(&sent));
    }

    #[test]
    fn spans_are_the_same_rows_from_json_and_protobuf(mut sent in generate::traces(), seed: u64) {
        each_value_of_traces(&mut sent, &mut unify_nan);
        each_value_of_traces(&mut sent, &mut simplify_double);
        let protobuf = decode_traces(&sent.encode_to_vec(), Encoding::Protobuf, ARRIVAL_NS).unwrap();
        let canonical = traces_json(&sent);
        for text in [&canonical, &loosened(&canonical, seed)] {
            let json = decode_traces(text, Encoding::Json, ARRIVAL_NS).unwrap();
            prop_assert_eq!(json.batch.inner(), protobuf.batch.inner(), "{}", String::from_utf8_lossy(text));
            prop_assert_eq!(json.rejected, protobuf.rejected);
            prop_assert_eq!(json.repaired, protobuf.repaired);
            prop_assert_eq!(count_records(text, WireSignal::Traces, Encoding::Json).unwrap(), span_count(&sent));
        }
    }

    #[test]
    fn logs_are_the_same_rows_from_json_and_protobuf(mut sent in generate::logs(), seed: u64) {
        each_value_of_logs(&mut sent, &mut unify_nan);
        each_value_of_logs(&mut sent, &mut simplify_double);
        let protobuf = decode_logs(&sent.encode_to_vec(), Encoding::Protobuf, ARRIVAL_NS).unwrap();
        let canonical = logs_json(&sent);
        for text in [&canonical, &loosened(&canonical, seed)] {
            let json = decode_logs(text, Encoding::Json, ARRIVAL_NS).unwrap();
            prop_assert_eq!(json.batch.inner(), protobuf.batch.inner(), "{}", String::from_utf8_lossy(text));
            prop_assert_eq!(json.repaired, protobuf.repaired);
            prop_assert_eq!(count_records(text, WireSignal::Logs, Encoding::Json).unwrap(), record_count(&sent));
        }
    }

    /// Writing puts records under their groups; what was written once is read and written the same for ever.
    #[test]
    fn span_rows_survive_json(mut sent in generate::traces()) {
        each_value_of_traces(&mut sent, &mut unify_nan);
        let first = decode_traces(&sent.encode_to_vec(), Encoding::Protobuf, ARRIVAL_NS).unwrap().batch.into_inner();
        let (mut json, mut again) = (Vec::new(), Vec::new());
        encode_traces_json(std::slice::from_ref(&first), &mut json).unwrap();
        serde_json::from_slice::<serde_json::Value>(&json).unwrap();
        let read = decode_traces(&json, Encoding::Json, ARRIVAL_NS).unwrap();
        prop_assert_eq!(read.rejected.total() + read.repaired.total(), 0);
        let second = read.batch.into_inner();
        encode_traces_json(std::slice::from_ref(&second), &mut again).unwrap();
        prop_assert_eq!(&json, &again);
        let protobuf = encode_traces_protobuf(std::slice::from_ref(&first)).unwrap();
        let grouped = decode_traces(&protobuf, Encoding::Protobuf, ARRIVAL_NS).unwrap();
        prop_assert_eq!(grouped.batch.inner(), &second);
    }

    /// Writing puts records under their groups; what was written once is read and written the same for ever.
    #[test]
    fn log_rows_survive_json(mut sent in generate::logs()) {
        each_value_of_logs(&mut sent, &mut unify_nan);
        let first = decode_logs(&sent.encode_to_vec(), Encoding::Protobuf, ARRIVAL_NS).unwrap().batch.into_inner();
        let (mut json, mut again) = (Vec::new(), Vec::new());
        encode_logs_json(std::slice::from_ref(&first), &mut json).unwrap();
        serde_json::from_slice::<serde_json::Value>(&json).unwrap();
        let read = decode_logs(&json, Encoding::Json, ARRIVAL_NS).unwrap();
        prop_assert_eq!(read.repaired.total(), 0);
        let second = read.batch.into_inner();
        encode_logs_json(std::slice::from_ref(&second), &mut again).unwrap();
        prop_assert_eq!(&json, &again);
        let protobuf = encode_logs_protobuf(std::slice::from_ref(&first)).unwrap();
        let grouped = decode_logs(&protobuf, Encoding::Protobuf, ARRIVAL_NS).unwrap();
        prop_assert_eq!(grouped.batch.inner(), &second);
    }

    #[test]
    fn times_move_there_and_back(sent in generate::traces(), logs in generate::logs(), delta in -1_000_000i64..1_000_000) {
        // Times next to the ends of the range stay inside it and so do not come back; the range in between does.
        let body = sent.encode_to_vec();
        let there = shift_times(&body, WireSignal::Traces, Encoding::Protobuf, delta).unwrap();
        let there = ExportTraceServiceRequest::decode(there.as_slice()).unwrap();
        prop_assert_eq!(span_count(&there), span_count(&sent));
        let spans = |request: &ExportTraceServiceRequest| -> Vec<u64> {
            let scopes = request.resource_spans.iter().flat_map(|group| &group.scope_spans);
            scopes.flat_map(|scope| &scope.spans).map(|span| span.start_time_unix_nano).collect()
        };
        for (before, after) in spans(&sent).into_iter().zip(spans(&there)) {
            let is_moved = (2_000_000..i64::MAX as u64 - 2_000_000).contains(&before);
            prop_assert!(!is_moved || after == before.wrapping_add_signed(delta));
            prop_assert_eq!(before == 0, after == 0);
        }
        let body = logs_json(&logs);
        let unmoved = shift_times(&body, WireSignal::Logs, Encoding::Json, 0).unwrap();
        prop_assert_eq!(unmoved, body);
    }
}

#[test]
fn several_batches_become_one_request() {
    let text = |id: u8| {
        format!(
            r#"{{"resourceSpans":[{{"resource":{{}},"scopeSpans":[{{"spans":[{{"traceId":"{id:032x}","spanId":"{id:016x}"}}]}}]}}]}}"#
        )
    };
    let batches: Vec<_> = [1, 2]
        .map(|id| decode_traces(text(id).as_bytes(), Encoding::Json, ARRIVAL_NS).unwrap())
        .map(|decoded| decoded.batch.into_inner())
        .into();
    let mut out = Vec::new();
    encode_traces_json(&batches, &mut out).unwrap();
    assert_eq!(
        String::from_utf8(out).unwrap(),
        concat!(
            r#"{"resourceSpans":[{"resource":{},"scopeSpans":[{"spans":[{"traceId":"00000000000000000000000000000001","#,
            r#""spanId":"0000000000000001"},{"traceId":"00000000000000000000000000000002","spanId":"#,
            r#""0000000000000002"}]}]}]}"#
        )
    );
    let mut out = Vec::new();
    encode_traces_json(&[], &mut out).unwrap();
    assert_eq!(out, br#"{"resourceSpans":[]}"#);
}

#[test]
fn a_projection_is_refused() {
    let batch = decode_logs(b"{}", Encoding::Json, ARRIVAL_NS)
        .unwrap()
        .batch
        .into_inner();
    let projection = batch.project(&[0, 1]).unwrap();
    assert!(encode_logs_protobuf(&[projection]).is_err());
}
