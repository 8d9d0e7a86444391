//! Conditions that a trace directory decides: it knows which services each trace has spans of, and how many spans with an error.
//!
//! A condition that asks a span for its service alone is satisfied by some span of a trace if and only if it is by one of the trace's services. So the
//! condition is asked once of each name that a directory has, and no span is read.

use std::sync::Arc;

use arrow::array::{DictionaryArray, Int32Array, RecordBatch, StringArray};
use arrow::datatypes::{Field, Schema};
use clearspan_schema::dictionary::{self, Key};
use clearspan_schema::{SchemaError, spans};
use clearspan_storage::{TraceDirectory, TraceEntry};

use crate::QueryError;
use crate::language::{self, Expr, Matcher, Query, Test};

/// So many conditions of one query, a bit for each. Others are scanned for.
const TOLD_MAX: usize = u32::BITS as usize;

/// The conditions of a query that directories decide.
#[derive(Debug, Default)]
pub(crate) struct Told(Vec<Condition>);

#[derive(Debug)]
enum Condition {
    Service(Matcher),
    Error,
}

/// Which of the conditions each name in one directory satisfies, as bits.
#[derive(Debug)]
pub(super) struct Verdicts {
    of_names: Vec<u32>,
    of_no_service: u32,
    of_error: u32,
}

impl Told {
    /// Takes `condition` if directories decide it, and says which bit stands for it.
    pub(super) fn take(&mut self, condition: &Query) -> Option<u32> {
        let known = Condition::of(condition).filter(|_| self.0.len() < TOLD_MAX)?;
        self.0.push(known);
        Some(1 << (self.0.len() - 1))
    }

    /// What `directory` says of them.
    pub(super) fn verdicts(&self, directory: &TraceDirectory) -> Result<Verdicts, QueryError> {
        let names = directory.names();
        let mut verdicts = Verdicts {
            of_names: vec![0; names.len()],
            of_no_service: 0,
            of_error: 0,
        };
        if self.0.is_empty() {
            return Ok(verdicts);
        }
        let rows = as_services(names)?;
        for (at, condition) in self.0.iter().enumerate() {
            let bit = 1 << at;
            match condition {
                Condition::Error => verdicts.of_error |= bit,
                Condition::Service(matcher) => {
                    let satisfied = matcher.matches(&rows);
                    let satisfied =
                        satisfied.map_err(|error| QueryError::Internal(error.to_string()))?;
                    for row in satisfied.set_indices() {
                        match verdicts.of_names.get_mut(row) {
                            Some(bits) => *bits |= bit,
                            None => verdicts.of_no_service |= bit,
                        }
                    }
                }
            }
        }
        Ok(verdicts)
    }
}

impl Condition {
    fn of(condition: &Query) -> Option<Self> {
        if let Expr::Field(language::Field::Status, Test::Equals(value)) = condition.root()
            && value.text().eq_ignore_ascii_case("error")
        {
            return Some(Condition::Error);
        }
        let matcher = Matcher::new(condition);
        (matcher.columns() == [spans::SERVICE]).then_some(Condition::Service(matcher))
    }
}

impl Verdicts {
    /// The conditions that some span of the trace satisfies, as bits.
    pub(super) fn of(&self, entry: &TraceEntry<'_>) -> u32 {
        let services = entry.service_places().map(|place| match place {
            Some(place) => self.of_names.get(place).copied().unwrap_or(0),
            None => self.of_no_service,
        });
        let errors = if entry.errors() > 0 { self.of_error } else { 0 };
        services.fold(errors, |all, bits| all | bits)
    }
}

/// A row for each of `names` as a service, and one without a service behind them.
fn as_services(names: &[String]) -> Result<RecordBatch, SchemaError> {
    let keys = (0..).take(names.len()).map(Some).chain([None]);
    let keys: Int32Array = keys.collect();
    let values = StringArray::from_iter_values(names);
    let column = DictionaryArray::<Key>::try_new(keys, Arc::new(values))?;
    let field = Field::new(spans::SERVICE, dictionary::text_type(), true);
    let schema = Arc::new(Schema::new(vec![field]));
    Ok(RecordBatch::try_new(schema, vec![Arc::new(column)])?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use clearspan_schema::Signal;

    use super::*;

    #[test]
    fn what_asks_for_more_than_the_service_is_scanned_for() {
        let check = |text: &str, expected: bool| {
            let query = Query::parse(text, Signal::Spans).unwrap();
            let taken = Told::default().take(&query);
            assert_eq!(taken.is_some(), expected, "{text}");
        };
        for told in [
            "service:cart",
            "NOT service:c* (service:a OR service:/b/)",
            "service:*",
            "status:ERROR",
        ] {
            check(told, true);
        }
        for scanned in [
            "service.name:cart",
            "service:cart status:error",
            "NOT status:error",
            "status:ok",
            "status:err*",
            "cart",
        ] {
            check(scanned, false);
        }
        let mut told = Told::default();
        let query = Query::parse("service:cart", Signal::Spans).unwrap();
        let bits: Vec<_> = (0..TOLD_MAX + 1).map(|_| told.take(&query)).collect();
        assert_eq!(bits[TOLD_MAX - 1..], [Some(1 << 31), None]);
    }
}
