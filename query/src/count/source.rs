//! Which values a field has in the rows of a batch. These are the values for which the matcher would find
//! the row, so the rules are the same as in [`crate::language::matcher`], field by field.

use std::collections::BTreeSet;

use arrow::array::{Array, RecordBatch};
use clearspan_schema::any::AnyRef;
use clearspan_schema::ids::hex;
use clearspan_schema::logs::{self, Body, body_at};
use clearspan_schema::{Signal, columns};
use clearspan_storage::scan::{AttributeKeys, Projection};

use super::attribute::AttributeValues;
use super::budget::Budget;
use super::distinct::{Distinct, Origin};
use super::entries;
use super::remembered::{Found, Remembered};
use super::values::FieldValues;
use crate::QueryError;
use crate::language::fields::{SEVERITIES, severity_band};
use crate::language::{Field, Level};

/// Counts the values of one field of logs.
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
    Id(&'static str),
    EventName {
        names: Remembered<Found>,
        attribute: AttributeValues,
    },
    Attribute(AttributeValues),
    /// A field that logs do not have.
    None,
}

#[derive(Debug, Default)]
struct Severities {
    texts: Remembered<Found>,
    /// The names of the bands.
    bands: [Option<Found>; SEVERITIES.len()],
}

impl FieldCounter {
    /// For values whose text begins with `prefix`.
    pub(crate) fn new(name: &str, prefix: &str) -> Self {
        let field = Field::named(name, Signal::Logs);
        let ignores_case = field.ignores_case();
        let source = match field {
            Field::Service => Source::Service(Remembered::default()),
            Field::Severity => Source::Severity(Severities::default()),
            Field::Body => Source::Body,
            Field::TraceId => Source::Id(logs::TRACE_ID),
            Field::SpanId => Source::Id(logs::SPAN_ID),
            Field::EventName => Source::EventName {
                names: Remembered::default(),
                attribute: AttributeValues::new(Level::Any, "event.name"),
            },
            Field::Attribute(level, key) => Source::Attribute(AttributeValues::new(level, &key)),
            Field::Name | Field::Kind | Field::Status | Field::Duration => Source::None,
        };
        FieldCounter {
            name: name.to_owned(),
            source,
            distinct: Distinct::new(ignores_case, prefix),
        }
    }

    /// The columns it reads.
    pub(crate) fn columns(&self) -> Vec<&'static str> {
        match &self.source {
            Source::Service(_) => vec![logs::SERVICE],
            Source::Severity(_) => vec![logs::SEVERITY_NUMBER, logs::SEVERITY_TEXT],
            Source::Body => vec![logs::BODY, logs::BODY_VALUE],
            Source::Id(column) => vec![column],
            Source::EventName { attribute, .. } => {
                [vec![logs::EVENT_NAME], attribute.columns()].concat()
            }
            Source::Attribute(attribute) => attribute.columns(),
            Source::None => vec![],
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
            Source::Id(column) => add_ids(column, batch, distinct, budget),
            Source::EventName { names, attribute } => {
                let events = columns::text_dictionary(batch, logs::EVENT_NAME)?;
                let is_named = |row: usize| events.value(row).is_some_and(|name| !name.is_empty());
                add_texts(logs::EVENT_NAME, names, batch, distinct, budget)?;
                attribute.add_asked(batch, |row| !is_named(row), distinct, budget)
            }
            Source::Attribute(attribute) => attribute.add(batch, distinct, budget),
            Source::None => Ok(()),
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

impl Severities {
    /// A row has its text, and its number by the name of the band; a number without a band by itself.
    fn add(
        &mut self,
        batch: &RecordBatch,
        distinct: &mut Distinct,
        budget: &mut Budget,
    ) -> Result<(), QueryError> {
        let numbers = columns::int32(batch, logs::SEVERITY_NUMBER)?;
        let texts = columns::text_dictionary(batch, logs::SEVERITY_TEXT)?;
        let answers = self.texts.of(texts.values());
        let rows: Vec<usize> = (0..batch.num_rows()).collect();
        let is_alike = |&a: &usize, &b: &usize| {
            numbers.value(a) == numbers.value(b) && texts.key(a) == texts.key(b)
        };
        // Most neighbours are alike.
        for run in rows.chunk_by(is_alike) {
            let row = run[0];
            let number = numbers.value(row);
            // Both are found before the first is pushed: finding takes the row's values.
            let band = band(number, &mut self.bands, distinct, budget)?;
            if let Some(key) = texts.key(row) {
                let found = answers.get(key, || {
                    let text = texts.values().value(key);
                    if !text.is_empty() {
                        distinct.push_text(text, Origin::Sent, budget)?;
                    }
                    Ok(distinct.take_found())
                })?;
                distinct.push_found(found);
            }
            match band {
                Some(found) => distinct.push_found(found),
                None if number != 0 => distinct.push_int(number.into(), false, budget)?,
                None => {}
            }
            distinct.count_rows(run.len() as u64);
        }
        Ok(())
    }
}

/// The name of the band that `number` lies in, for counting; `None` where it lies in none.
fn band<'f>(
    number: i32,
    known: &'f mut [Option<Found>; SEVERITIES.len()],
    distinct: &mut Distinct,
    budget: &mut Budget,
) -> Result<Option<&'f Found>, QueryError> {
    let Some(name) = severity_band(number) else {
        return Ok(None);
    };
    let place = SEVERITIES.iter().position(|&of| of == name);
    let Some(place) = place.and_then(|at| known.get_mut(at)) else {
        return Ok(None);
    };
    if place.is_none() {
        distinct.push_text(name, Origin::Name, budget)?;
        *place = Some(distinct.take_found());
    }
    Ok(place.as_ref())
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
