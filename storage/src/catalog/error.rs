//! What can go wrong with the catalog.

use std::io;

/// The catalog refused or failed.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// SQLite failed.
    #[error("catalog: {action}: {source}")]
    Sqlite {
        /// What was being done.
        action: &'static str,
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// The catalog's folder could not be synced.
    #[error("catalog: sync its folder: {0}")]
    Io(#[from] io::Error),
    /// A row is not what was written.
    #[error("catalog: table {table}, row {key}: {detail}")]
    BadRow {
        /// The table.
        table: &'static str,
        /// The row's key, as far as it can be read.
        key: String,
        /// What is wrong.
        detail: String,
    },
    /// Rows of a table have vanished or appeared.
    #[error(
        "catalog: table {table}: {found} rows do not add up to the {expected} that were written"
    )]
    BadTable {
        /// The table.
        table: &'static str,
        /// How many rows were written.
        expected: u64,
        /// How many rows are there.
        found: u64,
    },
    /// SQLite finds its own pages damaged.
    #[error("catalog: damaged database: {detail}")]
    Damaged {
        /// What SQLite's check says first.
        detail: String,
    },
    /// The catalog was written by another version.
    #[error("catalog: format version {found}, this program reads {expected}")]
    Version {
        /// The version found.
        found: u64,
        /// The version that can be read.
        expected: u64,
    },
    /// The change contradicts what the catalog holds: a bug, nothing was changed.
    #[error("catalog: change refused: {detail}")]
    Refused {
        /// What contradicts what.
        detail: String,
    },
    /// The change would break an invariant: a bug, nothing was changed.
    #[error("catalog: invariant {name} would not hold: {detail}")]
    Invariant {
        /// The invariant's name.
        name: &'static str,
        /// Where it would not hold.
        detail: String,
    },
    /// The change failed, and whether it was made cannot be told yet: the database cannot be read. The
    /// catalog finds out at the next call.
    #[error("catalog: outcome unknown: {source}")]
    InDoubt {
        /// How it failed.
        source: Box<CatalogError>,
    },
    /// A simulated catalog stopped.
    #[error("catalog: simulated failure")]
    Simulated,
}

impl CatalogError {
    /// Whether the change may have been made all the same: nothing that it names may be removed.
    pub fn is_in_doubt(&self) -> bool {
        matches!(self, Self::InDoubt { .. } | Self::Simulated)
    }

    /// Whether the disk is full.
    pub fn is_disk_full(&self) -> bool {
        match self {
            Self::InDoubt { source } => source.is_disk_full(),
            Self::Sqlite { source, .. } => {
                source.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull)
            }
            Self::Io(source) => crate::vfs::is_disk_full(source),
            _ => false,
        }
    }
}
