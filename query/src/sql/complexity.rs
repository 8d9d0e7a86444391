//! Refusing plans that would grow beyond all bounds, before they are optimized.
//!
//! A plan may hold far more than its text. A `WITH` stands wherever it is used, so that thirty of them, each
//! using the one before twice, are a thousand million steps; and a condition is moved down through the
//! SELECTs below it, each name replaced by what it stands for, so that `x + x` of `x + x` of ... doubles with
//! each. Both are counted here on the plan as it was written:
//!
//! 1. The steps, with an end as soon as they are too many.
//! 2. For each column of each step, of how many terms it would be made if every name in it was replaced.
//!
//! Besides, what one operator would make of one batch without bound is refused: see [`check_step`].

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion, TreeNodeVisitor};
use datafusion::common::{DFSchema, Result};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::expr::WindowFunction;
use datafusion::logical_expr::{Expr, LogicalPlan, Unnest, WindowFunctionDefinition};

use super::attributes::is_attributes;
use super::error::SqlError;
use super::functions::in_windows;
use super::limits::{COLUMNS_MAX, EXPRESSION_TERMS_MAX, PLAN_NODES_MAX};

/// Refuses what is too much.
pub(crate) fn check(plan: &LogicalPlan) -> Result<(), DataFusionError> {
    let columns = plan.schema().fields().len();
    if columns > COLUMNS_MAX {
        return refuse(format!(
            "the answer has {columns} columns, at most {COLUMNS_MAX} are allowed"
        ));
    }
    let mut steps = 0;
    plan.apply_with_subqueries(|step| {
        steps += 1;
        if steps > PLAN_NODES_MAX {
            let message = format!("the plan has more than {PLAN_NODES_MAX} steps");
            return refuse(format!("{message}; a WITH counts wherever it is used"));
        }
        check_step(step)?;
        Ok(TreeNodeRecursion::Continue)
    })?;
    terms(plan).map(|_| ())
}

fn refuse<T>(message: String) -> Result<T, DataFusionError> {
    let error = SqlError::new(message).with_hint("ask for less at once");
    Err(DataFusionError::External(Box::new(
        crate::QueryError::from(error),
    )))
}

/// How many lists inside each other one query may take apart.
const UNNESTS_MAX: usize = 1;

/// 1. `unnest` makes of each row as many as its list is long, all of a batch at once: only one of them, and
///    no other list beside it, which would be copied for each.
/// 2. Aggregates over windows that look at the whole window again for each row.
fn check_step(step: &LogicalPlan) -> Result<(), DataFusionError> {
    match step {
        LogicalPlan::Unnest(unnest) => check_unnest(unnest),
        LogicalPlan::Window(window) => window.window_expr.iter().try_for_each(check_window),
        _ => Ok(()),
    }
}

fn check_unnest(unnest: &Unnest) -> Result<(), DataFusionError> {
    if !unnest.struct_type_columns.is_empty() {
        return refuse("unnest takes lists".to_owned());
    }
    let mut below = 0;
    unnest.input.apply(|step| {
        below += usize::from(matches!(step, LogicalPlan::Unnest(_)));
        Ok(TreeNodeRecursion::Continue)
    })?;
    if below >= UNNESTS_MAX {
        return refuse("there is more than one unnest".to_owned());
    }
    let fields = unnest.input.schema().fields().iter().enumerate();
    let unnested: Vec<usize> = unnest
        .list_type_columns
        .iter()
        .map(|(index, _)| *index)
        .collect();
    let mut beside =
        fields.filter(|(index, field)| !unnested.contains(index) && holds_list(field.data_type()));
    match beside.next() {
        Some((_, field)) => refuse(format!("`{}` is a list beside an unnest", field.name())),
        None => Ok(()),
    }
}

fn holds_list(data_type: &DataType) -> bool {
    match data_type {
        DataType::List(_)
        | DataType::LargeList(_)
        | DataType::ListView(_)
        | DataType::LargeListView(_)
        | DataType::FixedSizeList(..)
        | DataType::Map(..) => true,
        attributes if is_attributes(attributes) => false,
        DataType::Struct(fields) => fields.iter().any(|field| holds_list(field.data_type())),
        _ => false,
    }
}

fn check_window(expr: &Expr) -> Result<(), DataFusionError> {
    let mut dear = None;
    expr.apply(|expr| {
        if let Expr::WindowFunction(function) = expr {
            let WindowFunction { fun, params } = function.as_ref();
            if let WindowFunctionDefinition::AggregateUDF(aggregate) = fun
                && (!in_windows(aggregate.name()) || params.distinct)
            {
                dear = Some(aggregate.name().to_owned());
            }
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    match dear {
        Some(name) => refuse(format!("{name} is not answered over windows")),
        None => Ok(()),
    }
}

/// The terms of each column of `plan`, in order of its schema.
fn terms(plan: &LogicalPlan) -> Result<Vec<u64>, DataFusionError> {
    let inputs = plan
        .inputs()
        .into_iter()
        .map(|input| Ok((Arc::clone(input.schema()), terms(input)?)))
        .collect::<Result<Vec<_>, DataFusionError>>()?;
    // What a subquery inside an expression holds is counted by itself.
    plan.apply_subqueries(|subquery| {
        terms(subquery)?;
        Ok(TreeNodeRecursion::Continue)
    })?;
    let mut made = Vec::new();
    for expr in plan.expressions() {
        let count = terms_of(&expr, &inputs)?;
        if count > EXPRESSION_TERMS_MAX {
            return refuse(format!(
                "an expression has more than {EXPRESSION_TERMS_MAX} terms once its names are replaced by what they stand for"
            ));
        }
        made.push(count);
    }
    let width = plan.schema().fields().len();
    let columns: Vec<u64> = match plan {
        LogicalPlan::Projection(_) | LogicalPlan::Aggregate(_) => made,
        LogicalPlan::Window(_) => {
            let below = inputs
                .first()
                .map(|(_, columns)| columns.clone())
                .unwrap_or_default();
            let beyond = width.saturating_sub(below.len());
            below
                .into_iter()
                .chain(std::iter::repeat_n(1, beyond))
                .collect()
        }
        LogicalPlan::Union(_) | LogicalPlan::RecursiveQuery(_) => (0..width)
            .map(|at| {
                inputs
                    .iter()
                    .filter_map(|(_, columns)| columns.get(at))
                    .copied()
                    .max()
                    .unwrap_or(1)
            })
            .collect(),
        _ => inputs
            .iter()
            .flat_map(|(_, columns)| columns.clone())
            .collect(),
    };
    let largest = columns.iter().copied().max().unwrap_or(1);
    Ok(if columns.len() == width {
        columns
    } else {
        vec![largest; width]
    })
}

/// The terms of `expr`. Some of its parts may come to stand in it several times.
fn terms_of(expr: &Expr, inputs: &[(Arc<DFSchema>, Vec<u64>)]) -> Result<u64, DataFusionError> {
    let mut counter = Counter {
        inputs,
        below: vec![0],
    };
    expr.visit(&mut counter)?;
    Ok(counter.below.pop().unwrap_or(0))
}

struct Counter<'a> {
    inputs: &'a [(Arc<DFSchema>, Vec<u64>)],
    /// Terms of what is open, from the outermost to the innermost.
    below: Vec<u64>,
}

impl<'n> TreeNodeVisitor<'n> for Counter<'_> {
    type Node = Expr;

    fn f_down(&mut self, _: &'n Expr) -> Result<TreeNodeRecursion> {
        self.below.push(0);
        Ok(TreeNodeRecursion::Continue)
    }

    fn f_up(&mut self, expr: &'n Expr) -> Result<TreeNodeRecursion> {
        let below = self.below.pop().unwrap_or(0);
        let count = match expr {
            Expr::Column(column) => self
                .inputs
                .iter()
                .find_map(|(schema, columns)| columns.get(schema.maybe_index_of_column(column)?))
                .copied()
                .unwrap_or(1),
            other => below.saturating_mul(copies(other)).saturating_add(1),
        };
        if let Some(above) = self.below.last_mut() {
            *above = above.saturating_add(count);
        }
        Ok(TreeNodeRecursion::Continue)
    }
}

/// How often the optimizer may put what stands inside an expression into what it makes of it:
/// `coalesce(a, b)` becomes `CASE WHEN a IS NOT NULL THEN a ELSE b END`.
fn copies(expr: &Expr) -> u64 {
    const WRITTEN_OUT: [&str; 4] = ["coalesce", "nullif", "nvl", "nvl2"];
    match expr {
        Expr::Between(_) => 2,
        Expr::InList(list) if list.list.len() <= 3 => 3,
        Expr::ScalarFunction(function) if WRITTEN_OUT.contains(&function.name()) => 2,
        _ => 1,
    }
}
