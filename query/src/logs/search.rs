//! The search for logs.
//!
//! 1. Read the query and the cursor; the cursor's range counts, so that all pages speak of the same.
//! 2. Find the keys and addresses of the page's rows and one more, which says whether a page follows; where it is not known how many rows match and
//!    counting them would take long, only as far as the page needs.
//! 3. Fetch the page's rows whole.

use clearspan_schema::Signal;

use super::{LogRows, LogsAnswer, LogsRequest, newest};
use crate::cursor::{Cursor, Identity};
use crate::engine::Session;
use crate::exec::{FoundRow, RowKey, TopRows, fetch, unread};
use crate::language::Query;
use crate::limits::check_limit;
use crate::{QueryError, hints};

pub(crate) async fn search(
    session: Session,
    request: LogsRequest,
) -> Result<LogsAnswer, QueryError> {
    check_limit(request.limit)?;
    let query = Query::parse(&request.query, Signal::Logs)?;
    let identity = Identity::logs(&query, request.range, request.order);
    let reversed = Identity::logs(&query, request.range, request.order.reversed());
    let asked = request.range.resolve(session.now_ns)?;
    let cursor: Option<Cursor<RowKey>> = request
        .cursor
        .as_deref()
        .map(|text| Cursor::decode(text, identity))
        .transpose()?;
    let range = cursor.map_or(asked, |cursor| cursor.range);
    let wanted = TopRows {
        order: request.order,
        after: cursor.map(|cursor| cursor.key),
        fetch: request.limit + 1,
    };

    let (mut found, mut tally, matched) =
        newest::first_rows(&session, &query, range, wanted, request.count).await?;

    let has_more = found.len() > request.limit;
    found.truncate(request.limit);
    let behind = |row: &FoundRow, identity| {
        let key = row.key;
        Cursor { range, key }.encode(identity)
    };
    let last = found.last().filter(|_| has_more);
    let next_cursor = last.map(|row| behind(row, identity));
    let first = found.first().filter(|_| request.cursor.is_some());
    let prev_cursor = first.map(|row| behind(row, reversed));
    let addresses: Vec<_> = found.iter().map(|row| row.address).collect();
    let rows = fetch(&session.snapshot, &addresses, &mut tally.faults)?;
    let rows = LogRows::counted(rows, &session.plans)?;
    Ok(LogsAnswer {
        rows,
        next_cursor,
        prev_cursor,
        matched,
        stats: session.stats(&tally.stats),
        missing: unread(&session.snapshot, range, tally.faults),
        hints: hints::of_nothing(&session, &query, range, matched).await?,
    })
}
