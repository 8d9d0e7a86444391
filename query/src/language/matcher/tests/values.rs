//! The oracle's reading of a single value.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::rc::Rc;

use regex::Regex;

use super::records::Any;
use crate::language::ast::{Comparison, Glob, Test, Value};
use crate::language::number::{Number, NumberLiteral};

pub(super) fn passes(value: &Any, test: &Test, ignore_case: bool) -> bool {
    if let Test::Exists = test {
        return true;
    }
    if let Any::List(items) = value {
        return items.iter().any(|item| {
            !matches!((item, test), (Any::Empty, _)) && passes(item, test, ignore_case)
        });
    }
    let text = match value {
        Any::Empty => return false,
        Any::Text(text) => text.clone(),
        Any::Double(value) if value.is_nan() => "NaN".to_owned(),
        Any::Double(value) if value.is_infinite() => (if *value > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        })
        .to_owned(),
        Any::Int(value) => value.to_string(),
        other => json(other),
    };
    let equal = |expected: &str| {
        if ignore_case {
            same_but_case(&text, expected)
        } else {
            text == expected
        }
    };
    match test {
        Test::Exists => true,
        Test::Equals(Value::Text(expected)) => {
            !matches!(value, Any::Int(_) | Any::Double(_) | Any::Bool(_)) && equal(expected)
        }
        Test::Equals(Value::Bool(expected)) => match value {
            Any::Bool(value) => value == expected,
            Any::Text(_) => equal(if *expected { "true" } else { "false" }),
            _ => false,
        },
        Test::Equals(Value::Number(expected)) => match value {
            Any::Int(value) => compare_int(*value, expected.value()).is_eq(),
            Any::Double(value) => compare_double(*value, expected.value()) == Some(Ordering::Equal),
            Any::Text(_) => equal(expected.written()),
            _ => false,
        },
        Test::Glob(Glob(pieces)) => {
            let inner: Vec<String> = pieces.iter().map(|piece| regex::escape(piece)).collect();
            let case = if ignore_case { "i" } else { "" };
            cached(&format!("(?s{case})\\A{}\\z", inner.join(".*"))).is_match(&text)
        }
        Test::Matches(pattern) => cached(pattern.source()).is_match(&text),
        Test::Compare(comparison, operand) => {
            order(value, &text, operand).is_some_and(|order| match comparison {
                Comparison::Greater => order == Ordering::Greater,
                Comparison::GreaterOrEqual => order != Ordering::Less,
                Comparison::Less => order == Ordering::Less,
                Comparison::LessOrEqual => order != Ordering::Greater,
            })
        }
        Test::Range(low, high) => {
            low.as_ref().is_none_or(|low| {
                order(value, &text, low).is_some_and(|order| order != Ordering::Less)
            }) && high.as_ref().is_none_or(|high| {
                order(value, &text, high).is_some_and(|order| order != Ordering::Greater)
            })
        }
    }
}

fn order(value: &Any, text: &str, operand: &Value) -> Option<Ordering> {
    match (value, operand) {
        (Any::Int(value), Value::Number(number)) => Some(compare_int(*value, number.value())),
        (Any::Double(value), Value::Number(number)) => compare_double(*value, number.value()),
        (Any::Text(_), Value::Number(number)) => {
            let own = NumberLiteral::parse(text)?;
            if own.measure().is_some() && own.measure() != number.measure() {
                return None;
            }
            match own.value() {
                Number::Int(own) => Some(compare_int(own.try_into().unwrap(), number.value())),
                Number::Float(own) => compare_double(own, number.value()),
            }
        }
        (Any::Text(_), other) => Some(text.chars().cmp(other.text().chars())),
        _ => None,
    }
}

pub(super) fn compare_int(value: i64, with: Number) -> Ordering {
    match with {
        Number::Int(with) => i128::from(value).cmp(&with),
        Number::Float(with) => compare_double(with, Number::Int(value.into()))
            .unwrap()
            .reverse(),
    }
}

/// By whole parts first: a double of 2^63 or more is compared as such, any other fits an integer.
fn compare_double(value: f64, with: Number) -> Option<Ordering> {
    match with {
        Number::Float(with) => value.partial_cmp(&with),
        Number::Int(_) if value.is_nan() => None,
        // No number of the test is a whole one beyond that.
        Number::Int(_) if value.abs() >= 1e30 => value.partial_cmp(&0.0),
        Number::Int(with) => {
            let floor = value.floor() as i128;
            Some(if floor == with && value.fract() != 0.0 {
                Ordering::Greater
            } else {
                floor.cmp(&with)
            })
        }
    }
}

fn same_but_case(a: &str, b: &str) -> bool {
    a.chars().count() == b.chars().count()
        && a.chars().zip(b.chars()).all(|(a, b)| same_char((&a, &b)))
}

pub(super) fn same_char((a, b): (&char, &char)) -> bool {
    a == b || a.to_lowercase().eq(b.to_lowercase()) || a.to_uppercase().eq(b.to_uppercase())
}

fn cached(source: &str) -> Rc<Regex> {
    thread_local!(static CACHE: RefCell<HashMap<String, Rc<Regex>>> = RefCell::default());
    CACHE.with_borrow_mut(|cache| {
        Rc::clone(
            cache
                .entry(source.to_owned())
                .or_insert_with(|| Rc::new(Regex::new(source).unwrap())),
        )
    })
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn json(value: &Any) -> String {
    match value {
        Any::Empty => "null".to_owned(),
        Any::Text(text) => json_string(text),
        Any::Bool(value) => value.to_string(),
        Any::Int(value) if value.unsigned_abs() > 1 << 53 => format!("\"{value}\""),
        Any::Int(value) => value.to_string(),
        Any::Double(value) if value.is_nan() => "\"NaN\"".to_owned(),
        Any::Double(value) if value.is_infinite() => {
            format!("\"{}\"", value.to_string().replace("inf", "Infinity"))
        }
        Any::Double(value) => format!("{value:?}"),
        // Base64 of at most one byte is enough for the test.
        Any::Bytes(bytes) => match bytes.first() {
            None => "{\"bytes\":\"\"}".to_owned(),
            Some(byte) => {
                let digits: Vec<char> = ('A'..='Z')
                    .chain('a'..='z')
                    .chain('0'..='9')
                    .chain(['+', '/'])
                    .collect();
                let (high, low) = (usize::from(byte >> 2), usize::from(byte << 4 & 63));
                format!("{{\"bytes\":\"{}{}==\"}}", digits[high], digits[low])
            }
        },
        Any::List(items) => format!("[{}]", items.iter().map(json).collect::<Vec<_>>().join(",")),
        Any::Map(entries) => {
            let is_last =
                |at: usize, key: &str| !entries[at + 1..].iter().any(|(other, _)| other == key);
            let kept = entries
                .iter()
                .enumerate()
                .filter(|(at, (key, _))| is_last(*at, key));
            let shown: Vec<_> = kept
                .map(|(_, (key, value))| format!("{}:{}", json_string(key), json(value)))
                .collect();
            format!("{{{}}}", shown.join(","))
        }
    }
}

fn json_string(text: &str) -> String {
    let escaped: String = text
        .chars()
        .map(|c| match c {
            '"' | '\\' => format!("\\{c}"),
            '\n' => "\\n".to_owned(),
            other => other.to_string(),
        })
        .collect();
    format!("\"{escaped}\"")
}
