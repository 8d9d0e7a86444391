//! A segment's rows, read from its row file.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::RecordBatch;
use clearspan_schema::logs::SERVICE;

use super::cache::Piece;
use super::container::Container;
use super::shaped_rows::ShapedRows;
use super::{Segment, SegmentError};
use crate::names;
use crate::scan::AttributeKeys;

impl Segment {
    /// The record batch that starts at `first_row`, with the stored schema's columns at `columns`; of the attributes, if they are among
    /// them, those that are wanted.
    pub(crate) fn read_batch(
        &self,
        first_row: u32,
        columns: &[usize],
        attributes: &AttributeKeys,
    ) -> Result<RecordBatch, SegmentError> {
        let index = self.batch_at(first_row)?;
        self.row_file()?.read(index, columns, attributes)
    }

    /// Of the record batch that starts at `first_row` the rows at `rows`, counted from there, which ascend, each once; with all attributes,
    /// if they are among the columns.
    pub(crate) fn read_rows(
        &self,
        first_row: u32,
        rows: &[u32],
        columns: &[usize],
    ) -> Result<RecordBatch, SegmentError> {
        let index = self.batch_at(first_row)?;
        let all = AttributeKeys::All;
        self.row_file()?.read_rows(index, rows, columns, &all)
    }

    /// The record batches of `rows` as one, with the stored schema's columns at `columns`; no texts or attributes.
    pub(crate) fn read_run(
        &self,
        rows: &Range<u32>,
        columns: &[usize],
    ) -> Result<RecordBatch, SegmentError> {
        let batches = &self.meta.batches;
        let first = self.batch_at(rows.start)?;
        let end = batches.partition_point(|batch| batch.first_row < rows.end);
        self.row_file()?.read_run(first..end, columns)
    }

    /// Whether several record batches that are read as one take less than each for itself.
    pub(crate) fn has_runs(&self) -> bool {
        self.meta.container == Container::Parquet
    }

    pub(super) fn batch_at(&self, first_row: u32) -> Result<usize, SegmentError> {
        let batches = &self.meta.batches;
        let at = batches.binary_search_by_key(&first_row, |batch| batch.first_row);
        at.map_err(|_| SegmentError::Malformed {
            path: self.dir.join(names::META),
            what: "record batch",
        })
    }

    /// A record batch of the services alone. Its dictionary holds the names of all rows.
    pub(crate) fn service_batch(&self) -> Result<RecordBatch, SegmentError> {
        let column = self.signal.stored_schema().index_of(SERVICE)?;
        self.row_file()?.dictionary(column)
    }

    pub(super) fn row_file(&self) -> Result<Arc<ShapedRows>, SegmentError> {
        self.cache.get(self.id(), Piece::Rows, || {
            let shape = self.shape()?;
            let vfs = self.vfs.as_ref();
            let decompressors = self.cache.decompressors();
            let rows = ShapedRows::open(
                vfs,
                &self.dir,
                self.signal,
                &self.meta,
                shape,
                decompressors,
            )?;
            let memory = rows.memory();
            Ok((rows, memory))
        })
    }
}
