//! Which values a field has in the rows of a batch. These are the values for which the matcher would find
//! the row, so the rules are the same as in [`crate::language::matcher`], field by field.

use std::collections::BTreeSet;

use arrow::array::{Array, RecordBatch};
use clearspan_schema::any::AnyRef;
use clearspan_schema::ids::hex;
use clearspan_schema::logs::{self, Body, body_at};
use clearspan_schema::{Signal, columns, spans};
use clearspan_storage::scan::{AttributeKeys, Projection};

use super::attribute::AttributeValues;
use super::budget::Budget;
use super::code::Codes;
use super::distinct::{Distinct, Origin};
use super::entries;
use super::remembered::{Found, Remembered};
use super::severity::Severities;
use super::values::FieldValues;
use crate::QueryError;
use crate::language::fields::{kind_name, status_name};
use crate::language::{Field, Level};

/// Counts the values of one field.
#[derive(Debug)]
pub(crate) struct FieldCounter {
    name: String,
    source: Source,
    distinct: Distinct,
}

#[derive(Debug)]
enum Source {
    Service(Remembered<Found>),
    Severity(Severities),
    Body,
    Name(Remembered<Found>),
    Codes(Codes),
    Duration,
    Id(&'static str),
    EventName {
        signal: Signal,
        names: Remembered<Found>,
        attribute: AttributeValues,
    },
    Attribute(AttributeValues),
}

impl FieldCounter {
    /// For values of the field of that name in rows of `signal`, whose text begins with `prefix`.
    pub(crate) fn new(name: &str, prefix: &str, signal: Signal) -> Self {
        let field = Field::named(name, signal);
        let ignores_case = field.ignores_case();
        let source = match field {
            Field::Service => Source::Service(Remembered::default()),
            Field::Severity => Source::Severity(Severities::default()),
            Field::Body => Source::Body,
            // Both signals name the columns of service and ids alike.
            Field::TraceId => Source::Id(logs::TRACE_ID),
            Field::SpanId => Source::Id(logs::SPAN_ID),
            Field::EventName => Source::EventName {
                signal,
                names: Remembered::default(),
                attribute: AttributeValues::new(Level::Any, "event.name"),
            },
            Field::Attribute(level, key) => Source::Attribute(AttributeValues::new(level, &key)),
            Field::Name => Source::Name(Remembered::default()),
            Field::Kind => Source::Codes(Codes::new(spans::KIND, kind_name)),
            Field::Status => Source::Codes(Codes::new(spans::STATUS_CODE, status_name)),
            Field::Duration => Source::Duration,
        };
        FieldCounter {
            name: name.to_owned(),
            source,
            distinct: Distinct::new(ignores_case, prefix),
        }
    }

    /// Does not look into scopes where it may do without, for it is known that none has attributes.
    pub(crate) fn leave_scopes(&mut self) {
        match &mut self.source {
            Source::EventName { attribute, .. } | Source::Attribute(attribute) => {
                attribute.leave_scopes();
            }
            _ => {}
        }
    }

    /// The columns it reads.
    pub(crate) fn columns(&self) -> Vec<&'static str> {
        match &self.source {
            Source::Service(_) => vec![logs::SERVICE],
            Source::Severity(_) => vec![logs::SEVERITY_NUMBER, logs::SEVERITY_TEXT],
            Source::Body => vec![logs::BODY, logs::BODY_VALUE],
            Source::Name(_) => vec![spans::NAME],
            Source::Codes(codes) => vec![codes.column()],
            Source::Duration => vec![spans::DURATION_NS],
            Source::Id(column) => vec![column],
            Source::EventName {
                signal, attribute, ..
            } => {
                let own = match signal {
                    Signal::Logs => logs::EVENT_NAME,
                    Signal::Spans => spans::EVENTS,
                };
                [vec![own], attribute.columns()].concat()
            }
            Source::Attribute(attribute) => attribute.columns(),
        }
    }

    /// The attributes of records that it reads.
    pub(crate) fn record_keys(&self) -> AttributeKeys {
        match &self.source {
            Source::EventName { attribute, .. } | Source::Attribute(attribute) => {
                attribute.record_keys()
            }
            _ => AttributeKeys::none(),
        }
    }

    /// Counts the rows of `batch`.
    pub(crate) fn add(
        &mut self,
        batch: &RecordBatch,
        budget: &mut Budget,
    ) -> Result<(), QueryError> {
        let distinct = &mut self.distinct;
        match &mut self.source {
            Source::Service(names) => add_texts(logs::SERVICE, names, batch, distinct, budget),
            Source::Severity(severities) => severities.add(batch, distinct, budget),
            Source::Body => add_bodies(batch, distinct, budget),
            Source::Name(names) => add_texts(spans::NAME, names, batch, distinct, budget),
            Source::Codes(codes) => codes.add(batch, distinct, budget),
            Source::Duration => add_durations(batch, distinct, budget),
            Source::Id(column) => add_ids(column, batch, distinct, budget),
            Source::EventName {
                signal: Signal::Logs,
                names,
                attribute,
            } => {
                let events = columns::text_dictionary(batch, logs::EVENT_NAME)?;
                let is_named = |row: usize| events.value(row).is_some_and(|name| !name.is_empty());
                add_texts(logs::EVENT_NAME, names, batch, distinct, budget)?;
                attribute.add_asked(batch, |row| !is_named(row), distinct, budget)
            }
            Source::EventName { attribute, .. } => {
                let events = columns::events(batch)?;
                for row in 0..batch.num_rows() {
                    for event in events.row(row) {
                        distinct.push_text(event.name, Origin::Sent, budget)?;
                    }
                    distinct.count_row();
                }
                attribute.add_asked(batch, |row| events.row(row).len() == 0, distinct, budget)
            }
            Source::Attribute(attribute) => attribute.add(batch, distinct, budget),
        }
    }

    /// The values with the most rows.
    pub(crate) async fn top(self, limit: usize) -> FieldValues {
        self.distinct.top(self.name, limit).await
    }
}

/// What several fields read together.
pub(crate) fn projection_of(fields: &[FieldCounter]) -> Projection {
    let columns: BTreeSet<_> = fields.iter().flat_map(FieldCounter::columns).collect();
    let keys = fields.iter().map(FieldCounter::record_keys);
    let keys = keys.fold(AttributeKeys::none(), AttributeKeys::union);
    Projection::new(columns.into_iter().collect(), keys).with_long_steps()
}

/// A dictionary column of texts; an event name that is empty is none.
fn add_texts(
    column: &'static str,
    names: &mut Remembered<Found>,
    batch: &RecordBatch,
    distinct: &mut Distinct,
    budget: &mut Budget,
) -> Result<(), QueryError> {
    let texts = columns::text_dictionary(batch, column)?;
    let answers = names.of(texts.values());
    for (key, rows) in entries::used(texts.keys(), texts.values().len()) {
        let found = answers.get(key, || {
            let text = texts.values().value(key);
            if !(text.is_empty() && column == logs::EVENT_NAME) {
                distinct.push_text(text, Origin::Sent, budget)?;
            }
            Ok(distinct.take_found())
        })?;
        distinct.count(found, rows);
    }
    Ok(())
}

fn add_bodies(
    batch: &RecordBatch,
    distinct: &mut Distinct,
    budget: &mut Budget,
) -> Result<(), QueryError> {
    let texts = columns::text(batch, logs::BODY)?;
    let values = columns::binary(batch, logs::BODY_VALUE)?;
    for row in 0..batch.num_rows() {
        match body_at(texts, values, row) {
            Body::Absent => {}
            Body::Text(text) => distinct.push_text(text, Origin::Sent, budget)?,
            Body::Value(encoded) => match AnyRef::decode(encoded) {
                // A body that is a list is compared as a whole.
                Some(list @ AnyRef::Array(_)) => distinct.push_as_json(list, budget)?,
                Some(value) => distinct.push(value, budget)?,
                None => {}
            },
        }
        distinct.count_row();
    }
    Ok(())
}

fn add_durations(
    batch: &RecordBatch,
    distinct: &mut Distinct,
    budget: &mut Budget,
) -> Result<(), QueryError> {
    let durations = columns::int64(batch, spans::DURATION_NS)?;
    for duration in durations.iter().flatten() {
        distinct.push_int(duration, false, budget)?;
        distinct.count_row();
    }
    Ok(())
}

fn add_ids(
    column: &'static str,
    batch: &RecordBatch,
    distinct: &mut Distinct,
    budget: &mut Budget,
) -> Result<(), QueryError> {
    let ids = columns::id(batch, column)?;
    for row in (0..batch.num_rows()).filter(|&row| ids.is_valid(row)) {
        distinct.push_text(&hex(ids.value(row)), Origin::Sent, budget)?;
        distinct.count_row();
    }
    Ok(())
}
