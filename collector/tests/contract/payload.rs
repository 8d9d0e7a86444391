//! Requests, and compressing them.

use std::io::Write;

use clearspan_proto::otlp::{Encoding, WireSignal};
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, any_value::Value};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::{
    Gauge, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, metric::Data,
};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;

pub const SIGNALS: [WireSignal; 3] = [WireSignal::Traces, WireSignal::Logs, WireSignal::Metrics];
pub const STORED: [WireSignal; 2] = [WireSignal::Traces, WireSignal::Logs];
pub const CODINGS: [&str; 4] = ["", "gzip", "zstd", "deflate"];

const TRACE: [u8; 16] = [7; 16];

/// A request of so many records that are as they should be.
pub fn request(signal: WireSignal, encoding: Encoding, records: usize) -> Vec<u8> {
    match signal {
        WireSignal::Traces => traces(encoding, &vec![(TRACE, 1); records]),
        WireSignal::Logs => logs(encoding, &vec![1; records], "hello"),
        WireSignal::Metrics => metrics(encoding, records),
    }
}

/// Spans, each with its trace id and start.
pub fn traces(encoding: Encoding, spans: &[([u8; 16], u64)]) -> Vec<u8> {
    let spans = spans.iter().zip(1_u64..);
    match encoding {
        Encoding::Protobuf => {
            let span = |((trace_id, start), id): (&([u8; 16], u64), u64)| Span {
                trace_id: trace_id.to_vec(),
                span_id: id.to_be_bytes().to_vec(),
                name: "GET /".to_owned(),
                start_time_unix_nano: *start,
                end_time_unix_nano: *start,
                ..Span::default()
            };
            let scope = ScopeSpans {
                spans: spans.map(span).collect(),
                ..ScopeSpans::default()
            };
            let resource = ResourceSpans {
                scope_spans: vec![scope],
                ..ResourceSpans::default()
            };
            ExportTraceServiceRequest {
                resource_spans: vec![resource],
            }
            .encode_to_vec()
        }
        Encoding::Json => {
            let span = |((trace_id, start), id): (&([u8; 16], u64), u64)| {
                let trace_id: String = trace_id.iter().map(|byte| format!("{byte:02x}")).collect();
                format!(
                    r#"{{"traceId":"{trace_id}","spanId":"{id:016x}","name":"GET /","startTimeUnixNano":"{start}","endTimeUnixNano":"{start}"}}"#
                )
            };
            let spans = spans.map(span).collect::<Vec<_>>().join(",");
            format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{spans}]}}]}}]}}"#)
                .into_bytes()
        }
    }
}

/// Log records, each with its time, all with the same body.
pub fn logs(encoding: Encoding, times: &[u64], body: &str) -> Vec<u8> {
    match encoding {
        Encoding::Protobuf => {
            let record = |time: &u64| LogRecord {
                time_unix_nano: *time,
                body: Some(AnyValue {
                    value: Some(Value::StringValue(body.to_owned())),
                }),
                ..LogRecord::default()
            };
            let log_records = times.iter().map(record).collect();
            let scope = ScopeLogs {
                log_records,
                ..ScopeLogs::default()
            };
            let resource = ResourceLogs {
                scope_logs: vec![scope],
                ..ResourceLogs::default()
            };
            ExportLogsServiceRequest {
                resource_logs: vec![resource],
            }
            .encode_to_vec()
        }
        Encoding::Json => {
            let record = |time: &u64| {
                format!(r#"{{"timeUnixNano":"{time}","body":{{"stringValue":"{body}"}}}}"#)
            };
            let records = times.iter().map(record).collect::<Vec<_>>().join(",");
            format!(r#"{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{records}]}}]}}]}}"#)
                .into_bytes()
        }
    }
}

fn metrics(encoding: Encoding, points: usize) -> Vec<u8> {
    match encoding {
        Encoding::Protobuf => {
            let data_points = vec![NumberDataPoint::default(); points];
            let data = Some(Data::Gauge(Gauge { data_points }));
            let metric = Metric {
                name: "up".to_owned(),
                data,
                ..Metric::default()
            };
            let scope = ScopeMetrics {
                metrics: vec![metric],
                ..ScopeMetrics::default()
            };
            let resource = ResourceMetrics {
                scope_metrics: vec![scope],
                ..ResourceMetrics::default()
            };
            ExportMetricsServiceRequest {
                resource_metrics: vec![resource],
            }
            .encode_to_vec()
        }
        Encoding::Json => {
            let points = vec![r#"{"asInt":"1"}"#; points].join(",");
            format!(
                r#"{{"resourceMetrics":[{{"scopeMetrics":[{{"metrics":[{{"name":"up","gauge":{{"dataPoints":[{points}]}}}}]}}]}}]}}"#
            )
            .into_bytes()
        }
    }
}

/// A request for logs of exactly so many bytes.
pub fn logs_of_bytes(encoding: Encoding, bytes: usize) -> Vec<u8> {
    let mut body = bytes.saturating_sub(100);
    loop {
        let request = logs(encoding, &[1], &"x".repeat(body));
        if request.len() == bytes {
            return request;
        }
        // What stands around the body has the same length, or a byte of length more, next time.
        body = body + bytes - request.len();
    }
}

pub fn compress(coding: &str, plain: &[u8]) -> Vec<u8> {
    match coding {
        "" | "identity" => plain.to_vec(),
        "gzip" | "x-gzip" => {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(plain).unwrap();
            encoder.finish().unwrap()
        }
        "zstd" => zstd::encode_all(plain, 1).unwrap(),
        "deflate" => {
            let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(plain).unwrap();
            encoder.finish().unwrap()
        }
        other => panic!("no coding {other}"),
    }
}
