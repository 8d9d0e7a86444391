//! The disk, as storage sees it: one small trait through which every file access goes.
//!
//! Why a trait: what a power loss leaves behind cannot be tested on a real disk. [`SimVfs`] keeps apart
//! what was written and what was synced, for bytes *and* for directory entries, and drops the difference
//! on demand; [`OsVfs`] is the real one, and the only place in storage that names `std::fs`. SQLite does
//! its own I/O and does not pass through here.
//!
//! What every implementation promises, and `conformance.rs` checks on each:
//! - bytes are durable after `sync_data` or `sync_all` of their file, and only then;
//! - an entry (a new, renamed or removed file or folder) is durable after `sync_dir` of the folder that
//!   holds it, and only then;
//! - a file handle whose sync has failed is done for: a later sync that succeeds proves nothing about the
//!   bytes written before. Write them again, to another file.
//!
//! | file | what it holds |
//! |---|---|
//! | `os.rs` | the operating system's files |
//! | `sim/` | the simulated disk: power loss, torn writes, injected faults |
//! | `conformance.rs` | one suite over both (tests) |

mod os;
pub mod sim;

#[cfg(test)]
mod conformance;

use std::fmt::Debug;
use std::io;
use std::path::Path;

use bytes::Bytes;

pub use os::OsVfs;
pub use sim::SimVfs;

/// A file open for appending. Dropping it closes it without syncing.
pub trait VfsFile: Send + Debug {
    /// Appends all of `bytes` at the end of the file. After an error any prefix of them may be there.
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Makes the file's bytes and its length durable (`fdatasync`). Never repeat it after an error: the
    /// kernel has dropped the dirty pages by then and would report success.
    fn sync_data(&mut self) -> io::Result<()>;

    /// As `sync_data`, with all of the file's metadata (`fsync`).
    fn sync_all(&mut self) -> io::Result<()>;

    /// The file's length in bytes.
    fn size(&self) -> io::Result<u64>;

    /// Cuts the file, or fills it with zeros, to `size` bytes. Later writes go to the new end.
    fn set_size(&mut self, size: u64) -> io::Result<()>;
}

/// A file open for reading at any place, from any thread.
pub trait VfsRead: Send + Sync + Debug {
    /// Fills `buf` from `offset` on; fewer bytes than that are `UnexpectedEof`.
    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()>;

    /// The file's length in bytes.
    fn size(&self) -> io::Result<u64>;
}

/// The hold on a folder; dropping it, or the death of the process, lets go.
pub trait VfsLock: Send + Sync + Debug {}

/// One entry of a folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DirEntry {
    /// The name within its folder. Names that are not UTF-8 are not ours and are left out of listings.
    pub name: String,
    /// Whether it is a folder.
    pub is_dir: bool,
}

/// How full the file system is that holds a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Space {
    /// Bytes that this process may use in all: what others may not take from it and what is free to it.
    pub total_bytes: u64,
    /// Bytes that this process may still write.
    pub available_bytes: u64,
}

/// A file system.
pub trait Vfs: Send + Sync + Debug + 'static {
    /// Creates `path`, which must not exist, for appending.
    fn create_new(&self, path: &Path) -> io::Result<Box<dyn VfsFile>>;

    /// Opens `path`, which must exist, for appending, cutting and syncing.
    fn open_append(&self, path: &Path) -> io::Result<Box<dyn VfsFile>>;

    /// Opens `path` for reading.
    fn open_read(&self, path: &Path) -> io::Result<Box<dyn VfsRead>>;

    /// The whole content of `path`.
    fn read(&self, path: &Path) -> io::Result<Bytes>;

    /// Gives a file or folder another name *within its folder*, replacing a file that has it.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file.
    fn remove_file(&self, path: &Path) -> io::Result<()>;

    /// Removes a folder and all it holds. After an error, or a power loss, any part may be left.
    fn remove_dir_all(&self, path: &Path) -> io::Result<()>;

    /// Creates a folder whose parent exists; `AlreadyExists` when something has its name.
    fn create_dir(&self, path: &Path) -> io::Result<()>;

    /// A folder's entries, by name.
    fn list(&self, path: &Path) -> io::Result<Vec<DirEntry>>;

    /// Whether `path` exists.
    fn exists(&self, path: &Path) -> io::Result<bool>;

    /// Makes the entries of a folder durable.
    fn sync_dir(&self, path: &Path) -> io::Result<()>;

    /// How full the file system is that holds `path`.
    fn space(&self, path: &Path) -> io::Result<Space>;

    /// Takes hold of `path` (a file, created when absent) against every other process; `WouldBlock` when
    /// another has it.
    fn lock(&self, path: &Path) -> io::Result<Box<dyn VfsLock>>;
}

/// Creates the folder `root`/`below` with all that is missing between, and makes every entry on the way
/// durable. `root` itself must exist. Syncs also what was there already: a process that was killed may
/// have created it without getting as far as the sync.
pub fn create_dir_durable(vfs: &dyn Vfs, root: &Path, below: &Path) -> io::Result<()> {
    let mut folder = root.to_path_buf();
    for part in below.components() {
        let child = folder.join(part);
        match vfs.create_dir(&child) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => vfs.sync_dir(&folder)?,
        }
        folder = child;
    }
    Ok(())
}

/// Whether `error` says that the disk, or this user's share of it, is full.
pub fn is_disk_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    )
}

/// A rename across folders would need both folders synced, in an order; nothing here needs one.
fn check_same_folder(from: &Path, to: &Path) -> io::Result<()> {
    if from.parent() == to.parent() {
        return Ok(());
    }
    Err(io::Error::new(
        io::ErrorKind::CrossesDevices,
        "a rename stays within its folder",
    ))
}
