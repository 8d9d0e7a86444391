//! The first rows in order, behind a cursor.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::SortOptions;
use clearspan_schema::time::UTC;
use clearspan_schema::{SEQ, SchemaError, columns};
use clearspan_storage::scan::{RowAddress, Snapshot, TimeRange};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::Operator;
use datafusion::physical_expr::expressions::{BinaryExpr, Column, lit};
use datafusion::physical_expr::{LexOrdering, PhysicalExpr, PhysicalSortExpr};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::sorts::sort_preserving_merge::SortPreservingMergeExec;

use super::plans::Plans;
use super::scan::{Emit, PART, PLACED_TIME, ROW, SegmentScan};
use super::segment_scan::SegmentScanExec;
use super::tally::ScanTally;
use crate::language::Query;
use crate::{Order, QueryError};

/// Where a row stands in the order of its signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RowKey {
    pub(crate) placed_time: i64,
    pub(crate) seq: u64,
}

/// A row of a page, not yet fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FoundRow {
    pub(crate) key: RowKey,
    pub(crate) address: RowAddress,
}

/// Which rows are wanted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TopRows {
    pub(crate) order: Order,
    /// Only rows behind this one in the order.
    pub(crate) after: Option<RowKey>,
    /// At most so many.
    pub(crate) fetch: usize,
}

/// The first rows of those that match, in order. The tally counts all that match, cursor or not.
pub(crate) async fn top_rows(
    plans: &Plans,
    snapshot: &Arc<Snapshot>,
    query: &Query,
    range: TimeRange,
    wanted: TopRows,
) -> Result<(Vec<FoundRow>, ScanTally), QueryError> {
    let scan = SegmentScan::new(Arc::clone(snapshot), query.clone(), range, Emit::Addresses)?;
    let leaf = Arc::new(SegmentScanExec::new(scan, plans.partitions()));
    let plan = top(Arc::clone(&leaf) as _, wanted).map_err(|error| plans.query_error(&error))?;
    let batches = plans.collect(plan).await?;
    let mut found = Vec::with_capacity(wanted.fetch.min(1024));
    for batch in &batches {
        read_found(batch, &mut found)?;
    }
    Ok((found, leaf.tally()))
}

/// How many rows match.
pub(crate) async fn count(
    plans: &Plans,
    snapshot: &Arc<Snapshot>,
    query: &Query,
    range: TimeRange,
) -> Result<ScanTally, QueryError> {
    let scan = SegmentScan::new(Arc::clone(snapshot), query.clone(), range, Emit::Count)?;
    let leaf = Arc::new(SegmentScanExec::new(scan, plans.partitions()));
    plans.collect(Arc::clone(&leaf) as _).await?;
    Ok(leaf.tally())
}

/// `SortPreservingMergeExec <- SortExec(fetch), per partition <- FilterExec(cursor) <- input`.
pub(crate) fn top(
    input: Arc<dyn ExecutionPlan>,
    wanted: TopRows,
) -> Result<Arc<dyn ExecutionPlan>, datafusion::error::DataFusionError> {
    let input = match wanted.after {
        Some(key) => Arc::new(FilterExec::try_new(behind(key, wanted.order), input)?),
        None => input,
    };
    let ordering = ordering(wanted.order)?;
    let fetch = Some(wanted.fetch);
    let sort = SortExec::new(ordering.clone(), input)
        .with_preserve_partitioning(true)
        .with_fetch(fetch);
    Ok(Arc::new(
        SortPreservingMergeExec::new(ordering, Arc::new(sort)).with_fetch(fetch),
    ))
}

fn ordering(order: Order) -> Result<LexOrdering, datafusion::error::DataFusionError> {
    let options = SortOptions {
        descending: order == Order::Descending,
        nulls_first: false,
    };
    let by = |column| PhysicalSortExpr::new(column, options);
    LexOrdering::new([by(placed_time()), by(seq())])
        .ok_or_else(|| datafusion::error::DataFusionError::Internal("an order by nothing".into()))
}

/// `placed_time > t OR (placed_time = t AND seq > s)`, or `<` where the order descends.
fn behind(key: RowKey, order: Order) -> Arc<dyn PhysicalExpr> {
    let beyond = if order == Order::Descending {
        Operator::Lt
    } else {
        Operator::Gt
    };
    let time = || {
        lit(ScalarValue::TimestampNanosecond(
            Some(key.placed_time),
            Some(UTC.into()),
        ))
    };
    let seq_beyond = binary(seq(), beyond, lit(key.seq));
    let same_time = binary(placed_time(), Operator::Eq, time());
    binary(
        binary(placed_time(), beyond, time()),
        Operator::Or,
        binary(same_time, Operator::And, seq_beyond),
    )
}

fn binary(
    left: Arc<dyn PhysicalExpr>,
    operator: Operator,
    right: Arc<dyn PhysicalExpr>,
) -> Arc<dyn PhysicalExpr> {
    Arc::new(BinaryExpr::new(left, operator, right))
}

fn placed_time() -> Arc<dyn PhysicalExpr> {
    Arc::new(Column::new(PLACED_TIME, 0))
}

fn seq() -> Arc<dyn PhysicalExpr> {
    Arc::new(Column::new(SEQ, 1))
}

/// Appends the rows of a batch of [`Emit::Addresses`].
pub(crate) fn read_found(
    batch: &RecordBatch,
    found: &mut Vec<FoundRow>,
) -> Result<(), SchemaError> {
    let (times, seqs) = (
        columns::time(batch, PLACED_TIME)?,
        columns::uint64(batch, SEQ)?,
    );
    let (parts, rows) = (columns::uint32(batch, PART)?, columns::uint32(batch, ROW)?);
    found.extend((0..batch.num_rows()).map(|row| FoundRow {
        key: RowKey {
            placed_time: times.value(row),
            seq: seqs.value(row),
        },
        address: RowAddress {
            part: parts.value(row),
            row: rows.value(row),
        },
    }));
    Ok(())
}
