//! The first rows in order where perhaps few match.
//!
//! 1. Hold the rows of a window of time at the end where the page lies against the query, in long steps, and read nothing of them but what the query asks
//!    for. It is widened by much where it held too few.
//! 2. Of the rows that match, read where they stand in the order: of those first that were decoded together with the nearest, until no others can be nearer.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::RecordBatch;
use clearspan_schema::{SEQ, SchemaError, columns};
use clearspan_storage::scan::{AttributeKeys, Projection, RowAddress, Snapshot, TimeRange};
use datafusion::execution::memory_pool::MemoryReservation;
use futures::StreamExt;

use super::scan::{Emit, PART, PLACED_TIME, ROW, SegmentScan};
use super::segment_scan::SegmentScanExec;
use super::tally::ScanTally;
use super::top::{FoundRow, RowKey, TopRows};
use super::windows::Span;
use crate::engine::Session;
use crate::language::Query;
use crate::{Order, QueryError};

/// How many rows more the next window should hold: all before the last cost little beside it.
const MORE_ROWS: u64 = 16;

/// As [`super::top_rows`]. `None` where it cannot be read where some rows stand: whoever reads all columns finds out which segment is damaged.
pub(crate) async fn rare_rows(
    session: &Session,
    query: &Query,
    range: TimeRange,
    wanted: TopRows,
    tally: &mut ScanTally,
) -> Result<Option<Vec<FoundRow>>, QueryError> {
    let snapshot = &session.snapshot;
    let after = wanted.after.map(|key| key.placed_time);
    let Some(span) = Span::of(snapshot, range, wanted.order, after) else {
        return Ok(Some(Vec::new()));
    };
    let mut rows = session.first_window_rows().max(wanted.fetch as u64);
    loop {
        let window = span.window(span.first_width(snapshot, rows as f64));
        let addresses = addresses(session, query, window.unwrap_or(range), tally).await?;
        let found = nearest(snapshot, &addresses.rows, wanted).await?;
        let is_enough = |found: &Vec<FoundRow>| found.len() == wanted.fetch;
        if window.is_none() || found.as_ref().is_none_or(is_enough) {
            return Ok(found);
        }
        rows = rows.saturating_mul(MORE_ROWS);
    }
}

/// Where rows lie.
struct Addresses {
    rows: Vec<RowAddress>,
    /// What was taken to hold that, given back when dropped.
    _memory: MemoryReservation,
}

/// Where the matching rows lie.
async fn addresses(
    session: &Session,
    query: &Query,
    range: TimeRange,
    tally: &mut ScanTally,
) -> Result<Addresses, QueryError> {
    let plans = &session.plans;
    let nothing = Projection::new(Vec::new(), AttributeKeys::none()).with_long_steps();
    let scan = SegmentScan::new(
        Arc::clone(&session.snapshot),
        query.clone(),
        range,
        Emit::ColumnsAt(nothing),
    )?;
    let leaf = Arc::new(SegmentScanExec::new(scan, plans.partitions()));
    let mut batches = plans.stream(Arc::clone(&leaf) as _)?;
    let memory = plans.reservation("places of rows");
    let mut addresses = Vec::new();
    while let Some(batch) = batches.next().await {
        let batch = batch.map_err(|error| plans.query_error(&error))?;
        let taken = memory.try_grow(batch.num_rows() * size_of::<RowAddress>());
        taken.map_err(|error| plans.query_error(&error))?;
        let (parts, rows) = (
            columns::uint32(&batch, PART)?,
            columns::uint32(&batch, ROW)?,
        );
        let pairs = parts.values().iter().zip(rows.values());
        addresses.extend(pairs.map(|(&part, &row)| RowAddress { part, row }));
    }
    tally.add_reading(leaf.tally());
    Ok(Addresses {
        rows: addresses,
        _memory: memory,
    })
}

/// The first rows in order of those at `addresses`, which stand in the order of their parts.
async fn nearest(
    snapshot: &Snapshot,
    addresses: &[RowAddress],
    wanted: TopRows,
) -> Result<Option<Vec<FoundRow>>, QueryError> {
    let mut found: Vec<FoundRow> = Vec::new();
    for (time, rows) in runs(snapshot, addresses, wanted.order)? {
        let last = found.last().filter(|_| found.len() == wanted.fetch);
        let is_beyond = |last: &FoundRow| match wanted.order {
            Order::Ascending => time > last.key.placed_time,
            Order::Descending => time < last.key.placed_time,
        };
        if last.is_some_and(is_beyond) {
            break;
        }
        let rows = &addresses[rows];
        let Ok(keys) = snapshot.take(rows, &[PLACED_TIME, SEQ]) else {
            return Ok(None);
        };
        add_behind(&keys, rows, wanted, &mut found)?;
        found.sort_unstable_by_key(|row| row.key);
        if wanted.order == Order::Descending {
            found.reverse();
        }
        found.truncate(wanted.fetch);
        tokio::task::yield_now().await;
    }
    Ok(Some(found))
}

/// The addresses that are decoded together, with the nearest time that a row of them may have; the nearest first.
fn runs(
    snapshot: &Snapshot,
    addresses: &[RowAddress],
    order: Order,
) -> Result<Vec<(i64, Range<usize>)>, QueryError> {
    let mut runs = Vec::new();
    let mut at = 0;
    while let Some(&RowAddress { part: index, row }) = addresses.get(at) {
        let part = snapshot.parts().get(index as usize);
        let part = part.ok_or_else(|| QueryError::Internal(format!("no part {index}")))?;
        let unit = part.unit_of(row);
        let is_of_unit = |address: &&RowAddress| {
            address.part == index && (address.row == row || unit.contains(&address.row))
        };
        let length = addresses[at..].iter().take_while(is_of_unit).count();
        let (first, last) = part.times_of(row);
        let time = match order {
            Order::Ascending => first,
            Order::Descending => last,
        };
        runs.push((time, at..at + length));
        at += length;
    }
    runs.sort_by_key(|(time, _)| *time);
    if order == Order::Descending {
        runs.reverse();
    }
    Ok(runs)
}

/// Adds those that stand behind the row from which the page goes on.
fn add_behind(
    keys: &RecordBatch,
    addresses: &[RowAddress],
    wanted: TopRows,
    found: &mut Vec<FoundRow>,
) -> Result<(), SchemaError> {
    let times = columns::time(keys, PLACED_TIME)?;
    let seqs = columns::uint64(keys, SEQ)?;
    for (row, &address) in addresses.iter().enumerate() {
        let key = RowKey {
            placed_time: times.value(row),
            seq: seqs.value(row),
        };
        let is_behind = wanted.after.is_none_or(|after| match wanted.order {
            Order::Ascending => key > after,
            Order::Descending => key < after,
        });
        if is_behind {
            found.push(FoundRow { key, address });
        }
    }
    Ok(())
}
