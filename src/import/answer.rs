//! What a server's answer to one request means for its records.

use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use super::protobuf;
use super::request::{Encoding, Request};
use crate::client::Answer;

/// The fate of one request.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Taken, less so many records; the message is the server's.
    Taken { rejected: u64, message: String },
    /// Refused as a whole, for good.
    Refused { reason: String },
    /// To be tried again, not before so many seconds where the server says so.
    Retry {
        reason: String,
        after_s: Option<u64>,
    },
}

/// Only these four are worth a second try, by the OTLP specification.
const RETRYABLE: [StatusCode; 4] = [
    StatusCode::TOO_MANY_REQUESTS,
    StatusCode::BAD_GATEWAY,
    StatusCode::SERVICE_UNAVAILABLE,
    StatusCode::GATEWAY_TIMEOUT,
];

/// Judges an answer.
pub(super) fn verdict(request: &Request, answer: &Answer) -> Verdict {
    let reason = || {
        format!(
            "status {}{}",
            answer.status.as_u16(),
            explanation(request.encoding, &answer.body)
        )
    };
    if answer.status.is_success() {
        match partial_success(request.encoding, &answer.body) {
            Ok((rejected, message)) => Verdict::Taken {
                rejected: rejected.min(request.records),
                message,
            },
            Err(reason) => Verdict::Taken {
                rejected: 0,
                message: format!("its answer cannot be read: {reason}"),
            },
        }
    } else if RETRYABLE.contains(&answer.status) {
        Verdict::Retry {
            reason: reason(),
            after_s: answer.retry_after_s(),
        }
    } else {
        Verdict::Refused { reason: reason() }
    }
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct ExportResponse {
    partial_success: Option<PartialSuccess>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct PartialSuccess {
    rejected_spans: Value,
    rejected_log_records: Value,
    rejected_data_points: Value,
    error_message: String,
}

/// A 64-bit integer in OTLP/JSON is a string or a number.
fn integer(value: &Value) -> u64 {
    value
        .as_u64()
        .or_else(|| value.as_str()?.parse().ok())
        .unwrap_or_default()
}

fn partial_success(encoding: Encoding, body: &[u8]) -> Result<(u64, String), String> {
    if body.is_empty() {
        return Ok((0, String::new()));
    }
    match encoding {
        Encoding::Protobuf => protobuf::partial_success(body),
        Encoding::Json => {
            let response: ExportResponse =
                serde_json::from_slice(body).map_err(|error| error.to_string())?;
            let partial = response.partial_success.unwrap_or_default();
            let counts = [
                &partial.rejected_spans,
                &partial.rejected_log_records,
                &partial.rejected_data_points,
            ];
            Ok((counts.map(integer).iter().sum(), partial.error_message))
        }
    }
}

/// The server's own words, where its answer is a `google.rpc.Status`.
fn explanation(encoding: Encoding, body: &[u8]) -> String {
    let message = match encoding {
        Encoding::Protobuf => protobuf::status_message(body),
        Encoding::Json => serde_json::from_slice::<Value>(body)
            .ok()
            .and_then(|status| {
                status
                    .get("message")
                    .and_then(Value::as_str)
                    .map(str::to_owned)
            }),
    };
    message
        .filter(|message| !message.is_empty())
        .map_or_else(String::new, |message| format!(": {message}"))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::HeaderMap;
    use http::header::{HeaderValue, RETRY_AFTER};

    use super::super::input::Place;
    use super::super::request::Signal;
    use super::*;

    fn judged(encoding: Encoding, status: u16, body: &'static [u8]) -> Verdict {
        let place = Place::whole(&"x".into());
        let signal = Signal::Logs;
        let request = Request {
            place,
            signal,
            encoding,
            records: 10,
            body: Bytes::new(),
        };
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, HeaderValue::from_static("7"));
        let status = StatusCode::from_u16(status).unwrap_or_default();
        verdict(
            &request,
            &Answer {
                status,
                headers,
                body: Bytes::from_static(body),
            },
        )
    }

    fn taken(rejected: u64, message: &str) -> Verdict {
        Verdict::Taken {
            rejected,
            message: message.to_owned(),
        }
    }

    fn refused(reason: &str) -> Verdict {
        Verdict::Refused {
            reason: reason.to_owned(),
        }
    }

    #[test]
    fn a_success_may_be_partial() {
        assert_eq!(judged(Encoding::Json, 200, b"{}"), taken(0, ""));
        assert_eq!(judged(Encoding::Json, 200, b""), taken(0, ""));
        let partial = br#"{"partialSuccess":{"rejectedLogRecords":"3","errorMessage":"why"}}"#;
        assert_eq!(judged(Encoding::Json, 200, partial), taken(3, "why"));
        let too_many = br#"{"partialSuccess":{"rejectedSpans":99}}"#;
        assert_eq!(judged(Encoding::Json, 200, too_many), taken(10, ""));
        assert_eq!(
            judged(Encoding::Protobuf, 200, &[0x0A, 2, 0x08, 4]),
            taken(4, "")
        );
    }

    #[test]
    fn only_four_statuses_are_tried_again() {
        for status in [429, 502, 503, 504] {
            let reason = format!("status {status}: busy");
            let expected = Verdict::Retry {
                reason,
                after_s: Some(7),
            };
            assert_eq!(
                judged(Encoding::Json, status, br#"{"message":"busy"}"#),
                expected
            );
        }
        for status in [400, 404, 413, 415, 500, 501, 301] {
            let expected = refused(&format!("status {status}"));
            assert_eq!(judged(Encoding::Json, status, b"<html>"), expected);
        }
        let with_words = judged(Encoding::Protobuf, 400, b"\x12\x03bad");
        assert_eq!(with_words, refused("status 400: bad"));
    }
}
