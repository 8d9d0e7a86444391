//! The traces of a heatmap's cells.

use clearspan_schema::{TraceId, columns, spans};
use clearspan_storage::scan::{MissingSegment, Part, PartError, RowAddress, Snapshot};
use foldhash::HashMap;

use super::sum::{Cell, Latencies};
use crate::QueryError;
use crate::exec::fault;

impl Latencies {
    /// Looks up the trace of each cell's newest span. A cell whose segment turns out to be damaged is left out.
    pub(super) async fn name_exemplars(
        &mut self,
        snapshot: &Snapshot,
        faults: &mut Vec<MissingSegment>,
    ) -> Result<(), QueryError> {
        let mut wanted: HashMap<u32, Vec<u32>> = HashMap::default();
        for Cell { stands, .. } in self.cells.values() {
            wanted.entry(stands.part).or_default().push(stands.row);
        }
        let mut found: HashMap<RowAddress, TraceId> = HashMap::default();
        for (number, mut rows) in wanted {
            rows.sort_unstable();
            let Some(part) = snapshot.parts().get(number as usize) else {
                continue;
            };
            match traces_at(part, &rows) {
                Ok(traces) => found.extend(traces.into_iter().map(|(row, trace)| {
                    let part = number;
                    (RowAddress { part, row }, trace)
                })),
                Err(error) => faults.push(fault(part, &error)?),
            }
            tokio::task::yield_now().await;
        }
        self.cells.retain(|_, cell| {
            let trace = found.get(&cell.stands);
            cell.trace_id = trace.copied().unwrap_or_default();
            trace.is_some()
        });
        Ok(())
    }
}

/// Whose rows these are, which are ascending.
fn traces_at(part: &Part, rows: &[u32]) -> Result<Vec<(u32, TraceId)>, PartError> {
    if part.is_segment() {
        return Ok(part.trace_directory()?.traces_at(rows).collect());
    }
    let mut traces = Vec::with_capacity(rows.len());
    for batch in part.take(rows, &[spans::TRACE_ID])? {
        let ids = columns::id(&batch, spans::TRACE_ID)?;
        traces
            .extend((0..batch.num_rows()).map(|row| columns::id_at(ids, row).unwrap_or_default()));
    }
    Ok(rows.iter().copied().zip(traces).collect())
}
