//! Why an append was refused.

use std::time::Duration;

use crate::wal::WalError;

/// Nothing of the append was kept. One error may answer many requests of a group, hence the texts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// Too much is waiting already.
    #[error("overloaded")]
    Overloaded {
        /// When to try again.
        retry_after: Duration,
    },
    /// The disk is full, or nearly.
    #[error("disk full: {detail}")]
    DiskFull {
        /// When to try again.
        retry_after: Duration,
        /// How full, or what failed for it.
        detail: String,
    },
    /// The disk failed. It may work again.
    #[error("write failed: {detail}")]
    Io {
        /// When to try again.
        retry_after: Duration,
        /// What failed.
        detail: String,
    },
    /// The store is being closed.
    #[error("shutting down")]
    ShuttingDown,
    /// The request alone is too large. It will not fit later either.
    #[error("a batch of {bytes} bytes is too large, the limit is {bytes_max}")]
    TooLarge {
        /// Its bytes.
        bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// The batch is not what the store can encode: a bug in who built it.
    #[error("batch cannot be encoded: {0}")]
    Encoding(String),
    /// There is no such tenant.
    #[error("no tenant {0:?}")]
    UnknownTenant(String),
}

impl AppendError {
    /// Whether the same append may succeed later.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Overloaded { .. }
            | Self::DiskFull { .. }
            | Self::Io { .. }
            | Self::ShuttingDown => true,
            Self::TooLarge { .. } | Self::Encoding(_) | Self::UnknownTenant(_) => false,
        }
    }

    pub(super) fn of_wal(error: &WalError, retry_after: Duration) -> Self {
        let detail = error.to_string();
        match error {
            _ if error.is_disk_full() => Self::DiskFull {
                retry_after,
                detail,
            },
            WalError::Io { .. } | WalError::Catalog(_) => Self::Io {
                retry_after,
                detail,
            },
            WalError::TooLarge { bytes, .. } => Self::TooLarge {
                bytes: *bytes,
                bytes_max: crate::wal::FRAME_BYTES_MAX,
            },
            WalError::Encode(_)
            | WalError::Schema
            | WalError::Header
            | WalError::Sequence { .. } => Self::Encoding(detail),
        }
    }
}
