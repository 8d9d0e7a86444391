//! A segment that is read in order, a few record batches kept.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, FixedSizeBinaryArray, RecordBatch, TimestampNanosecondArray, UInt64Array,
};
use clearspan_schema::concat::compact;
use clearspan_schema::logs::PLACED_TIME;
use clearspan_schema::{SEQ, Signal, columns, spans};

use super::error::CompactionError;
use crate::limits::STEP_BYTES;
use crate::names;
use crate::scan::AttributeKeys;
use crate::segment::{Segment, SegmentError};

/// Record batches that are kept of an input. Logs are read from first to last; of spans, a trace that
/// another input starts earlier is read when the rows around it have gone by.
fn batches_kept(signal: Signal) -> usize {
    match signal {
        Signal::Logs => 1,
        Signal::Spans => 2,
    }
}

/// A decoded record batch of an input, with the columns that decide the order.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) batch: RecordBatch,
    rows: Range<u32>,
    times: TimestampNanosecondArray,
    seqs: UInt64Array,
    traces: Option<FixedSizeBinaryArray>,
    /// Bytes of a row, on average.
    pub(super) row_bytes: usize,
}

impl Source {
    fn new(signal: Signal, batch: RecordBatch, rows: Range<u32>) -> Result<Self, SegmentError> {
        let mut bytes = bytes_of(&batch)?;
        let mut batch = batch;
        if bytes > STEP_BYTES {
            // It holds on to the dictionaries of its whole file, and so would one batch of each input.
            batch = compact(&batch)?;
            bytes = bytes_of(&batch)?;
        }
        let traces = match signal {
            Signal::Logs => None,
            Signal::Spans => Some(columns::id(&batch, spans::TRACE_ID)?.clone()),
        };
        Ok(Source {
            times: columns::time(&batch, PLACED_TIME)?.clone(),
            seqs: columns::uint64(&batch, SEQ)?.clone(),
            traces,
            row_bytes: bytes / batch.num_rows().max(1),
            batch,
            rows,
        })
    }

    /// The row's place within the batch.
    pub(super) fn place(&self, row: u32) -> usize {
        (row - self.rows.start) as usize
    }

    pub(super) fn holds(&self, row: u32) -> bool {
        self.rows.contains(&row)
    }

    /// Where the row is placed in time, and its sequence number.
    pub(super) fn time_and_seq(&self, row: u32) -> (i64, u64) {
        let place = self.place(row);
        (self.times.value(place), self.seqs.value(place))
    }

    /// The row's trace id; empty for logs.
    pub(super) fn trace(&self, row: u32) -> &[u8] {
        match &self.traces {
            None => &[],
            Some(traces) => traces.value(self.place(row)),
        }
    }
}

/// Bytes of the rows, with whole dictionaries.
fn bytes_of(batch: &RecordBatch) -> Result<usize, SegmentError> {
    let slice_bytes = |column: &ArrayRef| column.to_data().get_slice_memory_size();
    let columns = batch.columns().iter().map(slice_bytes);
    Ok(columns.sum::<Result<usize, _>>()?)
}

/// One of the segments that are merged.
#[derive(Debug)]
pub(super) struct Input {
    signal: Signal,
    pub(super) segment: Arc<Segment>,
    columns: Vec<usize>,
    /// The last one was used last.
    kept: Vec<Arc<Source>>,
}

impl Input {
    pub(super) fn new(signal: Signal, segment: Arc<Segment>) -> Self {
        Input {
            signal,
            segment,
            columns: (0..signal.stored_schema().fields().len()).collect(),
            kept: Vec::new(),
        }
    }

    /// The record batch that holds `row`.
    pub(super) fn source(&mut self, row: u32) -> Result<Arc<Source>, CompactionError> {
        let source = match self.kept.iter().position(|kept| kept.holds(row)) {
            Some(at) => self.kept.remove(at),
            None => Arc::new(self.read(row).map_err(|source| CompactionError::Input {
                segment: self.segment.id(),
                source,
            })?),
        };
        if self.kept.len() >= batches_kept(self.signal) {
            self.kept.remove(0);
        }
        self.kept.push(Arc::clone(&source));
        Ok(source)
    }

    fn read(&self, row: u32) -> Result<Source, SegmentError> {
        let rows = self.segment.batch_of(row);
        let batch = self
            .segment
            .read_batch(rows.start, &self.columns, &AttributeKeys::All)?;
        let complete = rows.contains(&row) && batch.num_rows() == rows.len();
        if !complete {
            return Err(SegmentError::Malformed {
                path: self.segment.dir().join(names::META),
                what: "record batch",
            });
        }
        Source::new(self.signal, batch, rows)
    }
}
