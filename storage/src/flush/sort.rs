//! In which order rows lie in a segment.
//!
//! Logs: newest first, which is what searches want. Spans: the rows of a trace stand together, traces
//! by their start, newest first; within a trace by start, then by arrival.

use std::cmp::Reverse;

use arrow::array::RecordBatch;
use clearspan_schema::columns::{self, id_at};
use clearspan_schema::{SEQ, SchemaError, Signal, TraceId, logs, spans};

#[cfg(test)]
use super::partition::grouping_times;

/// The columns that decide it.
pub(super) fn keys(signal: Signal) -> &'static [&'static str] {
    match signal {
        Signal::Logs => &[SEQ, logs::PLACED_TIME],
        Signal::Spans => &[SEQ, spans::PLACED_TIME, spans::TRACE_ID],
    }
}

/// The rows at `indices`, sorted. Of `rows` the columns [`keys`] are needed, and of each row the time by which it was
/// given to an hour.
pub(super) fn sorted(
    signal: Signal,
    rows: &RecordBatch,
    times: &[i64],
    mut indices: Vec<u32>,
) -> Result<Vec<u32>, SchemaError> {
    let seqs = columns::uint64(rows, SEQ)?.values();
    match signal {
        Signal::Logs => {
            indices.sort_by_key(|&row| Reverse((times[row as usize], seqs[row as usize])));
            Ok(indices)
        }
        Signal::Spans => {
            let placed = columns::time(rows, spans::PLACED_TIME)?.values();
            let traces = columns::id(rows, spans::TRACE_ID)?;
            // Keys side by side are compared several times as fast as keys that are gathered from the columns at each comparison.
            let key = |row: u32| {
                let at = row as usize;
                let trace: Option<TraceId> = id_at(traces, at);
                (Reverse(times[at]), trace, placed[at], seqs[at], row)
            };
            let mut keys: Vec<_> = indices.into_iter().map(key).collect();
            keys.sort_unstable();
            Ok(keys.into_iter().map(|(.., row)| row).collect())
        }
    }
}

/// The rows themselves, sorted.
#[cfg(test)]
pub(crate) fn take_sorted(
    signal: Signal,
    rows: &RecordBatch,
    indices: Vec<u32>,
) -> Result<RecordBatch, SchemaError> {
    let times = grouping_times(signal, rows)?;
    let indices = arrow::array::UInt32Array::from(sorted(signal, rows, &times, indices)?);
    Ok(arrow::compute::take_record_batch(rows, &indices)?)
}
