//! Settings of storage, as values.

use std::path::PathBuf;

use clearspan_schema::Signal;

pub use crate::wal::FsyncMode;
use crate::{Retention, limits};

/// What a person may set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The data folder; created when absent.
    pub data_dir: PathBuf,
    /// Bytes of a memtable at which it is flushed to segments.
    pub flush_bytes: usize,
    /// Milliseconds after its first row at which a memtable is flushed, however small.
    pub flush_interval_ms: u64,
    /// When an acknowledged record is on disk.
    pub fsync: FsyncMode,
    /// How long logs are kept.
    pub logs_retention: Retention,
    /// How long spans are kept.
    pub spans_retention: Retention,
    /// Bytes of memory for everything together: requests, memtables, caches, queries. What is [guaranteed](Self::memtables_bytes) to
    /// memtables must fit in it, or the store cannot be opened.
    pub memory_bytes: usize,
}

impl Config {
    /// The smallest `flush_bytes`: below it, segments would be tiny and many.
    pub const MIN_FLUSH_BYTES: usize = 64 * 1024;

    /// The largest `flush_bytes`: memtables may hold a few times as much together, and a column of a flush
    /// addresses its bytes with 31 bits.
    pub const MAX_FLUSH_BYTES: usize = 512 * 1024 * 1024;

    /// The default of `memory_bytes`. Beside it there are threads' stacks, a memtable that is
    /// being sorted, and what a compaction has open.
    pub const MEMORY_BYTES: usize = 768 * 1024 * 1024;

    /// The defaults, for `data_dir`.
    pub fn new(data_dir: PathBuf) -> Self {
        Config {
            data_dir,
            flush_bytes: 64 * 1024 * 1024,
            flush_interval_ms: 5 * 60 * 1000,
            fsync: FsyncMode::Always,
            logs_retention: Retention::default(),
            spans_retention: Retention::default(),
            memory_bytes: Self::MEMORY_BYTES,
        }
    }

    /// Bytes that are guaranteed to the memtables of one signal: two full ones.
    pub(crate) fn memtable_bytes(&self) -> usize {
        self.flush_bytes.saturating_mul(limits::MEMTABLE_FACTOR)
    }

    /// Bytes that are guaranteed to the memtables of all signals.
    pub fn memtables_bytes(&self) -> usize {
        self.memtable_bytes().saturating_mul(Signal::ALL.len())
    }

    /// How long the rows of a signal are kept.
    pub fn retention(&self, signal: Signal) -> Retention {
        match signal {
            Signal::Logs => self.logs_retention,
            Signal::Spans => self.spans_retention,
        }
    }

    /// What is wrong with the settings, if anything, as one sentence.
    pub fn validate(&self) -> Result<(), String> {
        if !(Self::MIN_FLUSH_BYTES..=Self::MAX_FLUSH_BYTES).contains(&self.flush_bytes) {
            return Err(format!(
                "flush_bytes is {}, must be {} to {}",
                self.flush_bytes,
                Self::MIN_FLUSH_BYTES,
                Self::MAX_FLUSH_BYTES
            ));
        }
        if self.flush_interval_ms == 0 {
            return Err("flush_interval_ms is 0, must be at least 1".into());
        }
        Ok(())
    }
}
