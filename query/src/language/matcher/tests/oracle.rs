//! What a query means, row by row and as plainly as possible: the other half of the matcher's property
//! test. It shares the tree with the matcher, and the table of renamed attributes, but no code.

use std::cmp::Ordering;

use clearspan_schema::Signal;

use super::records::{Any, Attributes, Row};
use super::values::{compare_int, hex, json, passes, same_char};
use crate::language::ast::{Comparison, Expr, Field, Level, Phrase, Test, Value};
use crate::language::renamed::RENAMED;

pub(super) struct Oracle {
    pub(super) signal: Signal,
}

impl Oracle {
    pub(super) fn matches(&self, row: &Row, expr: &Expr) -> bool {
        match expr {
            Expr::All => true,
            Expr::Text(phrase) => self.text(row).is_some_and(|text| stands(phrase, &text)),
            Expr::Field(field, test) => self.field(row, field, test),
            Expr::And(parts) => parts.iter().all(|part| self.matches(row, part)),
            Expr::Or(parts) => parts.iter().any(|part| self.matches(row, part)),
            Expr::Not(inner) => !self.matches(row, inner),
            Expr::Group(inner) => self.matches(row, inner),
        }
    }

    /// The text that words are searched in.
    pub(super) fn text(&self, row: &Row) -> Option<String> {
        match self.signal {
            Signal::Spans => Some(row.name.clone()),
            Signal::Logs => row.body.as_ref().map(|body| match body {
                Any::Text(text) => text.clone(),
                other => json(other),
            }),
        }
    }

    fn field(&self, row: &Row, field: &Field, test: &Test) -> bool {
        let text = |text: &str| passes(&Any::Text(text.to_owned()), test, false);
        match field {
            Field::Service => row.group.service.as_deref().is_some_and(text),
            Field::Name => text(&row.name),
            Field::Body => match &row.body {
                None => false,
                // JSON has no order.
                Some(Any::List(_)) if matches!(test, Test::Compare(..) | Test::Range(..)) => false,
                Some(list @ Any::List(_)) => text(&json(list)),
                Some(body) => passes(body, test, false),
            },
            Field::TraceId => row.trace_id.is_some_and(|id| text(&hex(&id))),
            Field::SpanId => row.span_id.is_some_and(|id| text(&hex(&id))),
            Field::Duration => match (row.start, row.end) {
                (0, _) | (_, 0) => false,
                (start, end) => passes(&Any::Int(end as i64 - start as i64), test, false),
            },
            Field::Kind => code(
                row.kind,
                &[
                    "UNSPECIFIED",
                    "INTERNAL",
                    "SERVER",
                    "CLIENT",
                    "PRODUCER",
                    "CONSUMER",
                ],
                test,
            ),
            Field::Status => code(row.status.unwrap_or(0), &["UNSET", "OK", "ERROR"], test),
            Field::Severity => severity(row, test),
            Field::EventName => {
                let names: Vec<&String> = row.event_names.iter().collect();
                let absent = match self.signal {
                    Signal::Logs => names.iter().all(|name| name.is_empty()),
                    Signal::Spans => names.is_empty(),
                };
                if absent {
                    return attribute(row, Level::Any, "event.name", test, false);
                }
                names.iter().any(|name| text(name))
            }
            Field::Attribute(level, key) => {
                let names = ["severity", "level", "kind", "status"];
                attribute(
                    row,
                    *level,
                    key,
                    test,
                    *level == Level::Any && names.contains(&key.as_str()),
                )
            }
        }
    }
}

fn attribute(row: &Row, level: Level, key: &str, test: &Test, ignore_case: bool) -> bool {
    let mut keys = vec![key];
    for (old, new) in RENAMED {
        if *old == key {
            keys.push(new);
        }
        if *new == key {
            keys.push(old);
        }
    }
    let levels: Vec<&Attributes> = match level {
        Level::Any => vec![&row.attributes, &row.group.scope, &row.group.resource],
        Level::Record => vec![&row.attributes],
        Level::Scope => vec![&row.group.scope],
        Level::Resource => vec![&row.group.resource],
    };
    for attributes in levels {
        let last = |key: &&str| {
            attributes
                .iter()
                .rev()
                .find(|(name, _)| name == key)
                .map(|(_, value)| value)
        };
        let values: Vec<&Any> = keys.iter().filter_map(last).collect();
        if !values.is_empty() {
            return values.iter().any(|value| passes(value, test, ignore_case));
        }
    }
    level == Level::Scope
        && key == "name"
        && !row.group.scope_name.is_empty()
        && passes(&Any::Text(row.group.scope_name.clone()), test, false)
}

fn code(code: i32, names: &[&str], test: &Test) -> bool {
    if let Test::Exists = test {
        return code != 0;
    }
    if let Test::Equals(Value::Number(number)) = test
        && passes(
            &Any::Int(code.into()),
            &Test::Equals(Value::Number(number.clone())),
            false,
        )
    {
        return true;
    }
    names
        .get(code as usize)
        .is_some_and(|name| passes(&Any::Text((*name).to_owned()), test, true))
}

const BANDS: [&str; 6] = ["trace", "debug", "info", "warn", "error", "fatal"];

fn severity(row: &Row, test: &Test) -> bool {
    let number = row.severity_number;
    let order = |value: &Value, low_edge: bool| {
        let own = if number != 0 {
            number
        } else {
            first_of_band(&row.severity_text)?
        };
        Some(match value {
            Value::Number(literal) => compare_int(own.into(), literal.value()),
            name => {
                let first = first_of_band(name.text()).unwrap();
                own.cmp(&if low_edge { first } else { first + 3 })
            }
        })
    };
    match test {
        Test::Exists => number != 0 || !row.severity_text.is_empty(),
        Test::Compare(Comparison::Greater, value) => {
            order(value, false).is_some_and(Ordering::is_gt)
        }
        Test::Compare(Comparison::GreaterOrEqual, value) => {
            order(value, true).is_some_and(Ordering::is_ge)
        }
        Test::Compare(Comparison::Less, value) => order(value, true).is_some_and(Ordering::is_lt),
        Test::Compare(Comparison::LessOrEqual, value) => {
            order(value, false).is_some_and(Ordering::is_le)
        }
        Test::Range(low, high) => {
            low.as_ref()
                .is_none_or(|low| order(low, true).is_some_and(Ordering::is_ge))
                && high
                    .as_ref()
                    .is_none_or(|high| order(high, false).is_some_and(Ordering::is_le))
        }
        _ => {
            let band = (1..=24)
                .contains(&number)
                .then(|| BANDS[(number as usize - 1) / 4].to_uppercase());
            let text = |text: &str| passes(&Any::Text(text.to_owned()), test, true);
            let is_number = matches!(test, Test::Equals(Value::Number(_))) && number != 0;
            (is_number && passes(&Any::Int(number.into()), test, false))
                || band.is_some_and(|band| text(&band))
                || (!row.severity_text.is_empty() && text(&row.severity_text))
        }
    }
}

fn first_of_band(text: &str) -> Option<i32> {
    let text = text.to_lowercase();
    let index = BANDS
        .iter()
        .position(|band| *band == text || (*band == "warn" && text == "warning"))?;
    Some(index as i32 * 4 + 1)
}

/// Every place is tried.
pub(super) fn stands(phrase: &Phrase, text: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let (phrase_chars, text): (Vec<char>, Vec<char>) =
        (phrase.text.chars().collect(), text.chars().collect());
    let length = phrase_chars.len();
    (0..=text.len().saturating_sub(length)).any(|at| {
        let found = text
            .get(at..at + length)
            .is_some_and(|found| found.iter().zip(&phrase_chars).all(same_char));
        let before = at > 0 && is_word(text[at - 1]);
        let after = text.get(at + length).copied().is_some_and(is_word);
        let start_is_free = phrase.open_start || !is_word(phrase_chars[0]) || !before;
        let end_is_free = phrase.open_end || !is_word(phrase_chars[length - 1]) || !after;
        found && start_is_free && end_is_free
    })
}
