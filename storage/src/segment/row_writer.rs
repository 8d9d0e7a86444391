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
use super::steps::Steps;
use super::{SegmentError, arrow_file};

/// A row file that is being written.
#[derive(Debug)]
pub(super) struct RowWriter {
    rows: u32,
    sink: Sink,
}

#[derive(Debug)]
enum Sink {
    Arrow(ArrowSink),
    Parquet(Box<ParquetWriter>, Steps),
}

/// All rows, until the file is written: each of its dictionaries stands once, before the rows.
#[derive(Debug)]
struct ArrowSink {
    file: NewFile,
    schema: SchemaRef,
    rows: Vec<RecordBatch>,
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
        schema: SchemaRef,
    ) -> Result<Self, SegmentError> {
        let sink = match container {
            Container::Arrow => Sink::Arrow(ArrowSink {
                file,
                schema,
                rows: Vec::new(),
            }),
            Container::Parquet => {
                let steps = Steps::new(SchemaRef::clone(&schema));
                Sink::Parquet(Box::new(ParquetWriter::new(file, schema)?), steps)
            }
        };
        Ok(RowWriter { rows: 0, sink })
    }

    /// Goes on with `rows`.
    pub(super) fn push(&mut self, rows: &RecordBatch) -> Result<(), SegmentError> {
        let count = u32::try_from(rows.num_rows()).ok();
        let count = count.and_then(|count| self.rows.checked_add(count));
        self.rows = count.ok_or(SegmentError::Encoding {
            what: "more rows than a segment can count",
        })?;
        match &mut self.sink {
            Sink::Arrow(sink) => {
                sink.rows.push(rows.clone());
                Ok(())
            }
            Sink::Parquet(file, steps) => steps.push(rows, |step| file.push(step)),
        }
    }

    /// Ends the file and makes it durable.
    pub(super) fn finish(self, folder: &mut NewFolder) -> Result<WrittenRows, SegmentError> {
        match self.sink {
            Sink::Arrow(sink) => sink.finish(folder),
            Sink::Parquet(mut file, steps) => {
                if let Some(rest) = steps.finish()? {
                    file.push(&rest)?;
                }
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

impl ArrowSink {
    fn finish(mut self, folder: &mut NewFolder) -> Result<WrittenRows, SegmentError> {
        let written = arrow_file::write(&concat(&self.schema, &self.rows)?)?;
        let stored = self.file.write_all(&written.bytes);
        stored.map_err(|source| SegmentError::Io {
            path: self.file.path().to_path_buf(),
            source,
        })?;
        folder.add(&mut self.file)?;
        Ok(WrittenRows {
            container: Container::Arrow,
            dictionaries: written.dictionaries,
            blocks: None,
            batches: written.batches,
        })
    }
}
