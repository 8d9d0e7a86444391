//! The write-ahead log of one table: what makes an acknowledgement true.
//!
//! One folder per table, one file after the other, each a header and frames; a frame is one committed group,
//! one Arrow record batch. Sequence numbers run through all files without a gap.
//!
//! How nothing acknowledged is lost, and nothing refused comes back:
//! 1. A file gets its header, is synced, its folder is synced, and the catalog registers it: only then do
//!    frames go into it. So every acknowledged frame stands in a file that the catalog knows.
//! 2. A group is acknowledged after its frame was synced. At most one frame is ever unsynced, so what a
//!    crash tears is the last frame of the last file.
//! 3. A write or a sync that fails poisons its file: the handle is dropped, and the catalog notes the end of
//!    what was acknowledged in it. The group may be tried again in a new file, under the same numbers; if
//!    its frame is on the platter in the old file all the same, it lies behind the noted end and is never
//!    read. So it is neither doubled nor, when its sender was refused, invented.
//! 4. Replay reads each file up to its noted end, the last one (whose end nobody noted) up to its last sound
//!    frame. A torn end is cut off, for good; sound frames behind damage are kept, the damage is reported
//!    and the file set aside. Then every file has a noted end, and writing goes on in a new one.
//! 5. A file is removed once all of its rows are in published segments: file first, folder synced, then its
//!    row in the catalog. So a file that the catalog does not know is never one of ours with rows in it.
//!
//! | file | what it holds |
//! |---|---|
//! | `names.rs` | the names of files in the folder |
//! | `limits.rs` | every limit, with its reason |
//! | `format.rs` | the bytes of headers |
//! | `payload.rs` | a batch as Arrow IPC bytes, and back |
//! | `writer.rs` | appending, syncing, poisoning, taking a new file |
//! | `reader.rs` | the frames of one file, and what is wrong with them |
//! | `replay.rs` | all frames of a table at start, file by file |
//! | `opening.rs` | a file's header, checked against the catalog |
//! | `tail.rs` | cutting off an unsound end |
//! | `folder.rs` | comparing the folder with the catalog |
//! | `collect.rs` | removing files whose rows are in segments |
//! | `size.rs` | how much room the files take |
//! | `report.rs` | what was found at start |

mod collect;
mod error;
mod folder;
mod format;
mod limits;
mod names;
mod opening;
mod payload;
mod reader;
mod replay;
mod report;
mod size;
mod tail;
mod writer;

#[cfg(test)]
mod tests;

pub use collect::remove_flushed;
pub use error::WalError;
pub use limits::FRAME_BYTES_MAX;
pub use replay::{Replayed, ReplayedFrame, replay};
pub use report::{WalFinding, WalReport};
pub(crate) use size::bytes_of;
pub use writer::{FsyncMode, WalConfig, WalWriter};

use std::path::PathBuf;
use std::sync::Arc;

use crate::catalog::{Catalog, TableKey};
use crate::vfs::Vfs;

/// Which log, and what it needs: the same for writing, replaying and removing.
#[derive(Debug, Clone)]
pub struct WalPlace {
    /// The disk.
    pub vfs: Arc<dyn Vfs>,
    /// The catalog that knows its files.
    pub catalog: Arc<dyn Catalog>,
    /// The table.
    pub key: TableKey,
    /// Its folder, which exists durably (see [`create_dir_durable`](crate::vfs::create_dir_durable)).
    pub folder: PathBuf,
}

/// The end of a frame in a table's log. Later frames have greater positions, over restarts too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct WalPosition {
    /// The number of the file.
    pub file: u64,
    /// The offset in bytes.
    pub offset: u64,
}
