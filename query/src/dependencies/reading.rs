//! The spans of some traces, from every part that has some.

use arrow::array::{Array, RecordBatch};
use clearspan_schema::any::KeyValues;
use clearspan_schema::nested::LinksReader;
use clearspan_schema::{SchemaError, SpanId, TraceId, columns, spans};
use clearspan_storage::scan::TimeRange;

use super::NodeKind;
use super::graph::Graph;
use crate::QueryError;
use crate::exec::{ScanTally, fault};
use crate::limits::EDGE_ROWS_PER_READ;
use crate::trace::{CallingSpan, Directories, End, PeerKind, peer};

/// What is read of a span.
const COLUMNS: [&str; 10] = [
    spans::TRACE_ID,
    spans::SPAN_ID,
    spans::PARENT_SPAN_ID,
    spans::SERVICE,
    spans::KIND,
    spans::STATUS_CODE,
    spans::DURATION_NS,
    spans::PLACED_TIME,
    spans::ATTRIBUTES,
    spans::LINKS,
];

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
    /// All that count and link to something.
    pub(super) fn links(&self) -> impl Iterator<Item = (TraceId, SpanId)> + '_ {
        self.spans
            .iter()
            .flat_map(|span| span.links.iter().copied())
    }

    /// Each trace with its spans.
    pub(super) fn by_trace(
        &mut self,
    ) -> impl Iterator<Item = (TraceId, &mut [CallingSpan<Links>])> + '_ {
        let count = self.spans.len();
        let ends = self.traces.iter().skip(1).map(|(_, first)| *first);
        let ends = ends.chain([count]);
        let mut rest = self.spans.as_mut_slice();
        self.traces.iter().zip(ends).map(move |((id, first), end)| {
            let (of_trace, others) = std::mem::take(&mut rest).split_at_mut(end - first);
            rest = others;
            (*id, of_trace)
        })
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

    /// All spans of `traces`.
    pub(super) async fn spans(
        &mut self,
        traces: Vec<TraceId>,
        graph: &mut Graph,
    ) -> Result<Spans, QueryError> {
        let mut read: Vec<(TraceId, CallingSpan<Links>)> = Vec::new();
        let range = self.range;
        self.read(&traces, &COLUMNS, |batch| {
            add(batch, range, graph, &mut read)
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

    /// Shows the rows of `traces`, with `columns`, batch by batch.
    pub(super) async fn read(
        &mut self,
        traces: &[TraceId],
        columns: &[&'static str],
        mut show: impl FnMut(&RecordBatch) -> Result<(), SchemaError>,
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
                    Ok(batches) => batches.iter().try_for_each(&mut show)?,
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

fn add(
    batch: &RecordBatch,
    range: TimeRange,
    graph: &mut Graph,
    to: &mut Vec<(TraceId, CallingSpan<Links>)>,
) -> Result<(), SchemaError> {
    let traces = columns::id(batch, spans::TRACE_ID)?;
    let times = columns::time(batch, spans::PLACED_TIME)?;
    let parents = columns::id(batch, spans::PARENT_SPAN_ID)?;
    let statuses = columns::int32(batch, spans::STATUS_CODE)?;
    let durations = columns::int64(batch, spans::DURATION_NS)?;
    let attributes = columns::binary(batch, spans::ATTRIBUTES)?;
    let links = columns::list(batch, spans::LINKS)?;
    let links = LinksReader::new(links).ok_or(SchemaError::Column {
        column: spans::LINKS,
        expected: "a list of links",
    })?;
    for (row, (id, end)) in ends(batch, graph)?.into_iter().enumerate() {
        let in_range = range.contains(times.value(row));
        let peer = in_range
            .then(|| peer(end.kind, KeyValues::new(attributes.value(row))))
            .flatten();
        let links = links.row(row).filter(|_| in_range);
        let span = CallingSpan {
            id,
            parent: columns::id_at(parents, row),
            end,
            in_range,
            is_error: statuses.is_valid(row) && statuses.value(row) == spans::STATUS_ERROR,
            duration: durations.is_valid(row).then(|| durations.value(row)),
            peer: peer.map(|(kind, name)| graph.number(kind.into(), &name)),
            links: links.map(|link| (link.trace_id, link.span_id)).collect(),
        };
        let trace = columns::id_at(traces, row).unwrap_or_default();
        to.push((trace, span));
    }
    Ok(())
}

/// Id, service and kind of each span.
pub(super) fn ends(
    batch: &RecordBatch,
    graph: &mut Graph,
) -> Result<Vec<(SpanId, End)>, SchemaError> {
    let ids = columns::id(batch, spans::SPAN_ID)?;
    let kinds = columns::int32(batch, spans::KIND)?;
    let services = columns::text_dictionary(batch, spans::SERVICE)?;
    let mut numbers = vec![None; services.values().len() + 1];
    let each = (0..batch.num_rows()).map(|row| {
        let key = services.key(row).unwrap_or(numbers.len() - 1);
        let number = || graph.number(NodeKind::Service, services.value(row).unwrap_or_default());
        let service = *numbers[key].get_or_insert_with(number);
        let id = columns::id_at(ids, row).unwrap_or_default();
        let kind = kinds.value(row);
        (id, End { service, kind })
    });
    Ok(each.collect())
}

impl From<PeerKind> for NodeKind {
    fn from(kind: PeerKind) -> Self {
        match kind {
            PeerKind::Database => NodeKind::Database,
            PeerKind::Messaging => NodeKind::Messaging,
            PeerKind::External => NodeKind::External,
        }
    }
}
