//! `google.rpc.Status`, the body of every refusal. Its types are in no crate that is used here, and small.

use prost::Message;

use crate::json::writer::write_object;

use super::Encoding;

#[derive(Clone, PartialEq, Message)]
pub(super) struct Status {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    pub(super) message: String,
    #[prost(message, repeated, tag = "3")]
    pub(super) details: Vec<Any>,
}

/// `google.protobuf.Any`.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Any {
    #[prost(string, tag = "1")]
    pub(super) type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    pub(super) value: Vec<u8>,
}

/// `google.rpc.RetryInfo`.
#[derive(Clone, PartialEq, Message)]
pub(super) struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    pub(super) retry_delay: Option<Duration>,
}

/// `google.protobuf.Duration`.
#[derive(Clone, Copy, PartialEq, Message)]
pub(super) struct Duration {
    #[prost(int64, tag = "1")]
    pub(super) seconds: i64,
    #[prost(int32, tag = "2")]
    pub(super) nanos: i32,
}

pub(super) const RETRY_INFO: &str = "type.googleapis.com/google.rpc.RetryInfo";

/// A `google.rpc.Status` with a gRPC status code.
pub fn status(encoding: Encoding, code: i32, message: &str) -> Vec<u8> {
    write(encoding, code, message, None)
}

/// A `google.rpc.Status` that asks the sender to try again after `retry_after_ms`.
pub fn status_with_retry(
    encoding: Encoding,
    code: i32,
    message: &str,
    retry_after_ms: u64,
) -> Vec<u8> {
    write(encoding, code, message, Some(retry_after_ms))
}

fn write(encoding: Encoding, code: i32, message: &str, retry_after_ms: Option<u64>) -> Vec<u8> {
    match encoding {
        Encoding::Protobuf => Status {
            code,
            message: message.to_owned(),
            details: retry_after_ms.map(retry_info).into_iter().collect(),
        }
        .encode_to_vec(),
        Encoding::Json => {
            let mut out = Vec::new();
            write_object(&mut out, |status| {
                status.number("code", code);
                status.text("message", message);
                status.list("details", retry_after_ms.as_slice(), |detail, millis| {
                    let delay = format!("{}.{:03}s", *millis / 1_000, *millis % 1_000);
                    detail.text("@type", RETRY_INFO);
                    detail.text("retryDelay", &delay);
                });
            });
            out
        }
    }
}

fn retry_info(millis: u64) -> Any {
    let retry_delay = Duration {
        seconds: (millis / 1_000) as i64,
        nanos: (millis % 1_000) as i32 * 1_000_000,
    };
    let info = RetryInfo {
        retry_delay: Some(retry_delay),
    };
    Any {
        type_url: RETRY_INFO.to_owned(),
        value: info.encode_to_vec(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_status_is_written_in_the_senders_encoding() {
        assert_eq!(
            String::from_utf8(status(Encoding::Json, 3, "bad body")).unwrap(),
            r#"{"code":3,"message":"bad body"}"#
        );
        // Field 1 varint 3, field 2 text.
        assert_eq!(status(Encoding::Protobuf, 3, "bad"), b"\x08\x03\x12\x03bad");
    }

    #[test]
    fn a_delay_is_a_detail() {
        assert_eq!(
            String::from_utf8(status_with_retry(Encoding::Json, 14, "full", 1_500)).unwrap(),
            concat!(
                r#"{"code":14,"message":"full","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","#,
                r#""retryDelay":"1.500s"}]}"#
            )
        );
        let bytes = status_with_retry(Encoding::Protobuf, 14, "full", 1_500);
        let read = Status::decode(bytes.as_slice()).unwrap();
        assert_eq!(read.details[0].type_url, RETRY_INFO);
        let info = RetryInfo::decode(read.details[0].value.as_slice()).unwrap();
        let delay = info.retry_delay.unwrap();
        assert_eq!((delay.seconds, delay.nanos), (1, 500_000_000));
    }
}
