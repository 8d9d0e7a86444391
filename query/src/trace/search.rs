//! The search for traces.
//!
//! 1. Scan for the spans that the query asks for; what every span satisfies, or directories decide, needs no scan.
//! 2. Walk the traces of the range through the trace directories: count those that match, and keep the
//!    first of them in order.
//! 3. Summarise the traces of the page.
//!
//! The first two are done for all of the range where that is a matter of moments, or the order or the count needs it. Otherwise they are done for
//! windows at that end of the range where the page lies, each wider than the one before, until one holds the page.

use clearspan_schema::Signal;
use clearspan_storage::scan::TimeRange;

use super::directories::{Directories, MergedTrace};
use super::matching::{Asked, Matching};
use super::page::{Page, TraceKey};
use super::summary::summary;
use super::{TraceSortKey, TracesAnswer, TracesRequest};
use crate::cursor::{Cursor, Identity};
use crate::engine::Session;
use crate::exec::{ScanTally, Span, WIDEN, unread};
use crate::language::Query;
use crate::limits::{STEPS_PER_YIELD, check_limit};
use crate::{Order, QueryError, hints};

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
    let mut search = Search {
        asked: Asked::new(&query),
        directories: Directories::open(&session.snapshot, &mut tally.faults).await?,
        session: &session,
        request: &request,
        after: cursor.map(|cursor| cursor.key),
        tally,
    };
    search.directories.tell(&search.asked.told)?;
    let (page, matched) = search.page(range).await?;

    let Search {
        directories,
        mut tally,
        ..
    } = search;
    let (ids, last) = page.finish();
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
            hints::of_nothing(&session, &query, range, matched).await?,
        ]
        .concat(),
    })
}

/// A search that goes on.
struct Search<'a> {
    session: &'a Session,
    request: &'a TracesRequest,
    asked: Asked,
    directories: Directories,
    after: Option<TraceKey>,
    tally: ScanTally,
}

impl Search<'_> {
    /// The page, and how many traces match where that is known.
    async fn page(&mut self, range: TimeRange) -> Result<(Page, Option<u64>), QueryError> {
        let sort = self.request.sort;
        let is_whole = self.request.count
            || sort.by != TraceSortKey::Start
            || self.asked.is_short(self.session, range).await;
        if is_whole {
            let (page, matched) = self.pass(range).await?;
            return Ok((page, Some(matched)));
        }
        let order = match sort.descending {
            true => Order::Descending,
            false => Order::Ascending,
        };
        let snapshot = &self.session.snapshot;
        let first_rows = self.session.first_window_rows();
        let after = self.after.and_then(|key| i64::try_from(key.value?).ok());
        let span = Span::of(snapshot, range, order, after);
        let mut width = span.map(|span| span.first_width(snapshot, first_rows as f64));
        loop {
            let window = span
                .zip(width)
                .and_then(|(span, width)| span.small_window(width, snapshot, range));
            let (page, matched) = self.pass(window.unwrap_or(range)).await?;
            if window.is_none() || page.is_full() {
                return Ok((page, window.is_none().then_some(matched)));
            }
            width = width.map(|width| width.saturating_mul(WIDEN));
        }
    }

    /// The page of the traces in `range`, and how many of them match.
    async fn pass(&mut self, range: TimeRange) -> Result<(Page, u64), QueryError> {
        let request = self.request;
        let matching = Matching::find(self.session, &self.asked, range, &mut self.tally).await?;
        let mut walk = Walk {
            request,
            range,
            matching: &matching,
            page: Page::new(request.sort, self.after, request.limit),
            matched: 0,
        };
        walk.all(&self.directories).await;
        Ok((walk.page, walk.matched))
    }
}

/// One pass over the traces.
struct Walk<'a> {
    request: &'a TracesRequest,
    range: TimeRange,
    matching: &'a Matching<'a>,
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
            && self.matching.matches(trace)
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
