//! A segment's rows as they were stored: its row file, and the shape by which the file's columns give back the stored ones.
//!
//! Folders of format 1 have no shape: their files have the stored columns themselves.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::RecordBatch;
use clearspan_schema::Signal;

use super::SegmentError;
use super::container::{self, RowFile};
use super::meta::SegmentMeta;
use super::shape::Shape;
use crate::vfs::Vfs;

/// Opened rows.
#[derive(Debug)]
pub(super) struct ShapedRows {
    path: PathBuf,
    file: Box<dyn RowFile>,
    shape: Option<Arc<Shape>>,
}

impl ShapedRows {
    /// Opens the row file of the segment in `dir`.
    pub(super) fn open(
        vfs: &dyn Vfs,
        dir: &Path,
        signal: Signal,
        meta: &SegmentMeta,
        shape: Option<Arc<Shape>>,
    ) -> Result<Self, SegmentError> {
        let schema = match &shape {
            Some(shape) => shape.physical_schema(),
            None => signal.stored_schema(),
        };
        Ok(ShapedRows {
            path: dir.join(meta.container.file_name()),
            file: container::open(vfs, dir, &schema, meta)?,
            shape,
        })
    }

    /// Record batch `index`, with the stored schema's columns at `columns`, in that order.
    pub(super) fn read(
        &self,
        index: usize,
        columns: &[usize],
    ) -> Result<RecordBatch, SegmentError> {
        let Some(shape) = &self.shape else {
            return self.file.read(index, columns);
        };
        let physical = self.file.read(index, &shape.physical_columns(columns))?;
        let logical = shape.to_logical(&physical, columns);
        logical.map_err(|source| SegmentError::Shape {
            path: self.path.clone(),
            source,
        })
    }

    /// The dictionary column at `column` of the stored schema, for some rows. Its dictionary has every value that stands in any row of
    /// the segment.
    pub(super) fn dictionary(&self, column: usize) -> Result<RecordBatch, SegmentError> {
        match &self.shape {
            None => self.file.dictionary(column),
            Some(shape) => match shape.same_column(column) {
                Some(same) => self.file.dictionary(same),
                // Blank in every row.
                None => self.read(0, &[column]),
            },
        }
    }

    /// Bytes it keeps in memory while open, the shape not among them.
    pub(super) fn memory(&self) -> usize {
        self.file.memory()
    }
}
