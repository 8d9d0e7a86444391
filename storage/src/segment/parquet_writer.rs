//! Rows as a Parquet file with the Arrow schema embedded, written as they stream by.
//!
//! A row group is encoded and compressed column by column as its rows come, and kept in memory until it
//! is full, because Parquet wants each column of a row group in one piece. A page is what is read and
//! decompressed at once, and each column has its own: it ends by rows or by bytes. A record batch, which is
//! decoded at once, needs a page or two of each column.

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::{
    ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves,
};
use parquet::errors::ParquetError;
use parquet::file::writer::SerializedFileWriter;

use super::SegmentError;
use super::block_sums::BlockSums;
use super::folder::{NewFile, NewFolder};
use super::parquet_columns;
use crate::limits::{GRANULE_ROWS, ROW_GROUP_BYTES};

/// A Parquet file that is being written.
#[derive(Debug)]
pub(super) struct ParquetWriter {
    schema: SchemaRef,
    file: SerializedFileWriter<NewFile>,
    groups: ArrowRowGroupWriterFactory,
    group: Option<RowGroup>,
}

/// A row group that is being filled.
#[derive(Debug)]
struct RowGroup {
    columns: Vec<ArrowColumnWriter>,
}

impl ParquetWriter {
    pub(super) fn new(file: NewFile, schema: SchemaRef) -> Result<Self, SegmentError> {
        let path = file.path().to_path_buf();
        let begin = || {
            let properties = parquet_columns::properties(&schema)?;
            let writer = ArrowWriter::try_new(file, SchemaRef::clone(&schema), Some(properties))?;
            writer.into_serialized_writer()
        };
        let (file, groups) = begin().map_err(|error| SegmentError::of_parquet(&path, error))?;
        Ok(ParquetWriter {
            schema,
            file,
            groups,
            group: None,
        })
    }

    /// Goes on with the rows of a record batch. A row group ends between two of them.
    pub(super) fn push(&mut self, rows: &RecordBatch) -> Result<(), SegmentError> {
        self.encode(rows).map_err(|error| self.refused(error))
    }

    fn encode(&mut self, rows: &RecordBatch) -> Result<(), ParquetError> {
        let group = match &mut self.group {
            Some(group) => group,
            none => none.insert(RowGroup {
                columns: self
                    .groups
                    .create_column_writers(self.file.flushed_row_groups().len())?,
            }),
        };
        let mut writers = group.columns.iter_mut();
        for (field, column) in self.schema.fields().iter().zip(rows.columns()) {
            // The encoder looks at a page's size between two calls. Of what is long it must look more often.
            let step = match field.data_type() {
                DataType::Utf8 | DataType::Binary => GRANULE_ROWS as usize,
                _ => column.len(),
            };
            let leaves = leaf_count(field.data_type());
            let mut writers: Vec<_> = writers.by_ref().take(leaves).collect();
            for first in (0..column.len()).step_by(step.max(1)) {
                let piece = column.slice(first, step.min(column.len() - first));
                for (leaf, writer) in compute_leaves(field, &piece)?.iter().zip(&mut writers) {
                    writer.write(leaf)?;
                }
            }
        }
        let bytes: usize = group
            .columns
            .iter()
            .map(ArrowColumnWriter::memory_size)
            .sum();
        if bytes >= ROW_GROUP_BYTES {
            self.end_group()?;
        }
        Ok(())
    }

    fn end_group(&mut self) -> Result<(), ParquetError> {
        let Some(group) = self.group.take() else {
            return Ok(());
        };
        let chunks = group.columns.into_iter().map(ArrowColumnWriter::close);
        let chunks: Vec<ArrowColumnChunk> = chunks.collect::<Result<_, _>>()?;
        let mut writer = self.file.next_row_group()?;
        for chunk in chunks {
            chunk.append_to_row_group(&mut writer)?;
        }
        writer.close()?;
        Ok(())
    }

    /// Ends the file and makes it durable. Returns its sums.
    pub(super) fn finish(mut self, folder: &mut NewFolder) -> Result<BlockSums, SegmentError> {
        let mut end = || {
            self.end_group()?;
            self.file.finish()
        };
        end().map_err(|error| self.refused(error))?;
        folder.add(self.file.inner_mut())
    }

    fn refused(&self, error: ParquetError) -> SegmentError {
        SegmentError::of_parquet(self.file.inner().path(), error)
    }
}

/// Columns that a Parquet file has for a column of this type.
fn leaf_count(data_type: &DataType) -> usize {
    match data_type {
        DataType::List(item) => leaf_count(item.data_type()),
        DataType::Struct(fields) => fields
            .iter()
            .map(|field| leaf_count(field.data_type()))
            .sum(),
        _ => 1,
    }
}
