//! One value of a field, as it is counted.

use std::borrow::Cow;
use std::cmp::Ordering;

use clearspan_schema::Signal;

use crate::language::number::Number;
use crate::language::{Expr, Field, Test, Value};

/// Doubles without a fraction are written with all their digits up to this size. The digits say exactly
/// which double it is; `1e23` would be read as a whole number that no double holds. Beyond it nothing is
/// read as a whole number.
const DIGITS_MAX: f64 = 1e40;

/// A value that a field has. Numbers that are equal are one value, whatever their type, because a query
/// cannot tell them apart; so is a map and a text that reads like its JSON.
///
/// Values are ordered by their kind: booleans, then numbers by size, then texts, then maps and bytes, the last
/// three by code points.
#[derive(Debug, Clone)]
pub enum FieldValue {
    /// A boolean.
    Bool(bool),
    /// A whole number, if any record has it as an integer or an integer could hold it.
    Int {
        /// The number.
        value: i64,
        /// Whether all records that have it have it as a double.
        only_double: bool,
    },
    /// Any other number; finite.
    Double(f64),
    /// Text.
    Text(String),
    /// A map or bytes, as JSON; a list where it is a whole body.
    Json(String),
}

impl FieldValue {
    /// The value as it stands in a query: quoted if it is text or JSON, unquoted otherwise.
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            FieldValue::Bool(true) => "true".into(),
            FieldValue::Bool(false) => "false".into(),
            FieldValue::Int { value, .. } => value.to_string().into(),
            FieldValue::Double(value) => double_text(*value).into(),
            FieldValue::Text(text) | FieldValue::Json(text) => text.as_str().into(),
        }
    }

    /// The query that finds the rows which were counted for this value of the field named `field`.
    pub fn filter(&self, field: &str, signal: Signal) -> String {
        let test = Test::Equals(self.value());
        Expr::Field(Field::named(field, signal), test).to_string()
    }

    /// The value as a query compares with it.
    pub(crate) fn value(&self) -> Value {
        match self {
            FieldValue::Text(text) | FieldValue::Json(text) => Value::Text(text.clone()),
            other => Value::unquoted(&other.text()),
        }
    }

    fn number(&self) -> Option<Number> {
        match self {
            FieldValue::Int { value, .. } => Some(Number::Int((*value).into())),
            FieldValue::Double(value) => Some(Number::Float(*value)),
            _ => None,
        }
    }

    fn rank(&self) -> u8 {
        match self {
            FieldValue::Bool(_) => 0,
            FieldValue::Int { .. } | FieldValue::Double(_) => 1,
            FieldValue::Text(_) => 2,
            FieldValue::Json(_) => 3,
        }
    }
}

/// A finite double as it stands in a query that finds it.
pub(crate) fn double_text(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < DIGITS_MAX {
        format!("{value:.0}")
    } else {
        format!("{value:?}")
    }
}

impl Ord for FieldValue {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_rank = self.rank().cmp(&other.rank());
        by_rank.then_with(|| match (self, other) {
            (FieldValue::Bool(a), FieldValue::Bool(b)) => a.cmp(b),
            _ => match (self.number(), other.number()) {
                // How the first compares with the second; there is no NaN among them.
                (Some(a), Some(b)) => b.compare(a).unwrap_or(Ordering::Equal),
                _ => self.text().cmp(&other.text()),
            },
        })
    }
}

impl PartialOrd for FieldValue {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for FieldValue {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for FieldValue {}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use crate::language::Query;

    fn int(value: i64) -> FieldValue {
        FieldValue::Int {
            value,
            only_double: false,
        }
    }

    #[test]
    fn a_filter_reads_back_as_the_field_and_the_value() {
        let values = [
            (FieldValue::Bool(true), "true"),
            (int(-5), "-5"),
            (int(i64::MIN), "-9223372036854775808"),
            (FieldValue::Double(0.5), "0.5"),
            (FieldValue::Double(1e23), "99999999999999991611392"),
            (FieldValue::Double(1e300), "1e300"),
            (FieldValue::Text("200".into()), "\"200\""),
            (FieldValue::Text("true".into()), "\"true\""),
            (FieldValue::Text(String::new()), "\"\""),
            (FieldValue::Text("a\\\"* b".into()), "\"a\\\\\\\"* b\""),
            (FieldValue::Json("{\"m\":1}".into()), "\"{\\\"m\\\":1}\""),
        ];
        for (value, written) in values {
            for name in ["k", "a.b/c", "x\"y z:", "AND", "1st", "attributes.k", "é"] {
                let filter = value.filter(name, Signal::Logs);
                assert!(filter.ends_with(&format!(":{written}")), "{filter}");
                let query = Query::parse(&filter, Signal::Logs).unwrap();
                let Expr::Field(field, Test::Equals(read)) = query.root() else {
                    panic!("{filter}");
                };
                assert_eq!(*field, Field::named(name, Signal::Logs), "{filter}");
                assert_eq!(read.text(), value.text(), "{filter}");
            }
        }
    }

    #[test]
    fn values_are_ordered_by_kind_and_then_by_value() {
        let text = |text: &str| FieldValue::Text(text.into());
        let ascending = [
            FieldValue::Bool(false),
            FieldValue::Bool(true),
            FieldValue::Double(-1e300),
            int(i64::MIN),
            int(0),
            FieldValue::Double(5e-324),
            FieldValue::Double(0.5),
            int(1),
            int(i64::MAX),
            FieldValue::Double(9_223_372_036_854_775_808.0),
            text(""),
            text("10"),
            text("9"),
            text("é"),
            FieldValue::Json("[]".into()),
            FieldValue::Json("{}".into()),
        ];
        for (at, a) in ascending.iter().enumerate() {
            for (other, b) in ascending.iter().enumerate() {
                assert_eq!(a.cmp(b), at.cmp(&other), "{a:?} {b:?}");
            }
        }
    }
}
