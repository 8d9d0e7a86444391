//! What stands around one log record: the rows before and behind it that paging through everything would show.
//!
//! 1. Find the record by its id, and the query of its service or instance where only those are wanted.
//! 2. On either side, find the rows that are next to it in the order of log search. They lie at that end of the side's range where the record
//!    is, so windows of time are looked at, each wider than the one before. An instance may be rare: of the rows nothing is read then but the
//!    resource, until it is known which of them match.
//! 3. Fetch all of them whole.

use clearspan_storage::scan::{MissingSegment, RowAddress, ScanStats, TimeRange};

use super::newest::top_uncounted;
use super::one::{find, instant};
use super::{LogId, LogRows, same};
use crate::engine::Session;
use crate::exec::{FoundRow, RowKey, ScanTally, TopRows, fetch, rare_rows, unread};
use crate::language::Query;
use crate::limits::CONTEXT_ROWS_MAX;
use crate::{Order, QueryError};

/// A question for what stands around one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContextRequest {
    /// The record.
    pub id: LogId,
    /// Older rows, at most [`CONTEXT_ROWS_MAX`].
    pub before: usize,
    /// Newer rows, at most [`CONTEXT_ROWS_MAX`].
    pub after: usize,
    /// Which rows are looked at.
    pub same: Same,
}

/// What rows have in common with the record; nothing for all rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Same {
    /// The service, or that there is none.
    pub service: bool,
    /// The instance, or that there is none: `service.instance.id` of the resource, else `k8s.pod.name`.
    pub instance: bool,
}

/// A record and what stands around it.
#[derive(Debug)]
pub struct ContextAnswer {
    /// The rows, oldest first, the record among them.
    pub rows: LogRows,
    /// Which of them the record is, from 0.
    pub index: usize,
    /// What was read.
    pub stats: ScanStats,
    /// Segments that could not be read and may hold rows that stand among these. Not empty: the answer is partial.
    pub missing: Vec<MissingSegment>,
}

pub(crate) async fn context(
    session: Session,
    request: ContextRequest,
) -> Result<ContextAnswer, QueryError> {
    check(&request)?;
    let id = request.id;
    let mut tally = ScanTally::default();
    let own = find(&session.snapshot, id, &mut tally.faults).await?;
    let unknown = |faults| {
        let missing = unread(&session.snapshot, instant(id), faults);
        QueryError::unknown_log(id, &missing)
    };
    let Some(own) = own else {
        return Err(unknown(tally.faults));
    };
    let Some(query) = query(&session, request.same, own, &mut tally.faults)? else {
        return Err(unknown(tally.faults));
    };
    let before = (Order::Descending, request.before);
    let before = neighbours(&session, &query, id, before, &mut tally).await?;
    let after = (Order::Ascending, request.after);
    let after = neighbours(&session, &query, id, after, &mut tally).await?;

    let older = before.iter().rev().map(|row| row.address);
    let newer = after.iter().map(|row| row.address);
    let addresses: Vec<RowAddress> = older.chain([own]).chain(newer).collect();
    let rows = fetch(&session.snapshot, &addresses, &mut tally.faults)?;
    let rows = LogRows::counted(rows, &session.plans)?;
    // Rows of a segment that turned out to be damaged were left out.
    let index = rows.records()?.iter().position(|record| record.id == id);
    let Some(index) = index else {
        return Err(unknown(tally.faults));
    };
    let extent = extent(&request, &before, &after);
    // What was looked at beyond the last row on either side is no part of the answer.
    let matters = |fault: &MissingSegment| extent.overlaps(fault.min_time_ns, fault.max_time_ns);
    tally.faults.retain(matters);
    Ok(ContextAnswer {
        rows,
        index,
        stats: session.stats(&tally.stats),
        missing: unread(&session.snapshot, extent, tally.faults),
    })
}

fn check(request: &ContextRequest) -> Result<(), QueryError> {
    let sides = [
        ("the number of rows before", request.before),
        ("the number of rows after", request.after),
    ];
    match sides
        .into_iter()
        .find(|(_, limit)| *limit > CONTEXT_ROWS_MAX)
    {
        Some((what, limit)) => Err(QueryError::LimitOutOfRange {
            what,
            limit,
            max: CONTEXT_ROWS_MAX,
        }),
        None => Ok(()),
    }
}

/// Which rows are looked at; `None` when the record turns out to be unreadable.
fn query(
    session: &Session,
    wanted: Same,
    own: RowAddress,
    faults: &mut Vec<MissingSegment>,
) -> Result<Option<Query>, QueryError> {
    if wanted == Same::default() {
        return Ok(Some(Query::all(session.snapshot.signal())));
    }
    let rows = LogRows::new(fetch(&session.snapshot, &[own], faults)?);
    let records = rows.records()?;
    let record = records.iter().next();
    Ok(record.map(|record| same::query(wanted, &record)))
}

/// The rows next to the record on one side, the nearest first.
async fn neighbours(
    session: &Session,
    query: &Query,
    id: LogId,
    (order, fetch): (Order, usize),
    tally: &mut ScanTally,
) -> Result<Vec<FoundRow>, QueryError> {
    if fetch == 0 {
        return Ok(Vec::new());
    }
    let range = match order {
        Order::Descending => TimeRange {
            from: None,
            ..instant(id)
        },
        Order::Ascending => TimeRange {
            to: None,
            ..instant(id)
        },
    };
    let LogId { placed_time, seq } = id;
    let wanted = TopRows {
        order,
        after: Some(RowKey { placed_time, seq }),
        fetch,
    };
    if !query.is_all()
        && let Some(found) = rare_rows(session, query, range, wanted, tally).await?
    {
        return Ok(found);
    }
    let (found, read, _) = top_uncounted(session, query, range, wanted).await?;
    tally.add_reading(read);
    Ok(found)
}

/// The times among which rows of the answer may lie: to the end of everything where a side has fewer than it may have.
fn extent(request: &ContextRequest, before: &[FoundRow], after: &[FoundRow]) -> TimeRange {
    let own = request.id.placed_time;
    let end = |found: &[FoundRow], asked: usize| match found.last() {
        Some(last) if found.len() == asked => Some(last.key.placed_time),
        None if asked == 0 => Some(own),
        _ => None,
    };
    TimeRange {
        from: end(before, request.before),
        to: end(after, request.after).and_then(|last| last.checked_add(1)),
    }
}
