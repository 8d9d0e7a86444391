//! The functions that a query may call.
//!
//! DataFusion's are taken by name, from a list: what is not in it does not exist. Left out are those that
//! could make gigabytes out of a short query (series, array padding), compare everything with everything
//! inside one batch (edit distances), or speak of files. Those whose result can be much larger than their
//! arguments are bounded before they are called ([`bounded`]).
//!
//! | file | what it holds |
//! |---|---|
//! | `names.rs` | the names of DataFusion's functions that are taken |
//! | `bounded.rs` | refusing a result that would be too large, and patterns that are no constants |
//! | `attributes.rs` | `attributes['k']`, `attributes_num`, `attributes_bool`, `attributes_json` |
//! | `matches.rs` | `matches(text, 'query')` |
//! | `severity.rs` | `severity_name(n)` |
//! | `duration.rs` | `duration(text)` |
//! | `format_duration.rs` | `format_duration(ns)` |
//! | `concat.rs` | the operator `||` |
//! | `planner.rs` | operators and subscripts that become functions |

mod attributes;
mod bounded;
mod concat;
mod duration;
mod format_duration;
pub(crate) mod matches;
mod names;
mod planner;
mod severity;

use std::sync::Arc;

use datafusion::execution::SessionStateDefaults;
use datafusion::logical_expr::expr_rewriter::FunctionRewrite;
use datafusion::logical_expr::planner::ExprPlanner;
use datafusion::logical_expr::{AggregateUDF, ScalarUDF, WindowUDF};

pub(crate) use attributes::looked_up;
pub(crate) use names::in_windows;

/// The scalar functions. No result of a call may have more than `result_bytes_max`.
pub(crate) fn scalar_functions(result_bytes_max: usize) -> Vec<Arc<ScalarUDF>> {
    let own = [
        attributes::text(),
        attributes::number(),
        attributes::boolean(),
        attributes::json(),
        matches::function(),
        severity::function(),
        duration::function(),
        format_duration::function(),
    ];
    SessionStateDefaults::default_scalar_functions()
        .into_iter()
        .filter(|function| names::SCALAR.contains(&function.name()))
        .map(|function| bounded::bounded(function, result_bytes_max))
        .chain(own)
        .collect()
}

/// The aggregate functions.
pub(crate) fn aggregate_functions() -> Vec<Arc<AggregateUDF>> {
    SessionStateDefaults::default_aggregate_functions()
        .into_iter()
        .filter(|function| names::AGGREGATE.contains(&function.name()))
        .collect()
}

/// The window functions.
pub(crate) fn window_functions() -> Vec<Arc<WindowUDF>> {
    SessionStateDefaults::default_window_functions()
}

/// What makes functions of operators and subscripts: ours first.
pub(crate) fn planners(result_bytes_max: usize) -> Vec<Arc<dyn ExprPlanner>> {
    planner::planners(result_bytes_max)
}

/// What makes functions of other expressions once types are known.
pub(crate) fn rewrites() -> Vec<Arc<dyn FunctionRewrite + Send + Sync>> {
    vec![Arc::new(planner::AttributesAsText)]
}
