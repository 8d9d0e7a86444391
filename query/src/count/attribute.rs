//! The values of an attribute, by the same rules as the matcher's: a record's hide its scope's, and those
//! its resource's; under each of its names (see [`crate::language::renamed`]) an attribute counts as the
//! same one.
//!
//! Scopes and resources are looked at once per dictionary entry, and where resources alone decide, rows are counted by entry. A record's
//! attributes have to be looked at row by row, unless none of the batch has the name anywhere in its bytes, which one search over all
//! of them tells.

use std::ops::Range;

use arrow::array::{Array, BinaryArray, RecordBatch};
use clearspan_schema::any::KeyValues;
use clearspan_schema::dictionary::BinaryDictionary;
use clearspan_schema::group::{ResourceRef, ScopeRef};
use clearspan_schema::{columns, logs};
use clearspan_storage::scan::AttributeKeys;
use memchr::memmem::Finder;

use super::budget::Budget;
use super::distinct::{Distinct, Origin};
use super::entries;
use super::remembered::{Answers, Found, Remembered};
use crate::QueryError;
use crate::language::Level;
use crate::language::renamed::names_of;

/// Counts the values of one attribute.
#[derive(Debug)]
pub(crate) struct AttributeValues {
    level: Level,
    asks_scopes: bool,
    /// Its own name first.
    names: Vec<String>,
    finders: Vec<Finder<'static>>,
    scopes: Remembered<Option<Found>>,
    resources: Remembered<Option<Found>>,
}

impl AttributeValues {
    pub(crate) fn new(level: Level, key: &str) -> Self {
        let names: Vec<String> = names_of(key).into_iter().map(str::to_owned).collect();
        let finder = |name: &String| Finder::new(name.as_bytes()).into_owned();
        AttributeValues {
            level,
            asks_scopes: matches!(level, Level::Any | Level::Scope),
            finders: names.iter().map(finder).collect(),
            names,
            scopes: Remembered::default(),
            resources: Remembered::default(),
        }
    }

    /// Does not look into scopes beside records and resources, for it is known that none has attributes.
    pub(crate) fn leave_scopes(&mut self) {
        self.asks_scopes &= self.level == Level::Scope;
    }

    pub(crate) fn columns(&self) -> Vec<&'static str> {
        match self.level {
            Level::Any if !self.asks_scopes => vec![logs::ATTRIBUTES, logs::RESOURCE],
            Level::Any => vec![logs::ATTRIBUTES, logs::SCOPE, logs::RESOURCE],
            Level::Record => vec![logs::ATTRIBUTES],
            Level::Scope => vec![logs::SCOPE],
            Level::Resource => vec![logs::RESOURCE],
        }
    }

    /// The keys of records' attributes whose values it counts.
    pub(crate) fn record_keys(&self) -> AttributeKeys {
        match self.level {
            Level::Any | Level::Record => AttributeKeys::Only(self.names.iter().cloned().collect()),
            Level::Scope | Level::Resource => AttributeKeys::none(),
        }
    }

    /// Counts the rows of `batch`.
    pub(crate) fn add(
        &mut self,
        batch: &RecordBatch,
        distinct: &mut Distinct,
        budget: &mut Budget,
    ) -> Result<(), QueryError> {
        let groups = Groups::new(self.level, self.asks_scopes, batch)?;
        if self.record(batch)?.is_some() || self.is_in_scopes(&groups, distinct, budget)? {
            return self.add_asked(batch, |_| true, distinct, budget);
        }
        if let Some(column) = groups.resource {
            let answers = self.resources.of(column.values());
            for (key, rows) in entries::used(column.keys(), column.values().len()) {
                let encoded = column.values().value(key);
                let found =
                    answers.get(key, || in_resource(&self.names, encoded, distinct, budget))?;
                if let Some(found) = found {
                    distinct.count(found, rows);
                }
            }
        }
        Ok(())
    }

    /// Whether the scope of some row has the attribute, so that the row's resource is not asked for it.
    fn is_in_scopes(
        &mut self,
        groups: &Groups<'_>,
        distinct: &mut Distinct,
        budget: &mut Budget,
    ) -> Result<bool, QueryError> {
        let Some(column) = groups.scope else {
            return Ok(false);
        };
        let answers = self.scopes.of(column.values());
        for (key, _) in entries::used(column.keys(), column.values().len()) {
            let encoded = column.values().value(key);
            let found = answers.get(key, || {
                in_scope(self.level, &self.names, encoded, distinct, budget)
            })?;
            if found.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Counts the rows of `batch` for which `is_asked` holds, run by run and, where groups decide, one by one.
    pub(crate) fn add_asked(
        &mut self,
        batch: &RecordBatch,
        is_asked: impl Fn(usize) -> bool,
        distinct: &mut Distinct,
        budget: &mut Budget,
    ) -> Result<(), QueryError> {
        let record = self.record(batch)?;
        let columns = Groups::new(self.level, self.asks_scopes, batch)?;
        let mut groups = GroupAnswers {
            level: self.level,
            names: &self.names,
            scopes: answers_for(columns.scope, &mut self.scopes),
            resources: answers_for(columns.resource, &mut self.resources),
        };
        for run in runs_of(record, batch.num_rows()) {
            let asked = || run.clone().filter(|&row| is_asked(row));
            let rows = asked().count() as u64;
            // A value that no row is asked for is none.
            if rows == 0 {
                continue;
            }
            let in_record = record.map(|record| KeyValues::new(record.value(run.start)));
            if let Some(attributes) = in_record
                && push(&self.names, attributes, distinct, budget)?
            {
                distinct.count_rows(rows);
                continue;
            }
            asked().try_for_each(|row| groups.count(row, distinct, budget))?;
        }
        Ok(())
    }

    /// The records' attributes, if they matter and any of them may have the attribute.
    fn record<'b>(&self, batch: &'b RecordBatch) -> Result<Option<&'b BinaryArray>, QueryError> {
        if !matches!(self.level, Level::Any | Level::Record) {
            return Ok(None);
        }
        let attributes = columns::binary(batch, logs::ATTRIBUTES)?;
        let offsets = attributes.value_offsets();
        let (first, last) = (offsets[0] as usize, offsets[attributes.len()] as usize);
        let bytes = &attributes.value_data()[first..last];
        let may_stand = |finder: &Finder<'_>| finder.find(bytes).is_some();
        Ok(self.finders.iter().any(may_stand).then_some(attributes))
    }
}

/// Neighbours whose records have the same attributes, of those that are read; one run where these do not matter. A run is never empty.
fn runs_of(record: Option<&BinaryArray>, rows: usize) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    std::iter::from_fn(move || {
        if start == rows {
            return None;
        }
        let end = record.map_or(rows, |record| {
            let attributes = record.value(start);
            let mut others = start + 1..rows;
            let other = others.find(|&row| record.value(row) != attributes);
            other.unwrap_or(rows)
        });
        let run = start..end;
        start = end;
        Some(run)
    })
}

/// The columns of scope and resource, where they matter.
struct Groups<'b> {
    scope: Option<BinaryDictionary<'b>>,
    resource: Option<BinaryDictionary<'b>>,
}

impl<'b> Groups<'b> {
    fn new(level: Level, asks_scopes: bool, batch: &'b RecordBatch) -> Result<Self, QueryError> {
        let column = |matters: bool, name: &'static str| {
            matters
                .then(|| columns::binary_dictionary(batch, name))
                .transpose()
        };
        Ok(Groups {
            scope: column(asks_scopes, logs::SCOPE)?,
            resource: column(
                matches!(level, Level::Any | Level::Resource),
                logs::RESOURCE,
            )?,
        })
    }
}

/// What is known of the groups in the rows of a batch.
struct GroupAnswers<'b, 'a> {
    level: Level,
    names: &'a [String],
    scopes: Option<(BinaryDictionary<'b>, &'a mut Answers<Option<Found>>)>,
    resources: Option<(BinaryDictionary<'b>, &'a mut Answers<Option<Found>>)>,
}

fn answers_for<'b, 'a>(
    column: Option<BinaryDictionary<'b>>,
    remembered: &'a mut Remembered<Option<Found>>,
) -> Option<(BinaryDictionary<'b>, &'a mut Answers<Option<Found>>)> {
    column.map(|column| (column, remembered.of(column.values())))
}

impl GroupAnswers<'_, '_> {
    /// Counts a row whose record does not have the attribute: by its scope, else by its resource.
    fn count(
        &mut self,
        row: usize,
        distinct: &mut Distinct,
        budget: &mut Budget,
    ) -> Result<(), QueryError> {
        let (level, names) = (self.level, self.names);
        if let Some((column, answers)) = &mut self.scopes
            && let Some(key) = column.key(row)
        {
            let encoded = column.values().value(key);
            let found = answers.get(key, || in_scope(level, names, encoded, distinct, budget))?;
            if let Some(found) = found {
                distinct.count(found, 1);
                return Ok(());
            }
        }
        if let Some((column, answers)) = &mut self.resources
            && let Some(key) = column.key(row)
        {
            let encoded = column.values().value(key);
            let found = answers.get(key, || in_resource(names, encoded, distinct, budget))?;
            if let Some(found) = found {
                distinct.count(found, 1);
            }
        }
        Ok(())
    }
}

/// Adds the attribute's values to the row. Whether it is there: it may be there without a value.
fn push(
    names: &[String],
    attributes: KeyValues<'_>,
    distinct: &mut Distinct,
    budget: &mut Budget,
) -> Result<bool, QueryError> {
    if attributes.is_empty() {
        return Ok(false);
    }
    let mut is_there = false;
    for value in names.iter().filter_map(|name| attributes.get(name)) {
        distinct.push(value, budget)?;
        is_there = true;
    }
    Ok(is_there)
}

/// `scope.name` and `scope.version` are the scope's own, where it has no attribute of that name.
fn in_scope(
    level: Level,
    names: &[String],
    encoded: &[u8],
    distinct: &mut Distinct,
    budget: &mut Budget,
) -> Result<Option<Found>, QueryError> {
    let Some(scope) = ScopeRef::decode(encoded) else {
        return Ok(None);
    };
    if push(names, scope.attributes, distinct, budget)? {
        return Ok(Some(distinct.take_found()));
    }
    let own = match names.first().map(String::as_str) {
        Some("name") if level == Level::Scope => scope.name,
        Some("version") if level == Level::Scope => scope.version,
        _ => "",
    };
    if own.is_empty() {
        return Ok(None);
    }
    distinct.push_text(own, Origin::Sent, budget)?;
    Ok(Some(distinct.take_found()))
}

fn in_resource(
    names: &[String],
    encoded: &[u8],
    distinct: &mut Distinct,
    budget: &mut Budget,
) -> Result<Option<Found>, QueryError> {
    let Some(resource) = ResourceRef::decode(encoded) else {
        return Ok(None);
    };
    let is_there = push(names, resource.attributes, distinct, budget)?;
    Ok(is_there.then(|| distinct.take_found()))
}
