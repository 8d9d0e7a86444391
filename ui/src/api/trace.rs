//! `/api/v1/traces/{id}`: one trace with all its spans, as OTLP.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use clearspan_proto::otlp::{encode_traces_json, encode_traces_protobuf};
use clearspan_query::{QueryError, TraceId};
use http::HeaderValue;

use crate::answer::{Completeness, PARTIAL_HEADER, bytes, made, push_end};
use crate::error::{ApiError, shown};
use crate::params::Params;
use crate::state::Api;

/// How a trace is given back. `otlp` is another word for `json`.
#[derive(Clone, Copy, Default)]
enum Format {
    #[default]
    Json,
    Protobuf,
}

impl Format {
    fn parse(text: &str) -> Option<Format> {
        match text {
            "json" | "otlp" => Some(Format::Json),
            "protobuf" => Some(Format::Protobuf),
            _ => None,
        }
    }
}

pub(crate) async fn trace(
    State(api): State<Api>,
    id: Result<Path<String>, PathRejection>,
    params: Params,
) -> Result<Response, ApiError> {
    let id = trace_id(id)?;
    let format = params
        .word("format", "json, otlp or protobuf", Format::parse)?
        .unwrap_or_default();
    let found = api.engine()?.trace(&api.tenant(), id).await?;
    let (spans, whole) = (found.batches, Completeness::of(found.missing));
    made(move || match format {
        Format::Json => {
            let mut body = Vec::new();
            encode_traces_json(&spans, &mut body).map_err(QueryError::from)?;
            Ok(marked(
                bytes("application/json", with_marks(body, &whole)?),
                whole.partial,
            ))
        }
        Format::Protobuf => {
            let body = encode_traces_protobuf(&spans).map_err(QueryError::from)?;
            Ok(marked(bytes("application/x-protobuf", body), whole.partial))
        }
    })
    .await
}

/// The id in a path: 32 hexadecimal digits of either case.
pub(crate) fn trace_id(path: Result<Path<String>, PathRejection>) -> Result<TraceId, ApiError> {
    // The only other reason for a rejection would be a route without an id.
    let Path(text) = path.map_err(|_| ApiError::BadEncoding {
        what: "the path".into(),
    })?;
    let mut id = TraceId::default();
    hex::decode_to_slice(&text, &mut id).map_err(|_| ApiError::BadTraceId {
        given: shown(&text),
    })?;
    Ok(id)
}

/// OTLP/JSON readers skip fields that they do not know, so the object can say that it is not whole.
fn with_marks(mut body: Vec<u8>, whole: &Completeness) -> Result<Vec<u8>, ApiError> {
    if whole.partial && body.pop() == Some(b'}') {
        let mut end = String::new();
        push_end(whole, &mut end)?;
        body.extend_from_slice(end.as_bytes());
    }
    Ok(body)
}

/// Protobuf has no room for it; the header is there in every format.
pub(crate) fn marked(mut response: Response, is_partial: bool) -> Response {
    if is_partial {
        response
            .headers_mut()
            .insert(PARTIAL_HEADER, HeaderValue::from_static("true"));
    }
    response
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_answer_that_is_not_whole_says_so() {
        let json = |whole: &Completeness| {
            String::from_utf8(with_marks(br#"{"resourceSpans":[]}"#.to_vec(), whole).unwrap())
        };
        assert_eq!(
            json(&Completeness::default()).unwrap(),
            r#"{"resourceSpans":[]}"#
        );
        let cut = Completeness::default().cut(1, 3);
        let expected = r#"{"resourceSpans":[],"partial":true,"missing":[{"kind":"limit","limit":1,"rows":2}]}"#;
        assert_eq!(json(&cut).unwrap(), expected);
    }
}
