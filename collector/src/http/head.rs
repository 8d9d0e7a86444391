//! What the headers say of the body.

use clearspan_proto::otlp::Encoding;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};

use crate::inflate::Coding;
use crate::refusal::{Refusal, shown};

/// The content type, in any case and with whatever parameters.
pub(super) fn encoding(headers: &HeaderMap) -> Result<Encoding, Refusal> {
    let refuse = |value: Option<&HeaderValue>| {
        Err(Refusal::UnsupportedType(
            value.map(shown).unwrap_or_default(),
        ))
    };
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let value = values.next();
    if values.next().is_some() {
        return refuse(value);
    }
    let text = value
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let media_type = text.split(';').next().unwrap_or_default().trim();
    match media_type {
        _ if media_type.eq_ignore_ascii_case("application/x-protobuf") => Ok(Encoding::Protobuf),
        _ if media_type.eq_ignore_ascii_case("application/json") => Ok(Encoding::Json),
        _ => refuse(value),
    }
}

/// The content encoding. One of several layers is refused: no sender of telemetry compresses twice.
pub(super) fn coding(headers: &HeaderMap) -> Result<Coding, Refusal> {
    let mut values = headers.get_all(CONTENT_ENCODING).iter();
    let Some(value) = values.next() else {
        return Ok(Coding::Identity);
    };
    let text = value.to_str().unwrap_or("?").trim();
    let coding = match text {
        "" => Some(Coding::Identity),
        _ => Coding::named(text),
    };
    match (coding, values.next()) {
        (Some(coding), None) => Ok(coding),
        _ => Err(Refusal::UnsupportedCoding(shown(value))),
    }
}
