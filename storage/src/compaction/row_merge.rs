//! The merge of rows.
//!
//! A heap holds the next row of each run of the current group. The least one is taken, and its run goes on; where
//! inputs do not overlap that is one run to its end, then the next. An input of logs is not opened before its newest
//! row may be the next one. The order of all rows is strict (sequence numbers are unique), and each row that comes out
//! is held against the one before it: so no row can come out twice, and a count tells that none was lost.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use clearspan_schema::concat::interleave;
use clearspan_schema::{Signal, TraceId};

use super::error::CompactionError;
use super::input::{Input, Source};
use super::order::Order;
use crate::limits::{BATCH_ROWS, MERGED_BATCH_BYTES};
use crate::segment::Segment;

/// What orders the rows of a group, ascending.
type Key = (i64, u64);

/// Rows of several sorted segments, as one sorted run.
#[derive(Debug)]
pub(super) struct RowMerge {
    signal: Signal,
    schema: SchemaRef,
    inputs: Vec<Input>,
    order: Order,
    cursors: Vec<Cursor>,
    heap: BinaryHeap<Reverse<(Key, usize)>>,
    /// The trace of the current group.
    trace: TraceId,
    /// The last row of the current group that was taken.
    last: Option<Key>,
}

/// A run, and how far it was taken.
#[derive(Debug)]
struct Cursor {
    input: usize,
    next: u32,
    end: u32,
    /// The record batch of `next`; none before the run is opened.
    source: Option<Arc<Source>>,
}

impl RowMerge {
    /// Reads the trace directories of spans, and no row.
    pub(super) fn new(
        signal: Signal,
        segments: Vec<Arc<Segment>>,
    ) -> Result<Self, CompactionError> {
        let order = Order::new(signal, &segments)?;
        let inputs = segments.into_iter();
        Ok(RowMerge {
            signal,
            schema: signal.stored_schema(),
            inputs: inputs.map(|segment| Input::new(signal, segment)).collect(),
            order,
            cursors: Vec::new(),
            heap: BinaryHeap::new(),
            trace: TraceId::default(),
            last: None,
        })
    }

    /// The next rows, at most [`BATCH_ROWS`]; `None` behind the last. Ends sooner at the first boundary
    /// behind `enough` rows.
    pub(super) fn next_batch(
        &mut self,
        enough: u64,
    ) -> Result<Option<RecordBatch>, CompactionError> {
        let mut picked = Picked::default();
        let enough = enough.max(1);
        loop {
            let may_end = picked.rows.len() as u64 >= enough && self.is_boundary();
            if may_end || picked.is_full() {
                break;
            }
            match self.heap.pop() {
                Some(Reverse((_, at))) => self.take(at, &mut picked)?,
                None if self.next_group()? => {}
                None => break,
            }
        }
        picked.into_batch(&self.schema)
    }

    /// Whether the next row may begin another segment: any log may, of spans the first of a trace.
    pub(super) fn is_boundary(&self) -> bool {
        self.signal == Signal::Logs || self.heap.is_empty()
    }

    fn next_group(&mut self) -> Result<bool, CompactionError> {
        let runs = self.order.next_group();
        self.cursors.clear();
        self.cursors.extend(runs.iter().map(|run| Cursor {
            input: run.input as usize,
            next: run.first,
            end: run.first.saturating_add(run.rows),
            source: None,
        }));
        self.trace = runs.first().map_or(TraceId::default(), |run| run.trace);
        self.last = None;
        for at in 0..self.cursors.len() {
            match self.signal {
                Signal::Logs => self.announce(at),
                Signal::Spans => self.open(at)?,
            }
        }
        Ok(!self.cursors.is_empty())
    }

    /// Puts a run of logs where its newest row can stand at best, without reading it.
    fn announce(&mut self, at: usize) {
        let (_, newest) = self.inputs[self.cursors[at].input].segment.time_range();
        self.heap.push(Reverse(((!newest, 0), at)));
    }

    /// Puts a run where its next row stands.
    fn open(&mut self, at: usize) -> Result<(), CompactionError> {
        let cursor = &mut self.cursors[at];
        let source = match cursor.source.take() {
            Some(source) if source.holds(cursor.next) => source,
            _ => self.inputs[cursor.input].source(cursor.next)?,
        };
        let (time, seq) = source.time_and_seq(cursor.next);
        cursor.source = Some(source);
        let key = match self.signal {
            Signal::Logs => (!time, !seq),
            Signal::Spans => (time, seq),
        };
        self.heap.push(Reverse((key, at)));
        Ok(())
    }

    /// Takes the next row of a run, or opens the run.
    fn take(&mut self, at: usize, picked: &mut Picked) -> Result<(), CompactionError> {
        let cursor = &mut self.cursors[at];
        let Some(source) = &cursor.source else {
            return self.open(at);
        };
        let (time, seq) = source.time_and_seq(cursor.next);
        let (key, in_trace) = match self.signal {
            Signal::Logs => ((!time, !seq), true),
            Signal::Spans => ((time, seq), source.trace(cursor.next) == self.trace),
        };
        if !in_trace || self.last.is_some_and(|last| key <= last) {
            let segment = self.inputs[cursor.input].segment.id();
            return Err(CompactionError::Unsorted { segment });
        }
        self.last = Some(key);
        picked.add(source, cursor.next);
        cursor.next += 1;
        if cursor.next < cursor.end {
            self.open(at)?;
        }
        Ok(())
    }
}

/// Rows that become one record batch.
#[derive(Debug, Default)]
struct Picked {
    sources: Vec<Arc<Source>>,
    /// Source and row of it.
    rows: Vec<(usize, usize)>,
    bytes: usize,
}

impl Picked {
    fn is_full(&self) -> bool {
        self.rows.len() >= BATCH_ROWS as usize || self.bytes >= MERGED_BATCH_BYTES
    }

    fn add(&mut self, source: &Arc<Source>, row: u32) {
        let same = |known: &Arc<Source>| Arc::ptr_eq(known, source);
        let last = self.rows.last().map(|&(at, _)| at);
        let at = match last.filter(|&at| same(&self.sources[at])) {
            Some(at) => at,
            None => self.sources.iter().position(same).unwrap_or_else(|| {
                self.sources.push(Arc::clone(source));
                self.sources.len() - 1
            }),
        };
        self.rows.push((at, source.place(row)));
        self.bytes = self.bytes.saturating_add(source.row_bytes);
    }

    fn into_batch(self, schema: &SchemaRef) -> Result<Option<RecordBatch>, CompactionError> {
        if self.rows.is_empty() {
            return Ok(None);
        }
        let batches: Vec<&RecordBatch> = self.sources.iter().map(|source| &source.batch).collect();
        Ok(Some(interleave(schema, &batches, &self.rows)?))
    }
}

#[cfg(test)]
mod tests;
