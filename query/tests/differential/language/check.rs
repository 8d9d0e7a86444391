//! Tests of single values, by the words of the language's description.

use std::cmp::Ordering;

use regex::Regex;

use super::number::{Number, Unit, order, read};
use super::question::{Op, Test, Written};
use super::text::of_form;
use super::value::Value;

/// A test, ready to be asked of values.
pub(super) struct Check<'t> {
    test: &'t Test,
    /// Whole texts of the test's form, or with a match of its expression.
    pattern: Option<Regex>,
}

impl<'t> Check<'t> {
    pub(super) fn new(test: &'t Test, ignores_case: bool) -> Self {
        let pattern = match test {
            Test::Is(value) => Some(of_form(std::slice::from_ref(&value.text), ignores_case)),
            Test::Form(pieces) => Some(of_form(pieces, ignores_case)),
            Test::Match(source) => Some(Regex::new(source).unwrap()),
            _ => None,
        };
        Check { test, pattern }
    }

    pub(super) fn passes(&self, value: &Value) -> bool {
        if matches!(self.test, Test::Exists) {
            return true;
        }
        if let Value::List(items) = value {
            return items
                .iter()
                .any(|item| !matches!(item, Value::Unset) && self.passes(item));
        }
        match self.test {
            Test::Exists => true,
            Test::Is(wanted) => self.is(value, wanted),
            Test::Form(_) | Test::Match(_) => value.seen().is_some_and(|text| self.fits(&text)),
            Test::Compare(op, with) => compare(value, with).is_some_and(|order| op.accepts(order)),
            Test::Between(low, high) => {
                let accepts = |end: &Option<Written>, op: Op| {
                    end.as_ref().is_none_or(|end| {
                        compare(value, end).is_some_and(|order| op.accepts(order))
                    })
                };
                accepts(low, Op::GreaterOrEqual) && accepts(high, Op::LessOrEqual)
            }
        }
    }

    fn fits(&self, text: &str) -> bool {
        self.pattern
            .as_ref()
            .is_some_and(|pattern| pattern.is_match(text))
    }

    fn is(&self, value: &Value, wanted: &Written) -> bool {
        match (value, number_of(value)) {
            (_, Some(number)) => {
                let wanted = wanted.number();
                wanted.is_some_and(|(wanted, _)| order(number, wanted) == Some(Ordering::Equal))
            }
            (Value::Bool(value), _) => !wanted.quoted && wanted.text == value.to_string(),
            (value, _) => value.seen().is_some_and(|text| self.fits(&text)),
        }
    }
}

impl Written {
    /// The number that it is where it is not quoted.
    pub(super) fn number(&self) -> Option<(Number, Option<Unit>)> {
        if self.quoted { None } else { read(&self.text) }
    }
}

impl Op {
    pub(super) fn accepts(self, order: Ordering) -> bool {
        match self {
            Op::Greater => order.is_gt(),
            Op::GreaterOrEqual => order.is_ge(),
            Op::Less => order.is_lt(),
            Op::LessOrEqual => order.is_le(),
        }
    }
}

fn number_of(value: &Value) -> Option<Number> {
    match value {
        Value::Int(value) => Some(Number::Whole((*value).into())),
        Value::Double(value) => Some(Number::Other(*value)),
        _ => None,
    }
}

/// How a value compares with what is written, where it does.
fn compare(value: &Value, with: &Written) -> Option<Ordering> {
    match (value, with.number()) {
        (Value::Text(text), Some((number, measured))) => {
            let (own, unit) = read(text)?;
            let same = unit.is_none() || unit == measured;
            if same { order(own, number) } else { None }
        }
        (Value::Text(text), None) => Some(text.chars().cmp(with.text.chars())),
        (value, Some((number, _))) => order(number_of(value)?, number),
        _ => None,
    }
}
