//! What can go wrong on the way in.

use std::path::PathBuf;

use crate::catalog::CatalogError;
use crate::flush::FlushError;
use crate::scan::PartError;
use crate::wal::WalError;

/// Why a data folder cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A setting makes no sense.
    #[error("storage settings: {0}")]
    Config(String),
    /// Another process has the folder open.
    #[error("data folder {path} is in use by another process")]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// A file or folder cannot be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The folder holds data but no catalog, which alone says what counts. Nothing was changed: restore
    /// the catalog from a copy, or move the folder `tenants` away to begin anew.
    #[error(
        "{path} is missing or empty although the data folder holds data: restore it, or move `tenants` away"
    )]
    CatalogLost {
        /// Where the catalog should be.
        path: PathBuf,
    },
    /// The catalog cannot be read.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The write-ahead log cannot be read or written.
    #[error(transparent)]
    Wal(#[from] WalError),
    /// Rows of the write-ahead log do not fit this program's schema.
    #[error("replaying the write-ahead log: {0}")]
    Rows(#[from] PartError),
    /// Replayed rows could not be written to segments.
    #[error("flushing replayed rows: {0}")]
    Flush(String),
    /// The figures could not be set up: a defect of this program.
    #[error(transparent)]
    Metrics(#[from] prometheus::Error),
    /// A background loop could not be started.
    #[error("starting {what}: {source}")]
    Thread {
        /// The loop.
        what: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
}

impl From<FlushError> for OpenError {
    fn from(error: FlushError) -> Self {
        OpenError::Flush(error.to_string())
    }
}

/// There is no such tenant.
#[derive(Debug, thiserror::Error)]
#[error("no tenant {0:?}")]
pub struct UnknownTenant(pub String);
