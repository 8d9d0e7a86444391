//! From sorted rows to a durable folder, as the rows stream by.
//!
//! 1. The folder is begun under a temporary name (`folder.rs` has the steps of durability).
//! 2. Rows go to the row file, and each row's words, ids and trace to the builders of the other files.
//! 3. At the end the other files and `meta.json` are written, and the folder gets its name.
//! 4. Only then may the catalog name it.
//!
//! What is in memory meanwhile: of a Parquet file its row group that is being filled
//! (`parquet_writer.rs`); of an Arrow file all rows, since each of its dictionaries stands once and must know
//! them all, which a flush has in memory anyway; the words and id keys of the text index, in the order of 20 bytes a
//! row; the trace directory, some 120 bytes a trace; of the trace that is being read its span ids. Who merges segments bounds the
//! rows of a segment, and with them the latter three.

use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::RecordBatch;
use clearspan_schema::{SEQ, Signal, columns};

use super::container::Container;
use super::folder::NewFolder;
use super::meta::{FORMAT, SegmentMeta};
use super::row_texts::index_rows;
use super::row_writer::{RowWriter, WrittenRows};
use super::trace_builder::TraceDirectoryBuilder;
use super::{SegmentError, trace_codec};
use crate::limits::GRANULE_ROWS;
use crate::text::{FilterBits, TextIndexBuilder};
use crate::vfs::Vfs;
use crate::{TenantId, names};

/// What a segment will be.
#[derive(Debug, Clone)]
pub(crate) struct NewSegment {
    pub(crate) id: u64,
    pub(crate) tenant: TenantId,
    pub(crate) signal: Signal,
    pub(crate) partition: String,
    /// The folder of the signal, which exists.
    pub(crate) signal_dir: PathBuf,
    /// Earliest and latest arrival of the rows.
    pub(crate) arrival_ns: (i64, i64),
}

/// A segment that lies on disk.
#[derive(Debug)]
pub(crate) struct WrittenSegment {
    pub(crate) dir: PathBuf,
    pub(crate) meta: SegmentMeta,
    pub(crate) meta_crc32c: u32,
    /// All bytes on disk, `meta.json` included.
    pub(crate) bytes: u64,
}

/// Writes `rows` (stored schema, sorted as the segment shall have them, at least one) as a flush does, and
/// returns when they are durable.
pub(crate) fn write_segment(
    vfs: &Arc<dyn Vfs>,
    new: NewSegment,
    rows: &RecordBatch,
) -> Result<WrittenSegment, SegmentError> {
    let mut writer = SegmentWriter::create(vfs, new, Container::Arrow)?;
    writer.push(rows)?;
    writer.finish()
}

/// A segment that is being written. Dropped before it is finished, it leaves nothing behind.
#[derive(Debug)]
pub(crate) struct SegmentWriter {
    new: NewSegment,
    folder: NewFolder,
    rows: RowWriter,
    text: TextIndexBuilder,
    traces: Option<TraceDirectoryBuilder>,
    /// Lowest and highest.
    seqs: Option<(u64, u64)>,
}

impl SegmentWriter {
    /// Begins the segment `new`, whose rows shall lie in `container`.
    pub(crate) fn create(
        vfs: &Arc<dyn Vfs>,
        new: NewSegment,
        container: Container,
    ) -> Result<Self, SegmentError> {
        let folder = NewFolder::create(Arc::clone(vfs), &new)?;
        let file = folder.file(container.file_name())?;
        Ok(SegmentWriter {
            rows: RowWriter::new(container, file, new.signal.stored_schema())?,
            folder,
            text: TextIndexBuilder::new(GRANULE_ROWS as usize),
            traces: (new.signal == Signal::Spans).then(TraceDirectoryBuilder::default),
            seqs: None,
            new,
        })
    }

    /// Goes on with `rows`: stored schema, sorted as the segment shall have them. However the rows are divided
    /// into pushes, the segment is the same. After an error the writer is of no more use.
    pub(crate) fn push(&mut self, rows: &RecordBatch) -> Result<(), SegmentError> {
        self.rows.push(rows)?;
        index_rows(self.new.signal, rows, &mut self.text)?;
        if let Some(traces) = &mut self.traces {
            traces.push(rows)?;
        }
        let seq = columns::uint64(rows, SEQ)?;
        let (low, high) = (arrow::compute::min(seq), arrow::compute::max(seq));
        if let (Some(low), Some(high)) = (low, high) {
            let (known_low, known_high) = self.seqs.unwrap_or((low, high));
            self.seqs = Some((known_low.min(low), known_high.max(high)));
        }
        Ok(())
    }

    /// Writes what is left and makes the folder durable. A segment without rows is refused.
    pub(crate) fn finish(mut self) -> Result<WrittenSegment, SegmentError> {
        let seqs = self.seqs.ok_or(SegmentError::Encoding {
            what: "a segment without rows",
        })?;
        let rows = self.rows.finish(&mut self.folder)?;
        let text = self.text.finish(FilterBits::default());
        let text = text.map_err(|_| SegmentError::Encoding { what: "text index" })?;
        self.folder.write(names::TEXT, &text.terms)?;
        self.folder.write(names::FILTERS, &text.filters)?;
        if let Some(traces) = self.traces {
            let directory = traces.finish()?;
            self.folder
                .write(names::TRACES, &trace_codec::write(&directory)?)?;
        }
        let meta = describe(&self.new, &self.folder, rows, seqs);
        let meta_file = serde_json::to_vec_pretty(&meta)
            .map_err(|_| SegmentError::Encoding { what: "metadata" })?;
        self.folder.write(names::META, &meta_file)?;
        Ok(WrittenSegment {
            dir: self.folder.publish()?,
            meta_crc32c: crc32c::crc32c(&meta_file),
            bytes: meta.bytes() + meta_file.len() as u64,
            meta,
        })
    }
}

fn describe(
    new: &NewSegment,
    folder: &NewFolder,
    rows: WrittenRows,
    seqs: (u64, u64),
) -> SegmentMeta {
    let batches = || rows.batches.iter();
    SegmentMeta {
        format: FORMAT,
        id: new.id,
        tenant: new.tenant.as_str().into(),
        signal: new.signal.name().into(),
        partition: new.partition.clone(),
        rows: batches().map(|batch| batch.rows).sum(),
        granule_rows: GRANULE_ROWS,
        min_time_ns: batches().map(|batch| batch.min_time_ns).min().unwrap_or(0),
        max_time_ns: batches().map(|batch| batch.max_time_ns).max().unwrap_or(0),
        min_seq: seqs.0,
        max_seq: seqs.1,
        min_arrival_ns: new.arrival_ns.0,
        max_arrival_ns: new.arrival_ns.1,
        files: folder.files().clone(),
        container: rows.container,
        dictionaries: rows.dictionaries,
        blocks: rows.blocks,
        batches: rows.batches,
    }
}
