//! The files that can hold a segment's rows, and what a segment asks of such a file.
//!
//! A flush writes Arrow IPC, which is the cheapest to write; compaction writes Parquet, which is
//! smaller and which other programs read. Both answer the same, held to it by `conformance.rs`.

use std::path::Path;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use serde::{Deserialize, Serialize};

use super::SegmentError;
use super::arrow_file::ArrowFile;
use super::meta::SegmentMeta;
use super::parquet_file::ParquetFile;
use crate::limits::{BATCH_ROWS, PARQUET_BATCH_ROWS};
use crate::names;
use crate::vfs::Vfs;

/// Which file holds a segment's rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Container {
    /// An Arrow IPC file.
    #[default]
    #[serde(rename = "rows.arrow")]
    Arrow,
    /// A Parquet file.
    #[serde(rename = "rows.parquet")]
    Parquet,
}

impl Container {
    /// Rows that are decoded together.
    pub(super) fn batch_rows(self) -> usize {
        let rows = match self {
            Container::Arrow => BATCH_ROWS,
            Container::Parquet => PARQUET_BATCH_ROWS,
        };
        rows as usize
    }

    /// The file's name.
    pub fn file_name(self) -> &'static str {
        match self {
            Container::Arrow => names::ROWS_ARROW,
            Container::Parquet => names::ROWS_PARQUET,
        }
    }
}

/// Opens the row file of the segment in `dir`, whose rows have `schema`.
pub(super) fn open(
    vfs: &dyn Vfs,
    dir: &Path,
    schema: &SchemaRef,
    meta: &SegmentMeta,
) -> Result<Box<dyn RowFile>, SegmentError> {
    let path = dir.join(meta.container.file_name());
    Ok(match meta.container {
        Container::Arrow => Box::new(ArrowFile::open(vfs, &path, schema, meta)?),
        Container::Parquet => Box::new(ParquetFile::open(vfs, &path, schema, meta)?),
    })
}

/// An opened row file.
pub(crate) trait RowFile: Send + Sync + std::fmt::Debug {
    /// Decodes record batch `index`, with the stored schema's columns at `columns`, in that order.
    fn read(&self, index: usize, columns: &[usize]) -> Result<RecordBatch, SegmentError>;

    /// The dictionary column at `column` of some rows. Its dictionary has every value that stands in any row
    /// of the file.
    fn dictionary(&self, column: usize) -> Result<RecordBatch, SegmentError>;

    /// Bytes it keeps in memory while open.
    fn memory(&self) -> usize;
}
