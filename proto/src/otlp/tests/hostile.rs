//! Random and mutated bytes, deep nesting.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue, KeyValueList};
use proptest::prelude::*;
use prost::Message;

use super::{ARRIVAL_NS, generate};
use crate::otlp::request::{logs_in_pieces, read_logs};
use crate::otlp::{
    Encoding, WireSignal, count_metric_points, count_records, decode_logs, decode_traces,
    encode_traces_protobuf, frames, newest_time, shift_times,
};
use crate::{json, jsonl};

/// Gives `body` to everything that takes bytes from outside. Whatever is decoded, is counted.
fn feed(body: &[u8]) -> Result<(), TestCaseError> {
    for encoding in [Encoding::Protobuf, Encoding::Json] {
        if let Ok(decoded) = decode_traces(body, encoding, ARRIVAL_NS) {
            let count = decoded.batch.rows() as u64 + decoded.rejected.total();
            prop_assert_eq!(
                count_records(body, WireSignal::Traces, encoding).ok(),
                Some(count)
            );
        }
        if let Ok(decoded) = decode_logs(body, encoding, ARRIVAL_NS) {
            let count = decoded.batch.rows() as u64;
            prop_assert_eq!(
                count_records(body, WireSignal::Logs, encoding).ok(),
                Some(count)
            );
        }
        let _ = count_metric_points(body, encoding);
        for signal in [WireSignal::Traces, WireSignal::Logs, WireSignal::Metrics] {
            let _ = newest_time(body, signal, encoding);
            let _ = shift_times(body, signal, encoding, i64::MIN);
        }
    }
    let _ = jsonl::signal_of_line(body);
    let _ = frames::detect_signal(body);
    let _ = frames::read_frame(&mut &body[..], &mut Vec::new(), u32::MAX);
    Ok(())
}

/// Overwrites, removes or inserts bytes.
fn mutate(mut body: Vec<u8>, mutations: &[(prop::sample::Index, u8, u8)]) -> Vec<u8> {
    for (at, byte, kind) in mutations {
        if body.is_empty() {
            break;
        }
        let at = at.index(body.len());
        match kind % 3 {
            0 => body[at] = *byte,
            1 => drop(body.remove(at)),
            _ => body.insert(at, *byte),
        }
    }
    body
}

fn mutations() -> impl Strategy<Value = Vec<(prop::sample::Index, u8, u8)>> {
    prop::collection::vec(any::<(prop::sample::Index, u8, u8)>(), 1..6)
}

/// Read in pieces a request is what it is as a whole, or as bad. In which words it is bad may differ: a length that runs over the end of its message runs over that of the
/// piece too, which is told first.
fn check_pieces(body: &[u8]) -> Result<(), TestCaseError> {
    let pieces = logs_in_pieces(body, Encoding::Protobuf).and_then(|pieces| {
        let mut joined = ExportLogsServiceRequest::default();
        for piece in pieces {
            joined.resource_logs.extend(piece?.resource_logs);
        }
        Ok(joined.encode_to_vec())
    });
    let whole = read_logs(body, Encoding::Protobuf).map(|whole| whole.message.encode_to_vec());
    match (pieces, whole) {
        (Ok(pieces), Ok(whole)) => prop_assert_eq!(pieces, whole),
        (Err(_), Err(_)) => (),
        (pieces, whole) => prop_assert!(false, "{pieces:?} in pieces, {whole:?} as a whole"),
    }
    Ok(())
}

proptest! {
    #[test]
    fn random_bytes_are_survived(body in prop::collection::vec(any::<u8>(), 0..200)) {
        feed(&body)?;
        check_pieces(&body)?;
    }

    #[test]
    fn mutated_traces_are_survived(sent in generate::traces(), mutations in mutations()) {
        feed(&mutate(sent.encode_to_vec(), &mutations))?;
        let mut text = Vec::new();
        json::traces::write(&sent, &mut text);
        feed(&mutate(text, &mutations))?;
    }

    #[test]
    fn mutated_logs_are_survived(sent in generate::logs(), mutations in mutations()) {
        let body = sent.encode_to_vec();
        check_pieces(&body)?;
        let body = mutate(body, &mutations);
        check_pieces(&body)?;
        feed(&body)?;
        let mut text = Vec::new();
        json::logs::write(&sent, &mut text);
        feed(&mutate(text, &mutations))?;
    }
}

/// A value `depth` containers deep, arrays or maps.
fn nested(depth: usize, is_map: bool) -> AnyValue {
    let innermost = AnyValue {
        value: Some(Value::IntValue(1)),
    };
    (0..depth).fold(innermost, |inner, _| {
        let value = if is_map {
            let values = vec![attribute(inner)];
            Value::KvlistValue(KeyValueList { values })
        } else {
            let values = vec![inner];
            Value::ArrayValue(ArrayValue { values })
        };
        AnyValue { value: Some(value) }
    })
}

fn attribute(value: AnyValue) -> KeyValue {
    KeyValue {
        key: "k".into(),
        value: Some(value),
        key_strindex: 0,
    }
}

const SPAN: &str = r#"{"resourceSpans":[{"resource":{},"scopeSpans":[{"scope":{},"spans":[{
    "traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","events":[{}],"links":[{
    "traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174"}]}]}]}]}"#;

/// A request with a span whose attribute at one of five places is `value`.
fn span_with(value: AnyValue, place: usize) -> ExportTraceServiceRequest {
    let mut request = json::read(SPAN.as_bytes(), json::traces::request)
        .unwrap()
        .message;
    let group = &mut request.resource_spans[0];
    let scope = &mut group.scope_spans[0];
    let span = &mut scope.spans[0];
    let attributes = match place {
        0 => &mut group.resource.as_mut().unwrap().attributes,
        1 => &mut scope.scope.as_mut().unwrap().attributes,
        2 => &mut span.attributes,
        3 => &mut span.events[0].attributes,
        _ => &mut span.links[0].attributes,
    };
    attributes.push(attribute(value));
    request
}

/// The counts of dropped attributes at the five places.
fn dropped(request: &ExportTraceServiceRequest) -> [u32; 5] {
    let group = &request.resource_spans[0];
    let scope = &group.scope_spans[0];
    let span = &scope.spans[0];
    [
        group.resource.as_ref().unwrap().dropped_attributes_count,
        scope.scope.as_ref().unwrap().dropped_attributes_count,
        span.dropped_attributes_count,
        span.events[0].dropped_attributes_count,
        span.links[0].dropped_attributes_count,
    ]
}

/// JSON keeps exactly the depth that protobuf can carry, and what it keeps goes out as protobuf again.
#[test]
fn json_is_capped_where_protobuf_ends() {
    for place in 0..5 {
        for (depth, is_map) in (25..55).flat_map(|depth| [(depth, false), (depth, true)]) {
            let request = span_with(nested(depth, is_map), place);
            let fits = decode_traces(&request.encode_to_vec(), Encoding::Protobuf, 1).is_ok();
            let mut text = Vec::new();
            json::traces::write(&request, &mut text);
            let decoded = decode_traces(&text, Encoding::Json, 1).unwrap();
            let repaired: Vec<_> = decoded.repaired.iter().collect();
            let expected = if fits {
                vec![]
            } else {
                vec![("value_capped", 1)]
            };
            assert_eq!(
                repaired, expected,
                "place {place}, depth {depth}, map {is_map}"
            );
            let out = encode_traces_protobuf(&[decoded.batch.into_inner()]).unwrap();
            let out = ExportTraceServiceRequest::decode(out.as_slice()).unwrap();
            let mut expected = [0; 5];
            expected[place] = u32::from(!fits);
            assert_eq!(dropped(&out), expected);
        }
    }
}

#[test]
fn a_body_nested_without_measure_is_capped_and_the_record_kept() {
    for (open, close, depth) in [
        (r#"{"arrayValue":{"values":["#, "]}}", 1_000),
        (
            r#"{"kvlistValue":{"values":[{"key":"k","value":"#,
            "}]}}",
            1_000,
        ),
        (r#"{"arrayValue":{"values":["#, "]}}", 30_000),
    ] {
        let body = format!("{}{{}}{}", open.repeat(depth), close.repeat(depth));
        let text = format!(
            r#"{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{{"droppedAttributesCount":4294967295,"body":{body},
            "eventName":"e"}},{{"body":{body}}}]}}]}}]}}"#
        );
        let decoded = decode_logs(text.as_bytes(), Encoding::Json, 1).unwrap();
        assert_eq!(
            decoded.repaired.iter().collect::<Vec<_>>(),
            [("value_capped", 2)]
        );
        let out = crate::otlp::encode_logs_protobuf(&[decoded.batch.into_inner()]).unwrap();
        let out = ExportLogsServiceRequest::decode(out.as_slice()).unwrap();
        let records = &out.resource_logs[0].scope_logs[0].log_records;
        let counts: Vec<_> = records
            .iter()
            .map(|log| log.dropped_attributes_count)
            .collect();
        assert_eq!(counts, [u32::MAX, 1]);
        assert_eq!(records[0].event_name, "e");
    }
    let endless = r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":"#.to_owned()
        + &r#"{"arrayValue":{"values":["#.repeat(1_000_000);
    assert!(decode_logs(endless.as_bytes(), Encoding::Json, 1).is_err());
}

#[test]
fn a_flood_of_empty_json_records_is_refused() {
    let records = "{},".repeat(crate::limits::MAX_RECORDS as usize);
    let text =
        format!(r#"{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{records}{{}}]}}]}}]}}"#);
    let refused = decode_logs(text.as_bytes(), Encoding::Json, 1);
    assert!(matches!(
        refused,
        Err(crate::otlp::DecodeError::TooManyRows)
    ));
}

#[test]
fn a_flood_of_empty_json_attributes_is_refused() {
    let attributes = "{},".repeat(crate::limits::MAX_PARTS as usize);
    let text = format!(
        r#"{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{{"attributes":[{attributes}{{}}]}}]}}]}}]}}"#
    );
    let refused = decode_logs(text.as_bytes(), Encoding::Json, 1);
    assert!(matches!(
        refused,
        Err(crate::otlp::DecodeError::TooManyRows)
    ));
}
