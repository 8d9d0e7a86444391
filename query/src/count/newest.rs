//! Fields and values of the newest rows of a range, for whoever types a query: they are there in a moment, however many rows there are.

use std::sync::Arc;

use arrow::array::RecordBatch;
use clearspan_storage::scan::{Projection, TimeRange};
use futures::StreamExt;

use super::budget::Budget;
use super::names::FieldNames;
use super::source::{FieldCounter, projection_of};
use super::values::{ValueCount, scopes_have_attributes};
use crate::engine::Session;
use crate::exec::{Emit, ScanTally, SegmentScan, SegmentScanExec, Span};
use crate::language::{Field, Query};
use crate::limits::{COMPLETION_NARROW_ROWS, COMPLETION_ROWS, COMPLETION_VALUES_ROWS};
use crate::{Order, QueryError};

/// Which rows were counted.
#[derive(Debug, Default)]
pub(crate) struct Newest {
    /// How many.
    pub(crate) rows: u64,
    /// Whether these are all of the range.
    pub(crate) are_all: bool,
    /// What was read.
    pub(crate) tally: ScanTally,
}

/// The fields that the newest rows of `range` have, each with its rows, the most frequent first, then by name.
pub(crate) async fn newest_fields(
    session: &Session,
    range: TimeRange,
) -> Result<(Vec<(String, u64)>, Newest), QueryError> {
    let mut budget = Budget::new(&session.plans);
    let mut names = FieldNames::new(session.snapshot.signal());
    let projection = names.projection();
    let add = |batch: &_| names.add(batch, &mut budget);
    let newest = each_newest(session, range, COMPLETION_ROWS, projection, add).await?;
    let all = names.finish().map(|(name, rows, _)| (name, rows));
    let mut fields: Vec<(String, u64)> = all.collect();
    fields.sort_unstable_by(|(a, of_a), (b, of_b)| (of_b, a).cmp(&(of_a, b)));
    Ok((fields, newest))
}

/// The values that `field` has in the newest rows of `range`, the most frequent first, then by value.
pub(crate) async fn newest_values(
    session: &Session,
    range: TimeRange,
    field: &Field,
) -> Result<(Vec<ValueCount>, Newest), QueryError> {
    let mut budget = Budget::new(&session.plans);
    let mut counter = FieldCounter::new(&field.to_string(), "", session.snapshot.signal());
    if !scopes_have_attributes(session, range).await {
        counter.leave_scopes();
    }
    let projection = projection_of(std::slice::from_ref(&counter));
    let add = |batch: &_| counter.add(batch, &mut budget);
    let newest = each_newest(session, range, rows_of_field(field), projection, add).await?;
    Ok((counter.top(usize::MAX).await.values, newest))
}

/// How many rows are counted in about the same time.
fn rows_of_field(field: &Field) -> u64 {
    match field {
        Field::Service | Field::Severity | Field::Name | Field::Kind | Field::Status => {
            COMPLETION_NARROW_ROWS
        }
        Field::Body => COMPLETION_ROWS,
        _ => COMPLETION_VALUES_ROWS,
    }
}

/// Hands the newest rows of `range` to `count`: those of a window of time that should hold `rows_max`.
async fn each_newest(
    session: &Session,
    range: TimeRange,
    rows_max: u64,
    projection: Projection,
    mut count: impl FnMut(&RecordBatch) -> Result<(), QueryError>,
) -> Result<Newest, QueryError> {
    let Session {
        snapshot, plans, ..
    } = session;
    let rows_max = rows_max.min(session.count_rows_max.saturating_mul(2));
    let span = Span::of(snapshot, range, Order::Descending, None);
    // A first window holds twice of what is looked for.
    let enough = rows_max as f64 / 2.0;
    let window = span.and_then(|span| span.window(span.first_width(snapshot, enough)));
    let scan = SegmentScan::new(
        Arc::clone(snapshot),
        Query::all(snapshot.signal()),
        window.unwrap_or(range),
        Emit::Columns(projection),
    )?;
    let leaf = Arc::new(SegmentScanExec::new(scan, plans.partitions()));
    let mut batches = plans.stream(Arc::clone(&leaf) as _)?;
    let mut newest = Newest {
        are_all: window.is_none(),
        ..Newest::default()
    };
    while let Some(batch) = batches.next().await {
        let batch = batch.map_err(|error| plans.query_error(&error))?;
        count(&batch)?;
        newest.rows += batch.num_rows() as u64;
        // Where the newest rows all stand in one instant there are as many as there are.
        if newest.rows > 2 * rows_max {
            newest.are_all = false;
            break;
        }
        tokio::task::yield_now().await;
    }
    drop(batches);
    newest.tally = leaf.tally();
    Ok(newest)
}
