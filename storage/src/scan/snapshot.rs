//! One consistent set of parts, pinned.

use std::sync::Arc;

use arrow::array::{RecordBatch, UInt32Array};
use clearspan_schema::concat::concat;
use clearspan_schema::{Signal, TraceId};

use super::{Part, PartError, ScanStats};

/// A segment that should be there and cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingSegment {
    /// The segment's folder, relative to the data folder.
    pub path: String,
    /// What is wrong with it.
    pub fault: String,
    /// Rows it held, as the catalog knows.
    pub rows: u64,
    /// Earliest time at which a record of it is placed, in nanoseconds since 1970.
    pub min_time_ns: i64,
    /// Latest time at which a record of it is placed.
    pub max_time_ns: i64,
}

/// A row of a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RowAddress {
    /// Index into [`Snapshot::parts`].
    pub part: u32,
    /// Row of that part.
    pub row: u32,
}

/// The rows of one signal of one tenant at one moment. Cheap to clone; what it holds stays readable
/// for as long as it lives.
#[derive(Debug, Clone)]
pub struct Snapshot {
    signal: Signal,
    parts: Arc<[Part]>,
    missing: Arc<[MissingSegment]>,
}

impl Snapshot {
    pub(crate) fn new(
        signal: Signal,
        mut parts: Vec<Part>,
        missing: Arc<[MissingSegment]>,
    ) -> Self {
        parts.sort_by_key(|part| std::cmp::Reverse(part.time_range().1));
        Snapshot {
            signal,
            parts: parts.into(),
            missing,
        }
    }

    /// Whether these are spans or logs.
    pub fn signal(&self) -> Signal {
        self.signal
    }

    /// The parts, that with the newest row first.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The same moment, with only those parts whose place in [`Self::parts`] is wanted.
    pub fn of_parts(&self, wanted: impl Fn(usize) -> bool) -> Self {
        let parts = self.parts.iter().enumerate();
        let parts = parts.filter(|&(at, _)| wanted(at));
        Snapshot {
            parts: parts.map(|(_, part)| part.clone()).collect(),
            ..self.clone()
        }
    }

    /// Segments that cannot be read: an answer from this snapshot is not whole where they matter.
    pub fn missing(&self) -> &[MissingSegment] {
        &self.missing
    }

    /// Segments of which a part could not be read when somebody asked for it. What does not touch that part is answered all the same.
    pub(crate) fn found_damaged(&self) -> Vec<MissingSegment> {
        self.parts.iter().filter_map(Part::fault).cloned().collect()
    }

    /// The earliest and the latest time at which a row is placed; `None` when there is no row.
    pub fn time_bounds(&self) -> Option<(i64, i64)> {
        let ranges = self.parts.iter().map(Part::time_range);
        ranges.reduce(|(from, to), (first, last)| (from.min(first), to.max(last)))
    }

    /// The number of rows.
    pub fn rows(&self) -> u64 {
        self.parts.iter().map(|part| u64::from(part.rows())).sum()
    }

    /// The totals of [`ScanStats`], with nothing read yet.
    pub fn totals(&self) -> ScanStats {
        let mut totals = ScanStats::default();
        for part in self.parts.iter() {
            totals.segments_total += u64::from(part.is_segment());
            totals.granules_total += u64::from(part.granules());
            totals.rows_total += u64::from(part.rows());
            let templates = part.templates_told();
            totals.templates_total += templates.unwrap_or(0);
            totals.templates_untold |= templates.is_none();
        }
        totals
    }

    /// The rows at `addresses`, in that order, with `columns` of the stored schema, in that order.
    pub fn take(
        &self,
        addresses: &[RowAddress],
        columns: &[&'static str],
    ) -> Result<RecordBatch, PartError> {
        let schema = super::part::project(self.signal, columns)?;
        if addresses.is_empty() {
            return Ok(RecordBatch::new_empty(schema));
        }
        let mut order: Vec<usize> = (0..addresses.len()).collect();
        order.sort_by_key(|&at| addresses[at]);
        let mut batches = Vec::new();
        let mut at = 0;
        // Addresses sorted by part and row: each record batch is decoded once, whatever the order asked for.
        while let Some(&first) = order.get(at) {
            let part_index = addresses[first].part;
            let same = order[at..]
                .iter()
                .take_while(|&&next| addresses[next].part == part_index)
                .count();
            let rows: Vec<u32> = order[at..at + same]
                .iter()
                .map(|&next| addresses[next].row)
                .collect();
            let part = self
                .parts
                .get(part_index as usize)
                .ok_or(PartError::NoSuchRow)?;
            batches.extend(part.take(&rows, columns)?);
            at += same;
        }
        let sorted = concat(&schema, &batches)?;
        let mut back = vec![0u32; order.len()];
        for (position, &asked) in order.iter().enumerate() {
            back[asked] = position as u32;
        }
        Ok(arrow::compute::take_record_batch(
            &sorted,
            &UInt32Array::from(back),
        )?)
    }

    /// All rows of one trace, with `columns` of the stored schema, by part. Of spans: through the
    /// trace directories. Of logs: through the id filters, verified.
    pub fn trace(
        &self,
        trace_id: TraceId,
        columns: &[&'static str],
    ) -> Result<Vec<RecordBatch>, PartError> {
        let mut batches = Vec::new();
        for part in self.parts.iter() {
            batches.extend(part.trace(trace_id, columns)?);
        }
        Ok(batches)
    }
}
