//! Which traces have spans that match.
//!
//! Each condition of the query is scanned for on its own and gives the set of traces in which some
//! span satisfies it. No span of a trace in the range lies before the range, so the scan starts there;
//! spans behind its end may well belong to such a trace.

use std::collections::HashSet;
use std::sync::Arc;

use clearspan_schema::columns::{self, id_at};
use clearspan_schema::{TraceId, spans};
use clearspan_storage::scan::{Projection, TimeRange};
use datafusion::error::DataFusionError;
use datafusion::execution::memory_pool::MemoryReservation;
use futures::StreamExt;

use crate::QueryError;
use crate::engine::Session;
use crate::exec::{Emit, ScanTally, SegmentScan, SegmentScanExec};
use crate::language::{Query, TraceQuery};
use crate::limits::MATCHING_TRACES_MAX;

/// The traces that match, as far as single spans decide.
#[derive(Debug)]
pub(crate) struct Matching {
    query: TraceQuery,
    /// For each condition the traces with a span that satisfies it; `None` where every span does.
    satisfied: Vec<Option<HashSet<TraceId>>>,
    /// Of those sets, given back when this is dropped.
    _memory: MemoryReservation,
}

/// What a trace takes in a set that is half empty.
const TRACE_BYTES: usize = 2 * (size_of::<TraceId>() + 1);

impl Matching {
    /// Scans for each condition of `query`.
    pub(crate) async fn find(
        session: &Session,
        query: &Query,
        range: TimeRange,
        tally: &mut ScanTally,
    ) -> Result<Self, QueryError> {
        let query = TraceQuery::new(query);
        let range = TimeRange {
            from: range.from,
            to: None,
        };
        let memory = session.plans.reservation("matching traces");
        let mut room = MATCHING_TRACES_MAX;
        let mut satisfied = Vec::with_capacity(query.conditions().len());
        for condition in query.conditions() {
            if condition.is_all() {
                satisfied.push(None);
                continue;
            }
            let room_for = Room {
                traces: room,
                memory: &memory,
            };
            let traces = scan(session, condition, range, room_for, tally).await?;
            room -= traces.len();
            satisfied.push(Some(traces));
        }
        Ok(Matching {
            query,
            satisfied,
            _memory: memory,
        })
    }

    /// Whether a trace matches.
    pub(crate) fn matches(&self, id: TraceId) -> bool {
        let satisfied = self
            .satisfied
            .iter()
            .map(|traces| traces.as_ref().is_none_or(|traces| traces.contains(&id)));
        self.query.matches(&satisfied.collect::<Vec<_>>())
    }

    /// All traces that can match, unless also others can than those of which some span was found.
    pub(crate) fn candidates(&self) -> Option<Vec<TraceId>> {
        let without_a_find: Vec<bool> = self.satisfied.iter().map(Option::is_none).collect();
        if self.query.matches(&without_a_find) {
            return None;
        }
        let mut found: Vec<TraceId> = self.satisfied.iter().flatten().flatten().copied().collect();
        found.sort_unstable();
        found.dedup();
        Some(found)
    }
}

/// How many traces a condition may find.
#[derive(Clone, Copy)]
struct Room<'a> {
    traces: usize,
    memory: &'a MemoryReservation,
}

impl Room<'_> {
    fn take(self, traces: usize) -> Result<(), DataFusionError> {
        self.memory.try_grow(traces * TRACE_BYTES)
    }
}

async fn scan(
    session: &Session,
    condition: &Query,
    range: TimeRange,
    room: Room<'_>,
    tally: &mut ScanTally,
) -> Result<HashSet<TraceId>, QueryError> {
    let emit = Emit::Columns(Projection::from(&[spans::TRACE_ID]));
    let scan = SegmentScan::new(
        Arc::clone(&session.snapshot),
        condition.clone(),
        range,
        emit,
    )?;
    let leaf = Arc::new(SegmentScanExec::new(scan, session.plans.partitions()));
    let mut batches = session.plans.stream(Arc::clone(&leaf) as _)?;
    let mut traces = HashSet::new();
    while let Some(batch) = batches.next().await {
        let batch = batch.map_err(|error| session.plans.query_error(&error))?;
        let ids = columns::id(&batch, spans::TRACE_ID)?;
        // In a segment the spans of a trace stand together.
        let (before, mut last) = (traces.len(), None);
        for row in 0..batch.num_rows() {
            let id: Option<TraceId> = id_at(ids, row);
            if id != last {
                traces.extend(id);
                last = id;
            }
        }
        let taken = room.take(traces.len() - before);
        taken.map_err(|error| session.plans.query_error(&error))?;
        if traces.len() > room.traces {
            return Err(QueryError::MemoryLimit {
                limit: MATCHING_TRACES_MAX as u64,
                unit: "matching traces",
            });
        }
    }
    tally.add_reading(leaf.tally());
    Ok(traces)
}
