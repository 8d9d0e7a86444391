//! Dropping spans that are stored already.
//!
//! A span identical to one that is stored is a sender's retry: it was acknowledged, is counted as a
//! duplicate and never becomes visible. Spans that share their ids but differ in anything are all
//! kept. For each span of a commit:
//!
//! 1. its key (a hash over its ids, times, name and attributes) is looked up in the commit itself and in
//!    the memtables;
//! 2. each segment whose time overlaps is asked through its id filter and its trace directory, and the
//!    rows with equal ids are read, once per commit, and looked up by the same key;
//! 3. every hit is confirmed column by column.
//!
//! The work is linear in the rows of the commit and of the traces it touches, whatever ids a sender
//! gives: of rows with one key only the first [`CANDIDATES_MAX`] are compared.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{Array, BooleanArray, RecordBatch};
use clearspan_schema::columns::{self, id_at};
use clearspan_schema::{SEQ, Signal, TraceId, spans};
use foldhash::{HashMap, HashMapExt, HashSet};

use super::Memtable;
use super::keys::span_keys;
use crate::scan::{Part, PartError, RowAddress, Snapshot};
use crate::segment::Segment;
use crate::text::{Candidates, id_key_of_bytes};

/// Rows of equal key that a span is held against. More have equal ids, times, name and attributes and differ in
/// events or links alone: not what senders do. Showing a span twice is better than comparing for ever.
const CANDIDATES_MAX: usize = 16;

/// The spans of one commit, of which repeats are being marked.
#[derive(Debug)]
pub(crate) struct Repeats {
    commit: RecordBatch,
    keys: Vec<u64>,
    repeated: Vec<bool>,
}

impl Repeats {
    /// The rows of `commit` (stored schema), with repeats within the commit marked.
    pub(crate) fn new(commit: RecordBatch) -> Result<Self, PartError> {
        let keys = span_keys(&commit)?;
        let mut repeated = vec![false; commit.num_rows()];
        let mut earlier: HashMap<u64, Vec<usize>> = HashMap::with_capacity(keys.len());
        for (row, &key) in keys.iter().enumerate() {
            let same_key = earlier.entry(key).or_default();
            if same_key
                .iter()
                .any(|&other| same_span(&commit, row, &commit, other))
            {
                repeated[row] = true;
            } else if same_key.len() < CANDIDATES_MAX {
                same_key.push(row);
            }
        }
        Ok(Repeats {
            commit,
            keys,
            repeated,
        })
    }

    /// Marks what stands in a memtable.
    pub(crate) fn mark_memtable(&mut self, memtable: &Memtable) {
        for row in 0..self.keys.len() {
            if self.repeated[row] {
                continue;
            }
            let candidates = memtable.spans_with_key(self.keys[row]).take(CANDIDATES_MAX);
            let mut candidates = candidates.filter_map(|seq| memtable.find(seq));
            self.repeated[row] =
                candidates.any(|(chunk, other)| same_span(&self.commit, row, chunk.batch(), other));
        }
    }

    /// Marks what stands in segments. A segment that cannot be read counts as not holding the span:
    /// showing a span twice is better than losing one.
    pub(crate) fn mark_segments(&mut self, segments: &[Arc<Segment>]) {
        for segment in segments {
            if let Err(error) = self.mark_segment(segment) {
                tracing::warn!(segment = segment.id(), %error, "cannot look for repeats in a segment");
            }
        }
    }

    /// The rows that are no repeats, and how many were.
    pub(crate) fn finish(self) -> Result<(RecordBatch, u64), PartError> {
        let dropped = self.repeated.iter().filter(|&&repeated| repeated).count() as u64;
        if dropped == 0 {
            return Ok((self.commit, 0));
        }
        let kept: BooleanArray = self
            .repeated
            .iter()
            .map(|repeated| Some(!repeated))
            .collect();
        Ok((
            arrow::compute::filter_record_batch(&self.commit, &kept)?,
            dropped,
        ))
    }

    fn mark_segment(&mut self, segment: &Arc<Segment>) -> Result<(), PartError> {
        let suspects = suspects(&self.commit, segment, &self.repeated)?;
        if suspects.is_empty() {
            return Ok(());
        }
        let part = Part::segment(Signal::Spans, Arc::clone(segment));
        let snapshot = Snapshot::new(Signal::Spans, vec![part], Arc::default());
        let addresses = rows_with_equal_ids(&self.commit, segment, &snapshot, &suspects)?;
        if addresses.is_empty() {
            return Ok(());
        }
        let stored = snapshot.take(&addresses, Signal::Spans.stored_columns())?;
        let mut by_key: HashMap<u64, Vec<usize>> = HashMap::with_capacity(addresses.len());
        for (at, key) in span_keys(&stored)?.into_iter().enumerate() {
            let same_key = by_key.entry(key).or_default();
            if same_key.len() < CANDIDATES_MAX {
                same_key.push(at);
            }
        }
        for (row, _) in suspects {
            let candidates = by_key.get(&self.keys[row]).into_iter().flatten();
            self.repeated[row] |= candidates
                .into_iter()
                .any(|&at| same_span(&self.commit, row, &stored, at));
        }
        Ok(())
    }
}

/// Rows of the commit that this segment may hold, by its time, its filter and its traces.
fn suspects(
    commit: &RecordBatch,
    segment: &Segment,
    repeated: &[bool],
) -> Result<Vec<(usize, TraceId)>, PartError> {
    let placed = columns::time(commit, spans::PLACED_TIME)?;
    let start = columns::time(commit, spans::START_TIME)?;
    let traces = columns::id(commit, spans::TRACE_ID)?;
    let ids = columns::id(commit, spans::SPAN_ID)?;
    let (first, last) = segment.time_range();
    let mut suspects = Vec::new();
    let mut opened = None;
    for row in (0..commit.num_rows()).filter(|&row| !repeated[row]) {
        // Without a start of its own a span is placed by its arrival, which differs for a repeat.
        let in_time = start.is_null(row) || (first..=last).contains(&placed.value(row));
        if !in_time {
            continue;
        }
        let (index, directory) = match &opened {
            Some(opened) => opened,
            None => opened.insert((segment.text_index(), segment.trace_directory()?)),
        };
        let key = id_key_of_bytes(ids.value(row));
        if index
            .as_ref()
            .as_ref()
            .is_some_and(|index| index.may_contain_id(key).is_empty())
        {
            continue;
        }
        if let Some(trace) = id_at(traces, row).filter(|&trace| directory.get(trace).is_some()) {
            suspects.push((row, trace));
        }
    }
    Ok(suspects)
}

/// The segment's rows that have the trace and span id of a suspect, each once.
fn rows_with_equal_ids(
    commit: &RecordBatch,
    segment: &Segment,
    snapshot: &Snapshot,
    suspects: &[(usize, TraceId)],
) -> Result<Vec<RowAddress>, PartError> {
    let directory = segment.trace_directory()?;
    let ids = columns::id(commit, spans::SPAN_ID)?;
    let wanted: HashSet<(TraceId, &[u8])> = suspects
        .iter()
        .map(|&(row, trace)| (trace, ids.value(row)))
        .collect();
    let traces: BTreeSet<TraceId> = suspects.iter().map(|&(_, trace)| trace).collect();
    let mut found = Vec::new();
    for trace in traces {
        let rows: Vec<RowAddress> = directory
            .rows_of(trace)
            .map(|row| RowAddress { part: 0, row })
            .collect();
        let stored = snapshot.take(&rows, &[spans::SPAN_ID])?;
        let stored_ids = columns::id(&stored, spans::SPAN_ID)?;
        let equal = rows
            .into_iter()
            .enumerate()
            .filter(|(at, _)| wanted.contains(&(trace, stored_ids.value(*at))));
        found.extend(equal.map(|(_, address)| address));
    }
    Ok(found)
}

/// Whether two rows of the stored span schema were sent alike. Sequence number and place are ours.
fn same_span(a: &RecordBatch, row: usize, b: &RecordBatch, other: usize) -> bool {
    let columns = Signal::Spans.stored_columns().iter().enumerate();
    columns.filter(|(_, name)| !is_ours(name)).all(|(at, _)| {
        let (left, right): (&dyn Array, &dyn Array) =
            (&a.column(at).slice(row, 1), &b.column(at).slice(other, 1));
        left == right
    })
}

fn is_ours(column: &str) -> bool {
    column == SEQ || column == spans::PLACED_TIME
}
