//! Outcomes and refusals as HTTP answers.
//!
//! Clients repeat a request after 429, 502, 503 and 504 only, and drop its data after any other error. So 500
//! is never said.

use axum::body::Body;
use axum::response::Response;
use clearspan_proto::otlp::{
    Encoding, WireSignal, logs_response, metrics_response, status, status_with_retry,
    traces_response,
};
use http::header::{ACCEPT_ENCODING, ALLOW, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Method, StatusCode};
use tonic::Code;

use crate::inflate::Coding;
use crate::ingest::Outcome;
use crate::limits::SHOWN_CHARS;
use crate::refusal::Refusal;

/// 200 and an `Export...ServiceResponse`.
pub(super) fn success(signal: WireSignal, encoding: Encoding, outcome: &Outcome) -> Response {
    let body = match signal {
        WireSignal::Traces => traces_response,
        WireSignal::Logs => logs_response,
        WireSignal::Metrics => metrics_response,
    };
    let body = body(encoding, outcome.rejected, &outcome.message);
    response(StatusCode::OK, encoding, body)
}

/// The refusal's status code and a `google.rpc.Status`.
pub(super) fn refused(encoding: Encoding, refusal: &Refusal) -> Response {
    let (status_code, code) = codes(refusal);
    let message = refusal.message();
    let Some(after) = refusal.retry_after() else {
        let mut answer = response(
            status_code,
            encoding,
            status(encoding, code as i32, &message),
        );
        if matches!(refusal, Refusal::UnsupportedCoding(_)) {
            let accepted = HeaderValue::from_static(Coding::ACCEPTED);
            answer.headers_mut().insert(ACCEPT_ENCODING, accepted);
        }
        return answer;
    };
    let millis = u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
    let body = status_with_retry(encoding, code as i32, &message, millis);
    let mut answer = response(status_code, encoding, body);
    // Whole seconds, and never 0: that would mean at once.
    let seconds = HeaderValue::from(millis.div_ceil(1_000).max(1));
    answer.headers_mut().insert(RETRY_AFTER, seconds);
    answer
}

pub(super) fn not_found(encoding: Encoding, path: &str) -> Response {
    let path: String = path.chars().take(SHOWN_CHARS).collect();
    let message = format!("no such path {path:?}, there are /v1/traces, /v1/logs and /v1/metrics");
    let body = status(encoding, Code::NotFound as i32, &message);
    response(StatusCode::NOT_FOUND, encoding, body)
}

pub(super) fn wrong_method(encoding: Encoding, method: &Method) -> Response {
    let method: String = method.as_str().chars().take(SHOWN_CHARS).collect();
    let message = format!("method is {method}, must be POST");
    let body = status(encoding, Code::Unimplemented as i32, &message);
    let mut answer = response(StatusCode::METHOD_NOT_ALLOWED, encoding, body);
    answer
        .headers_mut()
        .insert(ALLOW, HeaderValue::from_static("POST"));
    answer
}

fn codes(refusal: &Refusal) -> (StatusCode, Code) {
    match refusal {
        Refusal::TooLarge { .. } | Refusal::TooMuch(_) => {
            (StatusCode::PAYLOAD_TOO_LARGE, Code::ResourceExhausted)
        }
        Refusal::UnsupportedType(_) | Refusal::UnsupportedCoding(_) => {
            (StatusCode::UNSUPPORTED_MEDIA_TYPE, Code::Unimplemented)
        }
        Refusal::BrokenCoding { .. }
        | Refusal::BrokenBody(_)
        | Refusal::Undecodable(_)
        | Refusal::Unstorable(_) => (StatusCode::BAD_REQUEST, Code::InvalidArgument),
        Refusal::UnknownTenant(_) => (StatusCode::FORBIDDEN, Code::PermissionDenied),
        Refusal::Overloaded { .. } => (StatusCode::TOO_MANY_REQUESTS, Code::ResourceExhausted),
        Refusal::TooSlow(_)
        | Refusal::DiskFull { .. }
        | Refusal::StorageFailed { .. }
        | Refusal::ShuttingDown
        | Refusal::Fault => (StatusCode::SERVICE_UNAVAILABLE, Code::Unavailable),
    }
}

fn response(status: StatusCode, encoding: Encoding, body: Vec<u8>) -> Response {
    let content_type = match encoding {
        Encoding::Protobuf => "application/x-protobuf",
        Encoding::Json => "application/json",
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let content_type = HeaderValue::from_static(content_type);
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}
