//! What waits to be committed, bounded in bytes.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use arrow::array::RecordBatch;
use parking_lot::Mutex;
use tokio::sync::oneshot;

use super::error::AppendError;
use super::limits::CommitConfig;
use crate::background::Waker;
use crate::memory::Hold;

/// An append that is on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Committed {
    /// The sequence number of its first row; the others follow in order.
    pub base_seq: u64,
    /// How many rows.
    pub rows: u64,
}

/// Figures since the process started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CommitStats {
    /// Appends acknowledged.
    pub appends: u64,
    /// Rows acknowledged.
    pub rows: u64,
    /// Groups committed.
    pub groups: u64,
    /// Appends refused, for whatever reason.
    pub refused: u64,
    /// Bytes that wait or are under way now.
    pub queued_bytes: usize,
}

/// The way into a table's log. Clones are the same queue.
#[derive(Debug, Clone)]
pub struct CommitQueue {
    shared: Arc<Mutex<Shared>>,
    waker: Waker,
    config: CommitConfig,
}

#[derive(Debug, Default)]
struct Shared {
    entries: VecDeque<Entry>,
    closed: bool,
    stats: CommitStats,
}

/// What an append has taken of the memory budget. It stays taken when whoever appended has gone.
#[derive(Debug, Default)]
pub struct Memory {
    /// For its rows as they came, until they are answered.
    pub request: Option<Hold>,
    /// For the same rows in the memtable. It goes there with them, or is given back when they are refused.
    pub memtable: Option<Hold>,
}

/// An append that waits for its answer.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) batch: RecordBatch,
    bytes: usize,
    memory: Memory,
    answer: oneshot::Sender<Result<Committed, AppendError>>,
}

/// The answer to an append, to be awaited. Dropping it does not withdraw the append.
#[derive(Debug)]
pub struct Pending(oneshot::Receiver<Result<Committed, AppendError>>);

impl Future for Pending {
    type Output = Result<Committed, AppendError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let answer = Pin::new(&mut self.0).poll(context);
        // An entry is dropped unanswered only when the committer died.
        answer.map(|answer| answer.unwrap_or(Err(AppendError::ShuttingDown)))
    }
}

impl Pending {
    /// Blocks until the answer is there; not for async tasks.
    pub fn wait(self) -> Result<Committed, AppendError> {
        self.0
            .blocking_recv()
            .unwrap_or(Err(AppendError::ShuttingDown))
    }
}

impl CommitQueue {
    /// An empty queue, to be emptied by a [`Committer`](super::Committer).
    pub fn new(config: CommitConfig) -> Self {
        Self {
            shared: Arc::default(),
            waker: Waker::new(),
            config,
        }
    }

    /// Queues `batch` and returns at once; all of it is committed, or none. Its bytes are counted as they
    /// lie in memory.
    pub fn append(&self, batch: RecordBatch) -> Result<Pending, AppendError> {
        self.append_counted(batch, Memory::default())
    }

    /// As [`append`](Self::append), with what was taken for it of the memory budget.
    pub fn append_counted(
        &self,
        batch: RecordBatch,
        memory: Memory,
    ) -> Result<Pending, AppendError> {
        let bytes = batch.get_array_memory_size();
        let (answer, pending) = oneshot::channel();
        let entry = Entry {
            batch,
            bytes,
            memory,
            answer,
        };
        {
            let mut shared = self.shared.lock();
            if let Err(refused) = self.admit(&shared, bytes) {
                shared.stats.refused += 1;
                return Err(refused);
            }
            shared.stats.queued_bytes += bytes;
            shared.entries.push_back(entry);
        }
        self.waker.wake();
        Ok(Pending(pending))
    }

    /// As [`append`](Self::append), and waits for the answer.
    pub async fn submit(&self, batch: RecordBatch) -> Result<Committed, AppendError> {
        self.append(batch)?.await
    }

    /// Refuses everything from now on. What is queued is still committed.
    pub fn close(&self) {
        self.shared.lock().closed = true;
        self.waker.wake();
    }

    /// What wakes the committer: to be given to the runner that drives it.
    pub fn waker(&self) -> &Waker {
        &self.waker
    }

    /// Figures of this queue.
    pub fn stats(&self) -> CommitStats {
        self.shared.lock().stats
    }

    fn admit(&self, shared: &Shared, bytes: usize) -> Result<(), AppendError> {
        if shared.closed {
            return Err(AppendError::ShuttingDown);
        }
        if bytes > self.config.queue_bytes_max {
            return Err(AppendError::TooLarge {
                bytes,
                bytes_max: self.config.queue_bytes_max,
            });
        }
        if shared.stats.queued_bytes + bytes > self.config.queue_bytes_max {
            return Err(AppendError::Overloaded {
                retry_after: self.config.retry_after,
            });
        }
        Ok(())
    }

    pub(super) fn config(&self) -> &CommitConfig {
        &self.config
    }

    pub(super) fn is_closed(&self) -> bool {
        self.shared.lock().closed
    }

    /// What goes into the next group: all that is queued, up to the limit, and one entry at least.
    pub(super) fn take_group(&self) -> Vec<Entry> {
        let mut shared = self.shared.lock();
        let mut bytes = 0;
        let mut group = Vec::new();
        while let Some(entry) = shared.entries.front() {
            bytes += entry.bytes;
            if bytes > self.config.group_bytes_max && !group.is_empty() {
                break;
            }
            group.extend(shared.entries.pop_front());
        }
        group
    }

    /// Answers a group that is on disk from `base_seq` on. Gives what was taken for its rows in the memtable.
    pub(super) fn acknowledge(&self, group: Vec<Entry>, mut base_seq: u64) -> Option<Hold> {
        {
            let mut shared = self.shared.lock();
            shared.stats.groups += 1;
            for entry in &group {
                shared.stats.appends += 1;
                shared.stats.rows += entry.batch.num_rows() as u64;
                shared.stats.queued_bytes -= entry.bytes;
            }
        }
        let mut memtable: Option<Hold> = None;
        for entry in group {
            let rows = entry.batch.num_rows() as u64;
            // Nobody waits any more: the rows stay all the same.
            let _ = entry.answer.send(Ok(Committed { base_seq, rows }));
            base_seq += rows;
            match (&mut memtable, entry.memory.memtable) {
                (Some(all), Some(one)) => all.join(one),
                (all, one) => *all = all.take().or(one),
            }
        }
        memtable
    }

    /// Answers a group of which nothing was kept.
    pub(super) fn refuse(&self, group: Vec<Entry>, error: &AppendError) {
        {
            let mut shared = self.shared.lock();
            for entry in &group {
                shared.stats.refused += 1;
                shared.stats.queued_bytes -= entry.bytes;
            }
        }
        for entry in group {
            let _ = entry.answer.send(Err(error.clone()));
        }
    }

    /// The committer is gone: nothing that is queued will be committed.
    pub(super) fn abandon(&self) {
        self.close();
        let entries = std::mem::take(&mut self.shared.lock().entries);
        self.refuse(entries.into(), &AppendError::ShuttingDown);
    }
}
