//! What a server's answer to one call of gRPC means for its records. A call is a request of HTTP/2, as the collector's side of
//! it is (`docs/adr/0005-raw-grpc.md`): one framed message each way, and a status behind the answer's.

use std::time::Duration;

use base64::Engine;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use clearspan_proto::otlp;

use super::Export;
use super::answer::{Cause, Verdict, not_taken, taken};
use crate::client::Answer;

const OK: i32 = 0;
const CANCELLED: i32 = 1;
pub(super) const INVALID_ARGUMENT: i32 = 3;
const DEADLINE_EXCEEDED: i32 = 4;
pub(super) const NOT_FOUND: i32 = 5;
pub(super) const PERMISSION_DENIED: i32 = 7;
pub(super) const RESOURCE_EXHAUSTED: i32 = 8;
const ABORTED: i32 = 10;
const OUT_OF_RANGE: i32 = 11;
pub(super) const UNIMPLEMENTED: i32 = 12;
pub(super) const UNAVAILABLE: i32 = 14;
const DATA_LOSS: i32 = 15;
pub(super) const UNAUTHENTICATED: i32 = 16;

/// These are worth a second try, by the OTLP specification; `RESOURCE_EXHAUSTED` is with a `RetryInfo` alone.
const RETRYABLE: [i32; 6] = [
    CANCELLED,
    DEADLINE_EXCEEDED,
    ABORTED,
    OUT_OF_RANGE,
    UNAVAILABLE,
    DATA_LOSS,
];

/// Bytes before a message.
const HEAD_BYTES: usize = 5;

/// Binary headers are written with and without padding.
const BINARY: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Judges an answer.
pub(super) fn verdict(export: &Export, answer: &Answer) -> Verdict {
    let Some(code) = code(answer) else {
        let status = answer.status.as_u16();
        return not_taken(answer, format!("status {status}, and none of gRPC"));
    };
    if code == OK {
        return taken(export, message(&answer.body));
    }
    let cause = Cause::Grpc(code);
    let reason = reason(code, answer);
    let after = retry_delay(answer);
    let is_retryable = match code {
        RESOURCE_EXHAUSTED => after.is_some(),
        code => RETRYABLE.contains(&code),
    };
    if is_retryable {
        Verdict::Retry {
            cause,
            reason,
            after,
        }
    } else {
        Verdict::Refused { cause, reason }
    }
}

fn code(answer: &Answer) -> Option<i32> {
    text(answer, "grpc-status")?.parse().ok()
}

fn reason(code: i32, answer: &Answer) -> String {
    match text(answer, "grpc-message") {
        Some(message) if !message.is_empty() => format!("gRPC status {code}: {message}"),
        _ => format!("gRPC status {code}"),
    }
}

fn retry_delay(answer: &Answer) -> Option<Duration> {
    let details = text(answer, "grpc-status-details-bin")?;
    otlp::read_retry_delay(&BINARY.decode(details).ok()?)
}

fn text<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    answer.headers.get(name)?.to_str().ok()
}

/// The answer's one message. It is not compressed: no request said that it may be.
fn message(body: &[u8]) -> &[u8] {
    body.get(HEAD_BYTES..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD_NO_PAD;
    use bytes::Bytes;
    use clearspan_proto::otlp::{Encoding, WireSignal, status_with_retry};
    use http::{HeaderMap, HeaderValue, StatusCode};

    use super::*;

    const EXPORT: Export = Export {
        signal: WireSignal::Logs,
        encoding: Encoding::Protobuf,
        records: 10,
        body: Bytes::new(),
    };

    fn judged(code: &'static str, retry_ms: Option<u64>, body: &'static [u8]) -> Verdict {
        let mut headers = HeaderMap::new();
        headers.insert("grpc-status", HeaderValue::from_static(code));
        if let Some(retry_ms) = retry_ms {
            let details = status_with_retry(Encoding::Protobuf, 14, "full", retry_ms);
            let details = HeaderValue::from_str(&STANDARD_NO_PAD.encode(details));
            headers.extend(details.map(|details| (DETAILS, details)));
        }
        verdict(
            &EXPORT,
            &Answer {
                status: StatusCode::OK,
                headers,
                body: Bytes::from_static(body),
            },
        )
    }

    const DETAILS: http::HeaderName = http::HeaderName::from_static("grpc-status-details-bin");

    #[test]
    fn a_success_may_be_partial() {
        let taken = |rejected| Verdict::Taken {
            rejected,
            message: String::new(),
        };
        assert_eq!(judged("0", None, &[0; 5]), taken(0));
        assert_eq!(
            judged("0", None, &[0, 0, 0, 0, 4, 0x0A, 2, 0x08, 4]),
            taken(4)
        );
    }

    #[test]
    fn exhaustion_is_tried_again_only_when_the_server_says_when() {
        for (code, retry_ms, is_retried) in [
            ("14", Some(1_500), true),
            ("14", None, true),
            ("4", None, true),
            ("8", Some(20), true),
            ("8", None, false),
            ("3", None, false),
            ("13", None, false),
            ("2", None, false),
        ] {
            match judged(code, retry_ms, b"") {
                Verdict::Retry { after, cause, .. } => {
                    assert!(is_retried, "{code}");
                    assert_eq!(after, retry_ms.map(Duration::from_millis));
                    assert_eq!(Some(cause), code.parse().ok().map(Cause::Grpc));
                }
                other => assert!(!is_retried, "{code}: {other:?}"),
            }
        }
    }

    #[test]
    fn what_is_no_grpc_is_told_by_its_status() {
        let answer = Answer {
            status: StatusCode::BAD_GATEWAY,
            headers: HeaderMap::new(),
            body: Bytes::new(),
        };
        assert!(matches!(
            verdict(&EXPORT, &answer),
            Verdict::Retry {
                cause: Cause::Http(502),
                ..
            }
        ));
    }
}
