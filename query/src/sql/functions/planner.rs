//! Operators and subscripts that become functions.

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::common::tree_node::Transformed;
use datafusion::common::{DFSchema, Result, plan_err};
use datafusion::config::ConfigOptions;
use datafusion::execution::SessionStateDefaults;
use datafusion::functions::datetime::planner::DatetimeFunctionPlanner;
use datafusion::functions::unicode::planner::UnicodeFunctionPlanner;
use datafusion::functions_aggregate::planner::AggregateFunctionPlanner;
use datafusion::functions_nested::planner::FieldAccessPlanner;
use datafusion::functions_window::planner::WindowFunctionPlanner;
use datafusion::logical_expr::expr_rewriter::FunctionRewrite;
use datafusion::logical_expr::planner::{
    ExprPlanner, PlannerResult, RawBinaryExpr, RawFieldAccessExpr,
};
use datafusion::logical_expr::{Expr, ExprSchemable, GetFieldAccess, ScalarUDF, lit};
use datafusion::sql::sqlparser::ast::BinaryOperator;

use super::super::attributes::is_attributes;
use super::{attributes, bounded, concat};

/// Ours first. DataFusion's planners for arrays and structs are left out: they would put unbounded
/// functions behind `[a, b]` and `||`.
pub(super) fn planners(bytes_max: usize) -> Vec<Arc<dyn ExprPlanner>> {
    let array = SessionStateDefaults::default_scalar_functions()
        .into_iter()
        .find(|function| function.name() == "make_array");
    vec![
        Arc::new(Operators {
            concat: concat::function(bytes_max),
            array: array.map(|array| bounded::bounded(array, bytes_max)),
        }),
        Arc::new(FieldAccessPlanner),
        Arc::new(DatetimeFunctionPlanner),
        Arc::new(UnicodeFunctionPlanner),
        Arc::new(AggregateFunctionPlanner),
        Arc::new(WindowFunctionPlanner),
    ]
}

#[derive(Debug)]
struct Operators {
    concat: Arc<ScalarUDF>,
    array: Option<Arc<ScalarUDF>>,
}

impl ExprPlanner for Operators {
    fn plan_binary_op(
        &self,
        expr: RawBinaryExpr,
        _: &DFSchema,
    ) -> Result<PlannerResult<RawBinaryExpr>> {
        match expr.op {
            BinaryOperator::StringConcat => Ok(PlannerResult::Planned(
                self.concat.call(vec![expr.left, expr.right]),
            )),
            BinaryOperator::PGRegexMatch
            | BinaryOperator::PGRegexIMatch
            | BinaryOperator::PGRegexNotMatch
            | BinaryOperator::PGRegexNotIMatch
                if !matches!(expr.right, Expr::Literal(..)) =>
            {
                plan_err!("a regular expression must be a constant, not a column")
            }
            _ => Ok(PlannerResult::Original(expr)),
        }
    }

    /// `attributes['k']`, and with any other text as the key.
    fn plan_field_access(
        &self,
        expr: RawFieldAccessExpr,
        schema: &DFSchema,
    ) -> Result<PlannerResult<RawFieldAccessExpr>> {
        if !is_attributes(&expr.expr.get_type(schema)?) {
            return Ok(PlannerResult::Original(expr));
        }
        let key = match expr.field_access {
            GetFieldAccess::NamedStructField { name } => lit(name),
            GetFieldAccess::ListIndex { key } => *key,
            GetFieldAccess::ListRange { .. } => {
                return plan_err!("attributes have keys, no ranges");
            }
        };
        Ok(PlannerResult::Planned(
            attributes::text().call(vec![expr.expr, key]),
        ))
    }

    fn plan_array_literal(
        &self,
        exprs: Vec<Expr>,
        _: &DFSchema,
    ) -> Result<PlannerResult<Vec<Expr>>> {
        Ok(match &self.array {
            Some(array) => PlannerResult::Planned(array.call(exprs)),
            None => PlannerResult::Original(exprs),
        })
    }
}

/// `CAST(attributes AS TEXT)` is their JSON text.
#[derive(Debug)]
pub(super) struct AttributesAsText;

impl FunctionRewrite for AttributesAsText {
    fn name(&self) -> &'static str {
        "attributes as text"
    }

    fn rewrite(
        &self,
        expr: Expr,
        schema: &DFSchema,
        _: &ConfigOptions,
    ) -> Result<Transformed<Expr>> {
        let Expr::Cast(cast) = &expr else {
            return Ok(Transformed::no(expr));
        };
        let is_text = matches!(
            cast.field.data_type(),
            DataType::Utf8 | DataType::Utf8View | DataType::LargeUtf8
        );
        if is_text && is_attributes(&cast.expr.get_type(schema)?) {
            let inner = (*cast.expr).clone();
            return Ok(Transformed::yes(attributes::json().call(vec![inner])));
        }
        Ok(Transformed::no(expr))
    }
}
