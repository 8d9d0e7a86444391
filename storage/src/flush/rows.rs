//! The rows of a memtable in the order of a segment, some at a time.
//!
//! Only the columns that decide the order are put together. All others are copied once, in that order, a record batch's worth of rows at a
//! time. So beside the memtable there is one copy of a partition's rows, which goes batch by batch as they are written: a second copy would be memory that a
//! flush needs just when the next memtable fills.

use arrow::array::RecordBatch;
use clearspan_schema::concat::interleave;
use clearspan_schema::{SchemaError, Signal};

use super::sort;
use crate::limits::BATCH_ROWS;
use crate::memtable::Memtable;
use crate::segment::SegmentError;

/// A memtable that is being flushed.
pub(super) struct FlushedRows<'a> {
    signal: Signal,
    chunks: Vec<&'a RecordBatch>,
    /// The columns that decide the order, of all rows.
    pub(super) keys: RecordBatch,
    /// Of each row its chunk and its place in there.
    places: Vec<(usize, usize)>,
}

impl<'a> FlushedRows<'a> {
    pub(super) fn new(signal: Signal, memtable: &'a Memtable) -> Result<Self, SchemaError> {
        let chunks: Vec<&RecordBatch> = memtable
            .chunks()
            .iter()
            .map(|chunk| chunk.batch())
            .collect();
        let schema = signal.stored_schema();
        let index = |name: &&str| schema.index_of(name);
        let columns: Vec<usize> = sort::keys(signal)
            .iter()
            .map(index)
            .collect::<Result<_, _>>()?;
        let keys = chunks.iter().map(|chunk| chunk.project(&columns));
        let keys: Vec<RecordBatch> = keys.collect::<Result<_, _>>()?;
        let keys =
            arrow::compute::concat_batches(&std::sync::Arc::new(schema.project(&columns)?), &keys)?;
        let rows_of =
            |(at, chunk): (usize, &&RecordBatch)| (0..chunk.num_rows()).map(move |row| (at, row));
        let places = chunks.iter().enumerate().flat_map(rows_of).collect();
        Ok(FlushedRows {
            signal,
            chunks,
            keys,
            places,
        })
    }

    /// The rows at `indices`, in that order.
    pub(super) fn batches<'b>(
        &'b self,
        indices: &'b [u32],
    ) -> impl Iterator<Item = Result<RecordBatch, SegmentError>> + 'b {
        let schema = self.signal.stored_schema();
        let place = |&row: &u32| self.places[row as usize];
        indices.chunks(BATCH_ROWS as usize).map(move |rows| {
            let rows: Vec<(usize, usize)> = rows.iter().map(place).collect();
            Ok(interleave(&schema, &self.chunks, &rows)?)
        })
    }
}
