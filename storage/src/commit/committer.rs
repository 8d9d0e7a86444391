//! The loop that commits groups.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use arrow::array::RecordBatch;
use clearspan_schema::SchemaError;

use super::error::AppendError;
use super::queue::{CommitQueue, Entry};
use super::space::SpaceGate;
use crate::background::{Clock, Next, Now, Step};
use crate::memory::Hold;
use crate::wal::{FsyncMode, WalError, WalPlace, WalPosition, WalWriter};

/// A group that is on disk.
#[derive(Debug)]
pub struct CommittedBatch {
    /// Its rows.
    pub batch: RecordBatch,
    /// The sequence number of the first; the others follow in order.
    pub base_seq: u64,
    /// When the group was taken up, nanoseconds since 1970.
    pub arrival_ns: i64,
    /// The end of its frame.
    pub position: WalPosition,
    /// What was taken of the memory budget for its rows in the memtable, if anything was.
    pub memory: Option<Hold>,
}

/// Makes committed groups visible.
pub trait CommitSink: Send {
    /// Called for every group that is on disk, with the time that took, syncing included.
    fn written(&mut self, _rows: usize, _taken: Duration) {}

    /// Called for every group, in order, after its requests were answered and before the next group is
    /// committed. What it cannot do quickly it must hand over, within a bound.
    fn committed(&mut self, group: CommittedBatch);

    /// Called when the log has left a file although it was not full, since its rows are in segments: it can be removed.
    fn file_left(&mut self) {}
}

impl<F: FnMut(CommittedBatch) + Send> CommitSink for F {
    fn committed(&mut self, group: CommittedBatch) {
        self(group);
    }
}

/// Joins batches into one that holds their rows in order.
pub type Join = Box<dyn Fn(&[RecordBatch]) -> Result<RecordBatch, SchemaError> + Send>;

/// Empties a [`CommitQueue`] into a log. When it is dropped, by a panic too, whatever is queued is refused.
pub struct Committer {
    queue: CommitQueue,
    wal: WalWriter,
    join: Join,
    sink: Box<dyn CommitSink>,
    clock: Arc<dyn Clock>,
    space: SpaceGate,
    /// When what was acknowledged must be synced, in mode `Interval`.
    sync_due: Option<Duration>,
}

impl Committer {
    /// The committer of `queue`. To be driven by a runner, woken by the queue's waker. The clock tells how long writing takes.
    pub fn new(
        queue: CommitQueue,
        wal: WalWriter,
        place: &WalPlace,
        clock: Arc<dyn Clock>,
        join: Join,
        sink: Box<dyn CommitSink>,
    ) -> Self {
        let (vfs, folder) = (place.vfs.clone(), place.folder.clone());
        let space = SpaceGate::new(vfs, folder, queue.config());
        Self {
            queue,
            wal,
            join,
            sink,
            clock,
            space,
            sync_due: None,
        }
    }

    /// Commits a group: this is the whole journey.
    fn commit(&mut self, group: Vec<Entry>, now: Now) {
        if let Err(refusal) = self.space.check(now) {
            return self.queue.refuse(group, &refusal);
        }
        let batch = match self.join(&group) {
            Ok(batch) => batch,
            Err(error) => return self.commit_halves(group, now, &error),
        };
        let base_seq = self.wal.next_seq();
        let started = self.clock.now().monotonic;
        match self.write(&batch, base_seq, now) {
            Ok(position) => {
                let taken = self.clock.now().monotonic.saturating_sub(started);
                let memory = self.queue.acknowledge(group, base_seq);
                self.sink.written(batch.num_rows(), taken);
                self.sink.committed(CommittedBatch {
                    batch,
                    base_seq,
                    arrival_ns: now.unix_ns,
                    position,
                    memory,
                });
            }
            Err(error @ (AppendError::TooLarge { .. } | AppendError::Encoding(_))) => {
                self.commit_halves(group, now, &error);
            }
            Err(error) => self.queue.refuse(group, &error),
        }
    }

    /// A group that is too large, or of which one batch is bad, is split until only the culprit is refused.
    fn commit_halves(&mut self, mut group: Vec<Entry>, now: Now, error: &AppendError) {
        if group.len() <= 1 {
            return self.queue.refuse(group, error);
        }
        let second = group.split_off(group.len() / 2);
        self.commit(group, now);
        self.commit(second, now);
    }

    fn join(&self, group: &[Entry]) -> Result<RecordBatch, AppendError> {
        if let [only] = group {
            return Ok(only.batch.clone());
        }
        let batches: Vec<RecordBatch> = group.iter().map(|entry| entry.batch.clone()).collect();
        let joined = catch_unwind(AssertUnwindSafe(|| (self.join)(&batches)));
        let joined = joined.map_err(|_| AppendError::Encoding("joining panicked".to_owned()))?;
        let joined = joined.map_err(|error| AppendError::Encoding(error.to_string()))?;
        let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
        if joined.num_rows() == rows {
            return Ok(joined);
        }
        let found = joined.num_rows();
        Err(AppendError::Encoding(format!(
            "{rows} rows were joined to {found}"
        )))
    }

    /// Appends and settles; once more, in a new file, when the disk has failed the first time.
    fn write(
        &mut self,
        batch: &RecordBatch,
        base_seq: u64,
        now: Now,
    ) -> Result<WalPosition, AppendError> {
        let first = match self.try_write(batch, base_seq, now) {
            Err(error @ (WalError::Io { .. } | WalError::Catalog(_))) => error,
            Err(error) => return Err(self.refusal(&error, now)),
            Ok(position) => return Ok(position),
        };
        tracing::warn!(error = %first, "wal write failed, trying a new file");
        let second = self.try_write(batch, base_seq, now);
        second.map_err(|error| {
            tracing::error!(%error, "wal write failed in a new file too, refusing the group");
            self.refusal(&error, now)
        })
    }

    fn try_write(
        &mut self,
        batch: &RecordBatch,
        base_seq: u64,
        now: Now,
    ) -> Result<WalPosition, WalError> {
        let position = self.wal.append(batch, base_seq, now.unix_ns)?;
        self.wal.settle()?;
        Ok(position)
    }

    fn refusal(&mut self, error: &WalError, now: Now) -> AppendError {
        let refusal = AppendError::of_wal(error, self.queue.config().retry_after);
        if matches!(refusal, AppendError::DiskFull { .. }) {
            self.space.note_full(&refusal, now);
        }
        refusal
    }

    /// In mode `Interval`, syncs when it is time; says when it will be.
    fn sync_in_time(&mut self, now: Now) -> Next {
        let FsyncMode::Interval(interval) = self.wal.config().fsync else {
            return Next::OnWake;
        };
        if !self.wal.is_dirty() {
            self.sync_due = None;
            return Next::OnWake;
        }
        let due = *self.sync_due.get_or_insert(now.monotonic + interval);
        if now.monotonic < due {
            return Next::After(due - now.monotonic);
        }
        self.sync_due = None;
        if let Err(error) = self.wal.sync() {
            tracing::error!(%error, "sync failed: acknowledged rows may not survive a power loss");
        }
        Next::OnWake
    }

    /// A store that is quiet after a flush keeps no log.
    fn leave_flushed(&mut self) {
        match self.wal.leave_flushed() {
            Ok(true) => self.sink.file_left(),
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "cannot leave a flushed WAL file"),
        }
    }

    /// The log ends here: synced, and its end noted.
    fn end(&mut self) {
        if let Err(error) = self.wal.sync().and_then(|()| self.wal.close()) {
            tracing::error!(%error, "cannot close the wal, it will be replayed at the next start");
        }
    }
}

impl Step for Committer {
    fn run(&mut self, now: Now) -> Next {
        let closed = self.queue.is_closed();
        let group = self.queue.take_group();
        if group.is_empty() {
            if closed {
                self.end();
                return Next::Stop;
            }
            self.leave_flushed();
            return self.sync_in_time(now);
        }
        self.commit(group, now);
        self.sync_in_time(now);
        Next::Again
    }

    fn finish(&mut self, now: Now) {
        self.queue.close();
        loop {
            let group = self.queue.take_group();
            if group.is_empty() {
                break;
            }
            self.commit(group, now);
        }
        self.end();
    }
}

impl Drop for Committer {
    fn drop(&mut self) {
        self.queue.abandon();
    }
}

impl fmt::Debug for Committer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Committer")
            .field("queue", &self.queue)
            .field("wal", &self.wal)
            .finish_non_exhaustive()
    }
}
