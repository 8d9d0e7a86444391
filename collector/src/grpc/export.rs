//! `Export`, the one method of each service.

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use clearspan_proto::otlp::{
    Encoding, WireSignal, logs_response, metrics_response, traces_response,
};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};

use super::{message, status};
use crate::body::in_time;
use crate::door::Door;
use crate::inflate::Coding;
use crate::ingest::Outcome;
use crate::refusal::{Refusal, shown};
use crate::unpack::Parcel;

/// Takes a request and answers it.
pub(super) async fn export(door: Door, signal: WireSignal, request: Request) -> Response {
    let (head, mut body) = request.into_parts();
    if !is_grpc(&head.headers) {
        // Whoever sent this does not look for a gRPC status.
        return StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response();
    }
    let journey = async {
        let coding = coding(&head.headers)?;
        let reading = message::read(
            &mut body,
            door.config.max_request_bytes,
            door.ingest.memory.hold(),
        );
        let message = in_time(door.config.body_time, reading).await?;
        let coding = match (message.is_compressed, coding) {
            (false, _) => Coding::Identity,
            (true, Coding::Identity) => return Err(compressed_how()),
            (true, coding) => coding,
        };
        let encoding = Encoding::Protobuf;
        let payload = message.payload;
        door.ingest
            .take(Parcel {
                signal,
                encoding,
                coding,
                payload,
            })
            .await
    };
    match door.attend(signal, journey).await {
        Ok(outcome) => message::response(&answer(signal, &outcome)),
        Err(refusal) => status::response(&refusal),
    }
}

fn answer(signal: WireSignal, outcome: &Outcome) -> Vec<u8> {
    let response = match signal {
        WireSignal::Traces => traces_response,
        WireSignal::Logs => logs_response,
        WireSignal::Metrics => metrics_response,
    };
    response(Encoding::Protobuf, outcome.rejected, &outcome.message)
}

/// `application/grpc`, alone or with `+proto`, and whatever parameters.
fn is_grpc(headers: &HeaderMap) -> bool {
    let value = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let media_type = value
        .and_then(|value| value.split(';').next())
        .unwrap_or_default()
        .trim();
    ["application/grpc", "application/grpc+proto"]
        .iter()
        .any(|ours| media_type.eq_ignore_ascii_case(ours))
}

/// How a message is compressed, if it says that it is.
fn coding(headers: &HeaderMap) -> Result<Coding, Refusal> {
    let Some(value) = headers.get(message::GRPC_ENCODING) else {
        return Ok(Coding::Identity);
    };
    let name = value.to_str().ok().map(str::trim);
    name.and_then(Coding::named)
        .ok_or_else(|| Refusal::UnsupportedCoding(shown(value)))
}

fn compressed_how() -> Refusal {
    Refusal::BrokenBody(
        "the message is marked as compressed and grpc-encoding names no compression".into(),
    )
}
