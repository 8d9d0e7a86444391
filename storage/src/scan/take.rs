//! Some rows of a part, whole.

use std::ops::Range;

use arrow::array::{Array, FixedSizeBinaryArray, RecordBatch, UInt32Array};
use arrow::compute::take_record_batch;
use clearspan_schema::{Signal, TraceId, columns, logs};

use super::part::{Kind, indices};
use super::{Part, PartError, Predicate, Projection, RowSelection, ScanStats, TimeRange};

/// Of so many rows that lie together one or fewer is sooner decoded by itself than all of them.
const TAKEN_AMONG: usize = 4;

impl Part {
    /// The rows at `rows` (ascending), with `columns`, decoding only the record batches they stand in.
    pub fn take(
        &self,
        rows: &[u32],
        columns: &[&'static str],
    ) -> Result<Vec<RecordBatch>, PartError> {
        let mut selection = RowSelection::none();
        rows.iter().for_each(|&row| selection.push(row..row + 1));
        let mut taken = Vec::new();
        for window in self.windows(&selection) {
            let below = |bound: u32| rows.partition_point(|&row| row < bound);
            let inside = &rows[below(window.start)..below(window.end)];
            let inside: Vec<u32> = inside.iter().map(|row| row - window.start).collect();
            taken.push(self.decode_rows(window, inside, columns)?);
        }
        let found: usize = taken.iter().map(RecordBatch::num_rows).sum();
        if found == rows.len() {
            Ok(taken)
        } else {
            Err(PartError::NoSuchRow)
        }
    }

    /// Of the rows that are decoded together those at `rows`, ascending.
    fn decode_rows(
        &self,
        window: Range<u32>,
        rows: Vec<u32>,
        columns: &[&'static str],
    ) -> Result<RecordBatch, PartError> {
        let each_once = rows.is_sorted_by(|a, b| a < b);
        if let Kind::Segment(segment) = &self.kind
            && each_once
            && rows.len() <= window.len() / TAKEN_AMONG
        {
            let columns = indices(self.signal(), columns)?;
            return Ok(segment.read_rows(window.start, &rows, &columns)?);
        }
        let batch = self.decode(&Projection::from(columns), window)?;
        Ok(take_record_batch(&batch, &UInt32Array::from(rows))?)
    }

    /// The rows of one trace, with `columns`.
    pub(super) fn trace(
        &self,
        id: TraceId,
        columns: &[&'static str],
    ) -> Result<Vec<RecordBatch>, PartError> {
        match self.signal() {
            Signal::Spans => {
                let rows: Vec<u32> = self.trace_directory()?.rows_of(id).collect();
                self.take(&rows, columns)
            }
            Signal::Logs => self.verified_trace(id, columns),
        }
    }

    fn verified_trace(
        &self,
        id: TraceId,
        columns: &[&'static str],
    ) -> Result<Vec<RecordBatch>, PartError> {
        let mut stats = ScanStats::default();
        let selection = self.select(&Predicate::TraceId(id), TimeRange::ALL, &mut stats)?;
        let mut rows = Vec::new();
        for selected in self.read(&[logs::TRACE_ID], &selection, &mut stats) {
            let selected = selected?;
            let ids = columns::id(&selected.batch, logs::TRACE_ID)?;
            rows.extend(
                (0..ids.len())
                    .filter(|&row| is_id(ids, row, &id))
                    .map(|row| selected.first_row + row as u32),
            );
        }
        self.take(&rows, columns)
    }
}

fn is_id(ids: &FixedSizeBinaryArray, row: usize, id: &TraceId) -> bool {
    ids.is_valid(row) && ids.value(row) == id
}
