//! A segment that is being made: `create`, `push` in order, `finish`. Its files are made from all of its rows at
//! once, so that the rows are collected here; how many they may be, `limits.rs` says.

use arrow::array::RecordBatch;
use clearspan_schema::concat::concat;

use super::job::Place;
use crate::catalog::SegmentId;
use crate::limits::MERGED_DECODED_BYTES;
use crate::segment::{NewSegment, SegmentError, WrittenSegment, write_segment};

/// Rows that become one segment.
#[derive(Debug)]
pub(super) struct Output {
    pub(super) id: SegmentId,
    /// Rows that it is to hold, about.
    planned: u64,
    batches: Vec<RecordBatch>,
    rows: u64,
    bytes: usize,
}

impl Output {
    pub(super) fn create(id: SegmentId, planned: u64) -> Self {
        Output {
            id,
            planned,
            batches: Vec::new(),
            rows: 0,
            bytes: 0,
        }
    }

    pub(super) fn push(&mut self, batch: RecordBatch) {
        self.rows += batch.num_rows() as u64;
        self.bytes = self.bytes.saturating_add(batch.get_array_memory_size());
        self.batches.push(batch);
    }

    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    /// Rows that are still to come, if no trace is divided for it.
    pub(super) fn left(&self) -> u64 {
        if self.bytes >= MERGED_DECODED_BYTES {
            return 0;
        }
        self.planned.saturating_sub(self.rows)
    }

    /// Whether it ends here whatever follows: one trace may not make it grow without end.
    pub(super) fn is_overfull(&self) -> bool {
        self.rows >= self.planned.saturating_mul(2) || self.bytes / 2 >= MERGED_DECODED_BYTES
    }

    /// Writes the segment and returns when it is durable. After an error nothing of it is left.
    pub(super) fn finish(
        self,
        place: &Place<'_>,
        partition: &str,
        arrival_ns: (i64, i64),
    ) -> Result<WrittenSegment, SegmentError> {
        let new = NewSegment {
            id: self.id.0,
            tenant: place.tenant,
            signal: place.signal,
            partition,
            signal_dir: place.signal_dir,
            arrival_ns,
        };
        let rows = concat(&place.signal.stored_schema(), &self.batches)?;
        drop(self.batches);
        write_segment(place.vfs, &new, &rows)
    }
}
