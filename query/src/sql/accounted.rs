//! Rows that an operator keeps without telling the memory pool, told to it for them.
//!
//! Sorts, joins and groups account for what they hold. A window over a whole partition keeps every row and
//! does not. So below it stands a node that reserves memory for each batch that passes, until the query
//! ends: what does not fit the pool ends the query with an error instead of the process.

use std::fmt;
use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::config::ConfigOptions;
use datafusion::execution::TaskContext;
use datafusion::execution::memory_pool::MemoryConsumer;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::execution_plan::{ChildrenPropertiesMode, ReplaceChildrenOptions};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::windows::{BoundedWindowAggExec, WindowAggExec};
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties, SendableRecordBatchStream,
};
use futures::StreamExt;

/// Puts an [`AccountedExec`] below each window.
#[derive(Debug)]
pub(super) struct AccountForWindows;

impl PhysicalOptimizerRule for AccountForWindows {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|plan| {
            let keeps_rows = plan.downcast_ref::<WindowAggExec>().is_some()
                || plan.downcast_ref::<BoundedWindowAggExec>().is_some();
            if !keeps_rows {
                return Ok(Transformed::no(plan));
            }
            let children = plan.children().into_iter().map(|child| {
                Arc::new(AccountedExec {
                    input: Arc::clone(child),
                }) as Arc<dyn ExecutionPlan>
            });
            let children = children.collect();
            let keep = ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute);
            Ok(Transformed::yes(plan.replace_children(children, keep)?))
        })
        .data()
    }

    fn name(&self) -> &'static str {
        "account_for_windows"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// Hands rows on as they come, and reserves memory for them until the query ends.
#[derive(Debug)]
struct AccountedExec {
    input: Arc<dyn ExecutionPlan>,
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
        let reservation = MemoryConsumer::new("rows of a window").register(context.memory_pool());
        let batches = self.input.execute(partition, context)?;
        let accounted = batches.map(move |batch| {
            let batch = batch?;
            reservation.try_grow(batch.get_array_memory_size())?;
            Ok(batch)
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(
            self.schema(),
            accounted,
        )))
    }
}
