//! A test of one value.
//!
//! | value | as text (`field:pre*`, `field:/re/`) | equals | compares with |
//! |---|---|---|---|
//! | text | itself | text; an unquoted number or boolean as it is written | text; with a number if it reads as one |
//! | integer, double | its digits | the number | numbers |
//! | boolean | `true`, `false` | the boolean | nothing |
//! | bytes, key-value list | its JSON | its JSON | nothing |
//! | list | as any of its elements | any element | any element |
//! | unset | nothing | nothing | nothing |

use std::cmp::Ordering;

use clearspan_schema::any::AnyRef;
use clearspan_schema::json::push_json;
use clearspan_storage::text::Pieces;
use clearspan_storage::text::fold::fold;
use regex::Regex;

use crate::language::ast::{Comparison, Test, Value};
use crate::language::number::{Measure, Number, NumberLiteral};

/// Lists inside each other that are looked into. Decoders accept less; this bounds the stack whatever
/// they do.
pub(crate) const LIST_DEPTH_MAX: usize = 256;

/// A compiled [`Test`].
#[derive(Debug)]
pub(crate) struct ValueTest {
    check: Check,
    ignores_case: bool,
}

/// Texts are folded where case is ignored.
#[derive(Debug)]
enum Check {
    Exists,
    Text(String),
    Number(Number, String),
    Bool(bool),
    Glob(Pieces),
    Regex(Regex),
    Compare(Comparison, Operand),
    Range(Option<Operand>, Option<Operand>),
}

#[derive(Debug)]
enum Operand {
    Number(Number, Option<Measure>),
    Text(String),
}

impl ValueTest {
    pub(crate) fn new(test: &Test, ignores_case: bool) -> Self {
        let cased = |text: &str| {
            if ignores_case {
                fold(text)
            } else {
                text.to_owned()
            }
        };
        let check = match test {
            Test::Exists => Check::Exists,
            Test::Equals(Value::Text(text)) => Check::Text(cased(text)),
            Test::Equals(Value::Number(number)) => {
                Check::Number(number.value(), cased(number.written()))
            }
            Test::Equals(Value::Bool(value)) => Check::Bool(*value),
            Test::Glob(glob) => Check::Glob(Pieces::new(glob.0.iter().map(|piece| cased(piece)))),
            Test::Matches(pattern) => Check::Regex(pattern.regex().clone()),
            Test::Compare(comparison, value) => Check::Compare(*comparison, Operand::new(value)),
            Test::Range(low, high) => Check::Range(
                low.as_ref().map(Operand::new),
                high.as_ref().map(Operand::new),
            ),
        };
        ValueTest {
            check,
            ignores_case,
        }
    }

    /// Whether being there is enough.
    pub(crate) fn is_exists(&self) -> bool {
        matches!(self.check, Check::Exists)
    }

    pub(crate) fn value(&self, value: AnyRef<'_>) -> bool {
        self.is_exists() || self.element(value, 0)
    }

    fn element(&self, value: AnyRef<'_>, depth: usize) -> bool {
        match value {
            AnyRef::Empty => false,
            AnyRef::String(text) => self.text(text),
            AnyRef::Bool(value) => self.bool(value),
            AnyRef::Int(value) => self.int(value),
            AnyRef::Double(value) => self.double(value),
            AnyRef::Bytes(_) | AnyRef::KeyValues(_) => self.json(value),
            AnyRef::Array(_) if depth == LIST_DEPTH_MAX => false,
            AnyRef::Array(mut values) => values.any(|value| self.element(value, depth + 1)),
        }
    }

    /// Of a text.
    pub(crate) fn text(&self, text: &str) -> bool {
        match &self.check {
            Check::Exists => true,
            Check::Text(expected) | Check::Number(_, expected) => self.equals(text, expected),
            Check::Bool(expected) => self.equals(text, if *expected { "true" } else { "false" }),
            Check::Compare(comparison, operand) => operand
                .order_of_text(text)
                .is_some_and(|o| comparison.accepts(o)),
            Check::Range(low, high) => within(low, high, |operand| operand.order_of_text(text)),
            Check::Glob(_) | Check::Regex(_) => self.shape(text),
        }
    }

    /// Of an integer.
    pub(crate) fn int(&self, value: i64) -> bool {
        self.number(Number::Int(value.into()), || value.to_string())
    }

    fn double(&self, value: f64) -> bool {
        self.number(Number::Float(value), || {
            if value.is_finite() {
                format!("{value:?}")
            } else {
                special(value).to_owned()
            }
        })
    }

    fn number(&self, value: Number, text: impl FnOnce() -> String) -> bool {
        match &self.check {
            Check::Exists => true,
            Check::Number(expected, _) => expected.compare(value) == Some(Ordering::Equal),
            Check::Compare(comparison, operand) => operand
                .order_of_number(value)
                .is_some_and(|order| comparison.accepts(order)),
            Check::Range(low, high) => within(low, high, |operand| operand.order_of_number(value)),
            Check::Glob(_) | Check::Regex(_) => self.shape(&text()),
            Check::Text(_) | Check::Bool(_) => false,
        }
    }

    fn bool(&self, value: bool) -> bool {
        match &self.check {
            Check::Exists => true,
            Check::Bool(expected) => *expected == value,
            Check::Glob(_) | Check::Regex(_) => self.shape(if value { "true" } else { "false" }),
            Check::Text(_) | Check::Number(..) | Check::Compare(..) | Check::Range(..) => false,
        }
    }

    /// Of a value that is its JSON, which has no order.
    pub(crate) fn json(&self, value: AnyRef<'_>) -> bool {
        if !matches!(
            self.check,
            Check::Text(_) | Check::Glob(_) | Check::Regex(_)
        ) {
            return self.is_exists();
        }
        let mut json = String::new();
        push_json(value, &mut json);
        self.text(&json)
    }

    fn equals(&self, text: &str, expected: &str) -> bool {
        if self.ignores_case {
            fold(text) == expected
        } else {
            text == expected
        }
    }

    fn shape(&self, text: &str) -> bool {
        match &self.check {
            Check::Regex(regex) => regex.is_match(text),
            Check::Glob(pieces) if self.ignores_case => pieces.fit(&fold(text)),
            Check::Glob(pieces) => pieces.fit(text),
            _ => false,
        }
    }
}

impl Operand {
    fn new(value: &Value) -> Operand {
        match value {
            Value::Number(number) => Operand::Number(number.value(), number.measure()),
            Value::Text(_) | Value::Bool(_) => Operand::Text(value.text().to_owned()),
        }
    }

    /// How `text` compares with the operand. With a number only a text that reads as a number does, with
    /// a unit only one of the same kind.
    fn order_of_text(&self, text: &str) -> Option<Ordering> {
        match self {
            Operand::Text(own) => Some(text.cmp(own)),
            Operand::Number(own, measure) => NumberLiteral::parse(text)
                .filter(|number| number.measure().is_none() || number.measure() == *measure)
                .and_then(|number| own.compare(number.value())),
        }
    }

    fn order_of_number(&self, value: Number) -> Option<Ordering> {
        match self {
            Operand::Text(_) => None,
            Operand::Number(own, _) => own.compare(value),
        }
    }
}

fn within(
    low: &Option<Operand>,
    high: &Option<Operand>,
    order: impl Fn(&Operand) -> Option<Ordering>,
) -> bool {
    low.as_ref()
        .is_none_or(|low| order(low).is_some_and(Ordering::is_ge))
        && high
            .as_ref()
            .is_none_or(|high| order(high).is_some_and(Ordering::is_le))
}

fn special(value: f64) -> &'static str {
    match value {
        f64::INFINITY => "Infinity",
        f64::NEG_INFINITY => "-Infinity",
        _ => "NaN",
    }
}
