//! Which traces are counted from their rows, and in which order these are best read.
//!
//! 1. All that have spans of the range in a part of which there are no sums.
//! 2. All that have spans in several parts: sums know those of one. That is told by the directories alone.
//! 3. Those that the sums leave out.
//! 4. Those with spans in minutes that the range divides.

use clearspan_schema::{TraceId, columns, spans};
use clearspan_storage::scan::{Predicate, TimeRange};
use datafusion::execution::memory_pool::MemoryReservation;

use crate::QueryError;
use crate::engine::Session;
use crate::exec::{ScanTally, fault};
use crate::limits::{EDGE_ROWS_PER_READ, TRACES_COMPARED};
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
    pub(super) fn of(ids: &[TraceId], directories: &Directories) -> Self {
        let trace = |&id: &TraceId| {
            let mut all: Option<Trace> = None;
            for (part, entry) in directories.entries(id) {
                let row = || directories.of_part(part)?.range_of(id);
                let row = row().map_or(0, |rows| rows.start);
                let known = all.get_or_insert(Trace {
                    part,
                    row,
                    id,
                    spans: 0,
                });
                known.spans = known.spans.saturating_add(entry.spans());
            }
            all
        };
        let mut traces: Vec<Trace> = ids.iter().filter_map(trace).collect();
        traces.sort_unstable();
        Traces(traces)
    }

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

/// The traces with a span in several parts.
pub(super) async fn torn(
    directories: &Directories,
    session: &Session,
    held: &mut MemoryReservation,
) -> Result<Vec<TraceId>, QueryError> {
    let before = held.size();
    let (mut torn, mut ids) = (Vec::new(), Vec::new());
    let bounds = bounds(directories);
    for (at, first) in bounds.iter().enumerate() {
        let end = bounds.get(at + 1).copied();
        for (_, directory) in directories.all() {
            ids.extend(directory.ids(*first, end));
        }
        // As many again to sort them.
        let taken = before + (2 * ids.capacity() + torn.capacity()) * size_of::<TraceId>();
        held.try_resize(taken)
            .map_err(|_| session.plans.memory_limit())?;
        // Those of each directory are in order already, which this sort makes use of.
        ids.sort();
        let twice = ids.windows(2).filter(|pair| pair[0] == pair[1]);
        torn.extend(twice.map(|pair| pair[0]));
        ids.clear();
        tokio::task::yield_now().await;
    }
    torn.dedup();
    Ok(torn)
}

/// Where to divide all ids, so that some are compared at a time. The largest directory stands for the others.
fn bounds(directories: &Directories) -> Vec<TraceId> {
    let sizes = directories.all().map(|(_, directory)| directory.len());
    let pieces = sizes.sum::<usize>().div_ceil(TRACES_COMPARED);
    let largest = directories.all().map(|(_, directory)| directory);
    let largest = largest.max_by_key(|directory| directory.len());
    let ids = largest.map(|directory| directory.entries().map(|entry| entry.trace_id()));
    ids.map_or_else(Vec::new, |ids| divided(ids, pieces))
}

/// From where on to take so many pieces of ids, which are ascending; the first begins before all.
fn divided(ids: impl ExactSizeIterator<Item = TraceId>, pieces: usize) -> Vec<TraceId> {
    let step = ids.len().div_ceil(pieces.max(1)).max(1);
    let later = ids.step_by(step).skip(1);
    std::iter::once(TraceId::default()).chain(later).collect()
}

/// The traces with a span in `range` of a part.
pub(super) fn of_range(
    part: u32,
    range: TimeRange,
    session: &Session,
    tally: &mut ScanTally,
) -> Result<Vec<TraceId>, QueryError> {
    let Some(of_part) = session.snapshot.parts().get(part as usize) else {
        return Ok(Vec::new());
    };
    let mut read = || {
        let mut traces = Vec::new();
        let selection = of_part.select(&Predicate::All, range, &mut tally.stats)?;
        let columns: &[&'static str] = &[spans::TRACE_ID, spans::PLACED_TIME];
        for selected in of_part.read(columns, &selection, &mut tally.stats) {
            let batch = selected?.batch;
            let ids = columns::id(&batch, spans::TRACE_ID)?;
            let times = columns::time(&batch, spans::PLACED_TIME)?.values();
            let rows = (0..batch.num_rows()).filter(|&row| range.contains(times[row]));
            traces.extend(rows.map(|row| columns::id_at::<16>(ids, row).unwrap_or_default()));
            traces.dedup();
        }
        Ok(traces)
    };
    match read() {
        Ok(traces) => Ok(traces),
        Err(error) => {
            tally.faults.push(fault(of_part, &error)?);
            Ok(Vec::new())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u8) -> TraceId {
        [number; 16]
    }

    fn check(ids: u8, pieces: usize, expected: &[u8]) {
        let expected: Vec<TraceId> = expected.iter().copied().map(id).collect();
        assert_eq!(divided((1..=ids).map(id), pieces), expected, "{ids} ids");
    }

    #[test]
    fn ids_are_divided_where_the_largest_directory_has_as_many() {
        check(0, 0, &[0]);
        check(1, 1, &[0]);
        check(9, 1, &[0]);
        check(9, 2, &[0, 6]);
        check(9, 3, &[0, 4, 7]);
        check(2, 5, &[0, 2]);
    }
}
