//! Dropping spans that are stored already.
//!
//! A span identical to one that is stored is a sender's retry: it was acknowledged, is counted as a
//! duplicate and never becomes visible. Spans that share their ids but differ in anything are all
//! kept. For each span of a commit:
//!
//! 1. its key (a hash of trace and span id) is looked up in the commit itself and in the memtables;
//! 2. each segment whose time overlaps is asked through its id filter and its trace directory;
//! 3. every hit is confirmed on the rows, column by column.
//!
//! Step 3 reads rows of a segment once per commit, not once per span: a sender that repeats a whole
//! request repeats many spans of the same traces.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, BooleanArray, RecordBatch};
use clearspan_schema::columns::{self, id_at};
use clearspan_schema::{SEQ, TraceId, spans};

use super::Memtable;
use super::keys::span_keys;
use crate::scan::{Part, PartError, RowAddress, Snapshot};
use crate::segment::Segment;
use crate::text::{Candidates, id_key_of_bytes};

/// What is stored at the moment of a commit.
pub(crate) struct Stored<'a> {
    pub(crate) memtables: Vec<&'a Memtable>,
    pub(crate) segments: &'a [Arc<Segment>],
}

/// The rows of `commit` (stored schema) that are not stored already, and how many were dropped.
///
/// A segment that cannot be read counts as not holding the span: showing a span twice is better than
/// losing one.
pub(crate) fn distinct_spans(
    commit: RecordBatch,
    stored: &Stored<'_>,
) -> Result<(RecordBatch, u64), PartError> {
    let keys = span_keys(&commit)?;
    let mut repeated = vec![false; commit.num_rows()];
    mark_within(&commit, &keys, &mut repeated);
    for memtable in &stored.memtables {
        mark_in_memtable(&commit, &keys, memtable, &mut repeated);
    }
    for segment in stored.segments {
        if let Err(error) = mark_in_segment(&commit, segment, &mut repeated) {
            tracing::warn!(segment = segment.id(), %error, "cannot look for repeats in a segment");
        }
    }
    let dropped = repeated.iter().filter(|&&repeated| repeated).count() as u64;
    if dropped == 0 {
        return Ok((commit, 0));
    }
    let kept: BooleanArray = repeated.iter().map(|repeated| Some(!repeated)).collect();
    Ok((
        arrow::compute::filter_record_batch(&commit, &kept)?,
        dropped,
    ))
}

fn mark_within(commit: &RecordBatch, keys: &[u64], repeated: &mut [bool]) {
    let mut earlier: HashMap<u64, Vec<usize>> = HashMap::with_capacity(keys.len());
    for (row, &key) in keys.iter().enumerate() {
        let same_key = earlier.entry(key).or_default();
        if same_key
            .iter()
            .any(|&other| same_span(commit, row, commit, other))
        {
            repeated[row] = true;
        } else {
            same_key.push(row);
        }
    }
}

fn mark_in_memtable(
    commit: &RecordBatch,
    keys: &[u64],
    memtable: &Memtable,
    repeated: &mut [bool],
) {
    for (row, &key) in keys
        .iter()
        .enumerate()
        .filter(|(row, _)| !repeated[*row])
        .collect::<Vec<_>>()
    {
        let mut candidates = memtable
            .spans_with_key(key)
            .filter_map(|seq| memtable.find(seq));
        repeated[row] =
            candidates.any(|(chunk, other)| same_span(commit, row, chunk.batch(), other));
    }
}

fn mark_in_segment(
    commit: &RecordBatch,
    segment: &Arc<Segment>,
    repeated: &mut [bool],
) -> Result<(), PartError> {
    let suspects = suspects(commit, segment, repeated)?;
    if suspects.is_empty() {
        return Ok(());
    }
    let part = Part::segment(clearspan_schema::Signal::Spans, Arc::clone(segment));
    let snapshot = Snapshot::new(clearspan_schema::Signal::Spans, vec![part], Arc::default());
    let pairs = pairs_with_equal_ids(commit, segment, &snapshot, &suspects)?;
    let columns = stored_columns();
    let addresses: Vec<RowAddress> = pairs.iter().map(|&(_, address)| address).collect();
    let rows = snapshot.take(&addresses, &columns)?;
    for (at, &(row, _)) in pairs.iter().enumerate() {
        repeated[row] |= same_span(commit, row, &rows, at);
    }
    Ok(())
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

fn pairs_with_equal_ids(
    commit: &RecordBatch,
    segment: &Segment,
    snapshot: &Snapshot,
    suspects: &[(usize, TraceId)],
) -> Result<Vec<(usize, RowAddress)>, PartError> {
    let directory = segment.trace_directory()?;
    let rows_of = |&(row, trace): &(usize, TraceId)| {
        let rows: Vec<u32> = directory.rows_of(trace).collect();
        rows.into_iter().map(move |stored| {
            (
                row,
                RowAddress {
                    part: 0,
                    row: stored,
                },
            )
        })
    };
    let pairs: Vec<(usize, RowAddress)> = suspects.iter().flat_map(rows_of).collect();
    let mut distinct: Vec<RowAddress> = pairs.iter().map(|&(_, address)| address).collect();
    distinct.sort_unstable();
    distinct.dedup();
    let stored = snapshot.take(&distinct, &[spans::SPAN_ID])?;
    let stored_ids = columns::id(&stored, spans::SPAN_ID)?;
    let ids = columns::id(commit, spans::SPAN_ID)?;
    let equal = |&(row, address): &(usize, RowAddress)| {
        distinct
            .binary_search(&address)
            .is_ok_and(|at| stored_ids.value(at) == ids.value(row))
    };
    Ok(pairs.into_iter().filter(equal).collect())
}

fn stored_columns() -> Vec<&'static str> {
    let schema: &'static arrow::datatypes::Schema = stored_schema();
    schema
        .fields()
        .iter()
        .map(|field| field.name().as_str())
        .collect()
}

fn stored_schema() -> &'static arrow::datatypes::Schema {
    static SCHEMA: std::sync::LazyLock<arrow::datatypes::SchemaRef> =
        std::sync::LazyLock::new(spans::stored_schema);
    &SCHEMA
}

/// Whether two rows of the stored span schema were sent alike. Sequence number and place are ours.
fn same_span(a: &RecordBatch, row: usize, b: &RecordBatch, other: usize) -> bool {
    let schema = stored_schema();
    (0..schema.fields().len())
        .filter(|&at| !is_ours(schema.field(at).name()))
        .all(|at| {
            let (left, right): (&dyn Array, &dyn Array) =
                (&a.column(at).slice(row, 1), &b.column(at).slice(other, 1));
            left == right
        })
}

fn is_ours(column: &str) -> bool {
    column == SEQ || column == spans::PLACED_TIME
}
