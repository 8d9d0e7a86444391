//! Which traces have spans that match.
//!
//! Each condition of the query that the directories do not decide is scanned for on its own and gives the set of traces in which some
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

use super::directories::MergedTrace;
use super::told::Told;
use crate::QueryError;
use crate::engine::Session;
use crate::exec::{Emit, ScanTally, SegmentScan, SegmentScanExec, is_short};
use crate::language::{Query, TraceQuery};
use crate::limits::MATCHING_TRACES_MAX;

/// A query over traces, and who decides its conditions.
#[derive(Debug)]
pub(crate) struct Asked {
    query: TraceQuery,
    by: Vec<By>,
    /// What directories decide.
    pub(crate) told: Told,
}

/// Who decides a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    /// Nobody: every span satisfies it.
    Itself,
    /// The directories, by this bit.
    Directories(u32),
    /// A scan.
    Scan,
}

/// The traces that match, as far as single spans decide.
#[derive(Debug)]
pub(crate) struct Matching<'a> {
    asked: &'a Asked,
    /// For each condition that was scanned for, the traces with a span that satisfies it.
    satisfied: Vec<Option<HashSet<TraceId>>>,
    /// Of those sets, given back when this is dropped.
    _memory: MemoryReservation,
}

/// What a trace takes in a set that is half empty.
const TRACE_BYTES: usize = 2 * (size_of::<TraceId>() + 1);

/// Of so many conditions by directories all combinations are tried to find out whether a trace can match of which no scan finds a span.
const COMBINED_MAX: usize = 6;

impl Asked {
    /// Takes `query` apart.
    pub(crate) fn new(query: &Query) -> Self {
        let query = TraceQuery::new(query);
        let mut told = Told::default();
        let by = query.conditions().iter().map(|condition| {
            if condition.is_all() {
                return By::Itself;
            }
            told.take(condition).map_or(By::Scan, By::Directories)
        });
        Asked {
            by: by.collect(),
            query,
            told,
        }
    }

    /// What is scanned for.
    fn scanned(&self) -> impl Iterator<Item = &Query> {
        let conditions = self.query.conditions().iter().zip(&self.by);
        conditions.filter_map(|(condition, by)| (*by == By::Scan).then_some(condition))
    }

    /// Whether all spans that may satisfy something are looked at in a moment.
    pub(crate) async fn is_short(&self, session: &Session, range: TimeRange) -> bool {
        for condition in self.scanned() {
            if !is_short(session, condition, onwards(range)).await {
                return false;
            }
        }
        true
    }

    /// Whether a trace can match although no scan finds a span of it.
    fn matches_without_a_find(&self) -> bool {
        let told: Vec<u32> = self
            .by
            .iter()
            .filter_map(|by| match by {
                By::Directories(bit) => Some(*bit),
                By::Itself | By::Scan => None,
            })
            .collect();
        if told.len() > COMBINED_MAX {
            return true;
        }
        (0..1_usize << told.len()).any(|combination| {
            let bits = (0..told.len()).filter(|at| combination >> at & 1 == 1);
            let bits = bits.map(|at| told[at]).fold(0, |all, bit| all | bit);
            self.matches(bits, |_| false)
        })
    }

    fn matches(&self, told: u32, found: impl Fn(usize) -> bool) -> bool {
        let by = self.by.iter().enumerate();
        let satisfied = by.map(|(at, by)| match by {
            By::Itself => true,
            By::Directories(bit) => told & bit != 0,
            By::Scan => found(at),
        });
        self.query.matches(&satisfied.collect::<Vec<_>>())
    }
}

/// No span of a trace in `range` lies before it, and some may lie behind it.
pub(super) fn onwards(range: TimeRange) -> TimeRange {
    TimeRange {
        from: range.from,
        to: None,
    }
}

impl<'a> Matching<'a> {
    /// Scans for the conditions that nobody else decides.
    pub(crate) async fn find(
        session: &Session,
        asked: &'a Asked,
        range: TimeRange,
        tally: &mut ScanTally,
    ) -> Result<Self, QueryError> {
        let memory = session.plans.reservation("matching traces");
        let mut room = MATCHING_TRACES_MAX;
        let mut satisfied = Vec::with_capacity(asked.by.len());
        for (condition, by) in asked.query.conditions().iter().zip(&asked.by) {
            if *by != By::Scan {
                satisfied.push(None);
                continue;
            }
            let room_for = Room {
                traces: room,
                memory: &memory,
            };
            let traces = scan(session, condition, onwards(range), room_for, tally).await?;
            room -= traces.len();
            satisfied.push(Some(traces));
        }
        Ok(Matching {
            asked,
            satisfied,
            _memory: memory,
        })
    }

    /// Whether a trace matches.
    pub(crate) fn matches(&self, trace: &MergedTrace) -> bool {
        let found = |at: usize| {
            let traces = self.satisfied.get(at).and_then(Option::as_ref);
            traces.is_some_and(|traces| traces.contains(&trace.trace_id))
        };
        self.asked.matches(trace.told, found)
    }

    /// All traces that can match, unless also others can than those of which some span was found.
    pub(crate) fn candidates(&self) -> Option<Vec<TraceId>> {
        if self.asked.matches_without_a_find() {
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
