//! A segment's row file while it is being written, in either container.

use std::io::Write;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use clearspan_schema::concat::concat;

use super::block_sums::BlockSums;
use super::container::Container;
use super::folder::{NewFile, NewFolder};
use super::meta::{BatchMeta, BlockMeta};
use super::parquet_writer::ParquetWriter;
use super::{SegmentError, arrow_file};
use crate::limits::PARQUET_STEP_ROWS;

/// A row file that is being written.
#[derive(Debug)]
pub(super) struct RowWriter {
    schema: SchemaRef,
    rows: u32,
    /// Rows that are not in the file yet. Of an Arrow file all, of a Parquet file less than a step.
    pending: Vec<RecordBatch>,
    file: Sink,
}

#[derive(Debug)]
enum Sink {
    Arrow(NewFile),
    Parquet(Box<ParquetWriter>),
}

/// A row file that is durable.
#[derive(Debug)]
pub(super) struct WrittenRows {
    pub(super) container: Container,
    pub(super) dictionaries: Vec<BlockMeta>,
    pub(super) blocks: Option<BlockSums>,
    pub(super) batches: Vec<BatchMeta>,
}

impl RowWriter {
    pub(super) fn new(
        container: Container,
        file: NewFile,
        schema: &SchemaRef,
    ) -> Result<Self, SegmentError> {
        let schema = SchemaRef::clone(schema);
        let file = match container {
            Container::Arrow => Sink::Arrow(file),
            Container::Parquet => Sink::Parquet(Box::new(ParquetWriter::new(
                file,
                SchemaRef::clone(&schema),
            )?)),
        };
        Ok(RowWriter {
            schema,
            rows: 0,
            pending: Vec::new(),
            file,
        })
    }

    /// Goes on with `rows`.
    pub(super) fn push(&mut self, rows: &RecordBatch) -> Result<(), SegmentError> {
        let count = u32::try_from(rows.num_rows()).ok();
        let count = count.and_then(|count| self.rows.checked_add(count));
        self.rows = count.ok_or(SegmentError::Encoding {
            what: "more rows than a segment can count",
        })?;
        if rows.num_rows() > 0 {
            self.pending.push(rows.clone());
        }
        match &mut self.file {
            Sink::Arrow(_) => Ok(()),
            Sink::Parquet(file) => write_steps(&self.schema, &mut self.pending, file, false),
        }
    }

    /// Ends the file and makes it durable.
    pub(super) fn finish(
        mut self,
        folder: &mut NewFolder<'_>,
    ) -> Result<WrittenRows, SegmentError> {
        match self.file {
            Sink::Arrow(mut file) => {
                let written = arrow_file::write(&concat(&self.schema, &self.pending)?)?;
                file.write_all(&written.bytes)
                    .map_err(|source| SegmentError::Io {
                        path: file.path().to_path_buf(),
                        source,
                    })?;
                folder.add(&mut file)?;
                Ok(WrittenRows {
                    container: Container::Arrow,
                    dictionaries: written.dictionaries,
                    blocks: None,
                    batches: written.batches,
                })
            }
            Sink::Parquet(mut file) => {
                write_steps(&self.schema, &mut self.pending, &mut file, true)?;
                let (blocks, batches) = file.finish(folder)?;
                Ok(WrittenRows {
                    container: Container::Parquet,
                    dictionaries: Vec::new(),
                    blocks: Some(blocks),
                    batches,
                })
            }
        }
    }
}

/// Writes what is pending in steps of a fixed size, however it was pushed, so that pages end where they would in any
/// other division. The rest stays, unless it is the `last`.
fn write_steps(
    schema: &SchemaRef,
    pending: &mut Vec<RecordBatch>,
    file: &mut ParquetWriter,
    last: bool,
) -> Result<(), SegmentError> {
    let rows: usize = pending.iter().map(RecordBatch::num_rows).sum();
    if rows == 0 || (rows < PARQUET_STEP_ROWS && !last) {
        return Ok(());
    }
    let joined = match pending.as_slice() {
        [one] => one.clone(),
        several => concat(schema, several)?,
    };
    pending.clear();
    let mut first = 0;
    while rows - first >= PARQUET_STEP_ROWS {
        file.push(&joined.slice(first, PARQUET_STEP_ROWS))?;
        first += PARQUET_STEP_ROWS;
    }
    let rest = joined.slice(first, rows - first);
    if rest.num_rows() == 0 {
        return Ok(());
    }
    if last {
        file.push(&rest)
    } else {
        pending.push(rest);
        Ok(())
    }
}
