//! What the other side of a join says about trace ids.
//!
//! A hash join reads its smaller side first, and then offers the other side a filter over the join's key.
//! Where the key is the trace id and its values are few, they are listed in that filter: of the larger side
//! only these traces need be read, and storage finds them by its filters and directories.

use std::collections::BTreeSet;
use std::sync::Arc;

use clearspan_schema::Signal;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::Operator;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::{
    BinaryExpr, CaseExpr, CastExpr, Column, DynamicFilterPhysicalExpr, InListExpr, Literal,
};

use super::super::limits::IN_LIST_MAX;
use crate::language::{Expr, Field, Query, Test, Value};
use clearspan_schema::ids::parse_hex;

const TRACE_ID: &str = "trace_id";

/// Whether a filter, which may not hold anything yet, can come to speak of trace ids.
pub(super) fn may_hold_traces(filter: &Arc<dyn PhysicalExpr>) -> bool {
    filter.downcast_ref::<DynamicFilterPhysicalExpr>().is_some() && names_trace_id(filter, 0)
}

/// Deeper filters are no join's.
const DEPTH_MAX: usize = 32;

fn names_trace_id(expr: &Arc<dyn PhysicalExpr>, depth: usize) -> bool {
    depth < DEPTH_MAX
        && (is_trace_id(expr)
            || expr
                .children()
                .into_iter()
                .any(|child| names_trace_id(child, depth + 1)))
}

fn is_trace_id(expr: &Arc<dyn PhysicalExpr>) -> bool {
    match expr.downcast_ref::<CastExpr>() {
        Some(cast) => is_trace_id(cast.expr()),
        None => expr
            .downcast_ref::<Column>()
            .is_some_and(|column| column.name() == TRACE_ID),
    }
}

/// The traces that alone can pass all of `filters`; `None` when they do not say.
pub(super) fn traces(filters: &[Arc<dyn PhysicalExpr>]) -> Option<BTreeSet<String>> {
    let each = filters.iter().filter_map(|filter| listed(filter, 0));
    each.reduce(|a, b| a.intersection(&b).cloned().collect())
        .filter(|traces| traces.len() <= IN_LIST_MAX)
}

fn listed(filter: &Arc<dyn PhysicalExpr>, depth: usize) -> Option<BTreeSet<String>> {
    if depth == DEPTH_MAX {
        return None;
    }
    let inner = |filter: &Arc<dyn PhysicalExpr>| listed(filter, depth + 1);
    if let Some(dynamic) = filter.downcast_ref::<DynamicFilterPhysicalExpr>() {
        return inner(&dynamic.current().ok()?);
    }
    if let Some(list) = filter.downcast_ref::<InListExpr>() {
        let is_listed = !list.negated() && is_trace_id(list.expr());
        return is_listed.then(|| list.list().iter().map(text).collect())?;
    }
    if let Some(binary) = filter.downcast_ref::<BinaryExpr>() {
        let sides = (inner(binary.left()), inner(binary.right()));
        return match (binary.op(), sides) {
            (Operator::And, (Some(a), Some(b))) => Some(a.intersection(&b).cloned().collect()),
            (Operator::And, (one, other)) => one.or(other),
            (Operator::Or, (Some(a), Some(b))) => Some(a.union(&b).cloned().collect()),
            _ => None,
        };
    }
    if let Some(case) = filter.downcast_ref::<CaseExpr>() {
        // One branch for each partition of the join; nothing passes that is in none.
        let branches = case.when_then_expr().iter().map(|(_, then)| then);
        let branches: Option<Vec<_>> = branches.chain(case.else_expr()).map(inner).collect();
        return Some(branches?.into_iter().flatten().collect());
    }
    let literal = filter.downcast_ref::<Literal>()?;
    matches!(literal.value(), ScalarValue::Boolean(Some(false))).then(BTreeSet::new)
}

fn text(expr: &Arc<dyn PhysicalExpr>) -> Option<String> {
    let literal = expr.downcast_ref::<Literal>()?;
    Some(literal.value().try_as_str()?.unwrap_or_default().to_owned())
}

/// The query that rows of these traces alone match.
pub(super) fn query(signal: Signal, traces: BTreeSet<String>) -> Query {
    let ids = traces
        .into_iter()
        .filter(|id| parse_hex::<16>(id).is_some());
    let is = |id: String| Expr::Field(Field::TraceId, Test::Equals(Value::Text(id)));
    Query::new(signal, Expr::any_of(ids.map(is).collect()))
}
