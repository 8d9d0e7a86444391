//! What a server's answer to one request means for its records.

use clearspan_proto::otlp;
use http::StatusCode;

use super::Export;
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
pub(super) fn verdict(export: &Export, answer: &Answer) -> Verdict {
    if answer.status.is_success() {
        taken(export, answer)
    } else if RETRYABLE.contains(&answer.status) {
        Verdict::Retry {
            reason: reason(export, answer),
            after_s: answer.retry_after_s(),
        }
    } else {
        Verdict::Refused {
            reason: reason(export, answer),
        }
    }
}

/// The status says that the request was taken, whatever stands in the body.
fn taken(export: &Export, answer: &Answer) -> Verdict {
    match otlp::read_response(&answer.body, export.encoding) {
        Ok(partial) => Verdict::Taken {
            rejected: partial.rejected.min(export.records),
            message: partial.message,
        },
        Err(error) => Verdict::Taken {
            rejected: 0,
            message: format!("its answer cannot be read: {error}"),
        },
    }
}

/// The status, and the server's own words where its answer is a `google.rpc.Status`.
fn reason(export: &Export, answer: &Answer) -> String {
    let status = answer.status.as_u16();
    match otlp::read_status(&answer.body, export.encoding) {
        Ok(message) if !message.is_empty() => format!("status {status}: {message}"),
        _ => format!("status {status}"),
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use clearspan_proto::otlp::{Encoding, WireSignal};
    use http::HeaderMap;
    use http::header::{HeaderValue, RETRY_AFTER};

    use super::*;

    fn judged(encoding: Encoding, status: u16, body: &'static [u8]) -> Verdict {
        let export = Export {
            signal: WireSignal::Logs,
            encoding,
            records: 10,
            body: Bytes::new(),
        };
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, HeaderValue::from_static("7"));
        let status = StatusCode::from_u16(status).unwrap_or_default();
        verdict(
            &export,
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
