//! The search for traces.
//!
//! 1. Scan for the spans that the query asks for; a query that every span satisfies needs no scan.
//! 2. Walk the traces of the range through the trace directories: count those that match, and keep the
//!    first of them in order.
//! 3. Summarise the traces of the page.

use clearspan_schema::Signal;
use clearspan_storage::scan::TimeRange;

use super::directories::{Directories, MergedTrace};
use super::matching::Matching;
use super::page::{Page, TraceKey};
use super::summary::summary;
use super::{TracesAnswer, TracesRequest};
use crate::cursor::{Cursor, Identity};
use crate::engine::Session;
use crate::exec::{ScanTally, unread};
use crate::language::Query;
use crate::limits::{STEPS_PER_YIELD, check_limit};
use crate::{QueryError, hints};

pub(crate) async fn search(
    session: Session,
    request: TracesRequest,
) -> Result<TracesAnswer, QueryError> {
    check_limit(request.limit)?;
    let query = Query::parse(&request.query, Signal::Spans)?;
    let durations = (request.min_duration_ns, request.max_duration_ns);
    let identity = Identity::traces(&query, request.range, durations, request.sort);
    let asked = request.range.resolve(session.now_ns)?;
    let cursor: Option<Cursor<TraceKey>> = request
        .cursor
        .as_deref()
        .map(|text| Cursor::decode(text, identity))
        .transpose()?;
    let range = cursor.map_or(asked, |cursor| cursor.range);

    let mut tally = ScanTally::default();
    let matching = Matching::find(&session, &query, range, &mut tally).await?;
    let directories = Directories::open(&session.snapshot, &mut tally.faults).await?;
    let page = Page::new(request.sort, cursor.map(|cursor| cursor.key), request.limit);
    let mut walk = Walk {
        request: &request,
        range,
        matching: &matching,
        page,
        matched: 0,
    };
    walk.all(&directories).await;

    let matched = walk.matched;
    let (ids, last) = walk.page.finish();
    let mut traces = Vec::with_capacity(ids.len());
    for id in ids {
        traces.extend(summary(&directories, id, &mut tally)?);
        tokio::task::yield_now().await;
    }
    // A segment behind the range may hold late spans of a trace in it.
    let concerned = TimeRange {
        from: range.from,
        to: None,
    };
    Ok(TracesAnswer {
        traces,
        next_cursor: last.map(|key| Cursor { range, key }.encode(identity)),
        matched,
        stats: session.stats(&tally.stats),
        missing: unread(&session.snapshot, concerned, tally.faults),
        hints: [
            hints::for_durations(durations),
            hints::for_empty(&session.snapshot, range, matched),
        ]
        .concat(),
    })
}

/// One pass over the traces.
struct Walk<'a> {
    request: &'a TracesRequest,
    range: TimeRange,
    matching: &'a Matching,
    page: Page,
    matched: u64,
}

impl Walk<'_> {
    async fn all(&mut self, directories: &Directories) {
        match self.matching.candidates() {
            Some(ids) => {
                self.each(ids.into_iter().filter_map(|id| directories.merged(id)))
                    .await
            }
            None => self.each(directories.merged_in(self.range)).await,
        }
    }

    async fn each(&mut self, traces: impl Iterator<Item = MergedTrace>) {
        for (step, trace) in traces.enumerate() {
            if self.is_wanted(&trace) {
                self.matched += 1;
                let value = trace.sort_value(self.request.sort.by);
                self.page.offer(TraceKey {
                    value,
                    trace_id: trace.trace_id,
                });
            }
            if step % STEPS_PER_YIELD == 0 {
                tokio::task::yield_now().await;
            }
        }
    }

    fn is_wanted(&self, trace: &MergedTrace) -> bool {
        self.range.contains(trace.placed_time)
            && self.has_duration(trace)
            && self.matching.matches(trace.trace_id)
    }

    fn has_duration(&self, trace: &MergedTrace) -> bool {
        let (min, max) = (self.request.min_duration_ns, self.request.max_duration_ns);
        if min.is_none() && max.is_none() {
            return true;
        }
        let lies_between = |duration| {
            min.is_none_or(|min| duration >= min) && max.is_none_or(|max| duration <= max)
        };
        trace.duration().is_some_and(lies_between)
    }
}
