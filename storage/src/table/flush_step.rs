//! The loop that turns memtables into segments.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::Table;
use crate::background::{Next, Now, Step};
use crate::catalog::SegmentRow;
use crate::flush::{FlushError, FlushJob, flush};
use crate::memtable::Memtable;
use crate::scan::MissingSegment;
use crate::segment::Segment;
use crate::wal::remove_flushed;

/// How long a flush that failed waits before it is tried again.
const RETRY: Duration = Duration::from_secs(1);

/// Flushes one table: when its memtable is full, when it is old, and at the end.
#[derive(Debug)]
pub(crate) struct FlushStep(pub(crate) Arc<Table>);

impl Step for FlushStep {
    fn run(&mut self, now: Now) -> Next {
        if self.0.broken.get().is_some() {
            return Next::OnWake;
        }
        if let Some(wait) = self.0.freeze_if_due(now) {
            if matches!(wait, Next::OnWake) {
                self.0.remove_flushed_files();
            }
            return wait;
        }
        match self.0.flush_guarded(now) {
            Ok(()) => Next::Again,
            Err(error) => {
                self.0.metrics.flush_failures.inc();
                // Told once per try; the rows stay searchable in the memtable and durable in the WAL.
                tracing::error!(tenant = %self.0.tenant, signal = %self.0.signal, %error, "flush failed, will try again");
                Next::After(RETRY)
            }
        }
    }

    fn finish(&mut self, now: Now) {
        if self.0.broken.get().is_some() {
            return;
        }
        if let Err(error) = self.0.flush_all(now) {
            tracing::error!(tenant = %self.0.tenant, signal = %self.0.signal, %error, "last flush failed: the WAL keeps the rows");
        }
    }
}

impl Table {
    /// Freezes the memtable when it is time; otherwise says when to look again.
    fn freeze_if_due(&self, now: Now) -> Option<Next> {
        let mut state = self.state.write();
        if state.frozen.is_some() {
            return None;
        }
        let Some(since) = state.active.since() else {
            return Some(Next::OnWake);
        };
        // Only now: rows that are still on their way are flushed when they are here.
        let is_wanted = self.lacks_memory.swap(false, Ordering::AcqRel);
        let due = since + Duration::from_millis(self.room.config.flush_interval_ms);
        let is_full = state.active.bytes() >= self.room.config.flush_bytes;
        if !is_full && !is_wanted && now.monotonic < due {
            return Some(Next::After(due - now.monotonic));
        }
        self.freeze(&mut state);
        None
    }

    fn freeze(&self, state: &mut super::State) {
        let next = Memtable::new(self.signal, state.active.end_seq());
        state.frozen = Some(Arc::new(std::mem::replace(&mut state.active, next)));
        let none = self.memory.hold();
        state.frozen_memory = std::mem::replace(&mut state.active_memory, none);
    }

    /// Flushes what is frozen and then all that is left.
    pub(crate) fn flush_all(&self, now: Now) -> Result<(), FlushError> {
        self.flush_frozen(now)?;
        {
            let mut state = self.state.write();
            if state.active.is_untouched() {
                return Ok(());
            }
            self.freeze(&mut state);
        }
        self.flush_frozen(now)
    }

    /// A panic while flushing must not end the loop, or memory would fill up unnoticed.
    fn flush_guarded(&self, now: Now) -> Result<(), FlushError> {
        let flush = || self.flush_frozen(now);
        catch_unwind(AssertUnwindSafe(flush)).unwrap_or(Err(FlushError::Panicked))
    }

    fn flush_frozen(&self, now: Now) -> Result<(), FlushError> {
        let Some(memtable) = self.state.read().frozen.clone() else {
            return Ok(());
        };
        // A service that the catalog does not know must stand in the WAL, where a start looks for it.
        self.services.keep()?;
        let key = self.key();
        let job = FlushJob {
            vfs: &self.room.vfs,
            catalog: self.room.catalog.as_ref(),
            tenant: &self.tenant,
            signal: self.signal,
            signal_dir: &self.dir,
            formulas: &self.room.formulas,
            flushed_seq: self.room.catalog.table(&key).flushed_seq,
            now_ns: now.unix_ns,
        };
        let sealed = || {
            let segments = flush(&job, &memtable)?;
            self.publish(&segments)
        };
        let (sealed, taken) = self.metrics.timed(sealed);
        sealed?;
        self.metrics.flush_seconds.observe(taken.as_secs_f64());
        self.metrics.flushed_rows.inc_by(memtable.rows() as u64);
        self.lacks_memory.store(false, Ordering::Release);
        self.room_made.notify_waiters();
        self.compaction_waker.wake();
        self.remove_flushed_files();
        // The file that is being written may have no other rows: the log then leaves it, and wakes this loop again.
        self.queue.waker().wake();
        Ok(())
    }

    /// The rows are safe in segments: a WAL file that cannot be removed now goes with the next flush.
    fn remove_flushed_files(&self) {
        if let Err(error) = remove_flushed(&self.wal_place()) {
            tracing::warn!(tenant = %self.tenant, signal = %self.signal, %error, "cannot remove flushed WAL files");
        }
    }

    /// In memory the memtable gives way to its segments, in one step. When one cannot be opened, the memtable and
    /// the WAL stay, and the next try opens them again.
    fn publish(&self, rows: &[SegmentRow]) -> Result<(), FlushError> {
        let opened: Result<Vec<Arc<Segment>>, MissingSegment> =
            rows.iter().map(|row| self.open_segment(row)).collect();
        let opened = opened.map_err(|missing| FlushError::Unreadable {
            path: missing.path,
            fault: missing.fault,
        })?;
        let mut state = self.state.write();
        let mut segments = state.segments.as_ref().clone();
        segments.extend(opened);
        state.segments = Arc::new(segments);
        state.frozen = None;
        state.frozen_memory = self.memory.hold();
        Ok(())
    }
}
