//! Attributes, scanned in their encoded bytes.
//!
//! A record's value hides the scope's, and that hides the resource's, also where it does not pass the
//! test: the first level that has the attribute decides. Under each of its names (see
//! [`crate::language::renamed`]) an attribute counts as the same one; where a level has several of them,
//! any may pass.

use arrow::array::{Array, RecordBatch};
use arrow::buffer::BooleanBuffer;
use clearspan_schema::any::KeyValues;
use clearspan_schema::group::{ResourceRef, ScopeRef};
use clearspan_schema::{SchemaError, columns, logs};
use clearspan_storage::scan::AttributeKeys;

use super::memo::{Memo, rows_with};
use super::rows_where;
use super::value::ValueTest;
use crate::language::ast::{Level, Test};
use crate::language::renamed::names_of;

// Both signals name these columns alike.
const ATTRIBUTES: &str = logs::ATTRIBUTES;
const SCOPE: &str = logs::SCOPE;
const RESOURCE: &str = logs::RESOURCE;

/// A test of one attribute.
#[derive(Debug)]
pub(crate) struct AttributeTest {
    level: Level,
    names: Vec<String>,
    test: ValueTest,
}

impl AttributeTest {
    pub(crate) fn new(level: Level, key: &str, test: &Test, ignores_case: bool) -> Self {
        let names = names_of(key).into_iter().map(str::to_owned).collect();
        AttributeTest {
            level,
            names,
            test: ValueTest::new(test, ignores_case),
        }
    }

    pub(crate) fn columns(&self) -> Vec<&'static str> {
        match self.level {
            Level::Any => vec![ATTRIBUTES, SCOPE, RESOURCE],
            Level::Record => vec![ATTRIBUTES],
            Level::Scope => vec![SCOPE],
            Level::Resource => vec![RESOURCE],
        }
    }

    /// The keys of records' attributes that it looks for.
    pub(crate) fn record_keys(&self) -> AttributeKeys {
        match self.level {
            Level::Any | Level::Record => AttributeKeys::Only(self.names.iter().cloned().collect()),
            Level::Scope | Level::Resource => AttributeKeys::none(),
        }
    }

    pub(crate) fn select(
        &self,
        batch: &RecordBatch,
        mask: &BooleanBuffer,
    ) -> Result<BooleanBuffer, SchemaError> {
        match self.level {
            Level::Any => {
                let mut record = self.record(batch)?;
                let mut scope = self.scope(batch)?;
                let mut resource = self.resource(batch)?;
                Ok(rows_where(mask, |row| {
                    record(row)
                        .or_else(|| scope(row))
                        .or_else(|| resource(row))
                        .unwrap_or(false)
                }))
            }
            Level::Record => {
                let mut record = self.record(batch)?;
                Ok(rows_where(mask, |row| record(row).unwrap_or(false)))
            }
            Level::Scope => {
                let scopes = columns::binary_dictionary(batch, SCOPE)?;
                let values = scopes.values();
                let passes = |key| self.of_scope(values.value(key)).unwrap_or(false);
                Ok(rows_with(mask, scopes.keys(), values.len(), passes))
            }
            Level::Resource => {
                let resources = columns::binary_dictionary(batch, RESOURCE)?;
                let values = resources.values();
                let passes = |key| self.of_resource(values.value(key)).unwrap_or(false);
                Ok(rows_with(mask, resources.keys(), values.len(), passes))
            }
        }
    }

    fn record<'b>(
        &'b self,
        batch: &'b RecordBatch,
    ) -> Result<impl FnMut(usize) -> Option<bool> + 'b, SchemaError> {
        let attributes = columns::binary(batch, ATTRIBUTES)?;
        Ok(move |row| self.verdict(KeyValues::new(attributes.value(row))))
    }

    fn scope<'b>(
        &'b self,
        batch: &'b RecordBatch,
    ) -> Result<impl FnMut(usize) -> Option<bool> + 'b, SchemaError> {
        let scopes = columns::binary_dictionary(batch, SCOPE)?;
        let mut memo = Memo::new(scopes.values().len());
        Ok(move |row| {
            let key = scopes.key(row)?;
            memo.get(key, || self.of_scope(scopes.values().value(key)))
        })
    }

    fn of_scope(&self, encoded: &[u8]) -> Option<bool> {
        let scope = ScopeRef::decode(encoded)?;
        self.verdict(scope.attributes)
            .or_else(|| self.scope_itself(&scope))
    }

    /// `scope.name` and `scope.version` find the scope's own, where it has no attribute of that name.
    fn scope_itself(&self, scope: &ScopeRef<'_>) -> Option<bool> {
        if self.level != Level::Scope {
            return None;
        }
        let text = match self.names.first().map(String::as_str) {
            Some("name") => scope.name,
            Some("version") => scope.version,
            _ => "",
        };
        (!text.is_empty()).then(|| self.test.text(text))
    }

    fn resource<'b>(
        &'b self,
        batch: &'b RecordBatch,
    ) -> Result<impl FnMut(usize) -> Option<bool> + 'b, SchemaError> {
        let resources = columns::binary_dictionary(batch, RESOURCE)?;
        let mut memo = Memo::new(resources.values().len());
        Ok(move |row| {
            let key = resources.key(row)?;
            memo.get(key, || self.of_resource(resources.values().value(key)))
        })
    }

    fn of_resource(&self, encoded: &[u8]) -> Option<bool> {
        self.verdict(ResourceRef::decode(encoded)?.attributes)
    }

    /// Whether the attribute passes; `None` when it is not there.
    fn verdict(&self, attributes: KeyValues<'_>) -> Option<bool> {
        if attributes.is_empty() {
            return None;
        }
        let mut verdict = None;
        for name in &self.names {
            if let Some(value) = attributes.get(name) {
                verdict = Some(verdict == Some(true) || self.test.value(value));
            }
        }
        verdict
    }
}
