//! The spans of some traces, from every part that has some.

use arrow::array::RecordBatch;
use clearspan_schema::{SchemaError, SpanId, TraceId};
use clearspan_storage::scan::TimeRange;

use crate::QueryError;
use crate::exec::{ScanTally, fault};
use crate::limits::EDGE_ROWS_PER_READ;
use crate::trace::{CALLING_COLUMNS, CallingRows, CallingSpan, Directories, Nodes};

/// What a span links to: trace and span.
pub(super) type Links = Vec<(TraceId, SpanId)>;

/// Reads rows of traces.
pub(super) struct Reader<'a> {
    directories: &'a Directories,
    range: TimeRange,
    tally: ScanTally,
    /// By part, whether something of it was read, and whether it turned out to be damaged.
    seen: Vec<(bool, bool)>,
}

/// The spans of some traces.
#[derive(Debug, Default)]
pub(super) struct Spans {
    /// By trace, then as they were read.
    spans: Vec<CallingSpan<Links>>,
    /// Each trace and where its spans begin.
    traces: Vec<(TraceId, usize)>,
    bytes: usize,
}

impl Spans {
    /// What those that count link to.
    pub(super) fn links(&self) -> impl Iterator<Item = (TraceId, SpanId)> + '_ {
        let counted = self.spans.iter().filter(|span| span.in_range);
        counted.flat_map(|span| span.links.iter().copied())
    }

    /// Each trace with its spans.
    pub(super) fn by_trace(&self) -> impl Iterator<Item = (TraceId, &[CallingSpan<Links>])> {
        let ends = self.traces.iter().skip(1).map(|(_, first)| *first);
        let ends = ends.chain([self.spans.len()]);
        let traces = self.traces.iter().zip(ends);
        traces.map(|((id, first), end)| (*id, &self.spans[*first..end]))
    }

    pub(super) fn bytes(&self) -> usize {
        // As many again while the calls of a trace are found.
        2 * (self.spans.capacity() * size_of::<CallingSpan<Links>>() + self.bytes)
    }
}

impl<'a> Reader<'a> {
    pub(super) fn new(directories: &'a Directories, range: TimeRange) -> Self {
        Reader {
            directories,
            range,
            tally: ScanTally::default(),
            seen: vec![(false, false); directories.snapshot().parts().len()],
        }
    }

    pub(super) fn into_tally(self) -> ScanTally {
        self.tally
    }

    /// All spans of `traces`, each known by the number of its part.
    pub(super) async fn spans(
        &mut self,
        traces: Vec<TraceId>,
        nodes: &mut Nodes,
    ) -> Result<Spans, QueryError> {
        let mut read: Vec<(TraceId, CallingSpan<Links>)> = Vec::new();
        let range = self.range;
        self.read(&traces, &CALLING_COLUMNS, |part, batch| {
            let mut rows = CallingRows::new(batch)?;
            for row in 0..batch.num_rows() {
                let links: Links = rows.links(row).collect();
                let mut span = rows.span(row, part, links, nodes);
                span.in_range = range.contains(rows.placed_time(row));
                read.push((rows.ends.trace(row), span));
            }
            Ok(())
        })
        .await?;
        read.sort_by_key(|(trace, _)| *trace);
        let mut spans = Spans::default();
        for (trace, span) in read {
            if spans.traces.last().is_none_or(|(last, _)| *last != trace) {
                spans.traces.push((trace, spans.spans.len()));
            }
            spans.bytes += span.links.capacity() * size_of::<(TraceId, SpanId)>();
            spans.spans.push(span);
        }
        Ok(spans)
    }

    /// Shows the rows of `traces`, with `columns`, batch by batch, each with the number of its part.
    pub(super) async fn read(
        &mut self,
        traces: &[TraceId],
        columns: &[&'static str],
        mut show: impl FnMut(u32, &RecordBatch) -> Result<(), SchemaError>,
    ) -> Result<(), QueryError> {
        let snapshot = self.directories.snapshot();
        for ((number, part), seen) in (0..).zip(snapshot.parts()).zip(&mut self.seen) {
            let Some(directory) = self.directories.of_part(number).filter(|_| !seen.1) else {
                continue;
            };
            let rows = traces.iter().flat_map(|id| directory.rows_of(*id));
            let mut rows: Vec<u32> = rows.collect();
            if rows.is_empty() {
                continue;
            }
            rows.sort_unstable();
            self.tally.stats.rows_scanned += rows.len() as u64;
            if !std::mem::replace(&mut seen.0, true) {
                self.tally.stats.segments_read += u64::from(part.is_segment());
            }
            // A trace may be larger than a piece, and then comes in several.
            for rows in rows.chunks(EDGE_ROWS_PER_READ) {
                match part.take(rows, columns) {
                    Ok(batches) => batches.iter().try_for_each(|batch| show(number, batch))?,
                    Err(error) => {
                        seen.1 = true;
                        self.tally.faults.push(fault(part, &error)?);
                        break;
                    }
                }
                tokio::task::yield_now().await;
            }
        }
        Ok(())
    }
}
