//! The first rows in order where few match: all rows are held against the query in long steps, and of those that match alone it is read where
//! they stand in the order.

use std::sync::Arc;

use arrow::array::RecordBatch;
use clearspan_schema::{SEQ, SchemaError, columns};
use clearspan_storage::scan::{AttributeKeys, Projection, RowAddress, TimeRange};
use futures::StreamExt;

use super::scan::{Emit, PART, PLACED_TIME, ROW, SegmentScan};
use super::segment_scan::SegmentScanExec;
use super::tally::ScanTally;
use super::top::{FoundRow, RowKey, TopRows};
use crate::engine::Session;
use crate::language::Query;
use crate::limits::RARE_ROWS_PER_READ;
use crate::{Order, QueryError};

/// As [`super::top_rows`]; `None` where too many match for this, or where they stand cannot be read.
pub(crate) async fn rare_rows(
    session: &Session,
    query: &Query,
    range: TimeRange,
    wanted: TopRows,
    tally: &mut ScanTally,
) -> Result<Option<Vec<FoundRow>>, QueryError> {
    let Some(addresses) = addresses(session, query, range, tally).await? else {
        return Ok(None);
    };
    let mut found = Vec::with_capacity(addresses.len());
    for some in addresses.chunks(RARE_ROWS_PER_READ) {
        // Whoever reads all columns finds out which segment is damaged.
        let Ok(keys) = session.snapshot.take(some, &[PLACED_TIME, SEQ]) else {
            return Ok(None);
        };
        add_behind(&keys, some, wanted, &mut found)?;
        tokio::task::yield_now().await;
    }
    found.sort_unstable_by_key(|row: &FoundRow| row.key);
    if wanted.order == Order::Descending {
        found.reverse();
    }
    found.truncate(wanted.fetch);
    Ok(Some(found))
}

/// Where the matching rows lie, unless they are too many.
async fn addresses(
    session: &Session,
    query: &Query,
    range: TimeRange,
    tally: &mut ScanTally,
) -> Result<Option<Vec<RowAddress>>, QueryError> {
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
    let mut addresses = Vec::new();
    let mut are_few = true;
    while let Some(batch) = batches.next().await {
        let batch = batch.map_err(|error| plans.query_error(&error))?;
        let (parts, rows) = (
            columns::uint32(&batch, PART)?,
            columns::uint32(&batch, ROW)?,
        );
        let pairs = parts.values().iter().zip(rows.values());
        addresses.extend(pairs.map(|(&part, &row)| RowAddress { part, row }));
        are_few = addresses.len() as u64 <= session.rare_rows_max();
        if !are_few {
            break;
        }
    }
    drop(batches);
    tally.add_reading(leaf.tally());
    Ok(are_few.then_some(addresses))
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
