//! What stands below an operator that asks too much of whoever runs it.
//!
//! Sorts, joins and groups account for the columns that they hold, with the room in them that nobody uses (`compact.rs`). A window over a whole partition keeps every row
//! and does not; and where nothing of a join's rows is wanted but their number, a batch of it has no columns,
//! counts as nothing, and still takes its place, a thousand million times over. So below these memory is
//! reserved for each batch that passes: what does not fit the pool ends the query with an error instead of the
//! process.
//!
//! A join whose condition is no equality holds each row of a batch against every row of its first side, at one
//! stretch: with a batch of a thousand rows that is half a thousand million comparisons of large tables, during
//! which nobody can end it. So it gets few rows at a time, and gives way after each such piece. And any join makes batch after batch of what it
//! has been given, without ever waiting for more, so that a sort above it would take thousands of them at one stretch: it gives way after each.

use std::fmt;
use std::sync::Arc;

use arrow::array::RecordBatch;
use datafusion::common::Result;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::config::ConfigOptions;
use datafusion::execution::TaskContext;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::execution_plan::{ChildrenPropertiesMode, ReplaceChildrenOptions};
use datafusion::physical_plan::joins::{
    CrossJoinExec, HashJoinExec, NestedLoopJoinExec, SortMergeJoinExec,
};
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::unnest::UnnestExec;
use datafusion::physical_plan::windows::{BoundedWindowAggExec, WindowAggExec};
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties, SendableRecordBatchStream,
};
use futures::{StreamExt, TryStreamExt, stream};

use super::compact::compact;
use super::limits::PROBE_ROWS;

/// Puts a [`GuardedExec`] on each side of an operator that needs one.
#[derive(Debug)]
pub(super) struct GuardOperators;

impl PhysicalOptimizerRule for GuardOperators {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|plan| {
            let guards = guards(&plan);
            if guards.is_empty() {
                return Ok(match multiplies(&plan) {
                    true => Transformed::yes(giving_way(plan)),
                    false => Transformed::no(plan),
                });
            }
            let mut children: Vec<_> = plan.children().into_iter().cloned().collect();
            for (child, &guard) in children.iter_mut().zip(guards) {
                *child = Arc::new(GuardedExec {
                    input: Arc::clone(child),
                    guard,
                });
            }
            let recompute = ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute);
            let plan = plan.replace_children(children, recompute)?;
            Ok(Transformed::yes(match multiplies(&plan) {
                true => giving_way(plan),
                false => plan,
            }))
        })
        .data()
    }

    fn name(&self) -> &'static str {
        "guard_operators"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// What is done with the rows on their way.
#[derive(Debug, Clone, Copy)]
enum Guard {
    /// They hold no more than they use, since they are kept.
    Compact,
    /// The same, and memory is reserved for them.
    CountRows,
    /// Memory is reserved for the place that a batch of them takes in a list.
    CountPlaces,
    /// They are handed on a few at a time.
    Divide,
    /// Whoever runs the plan may end it after each batch of them.
    GiveWay,
}

/// Whether it makes more rows than it is given: whoever takes them in a loop, as a sort does, would not end before the last.
fn multiplies(plan: &Arc<dyn ExecutionPlan>) -> bool {
    plan.downcast_ref::<CrossJoinExec>().is_some()
        || plan.downcast_ref::<NestedLoopJoinExec>().is_some()
        || plan.downcast_ref::<HashJoinExec>().is_some()
        || plan.downcast_ref::<SortMergeJoinExec>().is_some()
        || plan.downcast_ref::<UnnestExec>().is_some()
}

fn giving_way(plan: Arc<dyn ExecutionPlan>) -> Arc<dyn ExecutionPlan> {
    Arc::new(GuardedExec {
        input: plan,
        guard: Guard::GiveWay,
    })
}

/// The guards of the sides of `plan`, from the first on. A join keeps its first side.
fn guards(plan: &Arc<dyn ExecutionPlan>) -> &'static [Guard] {
    if plan.downcast_ref::<WindowAggExec>().is_some()
        || plan.downcast_ref::<BoundedWindowAggExec>().is_some()
    {
        &[Guard::CountRows]
    } else if plan.downcast_ref::<CrossJoinExec>().is_some() {
        &[Guard::CountPlaces]
    } else if plan.downcast_ref::<NestedLoopJoinExec>().is_some() {
        &[Guard::CountPlaces, Guard::Divide]
    } else if plan.downcast_ref::<HashJoinExec>().is_some()
        || plan.downcast_ref::<SortExec>().is_some()
    {
        &[Guard::Compact]
    } else {
        &[]
    }
}

/// Hands the rows of its input on under a guard.
#[derive(Debug)]
struct GuardedExec {
    input: Arc<dyn ExecutionPlan>,
    guard: Guard,
}

impl DisplayAs for GuardedExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GuardedExec: {:?}", self.guard)
    }
}

impl ExecutionPlan for GuardedExec {
    fn name(&self) -> &'static str {
        "GuardedExec"
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
        Ok(Arc::new(GuardedExec {
            input: children.swap_remove(0),
            guard: self.guard,
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
        let memory = MemoryConsumer::new("rows that are kept").register(context.memory_pool());
        let batches = self.input.execute(partition, context)?;
        Ok(match self.guard {
            Guard::Compact => compacted(batches),
            Guard::CountRows => counted(
                compacted(batches),
                memory,
                RecordBatch::get_array_memory_size,
            ),
            // The list doubles when it is full.
            Guard::CountPlaces => counted(batches, memory, |_| 2 * size_of::<RecordBatch>()),
            Guard::Divide => divided(batches),
            Guard::GiveWay => giving_way_each(batches),
        })
    }
}

fn compacted(batches: SendableRecordBatchStream) -> SendableRecordBatchStream {
    let schema = batches.schema();
    let each = batches.map(|batch| Ok(compact(batch?)?));
    Box::pin(RecordBatchStreamAdapter::new(schema, each))
}

/// Memory is reserved for each batch until the last has passed.
fn counted(
    batches: SendableRecordBatchStream,
    memory: MemoryReservation,
    bytes: fn(&RecordBatch) -> usize,
) -> SendableRecordBatchStream {
    let schema = batches.schema();
    let counted = batches.map(move |batch| {
        let batch = batch?;
        memory.try_grow(bytes(&batch))?;
        Ok(batch)
    });
    Box::pin(RecordBatchStreamAdapter::new(schema, counted))
}

fn giving_way_each(batches: SendableRecordBatchStream) -> SendableRecordBatchStream {
    let schema = batches.schema();
    let each = batches.then(async |batch| {
        tokio::task::yield_now().await;
        batch
    });
    Box::pin(RecordBatchStreamAdapter::new(schema, Box::pin(each)))
}

fn divided(batches: SendableRecordBatchStream) -> SendableRecordBatchStream {
    let schema = batches.schema();
    let pieces = batches.map_ok(|batch| {
        stream::iter(pieces(batch)).then(async |piece| {
            tokio::task::yield_now().await;
            Ok(piece)
        })
    });
    Box::pin(RecordBatchStreamAdapter::new(
        schema,
        Box::pin(pieces.try_flatten()),
    ))
}

fn pieces(batch: RecordBatch) -> impl Iterator<Item = RecordBatch> + Send {
    let rows = batch.num_rows();
    (0..rows)
        .step_by(PROBE_ROWS)
        .map(move |first| batch.slice(first, PROBE_ROWS.min(rows - first)))
}
