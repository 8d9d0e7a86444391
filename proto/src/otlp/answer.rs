//! Answers to requests, as a sender reads them: the other side of `response.rs` and `status.rs`.

use std::time::Duration;

use prost::Message;

use crate::json;

use super::status::{RETRY_INFO, RetryInfo, Status};
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

/// Reads from the details of a `google.rpc.Status`, as gRPC carries it, after how long the sender may try again. `None` where it
/// must not, or is not told.
pub fn read_retry_delay(status: &[u8]) -> Option<Duration> {
    let status = Status::decode(status).ok()?;
    let mut details = status.details.iter();
    let info = details.find(|detail| detail.type_url == RETRY_INFO)?;
    let delay = RetryInfo::decode(info.value.as_slice()).ok()?.retry_delay;
    let delay = delay.unwrap_or_default();
    Some(Duration::new(
        u64::try_from(delay.seconds).unwrap_or_default(),
        u32::try_from(delay.nanos)
            .unwrap_or_default()
            .min(999_999_999),
    ))
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
    fn a_delay_is_read_from_the_details() {
        let status = otlp::status_with_retry(Encoding::Protobuf, 14, "full", 1_500);
        assert_eq!(
            read_retry_delay(&status),
            Some(Duration::from_millis(1_500))
        );
        assert_eq!(
            read_retry_delay(&otlp::status(Encoding::Protobuf, 8, "large")),
            None
        );
        assert_eq!(read_retry_delay(b"\xFF"), None);
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
