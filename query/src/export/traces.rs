//! Where the spans of traces lie: trace by trace, newest first, all spans of a trace that matches, whether
//! they match themselves or not.

use std::cmp::Reverse;
use std::collections::VecDeque;
use std::sync::Arc;

use clearspan_schema::{Signal, TraceId};
use clearspan_storage::scan::{MissingSegment, RowAddress, TimeRange};

use super::{ExportRequest, Pieces, Plan, Source};
use crate::QueryError;
use crate::engine::Session;
use crate::exec::{ScanTally, unread};
use crate::language::Query;
use crate::limits::{MATCHING_TRACES_MAX, STEPS_PER_YIELD};
use crate::trace::{Asked, Directories, Matching};

/// Settles an export of traces: those that match and start in the range.
pub(crate) async fn plan(session: Session, request: ExportRequest) -> Result<Plan, QueryError> {
    let query = Query::parse(&request.query, Signal::Spans)?;
    let range = request.range.resolve(session.now_ns)?;
    let mut tally = ScanTally::default();
    let asked = Asked::new(&query);
    let matching = Matching::find(&session, &asked, range, &mut tally).await?;
    let mut directories = Directories::open(&session.snapshot, &mut tally.faults).await?;
    directories.tell(&asked.told)?;
    let traces = matching_traces(&directories, &matching, range).await?;
    // A segment behind the range may hold late spans of a trace in it.
    let concerned = TimeRange {
        from: range.from,
        to: None,
    };
    Ok(settled(
        &session,
        directories,
        traces,
        concerned,
        tally.faults,
    ))
}

/// Settles an export of one trace.
pub(crate) async fn plan_of_one(session: Session, id: TraceId) -> Result<Plan, QueryError> {
    let mut faults = Vec::new();
    let directories = Directories::open(&session.snapshot, &mut faults).await?;
    if directories.merged(id).is_none() {
        let missing = unread(&session.snapshot, TimeRange::ALL, faults);
        return Err(QueryError::unknown_trace(id, &missing));
    }
    Ok(settled(
        &session,
        directories,
        vec![id],
        TimeRange::ALL,
        faults,
    ))
}

fn settled(
    session: &Session,
    directories: Directories,
    traces: Vec<TraceId>,
    concerned: TimeRange,
    faults: Vec<MissingSegment>,
) -> Plan {
    let missing = unread(&session.snapshot, concerned, faults);
    let traces = traces.into_iter();
    let source = Source::Traces(TraceSource {
        directories,
        traces,
    });
    Plan {
        pieces: Pieces::new(Arc::clone(&session.snapshot), source),
        missing,
    }
}

async fn matching_traces(
    directories: &Directories,
    matching: &Matching<'_>,
    range: TimeRange,
) -> Result<Vec<TraceId>, QueryError> {
    let mut found: Vec<(i64, TraceId)> = Vec::new();
    let candidates = matching.candidates();
    let of_candidates = candidates
        .iter()
        .flatten()
        .filter_map(|&id| directories.merged(id));
    let of_range = candidates
        .is_none()
        .then(|| directories.merged_in(range))
        .into_iter()
        .flatten();
    for (step, trace) in of_candidates.chain(of_range).enumerate() {
        if range.contains(trace.placed_time) && matching.matches(&trace) {
            found.push((trace.placed_time, trace.trace_id));
        }
        if found.len() > MATCHING_TRACES_MAX {
            return Err(QueryError::MemoryLimit {
                limit: MATCHING_TRACES_MAX as u64,
                unit: "matching traces",
            });
        }
        if step % STEPS_PER_YIELD == 0 {
            tokio::task::yield_now().await;
        }
    }
    found.sort_unstable_by_key(|&trace| Reverse(trace));
    Ok(found.into_iter().map(|(_, id)| id).collect())
}

/// The traces that are left.
#[derive(Debug)]
pub(super) struct TraceSource {
    directories: Directories,
    traces: std::vec::IntoIter<TraceId>,
}

impl TraceSource {
    pub(super) fn fill(&mut self, to: &mut VecDeque<RowAddress>, count: usize) {
        let enough = to.len() + count;
        while to.len() < enough {
            let Some(id) = self.traces.next() else {
                return;
            };
            to.extend(self.directories.rows(id));
        }
    }
}
