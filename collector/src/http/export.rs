//! The three routes, and what lies beside them.

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use clearspan_proto::otlp::{Encoding, WireSignal};
use http::request::Parts;

use super::{answer, head, linger};
use crate::body::{in_time, read};
use crate::door::Door;
use crate::ingest::Outcome;
use crate::refusal::Refusal;
use crate::unpack::Parcel;

/// Takes a request and answers it.
pub(super) async fn export(door: Door, signal: WireSignal, request: Request) -> Response {
    let (head, mut body) = request.into_parts();
    let encoding = head::encoding(&head.headers);
    let answer_encoding = *encoding.as_ref().unwrap_or(&Encoding::Json);
    let answer = door
        .attend(signal, journey(&door, signal, &head, encoding, &mut body))
        .await;
    linger::read_on(&head, body, &door.config);
    match answer {
        Ok(outcome) => answer::success(signal, answer_encoding, &outcome),
        Err(refusal) => answer::refused(answer_encoding, &refusal),
    }
}

async fn journey(
    door: &Door,
    signal: WireSignal,
    head: &Parts,
    encoding: Result<Encoding, Refusal>,
    body: &mut Body,
) -> Result<Outcome, Refusal> {
    let encoding = encoding?;
    let coding = head::coding(&head.headers)?;
    let reading = read(
        body,
        door.config.max_request_bytes,
        door.ingest.memory.hold(),
    );
    let payload = in_time(door.config.body_time, reading).await?;
    door.ingest
        .take(Parcel {
            signal,
            encoding,
            coding,
            payload,
        })
        .await
}

/// No such path.
pub(super) async fn not_found(door: Door, request: Request) -> Response {
    let (head, body) = request.into_parts();
    linger::read_on(&head, body, &door.config);
    answer::not_found(
        head::encoding(&head.headers).unwrap_or(Encoding::Json),
        head.uri.path(),
    )
}

/// A path of ours, and not POST.
pub(super) async fn wrong_method(door: Door, request: Request) -> Response {
    let (head, body) = request.into_parts();
    linger::read_on(&head, body, &door.config);
    answer::wrong_method(
        head::encoding(&head.headers).unwrap_or(Encoding::Json),
        &head.method,
    )
}
