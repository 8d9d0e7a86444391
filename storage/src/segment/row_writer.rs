//! A segment's row file while it is being written, in either container: physical rows, a record batch at a time.

use std::io::Write;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use clearspan_schema::concat::concat;

use super::block_sums::BlockSums;
use super::container::Container;
use super::folder::{NewFile, NewFolder};
use super::meta::BlockMeta;
use super::parquet_writer::ParquetWriter;
use super::{SegmentError, arrow_file};

/// A row file that is being written.
#[derive(Debug)]
pub(super) enum RowWriter {
    Arrow(ArrowSink),
    Parquet(Box<ParquetWriter>),
}

/// All rows, until the file is written: each of its dictionaries stands once, before the rows.
#[derive(Debug)]
pub(super) struct ArrowSink {
    file: NewFile,
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
}

/// A row file that is durable.
#[derive(Debug, Default)]
pub(super) struct WrittenRows {
    /// The dictionaries of an Arrow file.
    pub(super) dictionaries: Vec<BlockMeta>,
    /// The record batches of an Arrow file.
    pub(super) messages: Vec<BlockMeta>,
    /// The sums of a Parquet file.
    pub(super) blocks: Option<BlockSums>,
}

impl RowWriter {
    /// Begins a file of rows with `schema`.
    pub(super) fn new(
        container: Container,
        file: NewFile,
        schema: SchemaRef,
    ) -> Result<Self, SegmentError> {
        Ok(match container {
            Container::Arrow => RowWriter::Arrow(ArrowSink {
                file,
                schema,
                batches: Vec::new(),
            }),
            Container::Parquet => RowWriter::Parquet(Box::new(ParquetWriter::new(file, schema)?)),
        })
    }

    /// Goes on with the rows of one record batch.
    pub(super) fn push(&mut self, batch: RecordBatch) -> Result<(), SegmentError> {
        match self {
            RowWriter::Arrow(sink) => {
                sink.batches.push(batch);
                Ok(())
            }
            RowWriter::Parquet(file) => file.push(&batch),
        }
    }

    /// Ends the file and makes it durable.
    pub(super) fn finish(self, folder: &mut NewFolder) -> Result<WrittenRows, SegmentError> {
        match self {
            RowWriter::Arrow(sink) => sink.finish(folder),
            RowWriter::Parquet(file) => Ok(WrittenRows {
                blocks: Some(file.finish(folder)?),
                ..WrittenRows::default()
            }),
        }
    }
}

impl ArrowSink {
    fn finish(mut self, folder: &mut NewFolder) -> Result<WrittenRows, SegmentError> {
        let lengths: Vec<usize> = self.batches.iter().map(RecordBatch::num_rows).collect();
        let rows = concat(&self.schema, &self.batches)?;
        self.batches.clear();
        let written = arrow_file::write(&rows, &lengths)?;
        let stored = self.file.write_all(&written.bytes);
        stored.map_err(|source| SegmentError::Io {
            path: self.file.path().to_path_buf(),
            source,
        })?;
        folder.add(&mut self.file)?;
        Ok(WrittenRows {
            dictionaries: written.dictionaries,
            messages: written.messages,
            blocks: None,
        })
    }
}
