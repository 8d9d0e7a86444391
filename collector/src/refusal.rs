//! Why a request was not taken. What that is in a transport's codes stands in `grpc/status.rs` and
//! `http/answer.rs`.

use std::time::Duration;

use clearspan_proto::otlp::DecodeError;
use clearspan_storage::AppendError;

use crate::inflate::InflateError;
use crate::limits;

/// Nothing of the request was kept. The texts go to the sender.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// Larger than a request may be, compressed or inflated.
    #[error("request is larger than {limit} bytes")]
    TooLarge { limit: u64 },
    /// More than fits at once, in rows or as one batch.
    #[error("{0}")]
    TooMuch(String),
    /// Neither protobuf nor JSON.
    #[error("content type {0:?} is neither application/x-protobuf nor application/json")]
    UnsupportedType(String),
    /// Compressed in a way we do not know, or several times.
    #[error("encoding {0:?} is none of identity, gzip, zstd, deflate")]
    UnsupportedCoding(String),
    /// Compressed data that cannot be inflated to its end.
    #[error("broken {coding}: {reason}")]
    BrokenCoding {
        coding: &'static str,
        reason: String,
    },
    /// A body that does not keep to its transport's framing.
    #[error("broken body: {0}")]
    BrokenBody(String),
    /// Not the message it should be.
    #[error("{0}")]
    Undecodable(String),
    /// Decoded, but storage can never keep it.
    #[error("rows cannot be stored: {0}")]
    Unstorable(String),
    /// Whoever sent it may not store anything.
    #[error("{0}")]
    UnknownTenant(String),
    /// The body took too long to arrive.
    #[error("body did not arrive within {0:?}")]
    TooSlow(Duration),
    /// Too much is under way.
    #[error("overloaded")]
    Overloaded { retry_after: Duration },
    /// The disk is full.
    #[error("disk is full")]
    DiskFull { retry_after: Duration },
    /// The disk failed.
    #[error("storage failed, try again")]
    StorageFailed { retry_after: Duration },
    /// We are about to end.
    #[error("shutting down")]
    ShuttingDown,
    /// We panicked.
    #[error("internal fault")]
    Fault,
}

impl Refusal {
    pub(crate) fn overloaded() -> Self {
        Refusal::Overloaded {
            retry_after: limits::RETRY_AFTER,
        }
    }

    /// What the sender is told, in English.
    pub(crate) fn message(&self) -> String {
        let message = self.to_string();
        message.chars().take(limits::MESSAGE_CHARS).collect()
    }

    /// When to send the same again; `None`: never.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Refusal::TooLarge { .. }
            | Refusal::TooMuch(_)
            | Refusal::UnsupportedType(_)
            | Refusal::UnsupportedCoding(_)
            | Refusal::BrokenCoding { .. }
            | Refusal::BrokenBody(_)
            | Refusal::Undecodable(_)
            | Refusal::Unstorable(_)
            | Refusal::UnknownTenant(_) => None,
            Refusal::Overloaded { retry_after }
            | Refusal::DiskFull { retry_after }
            | Refusal::StorageFailed { retry_after } => Some(*retry_after),
            Refusal::ShuttingDown => Some(limits::RETRY_AFTER_SHUTDOWN),
            Refusal::TooSlow(_) | Refusal::Fault => Some(limits::RETRY_AFTER),
        }
    }

    /// Every name that one is counted by.
    pub(crate) const KINDS: [&str; 14] = [
        "too_large",
        "unsupported_type",
        "unsupported_encoding",
        "broken_compression",
        "broken_body",
        "undecodable",
        "unstorable",
        "unknown_tenant",
        "too_slow",
        "overloaded",
        "disk_full",
        "storage_failed",
        "shutting_down",
        "fault",
    ];

    /// The name it is counted by, one of [`Refusal::KINDS`].
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Refusal::TooLarge { .. } | Refusal::TooMuch(_) => "too_large",
            Refusal::UnsupportedType(_) => "unsupported_type",
            Refusal::UnsupportedCoding(_) => "unsupported_encoding",
            Refusal::BrokenCoding { .. } => "broken_compression",
            Refusal::BrokenBody(_) => "broken_body",
            Refusal::Undecodable(_) => "undecodable",
            Refusal::Unstorable(_) => "unstorable",
            Refusal::UnknownTenant(_) => "unknown_tenant",
            Refusal::TooSlow(_) => "too_slow",
            Refusal::Overloaded { .. } => "overloaded",
            Refusal::DiskFull { .. } => "disk_full",
            Refusal::StorageFailed { .. } => "storage_failed",
            Refusal::ShuttingDown => "shutting_down",
            Refusal::Fault => "fault",
        }
    }
}

impl From<AppendError> for Refusal {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::Overloaded { retry_after } => Refusal::Overloaded { retry_after },
            AppendError::DiskFull { retry_after, .. } => Refusal::DiskFull { retry_after },
            AppendError::Io { retry_after, .. } => Refusal::StorageFailed { retry_after },
            AppendError::ShuttingDown => Refusal::ShuttingDown,
            AppendError::TooLarge { .. } => Refusal::TooMuch(error.to_string()),
            AppendError::Encoding(reason) => Refusal::Unstorable(reason),
            AppendError::UnknownTenant(_) => Refusal::UnknownTenant(error.to_string()),
        }
    }
}

impl From<DecodeError> for Refusal {
    fn from(error: DecodeError) -> Self {
        match error {
            DecodeError::TooManyRows | DecodeError::TooLarge { .. } => {
                Refusal::TooMuch(error.to_string())
            }
            DecodeError::Undecodable { .. } | DecodeError::Batch(_) => {
                Refusal::Undecodable(error.to_string())
            }
        }
    }
}

impl From<InflateError> for Refusal {
    fn from(error: InflateError) -> Self {
        match error {
            InflateError::TooLarge { limit } => Refusal::TooLarge {
                limit: limit as u64,
            },
            InflateError::Broken { coding, reason } => Refusal::BrokenCoding { coding, reason },
            InflateError::NoRoom => Refusal::overloaded(),
        }
    }
}

/// A header's value, as much of it as a refusal repeats.
pub(crate) fn shown(value: &http::HeaderValue) -> String {
    let text = String::from_utf8_lossy(value.as_bytes());
    text.chars().take(limits::SHOWN_CHARS).collect()
}
