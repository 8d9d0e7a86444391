//! Storage: keeps batches of telemetry durably and finds them again.
//!
//! Storage speaks Arrow. It knows no wire format, no HTTP, no SQL and no semantic convention. The
//! write goes [`Storage::append`] → WAL (group commit, `fdatasync`) → acknowledgement → memtable →
//! flush → segment → compaction; a read pins a [`scan::Snapshot`] of memtable and segments together.
//!
//! | room | what it holds |
//! |---|---|
//! | `storage.rs` | [`Storage`]: the face |
//! | `table/` | one signal of one tenant: the journey of a write |
//! | `commit/` | group commit |
//! | `wal/` | the write-ahead log |
//! | `memtable/` | committed rows that are not yet in a segment |
//! | `feed/` | what is committed, for those who follow it live |
//! | `flush/` | from memtable to segments |
//! | `compaction/` | from many small segments to few |
//! | `segment/` | immutable folders of rows with their indexes |
//! | `text/` | tokens, the text index, the id filters |
//! | `derived/` | what formulas make of a segment's rows, kept beside them |
//! | `template/` | bodies of logs as templates and variables |
//! | `scan/` | what a query may ask |
//! | `memory/` | the one budget of bytes, of which collector and query take too |
//! | `services/` | the colours of services |
//! | `catalog/` | what exists: segments, WAL files, positions |
//! | `background/` | clock, loops and who drives them |
//! | `vfs/` | all file access |
//! | `codec.rs` | numbers and bytes of small files |
//! | `names.rs`, `limits.rs` | every name on disk, every limit |

mod compaction;
mod config;
mod derived;
mod error;
mod feed;
mod flush;
mod limits;
mod memtable;
mod metrics;
mod names;
mod retention;
mod segment;
mod services;
mod storage;
mod table;
mod tenant;
#[cfg(test)]
mod testing;

pub mod background;
pub mod catalog;
pub mod codec;
pub mod commit;
pub mod memory;
pub mod scan;
pub mod template;
pub mod text;
pub mod vfs;
pub mod wal;

pub use commit::AppendError;
pub use compaction::CompactionError;
pub use config::{Config, FsyncMode};
pub use derived::{Derivation, Derive, Formulas};
pub use error::{OpenError, UnknownTenant};
pub use feed::{Fed, FedBatch, Subscription};
pub use retention::Retention;
pub use segment::shape;
pub use segment::{
    Container, RootEntry, Segment, SegmentError, SegmentMeta, TraceDirectory, TraceEntry,
};
pub use services::{ServiceSlot, ServiceSlots};
pub use storage::{Appended, Environment, Incoming, Storage, StorageStatus};
pub use table::TableStatus;
pub use tenant::TenantId;
