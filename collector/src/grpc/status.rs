//! Refusals as gRPC statuses.
//!
//! The code decides what a client does with its data. `INTERNAL` and `UNKNOWN` make it drop them, `OUT_OF_RANGE`
//! makes it repeat them for ever; none of the three is ever said. `RESOURCE_EXHAUSTED` is repeated only with a
//! `RetryInfo`, so a request that is too large must not have one, and a refusal for a while must.

use axum::response::Response;
use bytes::Bytes;
use clearspan_proto::otlp::{Encoding, status_with_retry};
use http::HeaderValue;
use tonic::{Code, Status};

use crate::inflate::Coding;
use crate::refusal::Refusal;

/// The answer to a request that was refused.
pub(super) fn response(refusal: &Refusal) -> Response {
    let code = code(refusal);
    let message = refusal.message();
    let details = refusal.retry_after().map_or_else(Bytes::new, |after| {
        let millis = u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
        status_with_retry(Encoding::Protobuf, code as i32, &message, millis).into()
    });
    let mut response = Status::with_details(code, message, details).into_http();
    if code == Code::Unimplemented {
        let accepted = HeaderValue::from_static(Coding::ACCEPTED);
        response
            .headers_mut()
            .insert("grpc-accept-encoding", accepted);
    }
    response
}

/// The answer to a call of what does not exist.
pub(super) async fn unknown_method() -> Response {
    Status::unimplemented("no such method").into_http()
}

fn code(refusal: &Refusal) -> Code {
    match refusal {
        Refusal::TooLarge { .. } | Refusal::TooMuch(_) => Code::ResourceExhausted,
        Refusal::UnsupportedType(_) | Refusal::UnsupportedCoding(_) => Code::Unimplemented,
        Refusal::BrokenCoding { .. }
        | Refusal::BrokenBody(_)
        | Refusal::Undecodable(_)
        | Refusal::Unstorable(_) => Code::InvalidArgument,
        Refusal::UnknownTenant(_) => Code::PermissionDenied,
        Refusal::TooSlow(_)
        | Refusal::Overloaded { .. }
        | Refusal::DiskFull { .. }
        | Refusal::StorageFailed { .. }
        | Refusal::ShuttingDown
        | Refusal::Fault => Code::Unavailable,
    }
}
