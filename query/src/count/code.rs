//! Kinds and statuses of spans: numbers that have names. The number 0 is one of them, since `status:unset` finds it.

use std::collections::BTreeMap;

use arrow::array::{Array, RecordBatch};
use clearspan_schema::columns;

use super::budget::Budget;
use super::distinct::{Distinct, Origin};
use crate::QueryError;

/// Counts the values of one such column.
#[derive(Debug)]
pub(super) struct Codes {
    column: &'static str,
    name: fn(i32) -> Option<&'static str>,
}

impl Codes {
    /// A column of numbers, of which `name` knows those that OpenTelemetry defines.
    pub(super) fn new(column: &'static str, name: fn(i32) -> Option<&'static str>) -> Self {
        Codes { column, name }
    }

    pub(super) fn column(&self) -> &'static str {
        self.column
    }

    /// Counts the rows of `batch`; a number without a name by itself.
    pub(super) fn add(
        &self,
        batch: &RecordBatch,
        distinct: &mut Distinct,
        budget: &mut Budget,
    ) -> Result<(), QueryError> {
        let codes = columns::int32(batch, self.column)?;
        // A status that was not sent is one of 0.
        let mut rows = BTreeMap::from([(0, codes.null_count() as u64)]);
        let mut sent: Vec<i32> = codes.iter().flatten().collect();
        sent.sort_unstable();
        for run in sent.chunk_by(|a, b| a == b) {
            *rows.entry(run[0]).or_default() += run.len() as u64;
        }
        for (code, rows) in rows.into_iter().filter(|&(_, rows)| rows > 0) {
            match (self.name)(code) {
                Some(name) => distinct.push_text(name, Origin::Name, budget)?,
                None => distinct.push_int(code.into(), false, budget)?,
            }
            distinct.count_rows(rows);
        }
        Ok(())
    }
}
