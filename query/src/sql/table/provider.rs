//! A table of one pinned snapshot, as DataFusion asks for it.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use clearspan_storage::scan::{AttributeKeys, Projection, Snapshot, TimeRange};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::Result;
use datafusion::common::stats::Precision;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;
use parking_lot::Mutex;

use super::columns::{Column, columns, schema};
use super::exec::LogicalExec;
use super::pushdown;
use crate::QueryError;
use crate::exec::{Emit, ScanTally, SegmentScan, SegmentScanExec};

/// Of so many rows one passes what a leaf asks of them, as long as nobody knows better.
const ASKED_ONE_IN: usize = 5;

/// `logs` or `spans`, for one question.
#[derive(Debug)]
pub(crate) struct Table {
    snapshot: Arc<Snapshot>,
    tally: Arc<Mutex<ScanTally>>,
    /// The range that holds those of all scans; `None` while there was no scan.
    asked: Mutex<Option<TimeRange>>,
    /// Which attributes of records the question looks at.
    keys: Mutex<AttributeKeys>,
}

impl Table {
    pub(crate) fn new(snapshot: Arc<Snapshot>) -> Self {
        Table {
            snapshot,
            tally: Arc::default(),
            asked: Mutex::new(None),
            keys: Mutex::new(AttributeKeys::All),
        }
    }

    pub(crate) fn snapshot(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }

    /// From now on, of the records' attributes only these are looked at. Before, all are.
    pub(crate) fn want(&self, keys: AttributeKeys) {
        *self.keys.lock() = keys;
    }

    /// What all scans counted, and the range that they were over; `None` when there was no scan.
    pub(crate) fn read(&self) -> Option<(TimeRange, ScanTally)> {
        let range = (*self.asked.lock())?;
        Some((range, self.tally.lock().clone()))
    }

    fn note(&self, range: TimeRange) {
        let mut asked = self.asked.lock();
        *asked = Some(match *asked {
            None => range,
            Some(known) => TimeRange {
                from: known.from.zip(range.from).map(|(a, b)| a.min(b)),
                to: known.to.zip(range.to).map(|(a, b)| a.max(b)),
            },
        });
    }

    /// The rows of the leaf, when nothing is left out; else about so many. A leaf that asks its rows something gives a fifth of them, as DataFusion
    /// supposes of its own filters, of which none stands above such a leaf: a join has to know which of its sides is the smaller one.
    fn rows(&self, scan: &SegmentScan) -> Precision<usize> {
        let rows: u64 = scan.parts().map(|(_, part)| u64::from(part.rows())).sum();
        let rows = usize::try_from(rows).unwrap_or(usize::MAX);
        match (scan.query().is_all(), scan.range() == TimeRange::ALL) {
            (true, true) => Precision::Exact(rows),
            (true, false) => Precision::Inexact(rows),
            (false, _) => Precision::Inexact(rows.div_ceil(ASKED_ONE_IN)),
        }
    }
}

#[async_trait]
impl TableProvider for Table {
    fn schema(&self) -> SchemaRef {
        schema(self.snapshot.signal())
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> Result<Vec<TableProviderFilterPushDown>> {
        let signal = self.snapshot.signal();
        let support = |filter: &&Expr| match pushdown::of(filter, signal) {
            Some(needed) if needed.exact => TableProviderFilterPushDown::Exact,
            Some(_) => TableProviderFilterPushDown::Inexact,
            None => TableProviderFilterPushDown::Unsupported,
        };
        Ok(filters.iter().map(support).collect())
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        _: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let signal = self.snapshot.signal();
        let schema = self.schema();
        let wanted: Vec<usize> = match projection {
            Some(indices) => indices.clone(),
            None => (0..schema.fields().len()).collect(),
        };
        let table = columns(signal);
        let logical: Vec<Column> = wanted
            .iter()
            .filter_map(|&index| table.get(index).copied())
            .collect();
        let stored: BTreeSet<&'static str> =
            logical.iter().flat_map(|column| column.stored()).collect();

        let needed = pushdown::of_all(filters, signal);
        self.note(needed.range);
        let (rows, hint) = needed.queries(signal);
        let stored: Vec<_> = stored.into_iter().collect();
        let emit = Emit::Columns(Projection::new(stored, self.keys.lock().clone()));
        let scan = SegmentScan::new(Arc::clone(&self.snapshot), rows, needed.range, emit)
            .map_err(|error| DataFusionError::External(Box::new(QueryError::from(error))))?
            .hinted(hint);
        let rows = self.rows(&scan);
        let partitions = state.config().target_partitions();
        let leaf = SegmentScanExec::new(scan, partitions).counting(Arc::clone(&self.tally));
        let schema = Arc::new(schema.project(&wanted)?);
        Ok(Arc::new(LogicalExec::new(leaf, logical, schema, rows)))
    }
}
