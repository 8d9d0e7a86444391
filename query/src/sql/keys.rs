//! Which attributes of records a plan looks at.
//!
//! Where every use of the column `attributes` is `attributes['k']`, or a function that takes the same, with a key that stands in the query,
//! only these keys are read. Any other use wants all: of the column as a whole, under another name, or with a key that rows decide.

use std::collections::BTreeSet;

use clearspan_schema::logs;
use clearspan_storage::scan::AttributeKeys;
use datafusion::common::Result;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::{Expr, LogicalPlan};

use super::functions::looked_up;

/// The keys in all of the plan, of whichever table.
pub(crate) fn of_plan(plan: &LogicalPlan) -> Result<AttributeKeys> {
    let mut keys = Some(BTreeSet::new());
    let answers_with_it = plan
        .schema()
        .columns()
        .iter()
        .any(|column| is_attributes(&column.name));
    if answers_with_it {
        return Ok(AttributeKeys::All);
    }
    plan.apply_with_subqueries(|node| {
        node.apply_expressions(|expr| {
            expr.apply(|expr| Ok(visit(expr, &mut keys)))?;
            Ok(TreeNodeRecursion::Continue)
        })
    })?;
    Ok(keys.map_or(AttributeKeys::All, AttributeKeys::Only))
}

// Both signals name the column alike.
fn is_attributes(name: &str) -> bool {
    name == logs::ATTRIBUTES
}

/// `keys` becomes none when all are wanted.
fn visit(expr: &Expr, keys: &mut Option<BTreeSet<String>>) -> TreeNodeRecursion {
    let of_records = |(column, _): &(&str, &str)| is_attributes(column);
    match (looked_up(expr).filter(of_records), &mut *keys) {
        (Some((_, key)), Some(keys)) => {
            keys.insert(key.to_owned());
            TreeNodeRecursion::Jump
        }
        (None, _) if names_attributes(expr) => {
            *keys = None;
            TreeNodeRecursion::Stop
        }
        _ => TreeNodeRecursion::Continue,
    }
}

fn names_attributes(expr: &Expr) -> bool {
    match expr {
        Expr::Column(column) => is_attributes(&column.name),
        Expr::OuterReferenceColumn(_, column) => is_attributes(&column.name),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
