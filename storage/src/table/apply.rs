//! Committed rows become visible.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use arrow::array::RecordBatch;
use clearspan_schema::Signal;
use clearspan_schema::concat::with_seq;

use super::{State, Table};
use crate::memtable::{Committed, Stored, distinct_spans};
use crate::scan::PartError;

impl Table {
    /// Puts rows that are durable into the memtable, spans that are stored already left out. Called by
    /// one thread at a time, in order of sequence number.
    pub(crate) fn apply(
        &self,
        batch: &RecordBatch,
        base_seq: u64,
        arrival_ns: i64,
    ) -> Result<(), PartError> {
        let end_seq = base_seq + batch.num_rows() as u64;
        let rows = with_seq(&self.signal.stored_schema(), batch, base_seq)?;
        let (rows, duplicates) = self.distinct(rows)?;
        self.duplicates.fetch_add(duplicates, Ordering::Relaxed);
        let now = self.room.clock.now();
        let full = {
            let mut state = self.state.write();
            state.active.push(
                Committed {
                    rows,
                    end_seq,
                    arrival_ns,
                    duplicates,
                },
                now,
            )?;
            state.active.bytes() >= self.room.config.flush_bytes
        };
        if full {
            self.flush_waker.wake();
        }
        Ok(())
    }

    fn distinct(&self, rows: RecordBatch) -> Result<(RecordBatch, u64), PartError> {
        if self.signal == Signal::Logs {
            return Ok((rows, 0));
        }
        // Readers go on meanwhile; the writer is this thread, and a flush only moves rows it can still see.
        let state = self.state.read();
        let State {
            active,
            frozen,
            segments,
            ..
        } = &*state;
        let memtables = frozen.iter().map(Arc::as_ref).chain([active]).collect();
        distinct_spans(
            rows,
            &Stored {
                memtables,
                segments,
            },
        )
    }
}
