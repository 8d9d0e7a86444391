//! The search for spans.
//!
//! 1. Read the query and the cursor; the cursor's range counts, so that all pages speak of the same.
//! 2. Find the keys and addresses of the page's rows and one more, which says whether a page follows. By start they lie at one end of the
//!    range, as those of a log search; by duration every span that matches is looked at, which counts them too.
//! 3. Fetch the page's rows whole.

use clearspan_schema::Signal;
use clearspan_storage::scan::{RowAddress, TimeRange};

use super::page::{Found, SpanKey, first_by_duration};
use super::{FoundSpans, SpanSort, SpanSortKey, SpansAnswer, SpansRequest};
use crate::cursor::{Cursor, Identity};
use crate::engine::Session;
use crate::exec::{FoundRow, ScanTally, TopRows, fetch, unread};
use crate::language::Query;
use crate::limits::check_limit;
use crate::logs::first_rows;
use crate::{Order, QueryError, hints};

pub(crate) async fn search(
    session: Session,
    request: SpansRequest,
) -> Result<SpansAnswer, QueryError> {
    check_limit(request.limit)?;
    let query = Query::parse(&request.query, Signal::Spans)?;
    let identity = Identity::spans(&query, request.range, request.sort);
    let asked = request.range.resolve(session.now_ns)?;
    let cursor: Option<Cursor<SpanKey>> = request
        .cursor
        .as_deref()
        .map(|text| Cursor::decode(text, identity))
        .transpose()?;
    let range = cursor.map_or(asked, |cursor| cursor.range);
    let search = Search {
        session: &session,
        query: &query,
        range,
        after: cursor.map(|cursor| cursor.key),
        fetch: request.limit + 1,
    };
    let (mut found, mut tally, matched) = match request.sort {
        SpanSort {
            by: SpanSortKey::Start,
            descending,
        } => search.by_start(descending, request.count).await?,
        SpanSort {
            by: SpanSortKey::Duration,
            descending,
        } => search.by_duration(descending).await?,
    };

    let has_more = found.len() > request.limit;
    found.truncate(request.limit);
    let last = found.last().filter(|_| has_more);
    let next_cursor = last.map(|&Found { key, .. }| Cursor { range, key }.encode(identity));
    let addresses: Vec<RowAddress> = found.iter().map(|found| found.address).collect();
    let rows = fetch(&session.snapshot, &addresses, &mut tally.faults)?;
    Ok(SpansAnswer {
        rows: FoundSpans::new(rows, &session.plans)?,
        next_cursor,
        matched,
        stats: session.stats(&tally.stats),
        missing: unread(&session.snapshot, range, tally.faults),
        hints: hints::of_nothing(&session, &query, range, matched).await?,
    })
}

/// A page that is looked for: its rows, what was read, and how many match where that is known.
struct Search<'a> {
    session: &'a Session,
    query: &'a Query,
    range: TimeRange,
    after: Option<SpanKey>,
    fetch: usize,
}

type FirstSpans = (Vec<Found>, ScanTally, Option<u64>);

impl Search<'_> {
    async fn by_start(&self, descending: bool, count: bool) -> Result<FirstSpans, QueryError> {
        let wanted = TopRows {
            order: match descending {
                true => Order::Descending,
                false => Order::Ascending,
            },
            after: self.after.map(|key| key.row),
            fetch: self.fetch,
        };
        let (found, tally, matched) =
            first_rows(self.session, self.query, self.range, wanted, count).await?;
        let of_row = |FoundRow { key, address }| Found {
            key: SpanKey {
                duration_ns: None,
                row: key,
            },
            address,
        };
        Ok((found.into_iter().map(of_row).collect(), tally, matched))
    }

    async fn by_duration(&self, descending: bool) -> Result<FirstSpans, QueryError> {
        let wanted = (descending, self.after, self.fetch);
        let (found, tally) =
            first_by_duration(self.session, self.query, self.range, wanted).await?;
        let matched = tally.matched;
        Ok((found, tally, Some(matched)))
    }
}
