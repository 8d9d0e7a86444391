//! Rows that an operator keeps without telling the memory pool, told to it for them.
//!
//! Sorts, joins and groups account for the columns that they hold. A window over a whole partition keeps every row
//! and does not; and where nothing of a join's rows is wanted but their number, a batch of it has no columns,
//! counts as nothing, and still takes its place, a thousand million times over. So below these stands a node that
//! reserves memory for each batch that passes: what does not fit the pool ends the query with an error instead of
//! the process.

use std::fmt;
use std::sync::Arc;

use arrow::array::RecordBatch;
use datafusion::common::Result;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::config::ConfigOptions;
use datafusion::execution::TaskContext;
use datafusion::execution::memory_pool::MemoryConsumer;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::execution_plan::{ChildrenPropertiesMode, ReplaceChildrenOptions};
use datafusion::physical_plan::joins::{CrossJoinExec, NestedLoopJoinExec};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::windows::{BoundedWindowAggExec, WindowAggExec};
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties, SendableRecordBatchStream,
};
use futures::StreamExt;

/// Puts an [`AccountedExec`] below each operator that keeps rows and does not say so.
#[derive(Debug)]
pub(super) struct AccountForKept;

impl PhysicalOptimizerRule for AccountForKept {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|plan| {
            let Some(kept) = Kept::by(&plan) else {
                return Ok(Transformed::no(plan));
            };
            let mut children: Vec<_> = plan.children().into_iter().cloned().collect();
            // A join keeps its first side; a window has only one.
            if let Some(child) = children.first_mut() {
                *child = Arc::new(AccountedExec {
                    input: Arc::clone(child),
                    kept,
                });
            }
            let keep = ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute);
            Ok(Transformed::yes(plan.replace_children(children, keep)?))
        })
        .data()
    }

    fn name(&self) -> &'static str {
        "account_for_kept"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// What an operator keeps of a batch without saying so.
#[derive(Debug, Clone, Copy)]
enum Kept {
    /// Its rows.
    Rows,
    /// Its place in a list.
    Place,
}

impl Kept {
    fn by(plan: &Arc<dyn ExecutionPlan>) -> Option<Self> {
        let is_window = plan.downcast_ref::<WindowAggExec>().is_some()
            || plan.downcast_ref::<BoundedWindowAggExec>().is_some();
        let is_join = plan.downcast_ref::<CrossJoinExec>().is_some()
            || plan.downcast_ref::<NestedLoopJoinExec>().is_some();
        match (is_window, is_join) {
            (true, _) => Some(Kept::Rows),
            (_, true) => Some(Kept::Place),
            _ => None,
        }
    }

    fn bytes(self, batch: &RecordBatch) -> usize {
        match self {
            Kept::Rows => batch.get_array_memory_size(),
            // The list doubles when it is full.
            Kept::Place => 2 * size_of::<RecordBatch>(),
        }
    }
}

/// Hands rows on as they come, and reserves memory for what is kept of them until the last has passed.
#[derive(Debug)]
struct AccountedExec {
    input: Arc<dyn ExecutionPlan>,
    kept: Kept,
}

impl DisplayAs for AccountedExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccountedExec")
    }
}

impl ExecutionPlan for AccountedExec {
    fn name(&self) -> &'static str {
        "AccountedExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.input.properties()
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn replace_children(
        self: Arc<Self>,
        mut children: Vec<Arc<dyn ExecutionPlan>>,
        _: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(Arc::new(AccountedExec {
            input: children.swap_remove(0),
            kept: self.kept,
        }))
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(
            children,
            ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute),
        )
    }

    fn execute(
        &self,
        partition: usize,
        context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream> {
        let reservation = MemoryConsumer::new("rows that are kept").register(context.memory_pool());
        let batches = self.input.execute(partition, context)?;
        let kept = self.kept;
        let accounted = batches.map(move |batch| {
            let batch = batch?;
            reservation.try_grow(kept.bytes(&batch))?;
            Ok(batch)
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(
            self.schema(),
            accounted,
        )))
    }
}
