//! Which spans a question about one service is over, and reading them.

use std::sync::Arc;

use arrow::array::RecordBatch;
use clearspan_schema::Signal;
use clearspan_storage::scan::{AttributeKeys, Projection, Snapshot, TimeRange};
use futures::StreamExt;

use crate::QueryError;
use crate::engine::Session;
use crate::exec::{Emit, Pace, ScanTally, SegmentScan, SegmentScanExec};
use crate::language::{Expr, Field, Query, Test, Value};

/// The spans of a service, or of one of its operations.
pub(super) fn spans_of(service: &str, operation: Option<&str>) -> Query {
    let mut all = vec![is(Field::Service, service)];
    all.extend(operation.map(|name| is(Field::Name, name)));
    Query::new(Signal::Spans, Expr::all_of(all))
}

/// Where a text is empty, spans without one are meant too.
fn is(field: Field, text: &str) -> Expr {
    let equals = Test::Equals(Value::Text(text.to_owned()));
    let equals = Expr::Field(field.clone(), equals);
    match text {
        "" => Expr::any_of(vec![equals, Expr::Field(field, Test::Exists).negated()]),
        _ => equals,
    }
}

/// These columns, many rows at a time.
pub(super) fn narrow(columns: &[&'static str]) -> Projection {
    Projection::new(columns.to_vec(), AttributeKeys::none()).with_long_steps()
}

/// Hands what is emitted of the spans that match to `add`, batch by batch.
pub(super) async fn each_batch(
    session: &Session,
    query: &Query,
    (snapshot, range): (Arc<Snapshot>, TimeRange),
    emit: Emit,
    mut add: impl FnMut(&RecordBatch) -> Result<(), QueryError>,
) -> Result<ScanTally, QueryError> {
    let plans = &session.plans;
    let scan = SegmentScan::new(snapshot, query.clone(), range, emit)?;
    let leaf = Arc::new(SegmentScanExec::new(scan, plans.partitions()));
    let mut batches = plans.stream(Arc::clone(&leaf) as _)?;
    let mut pace = Pace::new();
    while let Some(batch) = batches.next().await {
        add(&batch.map_err(|error| plans.query_error(&error))?)?;
        pace.step().await;
    }
    Ok(leaf.tally())
}
