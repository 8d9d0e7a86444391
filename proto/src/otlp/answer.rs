//! Answers to requests, as a sender reads them: the other side of `response.rs` and `status.rs`.

use prost::Message;

use crate::json;

use super::{DecodeError, Encoding};

/// What a receiver says of an accepted request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PartialSuccess {
    /// Spans, log records or data points that it did not take.
    pub rejected: u64,
    /// Why, or a warning when nothing was rejected.
    pub message: String,
}

/// Reads an `Export*ServiceResponse`: the three are alike but for the name of a count. No bytes are one
/// too, in either encoding.
pub fn read_response(body: &[u8], encoding: Encoding) -> Result<PartialSuccess, DecodeError> {
    let partial = match encoding {
        Encoding::Json if body.is_empty() => Partial::default(),
        Encoding::Json => json_response(body)?,
        Encoding::Protobuf => read_protobuf::<Response>(body)?
            .partial_success
            .unwrap_or_default(),
    };
    Ok(PartialSuccess {
        rejected: u64::try_from(partial.rejected).unwrap_or(0),
        message: partial.error_message,
    })
}

/// Reads the message of a `google.rpc.Status`.
pub fn read_status(body: &[u8], encoding: Encoding) -> Result<String, DecodeError> {
    match encoding {
        Encoding::Json => json_status(body),
        Encoding::Protobuf => Ok(read_protobuf::<Status>(body)?.message),
    }
}

fn read_protobuf<M: Message + Default>(body: &[u8]) -> Result<M, DecodeError> {
    M::decode(body).map_err(|error| DecodeError::protobuf(error.to_string()))
}

#[derive(Clone, PartialEq, Message)]
struct Response {
    #[prost(message, optional, tag = "1")]
    partial_success: Option<Partial>,
}

#[derive(Clone, PartialEq, Message)]
struct Partial {
    #[prost(int64, tag = "1")]
    rejected: i64,
    #[prost(string, tag = "2")]
    error_message: String,
}

#[derive(Clone, PartialEq, Message)]
struct Status {
    #[prost(string, tag = "2")]
    message: String,
}

fn json_response(body: &[u8]) -> Result<Partial, DecodeError> {
    let read = json::read(body, |reader| {
        let mut partial = Partial::default();
        reader.message(|reader, name| match name {
            "partialSuccess" | "partial_success" => reader.message(|reader, name| match name {
                "rejectedSpans" | "rejectedLogRecords" | "rejectedDataPoints" => {
                    reader.integer(&mut partial.rejected)
                }
                "errorMessage" | "error_message" => reader.text(&mut partial.error_message),
                _ => reader.skip(),
            }),
            _ => reader.skip(),
        })?;
        Ok(partial)
    })?;
    Ok(read.message)
}

fn json_status(body: &[u8]) -> Result<String, DecodeError> {
    let read = json::read(body, |reader| {
        let mut message = String::new();
        reader.message(|reader, name| match name {
            "message" => reader.text(&mut message),
            _ => reader.skip(),
        })?;
        Ok(message)
    })?;
    Ok(read.message)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::otlp;

    #[test]
    fn what_a_receiver_writes_a_sender_reads() {
        for encoding in [Encoding::Json, Encoding::Protobuf] {
            for respond in [
                otlp::traces_response,
                otlp::logs_response,
                otlp::metrics_response,
            ] {
                let read = |rejected, message| {
                    read_response(&respond(encoding, rejected, message), encoding)
                };
                assert_eq!(read(0, "").unwrap(), PartialSuccess::default());
                let expected = PartialSuccess {
                    rejected: 3,
                    message: "no trace id".to_owned(),
                };
                assert_eq!(read(3, "no trace id").unwrap(), expected);
            }
            let refusal = otlp::status(encoding, 3, "bad");
            assert_eq!(read_status(&refusal, encoding).unwrap(), "bad");
        }
        assert_eq!(
            read_response(b"", Encoding::Json).unwrap(),
            PartialSuccess::default()
        );
    }

    #[test]
    fn what_is_no_answer_is_told() {
        for body in [&b"<html>"[..], b"\xFF"] {
            assert!(read_response(body, Encoding::Json).is_err());
            assert!(read_response(body, Encoding::Protobuf).is_err());
            assert!(read_status(body, Encoding::Json).is_err());
        }
    }
}
