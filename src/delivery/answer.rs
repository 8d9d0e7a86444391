//! What a server's answer to one request over HTTP means for its records.

use std::time::Duration;

use clearspan_proto::otlp;
use http::StatusCode;

use super::Export;
use super::grpc::{
    INVALID_ARGUMENT, NOT_FOUND, PERMISSION_DENIED, RESOURCE_EXHAUSTED, UNAUTHENTICATED,
    UNAVAILABLE, UNIMPLEMENTED,
};
use crate::client::Answer;

/// The fate of one attempt.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Taken, less so many records; the message is the server's.
    Taken { rejected: u64, message: String },
    /// Refused as a whole, for good.
    Refused { cause: Cause, reason: String },
    /// To be tried again, not before this time has passed where the server says so.
    Retry {
        cause: Cause,
        reason: String,
        after: Option<Duration>,
    },
}

/// Why a request was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Cause {
    /// A status of HTTP.
    Http(u16),
    /// A status code of gRPC.
    Grpc(i32),
    /// No answer in time.
    Unanswered,
    /// No connection, or one that broke.
    Disconnected,
}

impl Cause {
    /// Whether the server may have taken the records all the same: it answered nothing, or something that may have gone wrong
    /// behind the records' arrival.
    pub(crate) fn leaves_doubt(self) -> bool {
        match self {
            Cause::Http(status) => !matches!(status, 400..=499 | 501 | 503),
            Cause::Grpc(code) => !matches!(
                code,
                INVALID_ARGUMENT
                    | NOT_FOUND
                    | PERMISSION_DENIED
                    | RESOURCE_EXHAUSTED
                    | UNIMPLEMENTED
                    | UNAVAILABLE
                    | UNAUTHENTICATED
            ),
            Cause::Unanswered | Cause::Disconnected => true,
        }
    }
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
        taken(export, &answer.body)
    } else {
        not_taken(answer, reason(export, answer))
    }
}

/// Judges an answer that is none of success.
pub(super) fn not_taken(answer: &Answer, reason: String) -> Verdict {
    let cause = Cause::Http(answer.status.as_u16());
    if RETRYABLE.contains(&answer.status) {
        let after = answer.retry_after_s().map(Duration::from_secs);
        Verdict::Retry {
            cause,
            reason,
            after,
        }
    } else {
        Verdict::Refused { cause, reason }
    }
}

/// The status says that the request was taken, whatever stands in the body.
pub(super) fn taken(export: &Export, body: &[u8]) -> Verdict {
    match otlp::read_response(body, export.encoding) {
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

    fn refused(status: u16, reason: &str) -> Verdict {
        Verdict::Refused {
            cause: Cause::Http(status),
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
                cause: Cause::Http(status),
                reason,
                after: Some(Duration::from_secs(7)),
            };
            assert_eq!(
                judged(Encoding::Json, status, br#"{"message":"busy"}"#),
                expected
            );
        }
        for status in [400, 404, 413, 415, 500, 501, 301] {
            let expected = refused(status, &format!("status {status}"));
            assert_eq!(judged(Encoding::Json, status, b"<html>"), expected);
        }
        let with_words = judged(Encoding::Protobuf, 400, b"\x12\x03bad");
        assert_eq!(with_words, refused(400, "status 400: bad"));
    }
}
