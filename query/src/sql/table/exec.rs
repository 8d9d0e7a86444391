//! The node above the leaf: stored columns in, the table's columns out.

use std::fmt;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;
use clearspan_schema::SchemaError;
use datafusion::common::stats::Precision;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, Statistics};
use datafusion::config::ConfigOptions;
use datafusion::error::DataFusionError;
use datafusion::execution::TaskContext;
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{
    Boundedness, EmissionType, ReplaceChildrenOptions,
};
use datafusion::physical_plan::filter_pushdown::{
    ChildPushdownResult, FilterPushdownPhase, FilterPushdownPropagation, PushedDown,
};
use datafusion::physical_plan::metrics::MetricsSet;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties,
    SendableRecordBatchStream, StatisticsArgs,
};
use futures::{StreamExt, TryStreamExt};

use super::super::apart;
use super::columns::Column;
use super::convert::convert;
use super::joined;
use crate::QueryError;
use crate::exec::SegmentScanExec;

/// Makes the columns of a table from those of its leaf. Where the node is the larger side of a join on the
/// trace id, the join tells it the ids of the other side before it asks for rows: the leaf then reads the
/// rows of these traces alone.
#[derive(Debug, Clone)]
pub(crate) struct LogicalExec {
    leaf: Arc<SegmentScanExec>,
    columns: Arc<[Column]>,
    /// Rows of the leaf; exact when it leaves none out.
    rows: Precision<usize>,
    /// What joins say while they run.
    filters: Vec<Arc<dyn PhysicalExpr>>,
    properties: Arc<PlanProperties>,
}

impl LogicalExec {
    pub(crate) fn new(
        leaf: SegmentScanExec,
        columns: Vec<Column>,
        schema: SchemaRef,
        rows: Precision<usize>,
    ) -> Self {
        let partitions = leaf.partitions().len();
        let properties = PlanProperties::new(
            EquivalenceProperties::new(schema),
            Partitioning::UnknownPartitioning(partitions),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        LogicalExec {
            leaf: Arc::new(leaf),
            columns: columns.into(),
            rows,
            filters: Vec::new(),
            properties: Arc::new(properties),
        }
    }

    /// The leaf, of the traces alone that the joins still want.
    fn narrowed(&self) -> Result<Arc<SegmentScanExec>, QueryError> {
        match joined::traces(&self.filters) {
            Some(traces) => Ok(Arc::new(
                self.leaf
                    .narrowed(&joined::query(self.leaf.scan().snapshot().signal(), traces))?,
            )),
            None => Ok(Arc::clone(&self.leaf)),
        }
    }
}

impl DisplayAs for LogicalExec {
    fn fmt_as(&self, display: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.columns.iter().map(|column| column.name).collect();
        write!(f, "LogicalExec: columns=[{}]", names.join(", "))?;
        if !self.filters.is_empty() {
            write!(f, ", traces=those of the join")?;
        }
        write!(f, ", leaf=[")?;
        self.leaf.fmt_as(display, f)?;
        write!(f, "]")
    }
}

impl ExecutionPlan for LogicalExec {
    fn name(&self) -> &'static str {
        "LogicalExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    /// The leaf is a part of this node: no rule may put anything between them.
    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![]
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        for filter in &self.filters {
            if f(filter)? == TreeNodeRecursion::Stop {
                return Ok(TreeNodeRecursion::Stop);
            }
        }
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

    /// What the joins know is looked at when the first batch is asked for, not before: only then do they know it.
    fn execute(
        &self,
        partition: usize,
        context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream> {
        let this = self.clone();
        let schema = self.schema();
        let stream = futures::stream::once(async move {
            let leaf = this
                .narrowed()
                .map_err(|error| DataFusionError::External(Box::new(error)))?;
            let schema = this.schema();
            let batches = leaf.execute(partition, context)?;
            let pieces = batches.map(move |batch| {
                let whole = converted(&this.columns, &schema, &batch?).map_err(|error| {
                    DataFusionError::External(Box::new(QueryError::from(error)))
                })?;
                let pieces = apart::pieces(whole).into_iter().map(Ok);
                Ok::<_, DataFusionError>(futures::stream::iter(pieces))
            });
            Ok::<_, DataFusionError>(pieces.try_flatten())
        });
        let stream = stream.try_flatten();
        Ok(Box::pin(RecordBatchStreamAdapter::new(
            schema,
            Box::pin(stream),
        )))
    }

    /// Those of the leaf, which is a part of this node.
    fn metrics(&self) -> Option<MetricsSet> {
        self.leaf.metrics()
    }

    fn statistics_from_inputs(
        &self,
        _: &[Arc<Statistics>],
        args: &StatisticsArgs,
    ) -> Result<Arc<Statistics>> {
        let mut statistics = Statistics::new_unknown(&self.schema());
        if args.partition().is_none()
            || self.properties.output_partitioning().partition_count() == 1
        {
            statistics.num_rows = self.rows;
        }
        Ok(Arc::new(statistics))
    }

    /// Keeps what may come to hold trace ids; the join applies it all the same.
    fn handle_child_pushdown_result(
        &self,
        phase: FilterPushdownPhase,
        pushed: ChildPushdownResult,
        _: &ConfigOptions,
    ) -> Result<FilterPushdownPropagation<Arc<dyn ExecutionPlan>>> {
        let none_is_applied = vec![PushedDown::No; pushed.parent_filters.len()];
        let propagation = FilterPushdownPropagation::with_parent_pushdown_result(none_is_applied);
        let filters: Vec<_> = pushed
            .parent_filters
            .into_iter()
            .map(|pushed| pushed.filter)
            .filter(joined::may_hold_traces)
            .collect();
        if phase != FilterPushdownPhase::Post || filters.is_empty() {
            return Ok(propagation);
        }
        let mut node = self.clone();
        node.filters.extend(filters);
        Ok(propagation.with_updated_node(Arc::new(node)))
    }
}

fn converted(
    columns: &[Column],
    schema: &SchemaRef,
    batch: &RecordBatch,
) -> Result<RecordBatch, SchemaError> {
    let converted: Result<Vec<ArrayRef>, _> = columns
        .iter()
        .map(|&column| convert(column, batch))
        .collect();
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    Ok(RecordBatch::try_new_with_options(
        Arc::clone(schema),
        converted?,
        &options,
    )?)
}
