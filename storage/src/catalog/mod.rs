//! The catalog: what exists. Segments, WAL files, how far each table is flushed, which service has which colour, what is known of
//! the clock.
//!
//! A file counts only once the catalog knows it, and a WAL file may go only once the catalog says that its
//! rows are in segments; so every change is one transaction, and a change that returned `Ok` survives a
//! power loss. The whole catalog is small (thousands of rows) and is kept in memory as a [`CatalogState`];
//! the database is read at start only. What a change does to the rows is worked out once, in `change.rs`,
//! for both implementations.
//!
//! Every row carries a checksum of its own contents, and every table a count and a sum over its rows, so
//! that neither an altered nor a vanished row can pass.
//!
//! | file | what it holds |
//! |---|---|
//! | `rows.rs` | the rows and their keys |
//! | `state.rs` | all rows in memory |
//! | `change.rs` | the changes, and what each does to the rows |
//! | `compact.rs` | the change that a compaction makes |
//! | `expire.rs` | the change that retention makes |
//! | `invariants.rs` | what must hold after every change, by name |
//! | `checksum.rs` | checksums of rows and tables |
//! | `sqlite.rs`, `sqlite_rows.rs`, `sqlite_segments.rs`, `tables.sql` | the catalog in SQLite |
//! | `sqlite_services.rs`, `tables_2.sql` | what version 2 added: services |
//! | `sqlite_clock.rs`, `tables_3.sql` | what version 3 added: the clock |
//! | `mem.rs` | the catalog in memory, for simulations |
//! | `conformance.rs` | one suite over both (tests) |

mod change;
mod checksum;
mod compact;
mod error;
mod expire;
mod invariants;
mod mem;
mod rows;
mod sqlite;
mod sqlite_clock;
mod sqlite_rows;
mod sqlite_segments;
mod sqlite_services;
mod state;

#[cfg(test)]
pub(crate) mod conformance;

use std::fmt::Debug;

pub use change::{Change, FlushCommit, NewWalFile};
pub use compact::CompactionCommit;
pub use error::CatalogError;
pub use expire::ExpireCommit;
pub use invariants::{Violation, violations};
pub use mem::{Fate, MemCatalog};
pub use rows::{
    ClockRow, ClosedWalFile, Meta, Partition, SegmentId, SegmentRow, ServiceRow, TableKey,
    TableRow, WalEnd, WalFileRow, WalFileState,
};
pub use sqlite::SqliteCatalog;
pub use state::CatalogState;

/// What exists. Calls may block on the disk for some milliseconds.
pub trait Catalog: Send + Sync + Debug {
    /// A copy of everything, as of now.
    fn state(&self) -> CatalogState;

    /// One table's position; all zero for a table that the catalog has not seen.
    fn table(&self, key: &TableKey) -> TableRow;

    /// One table's WAL files, in order.
    fn wal_files(&self, key: &TableKey) -> Vec<WalFileRow>;

    /// Makes a change, whole or not at all. After an error that [`is_in_doubt`](CatalogError::is_in_doubt)
    /// it may have been made all the same. A change that concerns WAL files can then be repeated, or followed
    /// by another, without harm; before a flush is repeated, look at the table's `flushed_seq`. A compaction can be
    /// repeated as it is: once it was made, it is refused.
    fn commit(&self, change: Change) -> Result<(), CatalogError>;

    /// An id that no segment has had, and none will get again, not even after a crash.
    fn allocate_segment_id(&self) -> Result<SegmentId, CatalogError>;
}
