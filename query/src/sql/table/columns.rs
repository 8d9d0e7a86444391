//! The columns of both tables, and what each is made of.

use std::sync::{Arc, LazyLock};

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use clearspan_schema::{Signal, logs, spans};

use super::super::attributes;
use super::nested;
use crate::language::fields::{kind_name, status_name};

/// A column of a table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) source: Source,
}

/// What a column is made of: names of stored columns.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Source {
    /// As it is stored.
    Stored(&'static str),
    /// Text in a dictionary.
    Text(&'static str),
    /// An id, as lower-case hex.
    Id(&'static str),
    /// The name of an enumeration's number; the number itself where OpenTelemetry names none. Null is 0.
    Code(&'static str, fn(i32) -> Option<&'static str>),
    /// A log's body: its text, or its JSON text.
    Body,
    /// The record's attributes.
    Attributes(&'static str),
    /// Something of the resource.
    Resource(GroupPart),
    /// Something of the scope.
    Scope(GroupPart),
    /// A span's events.
    Events,
    /// A span's links.
    Links,
}

/// What is taken of a resource or scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GroupPart {
    Attributes,
    Name,
    Version,
    SchemaUrl,
}

impl Column {
    /// The stored columns that it is made of.
    pub(crate) fn stored(self) -> Vec<&'static str> {
        match self.source {
            Source::Stored(name)
            | Source::Text(name)
            | Source::Id(name)
            | Source::Code(name, _)
            | Source::Attributes(name) => vec![name],
            Source::Body => vec![logs::BODY, logs::BODY_VALUE],
            Source::Resource(_) => vec![logs::RESOURCE],
            Source::Scope(_) => vec![logs::SCOPE],
            Source::Events => vec![spans::EVENTS],
            Source::Links => vec![spans::LINKS],
        }
    }

    fn field(self, signal: Signal) -> Field {
        let stored = signal.stored_schema();
        let of = |name: &str| stored.field_with_name(name).ok();
        let is_nullable = |name: &str| of(name).is_none_or(Field::is_nullable);
        let (data_type, nullable) = match self.source {
            Source::Stored(name) => (
                of(name).map_or(DataType::Null, |field| field.data_type().clone()),
                is_nullable(name),
            ),
            Source::Text(name) | Source::Id(name) => (DataType::Utf8View, is_nullable(name)),
            Source::Code(..) => (DataType::Utf8View, false),
            Source::Body => (DataType::Utf8View, true),
            Source::Attributes(_) => (attributes::own_type(), false),
            Source::Resource(part) | Source::Scope(part) => match part {
                GroupPart::Attributes => (attributes::shared_type(), false),
                _ => (DataType::Utf8View, false),
            },
            Source::Events => (nested::events_type(), false),
            Source::Links => (nested::links_type(), false),
        };
        Field::new(self.name, data_type, nullable)
    }
}

const fn stored(name: &'static str) -> Column {
    Column {
        name,
        source: Source::Stored(name),
    }
}

const fn text(name: &'static str) -> Column {
    Column {
        name,
        source: Source::Text(name),
    }
}

const fn id(name: &'static str) -> Column {
    Column {
        name,
        source: Source::Id(name),
    }
}

const fn of(name: &'static str, source: Source) -> Column {
    Column { name, source }
}

const LOGS: [Column; 19] = [
    stored(logs::TIME),
    stored(logs::OBSERVED_TIME),
    stored(logs::PLACED_TIME),
    stored(logs::SEVERITY_NUMBER),
    text(logs::SEVERITY_TEXT),
    text(logs::SERVICE),
    of("body", Source::Body),
    text(logs::EVENT_NAME),
    id(logs::TRACE_ID),
    id(logs::SPAN_ID),
    stored(logs::FLAGS),
    of("attributes", Source::Attributes(logs::ATTRIBUTES)),
    of("resource", Source::Resource(GroupPart::Attributes)),
    of("scope_name", Source::Scope(GroupPart::Name)),
    of("scope_version", Source::Scope(GroupPart::Version)),
    of("scope", Source::Scope(GroupPart::Attributes)),
    stored(logs::DROPPED_ATTRIBUTES_COUNT),
    of(
        "resource_schema_url",
        Source::Resource(GroupPart::SchemaUrl),
    ),
    of("scope_schema_url", Source::Scope(GroupPart::SchemaUrl)),
];

const SPANS: [Column; 25] = [
    id(spans::TRACE_ID),
    id(spans::SPAN_ID),
    id(spans::PARENT_SPAN_ID),
    text(spans::TRACE_STATE),
    stored(spans::FLAGS),
    text(spans::NAME),
    of("kind", Source::Code(spans::KIND, kind_name)),
    stored(spans::START_TIME),
    stored(spans::END_TIME),
    stored(spans::DURATION_NS),
    of("status_code", Source::Code(spans::STATUS_CODE, status_name)),
    text(spans::STATUS_MESSAGE),
    text(spans::SERVICE),
    of("attributes", Source::Attributes(spans::ATTRIBUTES)),
    of("resource", Source::Resource(GroupPart::Attributes)),
    of("scope_name", Source::Scope(GroupPart::Name)),
    of("scope_version", Source::Scope(GroupPart::Version)),
    of("scope", Source::Scope(GroupPart::Attributes)),
    of("events", Source::Events),
    of("links", Source::Links),
    stored(spans::DROPPED_ATTRIBUTES_COUNT),
    stored(spans::DROPPED_EVENTS_COUNT),
    stored(spans::DROPPED_LINKS_COUNT),
    of(
        "resource_schema_url",
        Source::Resource(GroupPart::SchemaUrl),
    ),
    of("scope_schema_url", Source::Scope(GroupPart::SchemaUrl)),
];

/// The columns of a table, in order.
pub(crate) fn columns(signal: Signal) -> &'static [Column] {
    match signal {
        Signal::Logs => &LOGS,
        Signal::Spans => &SPANS,
    }
}

/// The names of a table's columns.
pub(crate) fn column_names(signal: Signal) -> impl Iterator<Item = &'static str> {
    columns(signal).iter().map(|column| column.name)
}

/// The schema of a table.
pub(crate) fn schema(signal: Signal) -> SchemaRef {
    static LOGS: LazyLock<SchemaRef> = LazyLock::new(|| whole(Signal::Logs));
    static SPANS: LazyLock<SchemaRef> = LazyLock::new(|| whole(Signal::Spans));
    Arc::clone(match signal {
        Signal::Logs => &LOGS,
        Signal::Spans => &SPANS,
    })
}

fn whole(signal: Signal) -> SchemaRef {
    let fields: Vec<Field> = columns(signal)
        .iter()
        .map(|column| column.field(signal))
        .collect();
    Arc::new(Schema::new(fields))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_column_is_made_of_stored_ones() {
        for signal in Signal::ALL {
            for column in columns(signal) {
                for name in column.stored() {
                    assert!(
                        signal.stored_columns().contains(&name),
                        "{signal}.{}",
                        column.name
                    );
                }
                assert_ne!(column.field(signal).data_type(), &DataType::Null);
            }
            assert_eq!(schema(signal).fields().len(), columns(signal).len());
        }
    }

    #[test]
    fn both_signals_name_the_shared_stored_columns_alike() {
        assert_eq!(logs::RESOURCE, spans::RESOURCE);
        assert_eq!(logs::SCOPE, spans::SCOPE);
        assert_eq!(logs::SERVICE, spans::SERVICE);
        assert_eq!(logs::TRACE_ID, spans::TRACE_ID);
    }
}
