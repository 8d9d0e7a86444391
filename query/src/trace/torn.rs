//! Traces whose root the rows alone tell: they lie in several parts, and no span is without a parent.
//!
//! These are few, those that were under way when a memtable became a segment. They are read some thousand spans at a time, in the order in which
//! they stand, so that what is decoded serves as many of them as it can.

use clearspan_storage::TraceDirectory;
use clearspan_storage::scan::{Part, PartError, RowSelection, ScanStats};
use datafusion::execution::memory_pool::MemoryReservation;

use super::by_root::AskedRoot;
use super::directories::{Directories, MergedTrace};
use super::root::{COLUMNS, Candidates, RootColumns};
use crate::QueryError;
use crate::engine::Session;
use crate::exec::{Plans, ScanTally, fault};
use crate::limits::{MATCHING_TRACES_MAX, ROOT_ROWS_PER_READ};

/// What a span takes while its trace is decided, with the table of ids half empty.
const SPAN_BYTES: usize = 96;
/// What a trace takes until then, and its place in the order.
const TRACE_BYTES: usize = 2 * (size_of::<MergedTrace>() + size_of::<(u32, u32)>());
/// Traces that there is room for from the first on.
const ROOM_MIN: usize = 64;

/// Those that are not decided yet.
#[derive(Debug)]
pub(super) struct Torn {
    traces: Vec<MergedTrace>,
    plans: Plans,
    memory: MemoryReservation,
}

/// A row of a part, and the place of its trace among those that are read.
type RowOf = (u32, usize);

impl Torn {
    pub(super) fn new(session: &Session) -> Self {
        Torn {
            traces: Vec::new(),
            plans: session.plans.clone(),
            memory: session.plans.reservation("traces without a known root"),
        }
    }

    pub(super) fn push(&mut self, trace: MergedTrace) -> Result<(), QueryError> {
        if self.traces.len() == self.traces.capacity() {
            self.make_room()?;
        }
        self.traces.push(trace);
        Ok(())
    }

    fn make_room(&mut self) -> Result<(), QueryError> {
        let held = self.traces.len();
        if held >= MATCHING_TRACES_MAX {
            return Err(QueryError::MemoryLimit {
                limit: MATCHING_TRACES_MAX as u64,
                unit: "traces without a known root",
            });
        }
        let room = (2 * held).max(ROOM_MIN);
        let taken = self.memory.try_resize(room * TRACE_BYTES);
        taken.map_err(|error| self.plans.query_error(&error))?;
        self.traces.reserve_exact(room - held);
        Ok(())
    }

    /// Those whose root is as asked.
    pub(super) async fn decide(
        self,
        session: &Session,
        directories: &Directories,
        asked: &AskedRoot,
        tally: &mut ScanTally,
    ) -> Result<Vec<MergedTrace>, QueryError> {
        let mut wanted = Vec::new();
        for piece in pieces(self.traces, directories) {
            let spans = piece
                .iter()
                .map(|trace| trace.spans as usize)
                .sum::<usize>();
            let held = self.plans.reservation("spans of torn traces");
            let taken = held.try_grow(spans * SPAN_BYTES);
            taken.map_err(|error| self.plans.query_error(&error))?;
            let candidates = piece.iter().map(|_| Candidates::default());
            let mut candidates: Vec<Candidates<bool>> = candidates.collect();
            let read = Piece {
                traces: &piece,
                asked,
            };
            for (index, part) in (0..).zip(session.snapshot.parts()) {
                if let Some(directory) = directories.of_part(index) {
                    read.read(part, directory, &mut candidates, tally)?;
                    tokio::task::yield_now().await;
                }
            }
            let decided = piece.into_iter().zip(candidates);
            let of_root = decided.filter_map(|(trace, candidates)| {
                let is_wanted = candidates.root().unwrap_or(false);
                is_wanted.then_some(trace)
            });
            wanted.extend(of_root);
        }
        Ok(wanted)
    }
}

/// So many at a time that their spans are read at once, by where they stand first; a larger trace comes alone.
fn pieces(
    traces: Vec<MergedTrace>,
    directories: &Directories,
) -> impl Iterator<Item = Vec<MergedTrace>> {
    let place = |trace: MergedTrace| {
        let first = directories.rows(trace.trace_id).next();
        (first.map(|row| (row.part, row.row)), trace)
    };
    let mut placed: Vec<_> = traces.into_iter().map(place).collect();
    placed.sort_unstable_by_key(|(place, trace)| (*place, trace.trace_id));
    let mut rest = placed.into_iter().map(|(_, trace)| trace).peekable();
    std::iter::from_fn(move || {
        let (mut piece, mut spans) = (Vec::new(), 0);
        while let Some(trace) =
            rest.next_if(|trace| spans == 0 || spans + trace.spans <= ROOT_ROWS_PER_READ)
        {
            spans += trace.spans;
            piece.push(trace);
        }
        (!piece.is_empty()).then_some(piece)
    })
}

/// Traces that are read at once.
struct Piece<'a> {
    traces: &'a [MergedTrace],
    asked: &'a AskedRoot,
}

impl Piece<'_> {
    /// Adds the spans that lie in `part`. Where some cannot be read, those of the other traces are added all the same.
    fn read(
        &self,
        part: &Part,
        directory: &TraceDirectory,
        candidates: &mut [Candidates<bool>],
        tally: &mut ScanTally,
    ) -> Result<(), QueryError> {
        let mut rows: Vec<RowOf> = Vec::new();
        for (at, trace) in self.traces.iter().enumerate() {
            rows.extend(directory.rows_of(trace.trace_id).map(|row| (row, at)));
        }
        if self
            .add(part, &mut rows, candidates, &mut tally.stats)
            .is_ok()
        {
            return Ok(());
        }
        for (at, trace) in self.traces.iter().enumerate() {
            let mut rows: Vec<RowOf> = directory
                .rows_of(trace.trace_id)
                .map(|row| (row, at))
                .collect();
            if let Err(error) = self.add(part, &mut rows, candidates, &mut tally.stats) {
                tally.faults.push(fault(part, &error)?);
            }
        }
        Ok(())
    }

    /// Adds the spans at `rows`: all of them, or none where one cannot be read.
    fn add(
        &self,
        part: &Part,
        rows: &mut [RowOf],
        candidates: &mut [Candidates<bool>],
        stats: &mut ScanStats,
    ) -> Result<(), PartError> {
        rows.sort_unstable();
        let mut selection = RowSelection::none();
        for &(row, _) in rows.iter() {
            selection.push(row..row + 1);
        }
        let mut traces = rows.iter().map(|&(_, at)| at);
        let mut spans = Vec::with_capacity(rows.len());
        for selected in part.read(COLUMNS, &selection, stats) {
            let batch = selected?.batch;
            let columns = RootColumns::new(&batch)?;
            for (row, at) in (0..batch.num_rows()).zip(traces.by_ref()) {
                let is_wanted = self.asked.is(columns.name(row), columns.service(row));
                spans.push((at, columns.span(row), is_wanted));
            }
        }
        for (at, span, is_wanted) in spans {
            if let Some(candidates) = candidates.get_mut(at) {
                candidates.add(span, is_wanted);
            }
        }
        Ok(())
    }
}
