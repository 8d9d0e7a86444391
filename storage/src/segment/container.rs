//! The files that can hold a segment's rows, and what a segment asks of such a file.
//!
//! A flush writes Arrow IPC, which is the cheapest to write; compaction writes Parquet, which is
//! smaller and which other programs read. Both answer the same, held to it by `conformance.rs`.

use std::ops::Range;
use std::path::Path;

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch, UInt32Array};
use arrow::compute::take_record_batch;
use arrow::datatypes::{DataType, Field, Int32Type, Schema, SchemaRef};
use arrow::error::ArrowError;
use serde::{Deserialize, Serialize};

use super::SegmentError;
use super::arrow_file::ArrowFile;
use super::decompressors::Decompressors;
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
    decompressors: &Arc<Decompressors>,
) -> Result<Box<dyn RowFile>, SegmentError> {
    let path = dir.join(meta.container.file_name());
    Ok(match meta.container {
        Container::Arrow => Box::new(ArrowFile::open(vfs, &path, schema, meta)?),
        Container::Parquet => Box::new(ParquetFile::open(vfs, &path, schema, meta, decompressors)?),
    })
}

/// An opened row file.
pub(crate) trait RowFile: Send + Sync + std::fmt::Debug {
    /// Decodes record batch `index`, with the file's columns at `columns`, in that order.
    ///
    /// `keys_of` is a dictionary column of which its keys alone are wanted, as `Int32`: its values may be megabytes. They stand in the
    /// dictionary in the order of their first rows, in each of the file's dictionaries for itself ([`Self::dictionary_of`]).
    fn read(
        &self,
        index: usize,
        columns: &[usize],
        keys_of: Option<usize>,
    ) -> Result<RecordBatch, SegmentError>;

    /// The same, of its rows at `rows` alone, which ascend.
    fn read_rows(
        &self,
        index: usize,
        rows: &[u32],
        columns: &[usize],
        keys_of: Option<usize>,
    ) -> Result<RecordBatch, SegmentError> {
        let batch = self.read(index, columns, keys_of)?;
        if rows
            .last()
            .is_some_and(|&last| last as usize >= batch.num_rows())
        {
            let unknown = ArrowError::InvalidArgumentError("no such row in the batch".into());
            return Err(unknown.into());
        }
        let rows = UInt32Array::from(rows.to_vec());
        Ok(take_record_batch(&batch, &rows)?)
    }

    /// Decodes record batches that follow each other as one, with the file's columns at `columns`, in that order.
    fn read_run(
        &self,
        batches: Range<usize>,
        columns: &[usize],
    ) -> Result<RecordBatch, SegmentError>;

    /// The number of the dictionaries that the keys of record batch `index` belong to.
    fn dictionary_of(&self, index: usize) -> usize;

    /// How many dictionaries a column can have.
    fn dictionaries(&self) -> usize;

    /// The values of the dictionary column at `column` in dictionary `number`, by their keys.
    fn dictionary_values(&self, number: usize, column: usize) -> Result<ArrayRef, SegmentError>;

    /// The dictionary column at `column` of some rows. Its dictionary has every value that stands in any row
    /// of the file.
    fn dictionary(&self, column: usize) -> Result<RecordBatch, SegmentError>;

    /// Bytes it keeps in memory while open.
    fn memory(&self) -> usize;
}

/// `batch`, which has a file's columns at `columns`, with the keys of its dictionary column `keys_of` instead of that column; `None` when
/// it is no such column.
pub(super) fn keys_only(
    batch: RecordBatch,
    columns: &[usize],
    keys_of: Option<usize>,
) -> Option<RecordBatch> {
    let place = columns.iter().position(|&column| Some(column) == keys_of);
    let Some(place) = place else {
        return Some(batch);
    };
    let dictionary = batch
        .columns()
        .get(place)?
        .as_dictionary_opt::<Int32Type>()?;
    let keys: ArrayRef = Arc::new(dictionary.keys().clone());
    let (schema, mut columns, _) = batch.into_parts();
    let mut fields = schema.fields().to_vec();
    fields[place] = Arc::new(Field::new(fields[place].name(), DataType::Int32, true));
    columns[place] = keys;
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).ok()
}
