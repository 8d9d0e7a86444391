//! The traces that have spans in parts of a range, and where all their spans stand.

use clearspan_schema::TraceId;
use clearspan_storage::scan::TimeRange;
use datafusion::execution::memory_pool::MemoryReservation;

use crate::QueryError;
use crate::engine::Session;
use crate::limits::EDGE_ROWS_PER_READ;
use crate::trace::Directories;

/// Some traces, in the order in which they are best read.
#[derive(Debug)]
pub(super) struct Traces(Vec<Trace>);

/// Where a trace stands first, and how large it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Trace {
    part: u32,
    row: u32,
    id: TraceId,
    spans: u32,
}

impl Traces {
    /// So many at a time that their rows are read at once; a larger trace comes alone.
    pub(super) fn pieces(&self) -> impl Iterator<Item = Vec<TraceId>> + '_ {
        let mut rest = self.0.iter().peekable();
        std::iter::from_fn(move || {
            let (mut piece, mut rows) = (Vec::new(), 0);
            while let Some(trace) =
                rest.next_if(|trace| rows == 0 || rows + trace.spans as usize <= EDGE_ROWS_PER_READ)
            {
                rows += trace.spans as usize;
                piece.push(trace.id);
            }
            (!piece.is_empty()).then_some(piece)
        })
    }

    pub(super) fn bytes(&self) -> usize {
        self.0.capacity() * size_of::<Trace>()
    }
}

/// Each trace with a span in a part that overlaps `range`, once.
pub(super) async fn in_range(
    directories: &Directories,
    range: TimeRange,
    session: &Session,
    held: &mut MemoryReservation,
) -> Result<Traces, QueryError> {
    let mut traces = Vec::new();
    for (part, of_part) in (0..).zip(session.snapshot.parts()) {
        let (first, last) = of_part.time_range();
        let directory = directories.of_part(part);
        let Some(directory) = directory.filter(|_| range.overlaps(first, last)) else {
            continue;
        };
        // The directory's own table, and room to sort it.
        let taken = (traces.len() + directory.len()) * 2 * size_of::<Trace>();
        held.try_resize(taken)
            .map_err(|_| session.plans.memory_limit())?;
        traces.extend(directory.entries().map(|entry| {
            let id = entry.trace_id();
            Trace {
                part,
                row: directory.rows_of(id).next().unwrap_or_default(),
                id,
                spans: entry.spans(),
            }
        }));
        tokio::task::yield_now().await;
    }
    traces.sort_unstable_by_key(|trace| (trace.id, trace.part));
    traces.dedup_by(|next, kept| {
        let same = next.id == kept.id;
        if same {
            kept.spans = kept.spans.saturating_add(next.spans);
        }
        same
    });
    traces.sort_unstable();
    Ok(Traces(traces))
}
