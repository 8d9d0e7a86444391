//! What the documentation says of a record, written down plainly: which values a field has, which of them a
//! filter on one value finds, which fields there are.

use std::collections::BTreeSet;

use super::records::{Any, Attributes, Record, hex};

/// A value that a filter can name.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Named {
    Bool(bool),
    Number(f64, Option<i64>),
    Text(String, Origin),
}

/// Where a text comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Origin {
    Sent,
    /// What a severity number is called.
    Name,
    /// How something else is shown.
    Json,
}

/// Of a renamed attribute, the names that find each other. The old ones do not.
fn names(key: &str) -> Vec<&str> {
    match key {
        "http.status_code" => vec![key, "http.response.status_code"],
        "http.response.status_code" => vec![key, "http.status_code"],
        "net.peer.port" | "net.host.port" => vec![key, "server.port"],
        "server.port" => vec![key, "net.peer.port", "net.host.port"],
        _ => vec![key],
    }
}

fn last<'a>(attributes: &'a Attributes, key: &str) -> Option<&'a Any> {
    let mut backwards = attributes.iter().rev();
    backwards
        .find(|(name, _)| *name == key)
        .map(|(_, value)| value)
}

fn in_level(attributes: &Attributes, key: &str) -> Option<Vec<Any>> {
    let found: Vec<Any> = names(key)
        .into_iter()
        .filter_map(|name| last(attributes, name).cloned())
        .collect();
    (!found.is_empty()).then_some(found)
}

fn attribute(record: &Record, key: &str) -> Vec<Any> {
    in_level(&record.attributes, key)
        .or_else(|| in_level(&record.scope.2, key))
        .or_else(|| in_level(&record.resource, key))
        .unwrap_or_default()
}

fn text(text: &str) -> Vec<Named> {
    if text.is_empty() {
        vec![]
    } else {
        vec![Named::Text(text.to_owned(), Origin::Sent)]
    }
}

/// The values of `field` in a record, lists taken apart.
pub(super) fn values(record: &Record, field: &str) -> Vec<Named> {
    match field {
        "service" => service(record)
            .map(|name| Named::Text(name.to_owned(), Origin::Sent))
            .into_iter()
            .collect(),
        "severity" | "level" => severity(record),
        "body" => match &record.body {
            list @ Any::List(_) => vec![Named::Text(json(list), Origin::Json)],
            other => named(other),
        },
        "trace_id" => {
            let id = |trace: u8| Named::Text(hex(trace, 16), Origin::Sent);
            record.trace.map(id).into_iter().collect()
        }
        "span_id" => {
            let id = |trace: u8| Named::Text(hex(trace, 8), Origin::Sent);
            record.trace.map(id).into_iter().collect()
        }
        "event.name" if !record.event_name.is_empty() => text(record.event_name),
        "scope.name" if last(&record.scope.2, "name").is_none() => text(record.scope.0),
        "scope.version" => text(record.scope.1),
        _ => {
            let level = |attributes, key: &str| in_level(attributes, key).unwrap_or_default();
            let at = if let Some(key) = rest(field, "attributes.") {
                level(&record.attributes, key)
            } else if let Some(key) = rest(field, "scope.") {
                level(&record.scope.2, key)
            } else if let Some(key) = rest(field, "resource.") {
                level(&record.resource, key)
            } else {
                attribute(record, field)
            };
            at.iter().flat_map(named).collect()
        }
    }
}

fn rest<'f>(field: &'f str, level: &str) -> Option<&'f str> {
    field.strip_prefix(level).filter(|key| !key.is_empty())
}

fn service(record: &Record) -> Option<&'static str> {
    match last(&record.resource, "service.name") {
        Some(Any::Text(name)) => Some(name),
        _ => None,
    }
}

fn severity(record: &Record) -> Vec<Named> {
    let bands = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
    let mut found = text(record.severity_text);
    match record.severity_number {
        0 => {}
        number @ 1..=24 => {
            let band = bands[(number as usize - 1) / 4].to_owned();
            found.push(Named::Text(band, Origin::Name));
        }
        number => found.push(Named::Number(number.into(), Some(number.into()))),
    }
    found
}

/// A value as a filter names it; each of a list's elements.
fn named(value: &Any) -> Vec<Named> {
    match value {
        Any::Unset => vec![],
        Any::Text(text) => vec![Named::Text((*text).to_owned(), Origin::Sent)],
        Any::Bool(value) => vec![Named::Bool(*value)],
        Any::Int(value) => vec![Named::Number(*value as f64, Some(*value))],
        Any::Double(value) if !value.is_finite() => vec![],
        Any::Double(value) => {
            let is_int = value.fract() == 0.0 && value.abs() < 9_223_372_036_854_775_808.0
                || *value == -9_223_372_036_854_775_808.0;
            vec![Named::Number(*value, is_int.then_some(*value as i64))]
        }
        Any::List(values) => values.iter().flat_map(named).collect(),
        Any::Bytes | Any::Map => vec![Named::Text(json(value), Origin::Json)],
    }
}

/// As it is shown.
fn json(value: &Any) -> String {
    match value {
        Any::Unset => "null".into(),
        Any::Text(text) => serde_json::to_string(text).unwrap(),
        Any::Bool(value) => value.to_string(),
        Any::Int(value) if value.unsigned_abs() > 1 << 53 => format!("\"{value}\""),
        Any::Int(value) => value.to_string(),
        Any::Double(value) if value.is_nan() => "\"NaN\"".into(),
        Any::Double(value) if value.is_infinite() => "\"-Infinity\"".into(),
        Any::Double(value) => format!("{value:?}"),
        Any::Bytes => "{\"bytes\":\"AAE=\"}".into(),
        Any::Map => "{\"m\":1}".into(),
        Any::List(values) => {
            let values: Vec<String> = values.iter().map(json).collect();
            format!("[{}]", values.join(","))
        }
    }
}

pub(super) fn ignores_case(field: &str) -> bool {
    ["severity", "level", "status", "kind"].contains(&field)
}

/// Whether a filter on `wanted` finds a record in which the field has `values`.
pub(super) fn finds(wanted: &Named, values: &[Named], ignores_case: bool) -> bool {
    let same = |a: &str, b: &str| a == b || ignores_case && a.to_lowercase() == b.to_lowercase();
    values.iter().any(|value| match (wanted, value) {
        (Named::Bool(a), Named::Bool(b)) => a == b,
        (Named::Number(a, a_int), Named::Number(b, b_int)) => match (a_int, b_int) {
            (Some(a), Some(b)) => a == b,
            (None, None) => a == b,
            _ => false,
        },
        (Named::Text(a, _), Named::Text(b, _)) => same(a, b),
        (unquoted, Named::Text(b, _)) => same(&written(unquoted), b),
        _ => false,
    })
}

/// As it stands in a query without quotes.
pub(super) fn written(value: &Named) -> String {
    match value {
        Named::Bool(value) => value.to_string(),
        Named::Number(_, Some(int)) => int.to_string(),
        Named::Number(value, None) if value.fract() == 0.0 && value.abs() < 1e40 => {
            format!("{value:.0}")
        }
        Named::Number(value, None) => format!("{value:?}"),
        Named::Text(text, _) => text.clone(),
    }
}

/// The names of a record's fields, with the type of what the language finds there.
pub(super) fn fields(record: &Record) -> Vec<(String, Option<&'static str>)> {
    let mut found: Vec<(String, Option<&'static str>)> = Vec::new();
    let mut known = |name: &str, is_there: bool| {
        if is_there {
            found.push((name.to_owned(), Some("string")));
        }
    };
    known("service", service(record).is_some());
    known("severity", !severity(record).is_empty());
    known("trace_id", record.trace.is_some());
    known("span_id", record.trace.is_some());
    known("event.name", !record.event_name.is_empty());
    if record.body != Any::Unset {
        found.push(("body".into(), kind(&record.body)));
    }
    let levels = [
        ("attributes.", &record.attributes),
        ("scope.", &record.scope.2),
        ("resource.", &record.resource),
    ];
    for (level, attributes) in levels {
        let keys: BTreeSet<&str> = attributes.iter().map(|(key, _)| *key).collect();
        for key in keys {
            let taken = [
                "service", "severity", "level", "body", "trace_id", "span_id",
            ];
            let like_a_level = ["attributes.", "scope.", "resource."]
                .iter()
                .any(|level| rest(key, level).is_some());
            let name = if taken.contains(&key) || like_a_level {
                format!("{level}{key}")
            } else {
                key.to_owned()
            };
            // What a level before has hides what stands here.
            if !found.iter().any(|(known, _)| *known == name) {
                let value = last(attributes, key).unwrap();
                found.push((name, kind(value)));
            }
        }
    }
    found
}

fn kind(value: &Any) -> Option<&'static str> {
    Some(match value {
        Any::Unset => return None,
        Any::Text(_) => "string",
        Any::Bool(_) => "bool",
        Any::Int(_) => "int",
        Any::Double(_) => "double",
        Any::Bytes => "bytes",
        Any::List(_) => "array",
        Any::Map => "map",
    })
}
