//! A disk that forgets what was not synced.
//!
//! Every file keeps two contents: the one that programs see, and the one that is on the platter; every
//! folder likewise keeps two sets of entries. Writes and changes of entries lie between the two until a
//! sync carries them over. [`SimVfs::power_loss`] then decides, from a seed, how much of what lies between
//! has made it: nothing, a prefix, any subset (the disk reorders), or all; writes survive by sectors of
//! 512 bytes. [`SimVfs::kill`] is the milder accident: the process dies and the page cache lives on.
//!
//! A failed sync behaves as on Linux: what it should have carried over stays readable, is *not* carried
//! over by a later sync that succeeds, and may or may not be on the platter.
//!
//! | file | what it holds |
//! |---|---|
//! | `disk.rs` | the tree of files and folders |
//! | `node.rs` | one file, one folder: what is seen, what is durable, what a power loss leaves |
//! | `fault.rs` | faults on demand: ENOSPC, EIO, a halt after so many operations |
//! | `random.rs` | the seeded generator behind it all |

mod disk;
mod fault;
mod node;
mod random;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;

pub use fault::{Fault, FaultKind, Operation};
pub use random::SimRandom;

use super::{DirEntry, Space, Vfs, VfsFile, VfsLock, VfsRead, check_same_folder};
use disk::Disk;
use node::InodeId;

/// A simulated disk. Clones are the same disk. It starts with an empty root folder; paths are taken from
/// there, whether absolute or not.
#[derive(Debug, Clone, Default)]
pub struct SimVfs {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug, Default)]
struct Shared {
    disk: Disk,
    faults: fault::Plan,
    locks: BTreeSet<PathBuf>,
    /// Counts the lives of the process: handles of an earlier life are dead.
    life: u64,
}

impl SimVfs {
    /// An empty disk.
    pub fn new() -> Self {
        Self::default()
    }

    /// Cuts the power: what was not synced survives in part, as `seed` decides. All handles and locks
    /// are gone, a halt is over; planned faults stay.
    pub fn power_loss(&self, seed: u64) {
        let mut shared = self.shared.lock();
        shared.disk.power_loss(&mut SimRandom::new(seed));
        shared.restart();
    }

    /// Kills the process: all handles and locks are gone, what was written is still to be seen, and what
    /// was not synced is still not durable.
    pub fn kill(&self) {
        self.shared.lock().restart();
    }

    /// Lets every operation fail once `operations` more have been done, as if the process stopped in the
    /// middle of the last one. `kill` and `power_loss` end it.
    pub fn halt_after(&self, operations: u64) {
        self.shared.lock().faults.halt_after(operations);
    }

    /// How many operations have been asked for since the disk was made.
    pub fn operations(&self) -> u64 {
        self.shared.lock().faults.operations()
    }

    /// Plans a fault.
    pub fn inject(&self, fault: Fault) {
        self.shared.lock().faults.inject(fault);
    }

    /// Forgets all planned faults.
    pub fn clear_faults(&self) {
        self.shared.lock().faults.clear();
    }

    /// Limits the bytes that all files together may hold. A write beyond it puts down what fits.
    pub fn set_capacity(&self, bytes: u64) {
        self.shared.lock().disk.capacity = bytes;
    }

    /// Changes one bit of a file behind everyone's back, on the platter and in the cache.
    pub fn flip_bit(&self, path: &Path, byte: u64, bit: u8) -> io::Result<()> {
        self.shared.lock().disk.flip_bit(path, byte, bit)
    }

    fn operation<T>(
        &self,
        operation: Operation,
        path: &Path,
        action: impl FnOnce(&mut Shared) -> io::Result<T>,
    ) -> io::Result<T> {
        let mut shared = self.shared.lock();
        shared.faults.check(operation, path)?;
        action(&mut shared)
    }

    fn file(&self, shared: &Shared, inode: InodeId, path: &Path) -> SimFile {
        SimFile {
            vfs: self.clone(),
            life: shared.life,
            inode,
            path: path.to_path_buf(),
        }
    }
}

impl Shared {
    fn restart(&mut self) {
        self.life += 1;
        self.locks.clear();
        self.faults.end_halt();
    }
}

impl Vfs for SimVfs {
    fn create_new(&self, path: &Path) -> io::Result<Box<dyn VfsFile>> {
        self.operation(Operation::Create, path, |shared| {
            let inode = shared.disk.create_file(path)?;
            Ok(Box::new(self.file(shared, inode, path)) as Box<dyn VfsFile>)
        })
    }

    fn open_append(&self, path: &Path) -> io::Result<Box<dyn VfsFile>> {
        self.operation(Operation::Open, path, |shared| {
            let inode = shared.disk.find_file(path)?;
            Ok(Box::new(self.file(shared, inode, path)) as Box<dyn VfsFile>)
        })
    }

    fn open_read(&self, path: &Path) -> io::Result<Box<dyn VfsRead>> {
        self.operation(Operation::Open, path, |shared| {
            let inode = shared.disk.find_file(path)?;
            Ok(Box::new(self.file(shared, inode, path)) as Box<dyn VfsRead>)
        })
    }

    fn read(&self, path: &Path) -> io::Result<Bytes> {
        self.operation(Operation::Read, path, |shared| {
            let inode = shared.disk.find_file(path)?;
            Ok(Bytes::copy_from_slice(shared.disk.content(inode)?))
        })
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        check_same_folder(from, to)?;
        self.operation(Operation::Rename, from, |shared| {
            shared.disk.rename(from, to)
        })
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.operation(Operation::Remove, path, |shared| {
            shared.disk.remove_file(path)
        })
    }

    fn remove_dir_all(&self, path: &Path) -> io::Result<()> {
        self.operation(Operation::Remove, path, |shared| {
            shared.disk.remove_dir_all(path)
        })
    }

    fn create_dir(&self, path: &Path) -> io::Result<()> {
        self.operation(Operation::Create, path, |shared| {
            shared.disk.create_dir(path)
        })
    }

    fn list(&self, path: &Path) -> io::Result<Vec<DirEntry>> {
        self.operation(Operation::List, path, |shared| shared.disk.list(path))
    }

    fn exists(&self, path: &Path) -> io::Result<bool> {
        self.operation(Operation::List, path, |shared| Ok(shared.disk.exists(path)))
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        self.operation(Operation::SyncDir, path, |shared| {
            shared.disk.sync_dir(path)
        })
    }

    fn space(&self, path: &Path) -> io::Result<Space> {
        self.operation(Operation::List, path, |shared| {
            let used = shared.disk.used_bytes();
            Ok(Space {
                total_bytes: shared.disk.capacity,
                available_bytes: shared.disk.capacity.saturating_sub(used),
            })
        })
    }

    fn lock(&self, path: &Path) -> io::Result<Box<dyn VfsLock>> {
        self.operation(Operation::Create, path, |shared| {
            if !shared.disk.exists(path) {
                shared.disk.create_file(path)?;
            }
            if !shared.locks.insert(path.to_path_buf()) {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            Ok(Box::new(SimLock {
                vfs: self.clone(),
                life: shared.life,
                path: path.to_path_buf(),
            }) as Box<dyn VfsLock>)
        })
    }
}

#[derive(Debug)]
struct SimFile {
    vfs: SimVfs,
    life: u64,
    inode: InodeId,
    path: PathBuf,
}

impl SimFile {
    fn operation<T>(
        &self,
        operation: Operation,
        action: impl FnOnce(&mut Disk, InodeId) -> io::Result<T>,
    ) -> io::Result<T> {
        self.vfs.operation(operation, &self.path, |shared| {
            self.check_life(shared)?;
            action(&mut shared.disk, self.inode)
        })
    }

    fn check_life(&self, shared: &Shared) -> io::Result<()> {
        if shared.life == self.life {
            return Ok(());
        }
        Err(io::Error::other(
            "the handle belongs to a process that died",
        ))
    }

    fn sync(&self) -> io::Result<()> {
        let mut shared = self.vfs.shared.lock();
        self.check_life(&shared)?;
        match shared.faults.check(Operation::SyncFile, &self.path) {
            Ok(()) => shared.disk.sync_file(self.inode),
            // A process that dies in a sync leaves its pages dirty: nothing has failed.
            Err(error) if shared.faults.is_halted() => Err(error),
            Err(error) => {
                shared.disk.fail_sync(self.inode)?;
                Err(error)
            }
        }
    }
}

impl VfsFile for SimFile {
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut shared = self.vfs.shared.lock();
        self.check_life(&shared)?;
        match shared.faults.check(Operation::Write, &self.path) {
            Ok(()) => shared.disk.append(self.inode, bytes),
            Err(error) => {
                // Any prefix may be written by a write that fails; a half is as good as any.
                shared.disk.append(self.inode, &bytes[..bytes.len() / 2])?;
                Err(error)
            }
        }
    }

    fn sync_data(&mut self) -> io::Result<()> {
        self.sync()
    }

    fn sync_all(&mut self) -> io::Result<()> {
        self.sync()
    }

    fn size(&self) -> io::Result<u64> {
        self.operation(Operation::List, |disk, inode| {
            Ok(disk.content(inode)?.len() as u64)
        })
    }

    fn set_size(&mut self, size: u64) -> io::Result<()> {
        self.operation(Operation::Write, |disk, inode| disk.set_size(inode, size))
    }
}

impl VfsRead for SimFile {
    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        self.operation(Operation::Read, |disk, inode| {
            let content = disk.content(inode)?;
            let wanted = usize::try_from(offset)
                .ok()
                .and_then(|start| content.get(start..)?.get(..buf.len()))
                .ok_or(io::ErrorKind::UnexpectedEof)?;
            buf.copy_from_slice(wanted);
            Ok(())
        })
    }

    fn size(&self) -> io::Result<u64> {
        VfsFile::size(self)
    }
}

#[derive(Debug)]
struct SimLock {
    vfs: SimVfs,
    life: u64,
    path: PathBuf,
}

impl VfsLock for SimLock {}

impl Drop for SimLock {
    fn drop(&mut self) {
        let mut shared = self.vfs.shared.lock();
        if shared.life == self.life {
            shared.locks.remove(&self.path);
        }
    }
}
