//! `EXPLAIN` and `EXPLAIN ANALYZE`: the plan of a SELECT as text.
//!
//! The plan is the one that the SELECT would run, with all its guards. With ANALYZE it has run before it is told,
//! within the same limits as if its rows were wanted, so that whoever may ask the one may ask the other.

use std::fmt::{self, Write};
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::display::DisplayableExecutionPlan;

use super::error::SqlError;
use super::limits::PLAN_TEXT_BYTES_MAX;
use super::names;
use crate::QueryError;

/// What is wanted of a query instead of its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Explain {
    /// Its plan; nothing is read.
    Plan,
    /// Its plan and what each step did: it runs.
    Analyze,
}

/// Rows of `plan_type` and `plan`.
pub(crate) fn told(
    explain: Explain,
    logical: &LogicalPlan,
    physical: &dyn ExecutionPlan,
) -> Result<RecordBatch, DataFusionError> {
    let plans = match explain {
        Explain::Plan => vec![
            ("logical_plan", text(&logical.display_indent())?),
            (
                "physical_plan",
                text(&DisplayableExecutionPlan::new(physical).indent(false))?,
            ),
        ],
        Explain::Analyze => vec![(
            "plan_with_metrics",
            text(&DisplayableExecutionPlan::with_metrics(physical).indent(false))?,
        )],
    };
    let (types, plans): (Vec<&str>, Vec<String>) = plans.into_iter().unzip();
    let columns = [
        ("plan_type", Arc::new(StringArray::from(types)) as ArrayRef),
        ("plan", Arc::new(StringArray::from(plans)) as ArrayRef),
    ];
    Ok(RecordBatch::try_from_iter(columns)?)
}

fn text(plan: &dyn fmt::Display) -> Result<String, DataFusionError> {
    let mut bounded = Bounded(String::new());
    match write!(bounded, "{plan}") {
        Ok(()) => Ok(names::unmarked(bounded.0.trim_end())),
        Err(fmt::Error) => {
            let error = SqlError::new(format!(
                "the plan takes more than {PLAN_TEXT_BYTES_MAX} bytes as text"
            ));
            Err(DataFusionError::External(Box::new(QueryError::from(error))))
        }
    }
}

/// Fails instead of growing beyond its bound: a plan repeats the names of a query wherever they are used.
struct Bounded(String);

impl fmt::Write for Bounded {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        if self.0.len() + piece.len() > PLAN_TEXT_BYTES_MAX {
            return Err(fmt::Error);
        }
        self.0.push_str(piece);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_plan_that_is_too_long_is_refused() {
        let most = "x".repeat(PLAN_TEXT_BYTES_MAX);
        assert_eq!(text(&most).unwrap(), most);
        let error = text(&(most + "x")).unwrap_err().to_string();
        assert!(error.contains("bytes as text"), "{error}");
    }
}
