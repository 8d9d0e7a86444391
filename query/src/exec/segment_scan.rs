//! The leaf of every plan.

use std::fmt;
use std::sync::Arc;

use clearspan_storage::scan::Part;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::Result;
use datafusion::execution::TaskContext;
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{
    Boundedness, EmissionType, ReplaceChildrenOptions,
};
use datafusion::physical_plan::metrics::{ExecutionPlanMetricsSet, MetricsSet};
use datafusion::physical_plan::stream::RecordBatchReceiverStream;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties,
    SendableRecordBatchStream,
};
use parking_lot::Mutex;

use super::figures::{ScanFigures, note_totals};
use super::partition::PartitionScan;
use super::scan::SegmentScan;
use super::tally::ScanTally;
use crate::QueryError;
use crate::language::Query;
use crate::limits::SCAN_BATCHES_WAITING;

/// Yields the rows of a pinned snapshot that match, in no particular order; see [`SegmentScan`]. Its
/// parts are spread over a small number of partitions. It is to be run once: what it counted and could
/// not read is in [`SegmentScanExec::tally`] when its stream has ended.
#[derive(Debug)]
pub struct SegmentScanExec {
    scan: Arc<SegmentScan>,
    /// Indices into the snapshot's parts, by output partition.
    partitions: Vec<Vec<u32>>,
    tally: Arc<Mutex<ScanTally>>,
    metrics: ExecutionPlanMetricsSet,
    properties: Arc<PlanProperties>,
}

impl SegmentScanExec {
    /// Over all parts of the snapshot that lie in the range, in at most `partitions_max` partitions.
    pub fn new(scan: SegmentScan, partitions_max: usize) -> Self {
        let partitions = spread(scan.parts(), partitions_max);
        let properties = PlanProperties::new(
            EquivalenceProperties::new(Arc::clone(scan.schema())),
            Partitioning::UnknownPartitioning(partitions.len()),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        SegmentScanExec {
            scan: Arc::new(scan),
            partitions,
            tally: Arc::default(),
            metrics: ExecutionPlanMetricsSet::new(),
            properties: Arc::new(properties),
        }
    }

    /// Counts into `tally`, which other leaves of the same plan may share.
    pub(crate) fn counting(mut self, tally: Arc<Mutex<ScanTally>>) -> Self {
        self.tally = tally;
        self
    }

    /// The same leaf, of the rows that match `query` besides: same partitions, same tally.
    pub(crate) fn narrowed(&self, query: &Query) -> std::result::Result<Self, QueryError> {
        Ok(SegmentScanExec {
            scan: Arc::new(self.scan.narrowed(query)?),
            partitions: self.partitions.clone(),
            tally: Arc::clone(&self.tally),
            metrics: self.metrics.clone(),
            properties: Arc::clone(&self.properties),
        })
    }

    /// What is scanned for.
    pub fn scan(&self) -> &SegmentScan {
        &self.scan
    }

    /// Which parts each output partition scans, as indices into the snapshot's parts.
    pub fn partitions(&self) -> &[Vec<u32>] {
        &self.partitions
    }

    /// What was counted so far.
    pub fn tally(&self) -> ScanTally {
        self.tally.lock().clone()
    }
}

/// Gives each part, largest first, to the partition that has the fewest rows yet.
fn spread<'a>(
    parts: impl Iterator<Item = (u32, &'a Part)>,
    partitions_max: usize,
) -> Vec<Vec<u32>> {
    let mut parts: Vec<(u32, u32)> = parts.map(|(index, part)| (index, part.rows())).collect();
    parts.sort_by_key(|&(index, rows)| (std::cmp::Reverse(rows), index));
    let count = partitions_max.min(parts.len()).max(1);
    let mut partitions = vec![(0u64, Vec::new()); count];
    for (index, rows) in parts {
        if let Some((sum, indices)) = partitions.iter_mut().min_by_key(|(sum, _)| *sum) {
            *sum += u64::from(rows);
            indices.push(index);
        }
    }
    partitions.into_iter().map(|(_, indices)| indices).collect()
}

impl DisplayAs for SegmentScanExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: usize = self.partitions.iter().map(Vec::len).sum();
        let snapshot = self.scan.snapshot();
        let (signal, total) = (snapshot.signal(), snapshot.parts().len());
        write!(
            f,
            "SegmentScanExec: signal={signal}, parts={parts} of {total}, {}",
            self.scan
        )
    }
}

impl ExecutionPlan for SegmentScanExec {
    fn name(&self) -> &'static str {
        "SegmentScanExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![]
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn replace_children(
        self: Arc<Self>,
        _: Vec<Arc<dyn ExecutionPlan>>,
        _: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn with_new_children(
        self: Arc<Self>,
        _: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn execute(&self, partition: usize, _: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let figures = ScanFigures::new(&self.metrics, partition);
        if partition == 0 {
            note_totals(&self.metrics, self.scan.snapshot());
            let outside = self.scan.outside();
            figures.read(&outside);
            self.tally.lock().stats.add(&outside);
        }
        let schema = Arc::clone(self.scan.schema());
        let mut stream = RecordBatchReceiverStream::builder(schema, SCAN_BATCHES_WAITING);
        let scan = PartitionScan {
            scan: Arc::clone(&self.scan),
            parts: self.partitions.get(partition).cloned().unwrap_or_default(),
            output: stream.tx(),
            tally: Arc::clone(&self.tally),
            figures,
        };
        stream.spawn(scan.run());
        Ok(stream.build())
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }
}
