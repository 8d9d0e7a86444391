//! What can go wrong with the log.

use std::io;
use std::path::{Path, PathBuf};

use arrow::error::ArrowError;

use crate::catalog::CatalogError;
use crate::vfs::is_disk_full;

/// The log could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum WalError {
    /// The disk failed. When writing, the file is poisoned; the next append opens another.
    #[error("wal: {action} {}: {source}", path.display())]
    Io {
        /// What was being done.
        action: &'static str,
        /// To which file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The catalog failed.
    #[error("wal: {0}")]
    Catalog(#[from] CatalogError),
    /// Arrow cannot encode the batch. Nothing was written.
    #[error("wal: encode a batch: {0}")]
    Encode(ArrowError),
    /// The tenant's name or the schema is too long for a file's header.
    #[error("wal: tenant name or schema too long for a file header")]
    Header,
    /// The batch does not have the schema of the log. Nothing was written.
    #[error("wal: the batch has another schema than the log")]
    Schema,
    /// The batch is too large for a frame. Nothing was written.
    #[error("wal: a frame of {bytes} bytes and {rows} rows is too large")]
    TooLarge {
        /// Its bytes.
        bytes: usize,
        /// Its rows.
        rows: usize,
    },
    /// The rows would not follow the ones before. Nothing was written: a bug in the caller.
    #[error("wal: rows from {actual} on do not follow {expected}")]
    Sequence {
        /// The next sequence number.
        expected: u64,
        /// The one that was given.
        actual: u64,
    },
}

impl WalError {
    /// Whether the disk is full.
    pub fn is_disk_full(&self) -> bool {
        match self {
            Self::Io { source, .. } => is_disk_full(source),
            Self::Catalog(source) => source.is_disk_full(),
            _ => false,
        }
    }

    /// Names what was being done when the disk failed.
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }
}
