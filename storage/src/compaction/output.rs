//! A segment that is being made: `create`, `push` in order, `finish`. Its files are made from all of its rows at once,
//! so that the rows are collected here; how many they may be, `limits.rs` says.

use arrow::array::RecordBatch;
use clearspan_schema::concat::concat;

use super::job::Place;
use crate::catalog::SegmentId;
use crate::limits::MERGED_DECODED_BYTES;
use crate::segment::{NewSegment, SegmentError, WrittenSegment, write_segment};

/// What a segment will be.
#[derive(Debug, Clone)]
pub(super) struct NewOutput {
    pub(super) id: SegmentId,
    /// The partition's folder.
    pub(super) folder: String,
    /// Earliest and latest arrival of the rows.
    pub(super) arrival_ns: (i64, i64),
    /// Rows that it is to hold, about.
    pub(super) planned: u64,
}

/// Rows that become one segment.
#[derive(Debug)]
pub(super) struct Output {
    new: NewOutput,
    batches: Vec<RecordBatch>,
    rows: u64,
    bytes: usize,
}

impl Output {
    pub(super) fn create(new: NewOutput) -> Self {
        Output {
            new,
            batches: Vec::new(),
            rows: 0,
            bytes: 0,
        }
    }

    pub(super) fn push(&mut self, batch: RecordBatch) -> Result<(), SegmentError> {
        self.rows += batch.num_rows() as u64;
        self.bytes = self.bytes.saturating_add(batch.get_array_memory_size());
        self.batches.push(batch);
        Ok(())
    }

    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    /// Rows that are still to come, if no trace is divided for it.
    pub(super) fn left(&self) -> u64 {
        if self.bytes >= MERGED_DECODED_BYTES {
            return 0;
        }
        self.new.planned.saturating_sub(self.rows)
    }

    /// Whether it ends here whatever follows: one trace may not make it grow without end.
    pub(super) fn is_overfull(&self) -> bool {
        self.rows >= self.new.planned.saturating_mul(2) || self.bytes / 2 >= MERGED_DECODED_BYTES
    }

    /// Returns when the segment is durable. After an error nothing of it is left.
    pub(super) fn finish(self, place: &Place<'_>) -> Result<WrittenSegment, SegmentError> {
        let new = NewSegment {
            id: self.new.id.0,
            tenant: place.tenant,
            signal: place.signal,
            partition: &self.new.folder,
            signal_dir: place.signal_dir,
            arrival_ns: self.new.arrival_ns,
        };
        let rows = concat(&place.signal.stored_schema(), &self.batches)?;
        drop(self.batches);
        write_segment(place.vfs, &new, &rows)
    }
}
