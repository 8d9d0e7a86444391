//! Why a request could not be decoded.

use clearspan_schema::SchemaError;

use crate::limits::{MAX_BODY_BYTES, MAX_PARTS, MAX_RECORDS};

/// A request that gave no rows at all. Sending the same bytes again gives the same answer.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// Not the message it should be.
    #[error("undecodable {format}: {reason}")]
    Undecodable {
        /// `protobuf` or `json`.
        format: &'static str,
        /// What was wrong; for JSON with the path of the field and the position in bytes.
        reason: String,
    },
    /// More records, or more attributes, events, links and list elements in them, than one request may hold.
    #[error(
        "request holds more than {MAX_RECORDS} records, or {MAX_PARTS} attributes, events, links and list elements"
    )]
    TooManyRows,
    /// The body is longer than a batch can address.
    #[error("body of {bytes} bytes exceeds {MAX_BODY_BYTES}")]
    TooLarge {
        /// The body's length.
        bytes: usize,
    },
    /// The rows could not be put into a batch.
    #[error(transparent)]
    Batch(#[from] SchemaError),
}

impl DecodeError {
    pub(crate) fn protobuf(reason: impl Into<String>) -> Self {
        DecodeError::Undecodable {
            format: "protobuf",
            reason: reason.into(),
        }
    }

    pub(crate) fn json(reason: impl Into<String>) -> Self {
        DecodeError::Undecodable {
            format: "json",
            reason: reason.into(),
        }
    }
}
