//! A segment that is being made, as its rows stream by: `create`, `push` in order, `finish`.

use arrow::array::RecordBatch;

use super::job::Place;
use crate::catalog::SegmentId;
use crate::limits::MERGED_DECODED_BYTES;
use crate::segment::shape::ShapePlan;
use crate::segment::{Container, NewSegment, SegmentError, SegmentWriter, WrittenSegment};

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

/// Rows that become one segment. Dropped before it is finished, it leaves nothing behind.
#[derive(Debug)]
pub(super) struct Output {
    writer: SegmentWriter,
    planned: u64,
    rows: u64,
    bytes: usize,
}

impl Output {
    /// Begins it. The plan was made from all inputs.
    pub(super) fn create(
        place: &Place<'_>,
        new: NewOutput,
        plan: ShapePlan,
    ) -> Result<Self, SegmentError> {
        let segment = NewSegment {
            id: new.id.0,
            tenant: place.tenant.clone(),
            signal: place.signal,
            partition: new.folder,
            signal_dir: place.signal_dir.to_path_buf(),
            arrival_ns: new.arrival_ns,
            formulas: place.formulas.clone(),
        };
        Ok(Output {
            writer: SegmentWriter::create(place.vfs, segment, Container::Parquet, plan)?,
            planned: new.planned,
            rows: 0,
            bytes: 0,
        })
    }

    pub(super) fn push(&mut self, batch: &RecordBatch) -> Result<(), SegmentError> {
        self.rows += batch.num_rows() as u64;
        self.bytes = self.bytes.saturating_add(batch.get_array_memory_size());
        self.writer.push(batch)
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

    /// Returns when the segment is durable. After an error nothing of it is left.
    pub(super) fn finish(self) -> Result<WrittenSegment, SegmentError> {
        self.writer.finish()
    }
}
