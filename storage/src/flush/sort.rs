//! In which order rows lie in a segment.
//!
//! Logs: newest first, which is what searches want. Spans: the rows of a trace stand together, traces
//! by their start, newest first; within a trace by start, then by arrival.

use std::cmp::Reverse;

use arrow::array::RecordBatch;
use clearspan_schema::{SEQ, SchemaError, Signal, columns, logs, spans};

use super::partition::trace_starts;

/// The columns that decide it.
pub(super) fn keys(signal: Signal) -> &'static [&'static str] {
    match signal {
        Signal::Logs => &[SEQ, logs::PLACED_TIME],
        Signal::Spans => &[SEQ, spans::PLACED_TIME, spans::TRACE_ID],
    }
}

/// The rows at `indices`, sorted. Of `rows` the columns [`keys`] are needed.
pub(super) fn sorted(
    signal: Signal,
    rows: &RecordBatch,
    mut indices: Vec<u32>,
) -> Result<Vec<u32>, SchemaError> {
    let seqs = columns::uint64(rows, SEQ)?.values();
    match signal {
        Signal::Logs => {
            let times = columns::time(rows, logs::PLACED_TIME)?.values();
            indices.sort_by_key(|&row| Reverse((times[row as usize], seqs[row as usize])));
        }
        Signal::Spans => {
            let times = columns::time(rows, spans::PLACED_TIME)?.values();
            let traces = columns::id(rows, spans::TRACE_ID)?;
            let starts = trace_starts(rows)?;
            indices.sort_by(|&a, &b| {
                let key = |row: u32| {
                    let row = row as usize;
                    (
                        Reverse(starts[row]),
                        traces.value(row),
                        times[row],
                        seqs[row],
                    )
                };
                key(a).cmp(&key(b))
            });
        }
    }
    Ok(indices)
}

/// The rows themselves, sorted.
#[cfg(test)]
pub(crate) fn take_sorted(
    signal: Signal,
    rows: &RecordBatch,
    indices: Vec<u32>,
) -> Result<RecordBatch, SchemaError> {
    let indices = arrow::array::UInt32Array::from(sorted(signal, rows, indices)?);
    Ok(arrow::compute::take_record_batch(rows, &indices)?)
}
