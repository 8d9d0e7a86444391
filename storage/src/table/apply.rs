//! Committed rows become visible.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use arrow::array::RecordBatch;
use clearspan_schema::Signal;
use clearspan_schema::concat::with_seq;

use super::Table;
use crate::memory::Hold;
use crate::memtable::{Committed, Repeats};
use crate::scan::PartError;

impl Table {
    /// Puts rows that are durable into the memtable, spans that are stored already left out. `memory` was taken for them; what they
    /// really take is known only now. Called by one thread at a time, in order of sequence number.
    pub(crate) fn apply(
        &self,
        batch: &RecordBatch,
        base_seq: u64,
        arrival_ns: i64,
        memory: Option<Hold>,
    ) -> Result<(), PartError> {
        let end_seq = base_seq + batch.num_rows() as u64;
        let rows = with_seq(&self.signal.stored_schema(), batch, base_seq)?;
        let (rows, duplicates) = self.distinct(rows)?;
        self.duplicates.fetch_add(duplicates, Ordering::Relaxed);
        // Before the rows can be seen: whoever sees a service finds its slot.
        self.services.see(batch, arrival_ns)?;
        let visible = rows.clone();
        let now = self.room.clock.now();
        let wake = {
            let mut state = self.state.write();
            let first = state.active.is_untouched();
            state.active.push(
                Committed {
                    rows,
                    end_seq,
                    arrival_ns,
                    duplicates,
                },
                now,
            )?;
            let bytes = state.active.bytes();
            memory
                .into_iter()
                .for_each(|memory| state.active_memory.join(memory));
            state.active_memory.resize_anyway(bytes);
            first || state.active.bytes() >= self.room.config.flush_bytes
        };
        self.feed.publish(&visible, base_seq, end_seq);
        // What was taken was mostly more than the rows need.
        self.room_made.notify_waiters();
        // The first row starts the memtable's age, by which it is flushed too.
        if wake {
            self.flush_waker.wake();
        }
        Ok(())
    }

    /// The rows that are not stored already. Segments are read without the lock: this thread is the only writer, a
    /// flush only moves rows from what was locked into segments, and those are held here.
    fn distinct(&self, rows: RecordBatch) -> Result<(RecordBatch, u64), PartError> {
        if self.signal == Signal::Logs {
            return Ok((rows, 0));
        }
        let mut repeats = Repeats::new(rows)?;
        let (frozen, segments) = {
            let state = self.state.read();
            repeats.mark_memtable(&state.active);
            (state.frozen.clone(), Arc::clone(&state.segments))
        };
        if let Some(frozen) = frozen {
            repeats.mark_memtable(&frozen);
        }
        repeats.mark_segments(&segments);
        repeats.finish()
    }

    /// Rows are durable and acknowledged but could not be made visible: a defect. From now on nothing is flushed, so
    /// that their WAL files stay, nothing more is taken, and the status says so. A restart replays them.
    pub(crate) fn set_broken(&self, fault: String) {
        tracing::error!(tenant = %self.tenant, signal = %self.signal, fault, "committed rows are not visible, refusing more");
        let _first_fault_stays = self.broken.set(fault);
    }
}
