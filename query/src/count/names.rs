//! Counting the names of fields: how many rows have each, and with values of which type.
//!
//! A row has a name once, with the value that the language finds under it: of a repeated key the last, the
//! record's before its scope's, and that before its resource's. An attribute that is named like a known field
//! is found by its level alone, so it is listed as `attributes.body` and the like. `event.name` is one
//! field, whether a record or an event of a span has it in its own place or it stands among the attributes.

use std::borrow::Cow;
use std::collections::HashMap;

use arrow::array::RecordBatch;
use clearspan_schema::any::KeyValues;
use clearspan_schema::group::{ResourceRef, ScopeRef};
use clearspan_schema::json::last_of_each_key;
use clearspan_schema::{Signal, columns, logs};
use clearspan_storage::scan::Projection;

use super::budget::Budget;
use super::fields::Types;
use super::known::KnownFields;
use super::remembered::Remembered;
use crate::QueryError;
use crate::language::{Field, Level};

/// A name's place, and the type of its value.
type Entries = Box<[(u32, Types)]>;

/// Counts the fields of rows.
#[derive(Debug)]
pub(crate) struct FieldNames {
    names: Names,
    known: KnownFields,
    scopes: Remembered<Entries>,
    resources: Remembered<Entries>,
}

/// The names seen so far.
#[derive(Debug)]
pub(super) struct Names {
    signal: Signal,
    by_name: HashMap<Box<str>, u32>,
    /// By a record's key, which a row looks up without building a name.
    by_key: HashMap<Box<str>, u32>,
    fields: Vec<Counting>,
    /// The number of the row that is being counted, from 1.
    row: u64,
    /// The fields of that row.
    noted: Vec<(u32, Types)>,
}

#[derive(Debug, Default)]
struct Counting {
    rows: u64,
    types: Types,
    /// The row that had it last, and where it stands in `noted`.
    row: u64,
    at: usize,
}

impl FieldNames {
    /// For rows of `signal`.
    pub(crate) fn new(signal: Signal) -> Self {
        FieldNames {
            names: Names::new(signal),
            known: KnownFields::new(signal),
            scopes: Remembered::default(),
            resources: Remembered::default(),
        }
    }

    /// What it reads.
    pub(crate) fn projection(&self) -> Projection {
        let levels = [logs::ATTRIBUTES, logs::SCOPE, logs::RESOURCE];
        let columns = self.known.columns().iter().copied().chain(levels);
        Projection::from(columns.collect::<Vec<_>>().as_slice())
    }

    /// Counts the rows of `batch`.
    pub(crate) fn add(
        &mut self,
        batch: &RecordBatch,
        budget: &mut Budget,
    ) -> Result<(), QueryError> {
        let FieldNames {
            names,
            known,
            scopes,
            resources,
        } = self;
        for (field, rows, types) in known.rows(batch)? {
            names.add(&field, rows, types, budget)?;
        }
        let has_event = known.with_events(batch)?;
        let attributes = columns::binary(batch, logs::ATTRIBUTES)?;
        let scope = columns::binary_dictionary(batch, logs::SCOPE)?;
        let in_scopes = scopes.of(scope.values());
        let resource = columns::binary_dictionary(batch, logs::RESOURCE)?;
        let in_resources = resources.of(resource.values());
        for row in 0..batch.num_rows() {
            names.row += 1;
            for (key, value) in KeyValues::new(attributes.value(row)) {
                let slot = names.of_record(key, budget)?;
                names.note(slot, Types::of(value), true);
            }
            if let Some(key) = scope.key(row) {
                let encoded = scope.values().value(key);
                let entries = in_scopes.get(key, || {
                    let scope = ScopeRef::decode(encoded).unwrap_or_default();
                    names.entries(Level::Scope, scope.attributes, budget)
                })?;
                names.note_all(entries);
            }
            if let Some(key) = resource.key(row) {
                let encoded = resource.values().value(key);
                let entries = in_resources.get(key, || {
                    let resource = ResourceRef::decode(encoded).unwrap_or_default();
                    names.entries(Level::Resource, resource.attributes, budget)
                })?;
                names.note_all(entries);
            }
            if has_event.value(row) {
                let slot = names.named(&Field::EventName.to_string(), budget)?;
                names.note(slot, Types::STRING, true);
            }
            names.count_row();
        }
        Ok(())
    }

    /// Each name with its rows and the types of its values.
    pub(crate) fn finish(self) -> impl ExactSizeIterator<Item = (String, u64, Types)> {
        let fields = self.names.fields;
        self.names.by_name.into_iter().map(move |(name, slot)| {
            let field = &fields[slot as usize];
            (name.into(), field.rows, field.types)
        })
    }
}

impl Names {
    fn new(signal: Signal) -> Self {
        Names {
            signal,
            by_name: HashMap::new(),
            by_key: HashMap::new(),
            fields: Vec::new(),
            row: 0,
            noted: Vec::new(),
        }
    }

    fn add(
        &mut self,
        field: &Field,
        rows: usize,
        types: Types,
        budget: &mut Budget,
    ) -> Result<(), QueryError> {
        if rows == 0 {
            return Ok(());
        }
        let slot = self.named(&field.to_string(), budget)?;
        let counting = &mut self.fields[slot as usize];
        counting.rows += rows as u64;
        counting.types |= types;
        Ok(())
    }

    fn named(&mut self, name: &str, budget: &mut Budget) -> Result<u32, QueryError> {
        if let Some(&slot) = self.by_name.get(name) {
            return Ok(slot);
        }
        budget.take(name.len())?;
        // The budget allows a million.
        let slot = self.fields.len() as u32;
        self.fields.push(Counting::default());
        self.by_name.insert(name.into(), slot);
        Ok(slot)
    }

    fn of_record(&mut self, key: &str, budget: &mut Budget) -> Result<u32, QueryError> {
        if let Some(&slot) = self.by_key.get(key) {
            return Ok(slot);
        }
        budget.take(key.len())?;
        let slot = self.named(&listed(self.signal, Level::Record, key), budget)?;
        self.by_key.insert(key.into(), slot);
        Ok(slot)
    }

    fn entries(
        &mut self,
        level: Level,
        attributes: KeyValues<'_>,
        budget: &mut Budget,
    ) -> Result<Entries, QueryError> {
        let each = last_of_each_key(attributes).into_iter();
        each.map(|(key, value)| {
            let slot = self.named(&listed(self.signal, level, key), budget)?;
            Ok((slot, Types::of(value)))
        })
        .collect()
    }

    /// The row has a value under the name; it `replaces` the one that the row has already.
    fn note(&mut self, slot: u32, types: Types, replaces: bool) {
        let counting = &mut self.fields[slot as usize];
        if counting.row != self.row {
            counting.row = self.row;
            counting.at = self.noted.len();
            self.noted.push((slot, types));
        } else if replaces {
            self.noted[counting.at].1 = types;
        }
    }

    fn note_all(&mut self, entries: &[(u32, Types)]) {
        for &(slot, types) in entries {
            self.note(slot, types, false);
        }
    }

    fn count_row(&mut self) {
        for (slot, types) in self.noted.drain(..) {
            let counting = &mut self.fields[slot as usize];
            counting.rows += 1;
            counting.types |= types;
        }
    }
}

/// The name by which a query finds the attribute `key` of `level`.
fn listed(signal: Signal, level: Level, key: &str) -> Cow<'_, str> {
    match Field::named(key, signal) {
        Field::Attribute(Level::Any, _) | Field::EventName => key.into(),
        _ => Field::Attribute(level, key.to_owned()).to_string().into(),
    }
}
