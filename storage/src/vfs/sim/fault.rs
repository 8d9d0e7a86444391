//! Faults on demand.

use std::io;
use std::path::Path;

const ENOSPC: i32 = 28;
const EIO: i32 = 5;

/// What a fault strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// A new file, folder or lock.
    Create,
    /// Opening a file that exists.
    Open,
    /// Appending to a file, or cutting it.
    Write,
    /// Reading bytes of a file.
    Read,
    /// Syncing a file.
    SyncFile,
    /// Syncing a folder.
    SyncDir,
    /// Renaming.
    Rename,
    /// Removing a file or folder.
    Remove,
    /// Listing, sizes, existence, space.
    List,
}

/// What a fault says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// ENOSPC: no space left on the device.
    NoSpace,
    /// EIO: the device failed.
    Io,
}

/// One planned fault: the operations of one kind on some paths fail, from some point on, some times.
#[derive(Debug, Clone)]
pub struct Fault {
    /// The operation that fails.
    pub operation: Operation,
    /// Only paths that contain this; empty for all.
    pub path_contains: String,
    /// How many matching operations still succeed.
    pub after: u64,
    /// How many fail then; `u64::MAX` for all.
    pub times: u64,
    /// How they fail.
    pub kind: FaultKind,
}

impl Fault {
    /// The next `operation` on any path fails, once.
    pub fn once(operation: Operation, kind: FaultKind) -> Self {
        Self {
            operation,
            path_contains: String::new(),
            after: 0,
            times: 1,
            kind,
        }
    }

    /// Every `operation` on any path fails from now on.
    pub fn always(operation: Operation, kind: FaultKind) -> Self {
        Self {
            times: u64::MAX,
            ..Self::once(operation, kind)
        }
    }
}

/// All planned faults of a disk.
#[derive(Debug, Default)]
pub(super) struct Plan {
    faults: Vec<Fault>,
    operations: u64,
    halt_at: Option<u64>,
}

impl Plan {
    pub(super) fn inject(&mut self, fault: Fault) {
        self.faults.push(fault);
    }

    pub(super) fn clear(&mut self) {
        self.faults.clear();
    }

    pub(super) fn operations(&self) -> u64 {
        self.operations
    }

    pub(super) fn halt_after(&mut self, operations: u64) {
        self.halt_at = Some(self.operations + operations);
    }

    pub(super) fn end_halt(&mut self) {
        self.halt_at = None;
    }

    pub(super) fn is_halted(&self) -> bool {
        self.halt_at.is_some_and(|at| self.operations > at)
    }

    /// Counts the operation and says whether it fails.
    pub(super) fn check(&mut self, operation: Operation, path: &Path) -> io::Result<()> {
        self.operations += 1;
        if self.is_halted() {
            return Err(io::Error::other("the simulated process has stopped"));
        }
        for fault in &mut self.faults {
            if let Some(error) = fault.strike(operation, path) {
                return Err(error);
            }
        }
        Ok(())
    }
}

impl Fault {
    fn strike(&mut self, operation: Operation, path: &Path) -> Option<io::Error> {
        let matches = self.operation == operation
            && path.to_string_lossy().contains(&self.path_contains)
            && self.times > 0;
        if !matches {
            return None;
        }
        if self.after > 0 {
            self.after -= 1;
            return None;
        }
        if self.times != u64::MAX {
            self.times -= 1;
        }
        Some(io::Error::from_raw_os_error(match self.kind {
            FaultKind::NoSpace => ENOSPC,
            FaultKind::Io => EIO,
        }))
    }
}
