//! The search for traces.
//!
//! 1. Walk the traces of the range that match: count them, and keep the first of them in order.
//! 2. Summarise the traces of the page.
//!
//! The first is done for all of the range where that is a matter of moments, or the order or the count needs it. Otherwise it is done for
//! windows at that end of the range where the page lies, each wider than the one before, until one holds the page.

use clearspan_schema::Signal;
use clearspan_storage::scan::TimeRange;

use super::directories::MergedTrace;
use super::matching::Asked;
use super::page::{Page, TraceKey};
use super::summary::summary;
use super::walk::{Conditions, Walk};
use super::{TraceSortKey, TracesAnswer, TracesRequest};
use crate::cursor::{Cursor, Identity};
use crate::engine::Session;
use crate::exec::{ScanTally, Span, WIDEN};
use crate::language::Query;
use crate::limits::check_limit;
use crate::{Order, QueryError};

pub(crate) async fn search(
    session: Session,
    request: TracesRequest,
) -> Result<TracesAnswer, QueryError> {
    check_limit(request.limit)?;
    let query = Query::parse(&request.query, Signal::Spans)?;
    let durations = (request.min_duration_ns, request.max_duration_ns);
    let identity = Identity::traces(&query, request.range, durations, request.sort);
    let identity = identity.with_root(&request.root);
    let asked = request.range.resolve(session.now_ns)?;
    let cursor: Option<Cursor<TraceKey>> = request
        .cursor
        .as_deref()
        .map(|text| Cursor::decode(text, identity))
        .transpose()?;
    let range = cursor.map_or(asked, |cursor| cursor.range);

    let mut tally = ScanTally::default();
    let conditions = Conditions {
        durations,
        root: request.root.clone(),
    };
    let mut search = Search {
        walk: Walk::new(&session, Asked::new(&query), conditions, &mut tally).await?,
        request: &request,
        after: cursor.map(|cursor| cursor.key),
        tally,
    };
    let (page, matched) = search.page(range).await?;

    let Search {
        walk, mut tally, ..
    } = search;
    let (ids, last) = page.finish();
    let mut traces = Vec::with_capacity(ids.len());
    for id in ids {
        traces.extend(summary(&walk.directories, id, &mut tally)?);
        tokio::task::yield_now().await;
    }
    let hints = walk.hints(&query, range, matched).await?;
    Ok(TracesAnswer {
        traces,
        next_cursor: last.map(|key| Cursor { range, key }.encode(identity)),
        matched,
        stats: session.stats(&tally.stats),
        missing: walk.unread(range, tally.faults),
        hints,
    })
}

/// A search that goes on.
struct Search<'a> {
    walk: Walk<'a>,
    request: &'a TracesRequest,
    after: Option<TraceKey>,
    tally: ScanTally,
}

impl Search<'_> {
    /// The page, and how many traces match where that is known.
    async fn page(&mut self, range: TimeRange) -> Result<(Page, Option<u64>), QueryError> {
        let sort = self.request.sort;
        let is_whole = self.request.count
            || sort.by != TraceSortKey::Start
            || self.walk.asked.is_short(self.walk.session, range).await;
        if is_whole {
            let (page, matched) = self.pass(range).await?;
            return Ok((page, Some(matched)));
        }
        let order = match sort.descending {
            true => Order::Descending,
            false => Order::Ascending,
        };
        let snapshot = &self.walk.session.snapshot;
        let first_rows = self.walk.session.first_window_rows();
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
        let TracesRequest { sort, limit, .. } = *self.request;
        let mut page = Page::new(sort, self.after, limit);
        let mut matched = 0;
        let mut take = |trace: &MergedTrace| {
            matched += 1;
            page.offer(TraceKey {
                value: trace.sort_value(sort.by),
                trace_id: trace.trace_id,
            });
        };
        self.walk.all(range, &mut self.tally, &mut take).await?;
        Ok((page, matched))
    }
}
