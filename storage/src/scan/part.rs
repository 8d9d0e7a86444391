//! A memtable chunk or a segment, seen alike.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, SchemaRef};
use clearspan_schema::{SchemaError, Signal, logs};

use super::{MissingSegment, Projection, RowSelection, RowTexts, ScanStats};
use crate::derived::Derive;
use crate::limits::{GRANULE_ROWS, LONG_STEP_ROWS};
use crate::memtable::Chunk;
use crate::segment::{Segment, SegmentError, TraceDirectory, scopes_have_attributes};

/// Why rows could not be read.
#[derive(Debug, thiserror::Error)]
pub enum PartError {
    /// A segment's file is missing or damaged. Other parts are not affected.
    #[error(transparent)]
    Segment(#[from] SegmentError),
    /// A row or part was asked for that the snapshot does not have.
    #[error("no such row in this snapshot")]
    NoSuchRow,
    /// A batch does not have the expected columns.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// Arrow refused an operation.
    #[error("arrow: {0}")]
    Arrow(#[from] arrow::error::ArrowError),
}

/// What a part is, for messages and for sending plans elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PartId {
    /// A memtable chunk, by its first sequence number.
    Chunk(u64),
    /// A segment, by its id.
    Segment(u64),
}

#[derive(Debug, Clone)]
pub(super) enum Kind {
    Chunk(Arc<Chunk>),
    Segment(Arc<Segment>),
}

/// A memtable chunk or a segment. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Part {
    signal: Signal,
    pub(super) kind: Kind,
}

/// A run of rows of one part.
#[derive(Debug)]
pub struct SelectedBatch {
    /// The part's row that stands first in `batch`.
    pub first_row: u32,
    /// The rows, with the columns that were asked for, in that order.
    pub batch: RecordBatch,
    /// The rows' texts, where they were wanted and [`Part::has_texts`].
    pub texts: Option<RowTexts>,
}

impl Part {
    pub(crate) fn chunk(signal: Signal, chunk: Arc<Chunk>) -> Self {
        Part {
            signal,
            kind: Kind::Chunk(chunk),
        }
    }

    pub(crate) fn segment(signal: Signal, segment: Arc<Segment>) -> Self {
        Part {
            signal,
            kind: Kind::Segment(segment),
        }
    }

    /// What it is.
    pub fn id(&self) -> PartId {
        match &self.kind {
            Kind::Chunk(chunk) => PartId::Chunk(chunk.first_seq()),
            Kind::Segment(segment) => PartId::Segment(segment.id()),
        }
    }

    /// Whether its rows are spans or logs.
    pub fn signal(&self) -> Signal {
        self.signal
    }

    /// Whether it is a segment.
    pub fn is_segment(&self) -> bool {
        matches!(self.kind, Kind::Segment(_))
    }

    /// Keeps what was found wrong with it while it was read, so that the status tells; nothing of a chunk.
    pub fn note_fault(&self, fault: MissingSegment) {
        if let Kind::Segment(segment) = &self.kind {
            segment.note_fault(fault);
        }
    }

    /// The first fault that was noted.
    pub(crate) fn fault(&self) -> Option<&MissingSegment> {
        match &self.kind {
            Kind::Chunk(_) => None,
            Kind::Segment(segment) => segment.fault(),
        }
    }

    /// The number of rows.
    pub fn rows(&self) -> u32 {
        match &self.kind {
            Kind::Chunk(chunk) => chunk.rows(),
            Kind::Segment(segment) => segment.rows(),
        }
    }

    /// The number of granules.
    pub fn granules(&self) -> u32 {
        self.rows().div_ceil(GRANULE_ROWS)
    }

    /// The earliest and the latest time at which a row is placed, both inclusive.
    pub fn time_range(&self) -> (i64, i64) {
        match &self.kind {
            Kind::Chunk(chunk) => chunk.time_range(),
            Kind::Segment(segment) => segment.time_range(),
        }
    }

    /// The lowest and the highest sequence number of its rows.
    pub fn seq_range(&self) -> (u64, u64) {
        match &self.kind {
            Kind::Chunk(chunk) => (chunk.first_seq(), chunk.last_seq()),
            Kind::Segment(segment) => (segment.meta().min_seq, segment.meta().max_seq),
        }
    }

    /// The traces whose spans this part holds. Fails on logs.
    pub fn trace_directory(&self) -> Result<Arc<TraceDirectory>, PartError> {
        match &self.kind {
            Kind::Chunk(chunk) => Ok(chunk.trace_directory()?),
            Kind::Segment(segment) => Ok(segment.trace_directory()?),
        }
    }

    /// Whether the scope of some row has attributes.
    pub fn scopes_have_attributes(&self) -> Result<bool, PartError> {
        match &self.kind {
            Kind::Chunk(chunk) => Ok(scopes_have_attributes(chunk.batch())?),
            Kind::Segment(segment) => Ok(segment.scopes_have_attributes()?),
        }
    }

    /// What `formula` derives from all its rows; `None` where that is not there, and the rows are to be read. One look at a file, or at
    /// the rows of a chunk.
    pub fn derived(&self, formula: &dyn Derive) -> Result<Option<Arc<RecordBatch>>, PartError> {
        match &self.kind {
            Kind::Chunk(chunk) => Ok(chunk.derived(formula)?),
            Kind::Segment(segment) => Ok(segment.derived(formula)),
        }
    }

    /// The selected rows, run by run, ascending, as `projection` wants them. Each record batch is
    /// decoded once. `stats` counts what was read.
    pub fn read<'a>(
        &'a self,
        projection: impl Into<Projection> + 'a,
        selection: &'a RowSelection,
        stats: &mut ScanStats,
    ) -> impl Iterator<Item = Result<SelectedBatch, PartError>> + Send + 'a {
        let projection = projection.into();
        let mut windows = self.windows(selection);
        if projection.in_long_steps() && !projection.has_texts() && self.has_runs(&projection) {
            windows = joined(windows);
        }
        self.note_reading(&windows, selection, stats);
        windows
            .into_iter()
            .flat_map(move |window| self.read_window(&projection, selection, window))
    }

    pub(super) fn note_reading(
        &self,
        windows: &[Range<u32>],
        selection: &RowSelection,
        stats: &mut ScanStats,
    ) {
        if windows.is_empty() {
            return;
        }
        stats.segments_read += u64::from(self.is_segment());
        stats.rows_scanned += selection.rows();
        stats.rows_decoded += windows
            .iter()
            .map(|rows| u64::from(rows.end - rows.start))
            .sum::<u64>();
        stats.granules_read += selection
            .ranges()
            .iter()
            .map(|rows| u64::from(rows.end.div_ceil(GRANULE_ROWS) - rows.start / GRANULE_ROWS))
            .sum::<u64>();
    }

    /// The rows that are decoded together with `row`: a record batch of a segment, a chunk as a whole. Who
    /// needs rows out of order keeps such a unit rather than decode it again.
    pub fn unit_of(&self, row: u32) -> Range<u32> {
        match &self.kind {
            Kind::Chunk(_) => 0..self.rows(),
            Kind::Segment(segment) => segment.batch_of(row),
        }
    }

    /// The earliest and the latest time of the rows that are decoded together with `row`.
    pub fn times_of(&self, row: u32) -> (i64, i64) {
        match &self.kind {
            Kind::Chunk(_) => self.time_range(),
            Kind::Segment(segment) => segment.times_of(row),
        }
    }

    /// The units of decoding that `selection` touches.
    pub(super) fn windows(&self, selection: &RowSelection) -> Vec<Range<u32>> {
        let units: Vec<Range<u32>> = match &self.kind {
            Kind::Chunk(_) => std::iter::once(0..self.rows()).collect(),
            Kind::Segment(segment) => segment.batch_times().map(|(rows, _)| rows).collect(),
        };
        units
            .into_iter()
            .filter(|unit| selection.within(unit.clone()).next().is_some())
            .collect()
    }

    /// Whether units of decoding may be read together: where nothing is wanted that has no bound.
    fn has_runs(&self, projection: &Projection) -> bool {
        let Kind::Segment(segment) = &self.kind else {
            return false;
        };
        let schema = self.signal.stored_schema();
        let narrow = |name: &&str| match *name {
            // Attributes have no bound, unless they are known to be none.
            logs::ATTRIBUTES => segment.lacks(projection.attributes()),
            name => {
                let field = schema.field_with_name(name);
                field.is_ok_and(|field| is_narrow(field.data_type()))
            }
        };
        segment.has_runs() && projection.columns().iter().all(narrow)
    }

    fn read_window(
        &self,
        projection: &Projection,
        selection: &RowSelection,
        window: Range<u32>,
    ) -> Vec<Result<SelectedBatch, PartError>> {
        let start = window.start;
        let decoded = self.decode(projection, window.clone());
        let decoded = decoded.and_then(|batch| match projection.has_texts() {
            true => Ok((batch, self.texts(start)?)),
            false => Ok((batch, None)),
        });
        match decoded {
            Err(error) => vec![Err(error)],
            Ok((batch, texts)) => selection
                .within(window)
                .map(|rows| {
                    let first = (rows.start - start) as usize;
                    let length = (rows.end - rows.start) as usize;
                    Ok(SelectedBatch {
                        first_row: rows.start,
                        batch: batch.slice(first, length),
                        texts: texts.as_ref().map(|texts| texts.starting_at(first)),
                    })
                })
                .collect(),
        }
    }

    pub(super) fn decode(
        &self,
        projection: &Projection,
        window: Range<u32>,
    ) -> Result<RecordBatch, PartError> {
        let columns = indices(self.signal, projection.columns())?;
        Ok(match &self.kind {
            Kind::Chunk(chunk) => chunk.batch().project(&columns)?,
            Kind::Segment(segment) if segment.batch_of(window.start) != window => {
                segment.read_run(&window, &columns)?
            }
            Kind::Segment(segment) => {
                segment.read_batch(window.start, &columns, projection.attributes())?
            }
        })
    }
}

/// Whether a value of it takes few bytes, whatever was sent.
pub(crate) fn is_narrow(data_type: &DataType) -> bool {
    matches!(
        data_type,
        DataType::Dictionary(..) | DataType::FixedSizeBinary(_)
    ) || data_type.primitive_width().is_some()
}

/// Neighbours together, up to [`LONG_STEP_ROWS`].
fn joined(windows: Vec<Range<u32>>) -> Vec<Range<u32>> {
    let mut steps: Vec<Range<u32>> = Vec::new();
    for window in windows {
        match steps.last_mut() {
            Some(step) if step.end == window.start && window.end - step.start <= LONG_STEP_ROWS => {
                step.end = window.end;
            }
            _ => steps.push(window),
        }
    }
    steps
}

/// The positions of `columns` in the stored schema.
pub(super) fn indices(signal: Signal, columns: &[&'static str]) -> Result<Vec<usize>, PartError> {
    let schema = signal.stored_schema();
    let index = |&name: &&'static str| schema.index_of(name);
    Ok(columns.iter().map(index).collect::<Result<_, _>>()?)
}

/// The stored schema's `columns`, in that order.
pub(super) fn project(signal: Signal, columns: &[&'static str]) -> Result<SchemaRef, PartError> {
    Ok(Arc::new(
        signal.stored_schema().project(&indices(signal, columns)?)?,
    ))
}
