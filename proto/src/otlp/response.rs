//! Answers to accepted requests.
//!
//! `partial_success` is set only when there is something to say: OTLP demands it unset when all was accepted.

use opentelemetry_proto::tonic::collector::logs::v1::{
    ExportLogsPartialSuccess, ExportLogsServiceResponse,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsPartialSuccess, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceResponse,
};
use prost::Message;

use crate::json::writer::write_object;

use super::Encoding;

/// An `ExportTraceServiceResponse`.
pub fn traces_response(encoding: Encoding, rejected: u64, message: &str) -> Vec<u8> {
    let protobuf = |rejected_spans, error_message| {
        let partial_success = ExportTracePartialSuccess {
            rejected_spans,
            error_message,
        };
        ExportTraceServiceResponse {
            partial_success: Some(partial_success),
        }
        .encode_to_vec()
    };
    response(encoding, "rejectedSpans", rejected, message, protobuf)
}

/// An `ExportLogsServiceResponse`.
pub fn logs_response(encoding: Encoding, rejected: u64, message: &str) -> Vec<u8> {
    let protobuf = |rejected_log_records, error_message| {
        let partial_success = ExportLogsPartialSuccess {
            rejected_log_records,
            error_message,
        };
        ExportLogsServiceResponse {
            partial_success: Some(partial_success),
        }
        .encode_to_vec()
    };
    response(encoding, "rejectedLogRecords", rejected, message, protobuf)
}

/// An `ExportMetricsServiceResponse`.
pub fn metrics_response(encoding: Encoding, rejected: u64, message: &str) -> Vec<u8> {
    let protobuf = |rejected_data_points, error_message| {
        let partial_success = ExportMetricsPartialSuccess {
            rejected_data_points,
            error_message,
        };
        ExportMetricsServiceResponse {
            partial_success: Some(partial_success),
        }
        .encode_to_vec()
    };
    response(encoding, "rejectedDataPoints", rejected, message, protobuf)
}

fn response(
    encoding: Encoding,
    rejected_field: &'static str,
    rejected: u64,
    message: &str,
    protobuf: impl FnOnce(i64, String) -> Vec<u8>,
) -> Vec<u8> {
    let rejected = i64::try_from(rejected).unwrap_or(i64::MAX);
    let has_news = rejected > 0 || !message.is_empty();
    match encoding {
        Encoding::Protobuf if has_news => protobuf(rejected, message.to_owned()),
        // A message of defaults has no bytes.
        Encoding::Protobuf => Vec::new(),
        Encoding::Json => {
            let mut out = Vec::new();
            write_object(&mut out, |response| {
                if has_news {
                    response.object("partialSuccess", |partial| {
                        partial.int64(rejected_field, rejected);
                        partial.text("errorMessage", message);
                    });
                }
            });
            out
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn nothing_is_said_when_all_was_accepted() {
        for respond in [traces_response, logs_response, metrics_response] {
            assert_eq!(respond(Encoding::Protobuf, 0, ""), b"");
            assert_eq!(respond(Encoding::Json, 0, ""), b"{}");
        }
    }

    #[test]
    fn rejections_and_warnings_are_told() {
        let json = traces_response(Encoding::Json, 3, "three \"bad\" ones");
        assert_eq!(
            String::from_utf8(json).unwrap(),
            r#"{"partialSuccess":{"rejectedSpans":"3","errorMessage":"three \"bad\" ones"}}"#
        );
        let json = logs_response(Encoding::Json, 0, "warning");
        assert_eq!(
            String::from_utf8(json).unwrap(),
            r#"{"partialSuccess":{"errorMessage":"warning"}}"#
        );
        let protobuf = metrics_response(Encoding::Protobuf, 7, "m");
        let read = ExportMetricsServiceResponse::decode(protobuf.as_slice()).unwrap();
        let partial = read.partial_success.unwrap();
        assert_eq!(
            (partial.rejected_data_points, partial.error_message.as_str()),
            (7, "m")
        );
    }
}
