//! Calls from sums, corrected by traces that are counted from their rows.

use clearspan_schema::TraceId;
use clearspan_storage::scan::TimeRange;
use datafusion::execution::memory_pool::MemoryReservation;

use super::exemplars;
use super::graph::Graph;
use super::links::Linked;
use super::reading::{Links, Reader};
use super::recounted::Recounted;
use super::sums;
use super::traces::{self, Traces};
use crate::QueryError;
use crate::derived::{Division, Minutes, local_calls};
use crate::engine::Session;
use crate::exec::ScanTally;
use crate::limits::EDGE_ROWS_PER_READ;
use crate::trace::{CallingSpan, Directories, calls};

/// The graph of a range, in the making.
pub(super) struct Recount<'a> {
    session: &'a Session,
    division: Division,
    range: TimeRange,
    directories: Directories,
    graph: Graph,
    recounted: Recounted,
    /// Parts, and the first rows of the traces that their sums leave out.
    left_out: Vec<(u32, Vec<u32>)>,
    tally: ScanTally,
    held: MemoryReservation,
}

impl<'a> Recount<'a> {
    pub(super) async fn new(
        session: &'a Session,
        division: Division,
        range: TimeRange,
    ) -> Result<Self, QueryError> {
        let mut tally = ScanTally::default();
        let directories = Directories::open(&session.snapshot, &mut tally.faults).await?;
        Ok(Recount {
            session,
            division,
            range,
            directories,
            graph: Graph::default(),
            recounted: Recounted::default(),
            left_out: Vec::new(),
            tally,
            held: session.plans.reservation("dependencies"),
        })
    }

    /// Adds what was added up.
    pub(super) async fn add_sums(&mut self) -> Result<(), QueryError> {
        let sums = self.division.summed.iter().zip(&self.division.summed_parts);
        for (derived, &part) in sums {
            let left_out = sums::add(part, derived, &self.division.minutes, &mut self.graph)?;
            self.left_out.push((part, left_out));
            self.graph.keep_within_limits()?;
            let taken = self.held.try_resize(self.graph.bytes());
            taken.map_err(|_| self.session.plans.memory_limit())?;
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    /// Counts the traces of which sums do not tell all, until every edge's exemplar is known.
    pub(super) async fn count_from_rows(&mut self) -> Result<(), QueryError> {
        let mut next = self.not_told_by_sums().await?;
        loop {
            self.count(next).await?;
            let doubtful = exemplars::doubtful(&self.graph, &self.recounted);
            if doubtful.is_empty() {
                return Ok(());
            }
            next = Vec::new();
            for (part, minute) in doubtful {
                let range = Minutes::range_of(minute);
                next.extend(traces::of_range(
                    part,
                    range,
                    self.session,
                    &mut self.tally,
                )?);
                self.recounted.take_minute(part, minute);
                tokio::task::yield_now().await;
            }
        }
    }

    async fn not_told_by_sums(&mut self) -> Result<Vec<TraceId>, QueryError> {
        let (session, range, directories) = (self.session, self.range, &self.directories);
        let division = &self.division;
        let is_summed = |part: &u32| division.summed_parts.binary_search(part).is_ok();
        let mut all: Vec<TraceId> = Vec::new();
        for (part, of_part) in (0..).zip(session.snapshot.parts()) {
            let (first, last) = of_part.time_range();
            if is_summed(&part) || !range.overlaps(first, last) {
                continue;
            }
            match directories.of_part(part) {
                Some(directory) if range.covers(first, last) => {
                    all.extend(directory.entries().map(|entry| entry.trace_id()));
                }
                _ => all.extend(traces::of_range(part, range, session, &mut self.tally)?),
            }
            tokio::task::yield_now().await;
        }
        if division.summed_parts.is_empty() {
            return Ok(all);
        }
        all.extend(traces::torn(directories, session, &mut self.held).await?);
        for (part, rows) in &self.left_out {
            let directory = directories.of_part(*part).into_iter();
            let traces = directory.flat_map(|directory| directory.traces_at(rows));
            all.extend(traces.map(|(_, trace)| trace));
        }
        for torn in division.minutes.torn_ranges() {
            for &part in &division.summed_parts {
                all.extend(traces::of_range(part, torn, session, &mut self.tally)?);
                tokio::task::yield_now().await;
            }
        }
        Ok(all)
    }

    /// Counts `ids` from their rows, but for those that were already.
    async fn count(&mut self, ids: Vec<TraceId>) -> Result<(), QueryError> {
        let summed = &self.division.summed_parts;
        let ids = self.recounted.take(ids, &self.directories, summed);
        let traces = Traces::of(&ids, &self.directories);
        let mut reader = Reader::new(&self.directories, self.range);
        for piece in traces.pieces() {
            let spans = reader.spans(piece, &mut self.graph.nodes).await?;
            let mut linked = Linked::default();
            linked
                .look_up(&spans, &mut reader, &mut self.graph.nodes)
                .await?;
            let taken = traces.bytes()
                + self.recounted.bytes()
                + spans.bytes()
                + linked.bytes()
                + self.graph.bytes();
            self.held
                .try_resize(taken)
                .map_err(|_| self.session.plans.memory_limit())?;
            for (trace, spans) in spans.by_trace() {
                take_away(summed, spans, &self.division.minutes, &mut self.graph);
                let offer = |links: &_, child, callers: &mut _| linked.offer(links, child, callers);
                calls(spans, offer, |call| self.graph.add(trace, call));
            }
            self.graph.keep_within_limits()?;
            tokio::task::yield_now().await;
        }
        self.tally.add_reading(reader.into_tally());
        Ok(())
    }

    /// The graph, with an exemplar for each edge.
    pub(super) async fn finish(mut self) -> Result<(Graph, ScanTally), QueryError> {
        exemplars::look_up(&mut self.graph, &self.recounted, &self.directories);
        tokio::task::yield_now().await;
        Ok((self.graph, self.tally))
    }
}

/// Takes away the calls that the sums of some parts have of a trace.
fn take_away(summed: &[u32], spans: &[CallingSpan<Links>], minutes: &Minutes, graph: &mut Graph) {
    let is_summed = |span: &&CallingSpan<Links>| summed.binary_search(&span.row).is_ok();
    let in_sums = spans.iter().filter(is_summed);
    let mut in_sums: Vec<CallingSpan<bool>> = in_sums.map(CallingSpan::with_links).collect();
    in_sums.sort_unstable_by_key(|span| span.row);
    let in_parts = in_sums.chunk_by(|a, b| a.row == b.row);
    for in_part in in_parts.filter(|spans| spans.len() <= EDGE_ROWS_PER_READ) {
        let mut found = Vec::new();
        if local_calls(in_part, |call| found.push(call)) {
            let summed = found.iter().filter(|call| minutes.is_whole(call.minute));
            summed.for_each(|call| graph.take_away(call));
        }
    }
}
