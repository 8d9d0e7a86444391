//! A log's severity. It equals what its text says or what the band of its number is called, ignoring
//! case. It compares by its number, or, where there is none, by the band that its text names; a band
//! stands for all of its four numbers, so `severity>warn` is `severity>=error`.

use std::cmp::Ordering;

use arrow::array::{Array, RecordBatch};
use arrow::buffer::BooleanBuffer;
use clearspan_schema::{SchemaError, columns, logs};

use super::memo::Memo;
use super::rows_where;
use super::value::ValueTest;
use crate::language::ast::{Comparison, Test, Value};
use crate::language::fields::{severity_band, severity_number};
use crate::language::number::Number;

#[derive(Debug)]
pub(crate) enum SeverityTest {
    /// Against the text and the band's name; a number also against the number.
    Is {
        test: ValueTest,
        number: Option<Number>,
    },
    /// The order of all bounds.
    Ordered(Vec<(Comparison, Number)>),
}

impl SeverityTest {
    pub(crate) fn new(test: &Test) -> Self {
        match test {
            Test::Compare(comparison, value) => {
                SeverityTest::Ordered(vec![bound(*comparison, value)])
            }
            Test::Range(low, high) => {
                let low = low.iter().map(|low| bound(Comparison::GreaterOrEqual, low));
                let high = high.iter().map(|high| bound(Comparison::LessOrEqual, high));
                SeverityTest::Ordered(low.chain(high).collect())
            }
            other => {
                let number = match other {
                    Test::Equals(Value::Number(number)) => Some(number.value()),
                    _ => None,
                };
                SeverityTest::Is {
                    test: ValueTest::new(other, true),
                    number,
                }
            }
        }
    }

    pub(crate) fn columns(&self) -> Vec<&'static str> {
        vec![logs::SEVERITY_NUMBER, logs::SEVERITY_TEXT]
    }

    pub(crate) fn select(
        &self,
        batch: &RecordBatch,
        mask: &BooleanBuffer,
    ) -> Result<BooleanBuffer, SchemaError> {
        let numbers = columns::int32(batch, logs::SEVERITY_NUMBER)?;
        let texts = columns::text_dictionary(batch, logs::SEVERITY_TEXT)?;
        let mut memo = Memo::new(texts.values().len());
        Ok(rows_where(mask, |row| {
            let number = numbers.value(row);
            self.number(number)
                || texts.key(row).is_some_and(|key| {
                    // An order asks the text only where there is no number.
                    let asked = number == 0 || matches!(self, SeverityTest::Is { .. });
                    asked && memo.get(key, || self.text(texts.values().value(key)))
                })
        }))
    }

    fn number(&self, number: i32) -> bool {
        if number == 0 {
            return false;
        }
        match self {
            SeverityTest::Ordered(bounds) => has_order(bounds, number),
            SeverityTest::Is { test, .. } if test.is_exists() => true,
            SeverityTest::Is {
                test,
                number: expected,
            } => {
                expected
                    .is_some_and(|expected| expected.compare_int(number.into()) == Ordering::Equal)
                    || severity_band(number).is_some_and(|band| test.text(band))
            }
        }
    }

    fn text(&self, text: &str) -> bool {
        match self {
            SeverityTest::Ordered(bounds) => {
                severity_number(text).is_some_and(|number| has_order(bounds, number))
            }
            SeverityTest::Is { test, .. } => !text.is_empty() && test.text(text),
        }
    }
}

fn has_order(bounds: &[(Comparison, Number)], number: i32) -> bool {
    bounds
        .iter()
        .all(|(comparison, bound)| comparison.accepts(bound.compare_int(number.into())))
}

/// A name's bound lies at the end of its band that the comparison leaves out or takes in.
fn bound(comparison: Comparison, value: &Value) -> (Comparison, Number) {
    let number = match value {
        Value::Number(number) => number.value(),
        // The parser lets no other name pass.
        name => {
            let first = i128::from(severity_number(name.text()).unwrap_or(0));
            let last = matches!(comparison, Comparison::Greater | Comparison::LessOrEqual);
            Number::Int(if last { first + 3 } else { first })
        }
    };
    (comparison, number)
}
