//! The spans that others link to.

use clearspan_schema::{SpanId, TraceId};
use foldhash::HashMap;

use super::reading::{Links, Reader, Spans};
use crate::QueryError;
use crate::limits::EDGE_ROWS_PER_READ;
use crate::trace::{Callers, END_COLUMNS, End, EndRows, Nodes};

/// The ends of linked spans, as far as these are stored.
#[derive(Debug, Default)]
pub(super) struct Linked(HashMap<(TraceId, SpanId), Vec<End>>);

impl Linked {
    /// Finds what `spans` link to.
    pub(super) async fn look_up(
        &mut self,
        spans: &Spans,
        reader: &mut Reader<'_>,
        nodes: &mut Nodes,
    ) -> Result<(), QueryError> {
        self.0 = spans.links().map(|link| (link, Vec::new())).collect();
        let mut traces: Vec<TraceId> = self.0.keys().map(|(trace, _)| *trace).collect();
        traces.sort_unstable();
        traces.dedup();
        let wanted = &mut self.0;
        // A trace has a span at least, so that these are as many rows, or more.
        for traces in traces.chunks(EDGE_ROWS_PER_READ) {
            let shown = reader.read(traces, &END_COLUMNS, |_, batch| {
                let mut rows = EndRows::new(batch)?;
                for row in 0..batch.num_rows() {
                    let span = (rows.trace(row), rows.id(row));
                    if let Some(ends) = wanted.get_mut(&span) {
                        let end = rows.end(row, nodes);
                        if !ends.contains(&end) {
                            ends.push(end);
                        }
                    }
                }
                Ok(())
            });
            shown.await?;
        }
        // In order, whatever that of the rows.
        wanted.values_mut().for_each(|ends| ends.sort_unstable());
        Ok(())
    }

    /// Takes those that `links` lead to for callers of `child`.
    pub(super) fn offer(&self, links: &Links, child: End, callers: &mut Callers) {
        let ends = links.iter().filter_map(|link| self.0.get(link)).flatten();
        ends.for_each(|&end| callers.offer(end, child));
    }

    pub(super) fn bytes(&self) -> usize {
        self.0.capacity() * 2 * size_of::<((TraceId, SpanId), Vec<End>)>()
    }
}
