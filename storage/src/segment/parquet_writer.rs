//! Rows as a Parquet file with the Arrow schema embedded, written as they stream by.
//!
//! A row group is encoded and compressed column by column as its rows come, and kept in memory until it
//! is full, because Parquet wants each column of a row group in one piece. A page is what is read and
//! decompressed at once, and each column has its own: pages of small columns hold thousands of rows,
//! pages of bodies about 256 KB. The *widest* column of a row group decides what is decoded together: each
//! of its pages is a record batch, so that no read decodes more of that column than it must, and a row
//! that is long makes its batch short. Of the other columns a batch then needs one page or two.

use std::ops::Range;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, SchemaRef};
use clearspan_schema::columns;
use clearspan_schema::logs::PLACED_TIME;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::{
    ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves,
};
use parquet::errors::ParquetError;
use parquet::file::writer::SerializedFileWriter;

use super::SegmentError;
use super::block_sums::BlockSums;
use super::folder::{NewFile, NewFolder};
use super::meta::BatchMeta;
use super::parquet_columns;
use crate::limits::{GRANULE_ROWS, ROW_GROUP_BYTES, ROW_GROUP_ROWS};

/// A Parquet file that is being written.
#[derive(Debug)]
pub(super) struct ParquetWriter {
    schema: SchemaRef,
    file: SerializedFileWriter<NewFile>,
    groups: ArrowRowGroupWriterFactory,
    group: Option<RowGroup>,
    batches: Vec<BatchMeta>,
    rows: u32,
}

/// A row group that is being filled.
#[derive(Debug)]
struct RowGroup {
    columns: Vec<ArrowColumnWriter>,
    /// Where each row is placed.
    times: Vec<i64>,
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
            batches: Vec::new(),
            rows: 0,
        })
    }

    /// Goes on with `rows`. Pages end between two calls or at a granule's end.
    pub(super) fn push(&mut self, rows: &RecordBatch) -> Result<(), SegmentError> {
        let times = columns::time(rows, PLACED_TIME)?.values().to_vec();
        self.encode(rows, &times)
            .map_err(|error| self.refused(error))
    }

    fn encode(&mut self, rows: &RecordBatch, times: &[i64]) -> Result<(), ParquetError> {
        let group = match &mut self.group {
            Some(group) => group,
            none => none.insert(RowGroup {
                columns: self
                    .groups
                    .create_column_writers(self.file.flushed_row_groups().len())?,
                times: Vec::new(),
            }),
        };
        group.times.extend_from_slice(times);
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
        if group.times.len() >= ROW_GROUP_ROWS || bytes >= ROW_GROUP_BYTES {
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
        for rows in pages_of_widest(&chunks, group.times.len()) {
            let times = group.times.get(rows).unwrap_or_default();
            let batch = BatchMeta {
                block: None,
                first_row: self.rows,
                rows: times.len() as u32,
                min_time_ns: times.iter().copied().min().unwrap_or(0),
                max_time_ns: times.iter().copied().max().unwrap_or(0),
            };
            self.rows += batch.rows;
            self.batches.push(batch);
        }
        let mut writer = self.file.next_row_group()?;
        for chunk in chunks {
            chunk.append_to_row_group(&mut writer)?;
        }
        writer.close()?;
        Ok(())
    }

    /// Ends the file and makes it durable. Returns its sums and the record batches in it.
    pub(super) fn finish(
        mut self,
        folder: &mut NewFolder<'_>,
    ) -> Result<(BlockSums, Vec<BatchMeta>), SegmentError> {
        let mut end = || {
            self.end_group()?;
            self.file.finish()
        };
        end().map_err(|error| self.refused(error))?;
        Ok((folder.add(self.file.inner_mut())?, self.batches))
    }

    fn refused(&self, error: ParquetError) -> SegmentError {
        SegmentError::of_parquet(self.file.inner().path(), error)
    }
}

/// The rows of each page of the column that takes the most bytes before compression.
fn pages_of_widest(chunks: &[ArrowColumnChunk], rows: usize) -> Vec<Range<usize>> {
    let width = |chunk: &&ArrowColumnChunk| chunk.close().metadata.uncompressed_size();
    let widest = chunks.iter().max_by_key(width);
    let index = widest.and_then(|chunk| chunk.close().offset_index.as_ref());
    let pages = index.map_or(&[][..], |index| index.page_locations());
    let first_row = |page: &parquet::file::page_index::offset_index::PageLocation| {
        usize::try_from(page.first_row_index).unwrap_or(0)
    };
    let mut starts: Vec<usize> = pages.iter().map(first_row).collect();
    starts.push(rows);
    let pairs = starts.windows(2).map(|pair| pair[0]..pair[1]);
    pairs.filter(|rows| !rows.is_empty()).collect()
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
