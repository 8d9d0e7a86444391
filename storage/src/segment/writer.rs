//! From sorted rows to a durable folder, as the rows stream by.
//!
//! 1. The folder is begun under a temporary name (`folder.rs` has the steps of durability).
//! 2. Rows are cut into steps, each of which becomes a record batch: translated by the shape's plan, it goes to the row file,
//!    and each row's words, ids and trace to the builders of the other files, and the row itself to the formulas for derived rows.
//! 3. At the end the other files and `meta.json` are written, and the folder gets its name.
//! 4. Only then may the catalog name it.
//!
//! What is in memory meanwhile: of a Parquet file its row group that is being filled
//! (`parquet_writer.rs`); of an Arrow file all rows, since each of its dictionaries stands once and must know
//! them all, which a flush has in memory anyway; the words and id keys of the text index, in the order of 20 bytes a
//! row; the trace directory, some 120 bytes a trace; what formulas keep of their derived rows; of the trace that is being read its span ids. Who merges segments bounds the
//! rows of a segment, and with them the latter three.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::RecordBatch;
use clearspan_schema::logs::PLACED_TIME;
use clearspan_schema::{SEQ, Signal, columns};

use super::container::Container;
use super::folder::NewFolder;
use super::meta::{BatchMeta, BlockMeta, FORMAT, FileMeta, SegmentMeta};
use super::row_texts::index_stored;
use super::row_writer::RowWriter;
use super::shape::{CountedRows, Planner, ShapePlan, ShapeWriter};
use super::steps::Steps;
use super::trace_builder::TraceDirectoryBuilder;
use super::{SegmentError, trace_codec};
use crate::derived::{Derivations, Formulas};
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
    /// What is derived from the rows.
    pub(crate) formulas: Formulas,
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

/// Writes rows (stored schema, sorted as the segment shall have them, at least one) as a flush does, and
/// returns when they are durable. They are counted as they come, and each step is let go of when it is written.
pub(crate) fn write_segment(
    vfs: &Arc<dyn Vfs>,
    new: NewSegment,
    batches: impl IntoIterator<Item = Result<RecordBatch, SegmentError>>,
) -> Result<WrittenSegment, SegmentError> {
    let container = Container::Arrow;
    let mut planner = Planner::new(new.signal);
    let mut steps = Vec::new();
    let mut cutter = Steps::new(new.signal.stored_schema(), container.batch_rows());
    for batch in batches {
        cutter.push(&batch?, |step| {
            steps.push((step.clone(), planner.count(step)?));
            Ok(())
        })?;
    }
    if let Some(rest) = cutter.finish()? {
        let counted = planner.count(&rest)?;
        steps.push((rest, counted));
    }
    let mut writer = SegmentWriter::create(vfs, new, container, planner.finish())?;
    for (step, counted) in steps {
        writer.written.push(&step, Some(&counted))?;
    }
    writer.finish()
}

/// A segment that is being written. Dropped before it is finished, it leaves nothing behind.
#[derive(Debug)]
pub(crate) struct SegmentWriter {
    new: NewSegment,
    container: Container,
    folder: NewFolder,
    steps: Steps,
    written: WrittenSteps,
}

/// What the steps so far have become.
#[derive(Debug)]
struct WrittenSteps {
    signal: Signal,
    shape: ShapeWriter,
    rows: RowWriter,
    batches: Vec<BatchMeta>,
    text: TextIndexBuilder,
    traces: Option<TraceDirectoryBuilder>,
    derivations: Derivations,
    /// Lowest and highest.
    seqs: Option<(u64, u64)>,
}

impl SegmentWriter {
    /// Begins the segment `new`, whose rows shall lie in `container`. The plan must know all rows that follow: it was made by
    /// counting them, or from the shapes of the segments in which they stand.
    pub(crate) fn create(
        vfs: &Arc<dyn Vfs>,
        new: NewSegment,
        container: Container,
        plan: ShapePlan,
    ) -> Result<Self, SegmentError> {
        let folder = NewFolder::create(Arc::clone(vfs), &new)?;
        let file = folder.file(container.file_name())?;
        let spans = new.signal == Signal::Spans;
        let granule = GRANULE_ROWS as usize;
        let text = TextIndexBuilder::with_templates(granule, plan.templates());
        let shape = ShapeWriter::new(plan);
        Ok(SegmentWriter {
            folder,
            steps: Steps::new(new.signal.stored_schema(), container.batch_rows()),
            written: WrittenSteps {
                signal: new.signal,
                rows: RowWriter::new(container, file, shape.schema())?,
                shape,
                batches: Vec::new(),
                text,
                traces: spans.then(TraceDirectoryBuilder::default),
                derivations: Derivations::begin(&new.formulas, new.signal),
                seqs: None,
            },
            container,
            new,
        })
    }

    /// Goes on with `rows`: stored schema, sorted as the segment shall have them. However the rows are divided
    /// into pushes, the segment is the same. After an error the writer is of no more use.
    pub(crate) fn push(&mut self, rows: &RecordBatch) -> Result<(), SegmentError> {
        let written = &mut self.written;
        self.steps.push(rows, |step| written.push(step, None))
    }

    /// Writes what is left and makes the folder durable. A segment without rows is refused.
    pub(crate) fn finish(mut self) -> Result<WrittenSegment, SegmentError> {
        if let Some(rest) = self.steps.finish()? {
            self.written.push(&rest, None)?;
        }
        let steps = self.written;
        let seqs = steps.seqs.ok_or(SegmentError::Encoding {
            what: "a segment without rows",
        })?;
        let rows = steps.rows.finish(&mut self.folder)?;
        let shape = steps.shape.finish();
        let templates = u32::try_from(shape.templates().len()).ok();
        self.folder.write(names::SHAPE, &shape.encode()?)?;
        let text = steps.text.finish(FilterBits::default());
        let text = text.map_err(|_| SegmentError::Encoding { what: "text index" })?;
        self.folder.write(names::TEXT, &text.terms)?;
        self.folder.write(names::FILTERS, &text.filters)?;
        if let Some(traces) = steps.traces {
            let directory = traces.finish()?;
            self.folder
                .write(names::TRACES, &trace_codec::write(&directory)?)?;
        }
        for (name, content) in steps.derivations.finish() {
            self.folder.write(&name, &content)?;
        }
        let batches = located(steps.batches, &rows.messages);
        let files = self.folder.files().clone();
        let meta = SegmentMeta {
            container: self.container,
            dictionaries: rows.dictionaries,
            blocks: rows.blocks,
            templates: templates.filter(|_| self.new.signal == Signal::Logs),
            ..describe(&self.new, files, batches, seqs)
        };
        let meta_file =
            serde_json::to_vec(&meta).map_err(|_| SegmentError::Encoding { what: "metadata" })?;
        self.folder.write(names::META, &meta_file)?;
        Ok(WrittenSegment {
            dir: self.folder.publish()?,
            meta_crc32c: crc32c::crc32c(&meta_file),
            bytes: meta.bytes() + meta_file.len() as u64,
            meta,
        })
    }
}

impl WrittenSteps {
    /// `counted` is what the planner of the plan found in these rows, where it has seen them.
    fn push(
        &mut self,
        rows: &RecordBatch,
        counted: Option<&CountedRows>,
    ) -> Result<(), SegmentError> {
        self.describe(rows)?;
        if let Some(traces) = &mut self.traces {
            traces.push(rows)?;
        }
        self.derivations.push(rows);
        let physical = self.shape.to_physical(rows, counted)?;
        let split = self.shape.split_rows(&physical);
        index_stored(self.signal, rows, split, &mut self.text)?;
        self.rows.push(physical)
    }

    fn describe(&mut self, rows: &RecordBatch) -> Result<(), SegmentError> {
        let times = columns::time(rows, PLACED_TIME)?;
        let first_row = self.batches.last().map_or(0, |batch| batch.row_range().end);
        let count = u32::try_from(rows.num_rows()).ok();
        let count = count.filter(|&count| first_row.checked_add(count).is_some());
        self.batches.push(BatchMeta {
            block: None,
            first_row,
            rows: count.ok_or(SegmentError::Encoding {
                what: "more rows than a segment can count",
            })?,
            min_time_ns: arrow::compute::min(times).unwrap_or(0),
            max_time_ns: arrow::compute::max(times).unwrap_or(0),
        });
        let seq = columns::uint64(rows, SEQ)?;
        let (low, high) = (arrow::compute::min(seq), arrow::compute::max(seq));
        if let (Some(low), Some(high)) = (low, high) {
            let (known_low, known_high) = self.seqs.unwrap_or((low, high));
            self.seqs = Some((known_low.min(low), known_high.max(high)));
        }
        Ok(())
    }
}

/// The batches, with where each lies in an Arrow file.
fn located(batches: Vec<BatchMeta>, messages: &[BlockMeta]) -> Vec<BatchMeta> {
    let messages = messages.iter().copied().map(Some);
    let messages = messages.chain(std::iter::repeat(None));
    let located = batches.into_iter().zip(messages);
    let located = located.map(|(batch, block)| BatchMeta { block, ..batch });
    located.collect()
}

fn describe(
    new: &NewSegment,
    files: BTreeMap<String, FileMeta>,
    batches: Vec<BatchMeta>,
    seqs: (u64, u64),
) -> SegmentMeta {
    let each = || batches.iter();
    SegmentMeta {
        format: FORMAT,
        id: new.id,
        tenant: new.tenant.as_str().into(),
        signal: new.signal.name().into(),
        partition: new.partition.clone(),
        rows: each().map(|batch| batch.rows).sum(),
        granule_rows: GRANULE_ROWS,
        min_time_ns: each().map(|batch| batch.min_time_ns).min().unwrap_or(0),
        max_time_ns: each().map(|batch| batch.max_time_ns).max().unwrap_or(0),
        min_seq: seqs.0,
        max_seq: seqs.1,
        min_arrival_ns: new.arrival_ns.0,
        max_arrival_ns: new.arrival_ns.1,
        templates: None,
        files,
        container: Container::default(),
        dictionaries: Vec::new(),
        blocks: None,
        batches,
    }
}
