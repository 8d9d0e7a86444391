//! In which order rows lie in a segment.
//!
//! Logs: newest first, which is what searches want. Spans: the rows of a trace stand together, traces
//! by their start, newest first; within a trace by start, then by arrival.

use std::cmp::Reverse;

use arrow::array::{RecordBatch, UInt32Array};
use clearspan_schema::{SEQ, Signal, columns, logs, spans};

use super::FlushError;
use super::partition::trace_starts;

/// The rows at `indices`, sorted.
pub(crate) fn take_sorted(
    signal: Signal,
    rows: &RecordBatch,
    mut indices: Vec<u32>,
) -> Result<RecordBatch, FlushError> {
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
    Ok(arrow::compute::take_record_batch(
        rows,
        &UInt32Array::from(indices),
    )?)
}
