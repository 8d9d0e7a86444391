//! Fields that are columns of their own.

use std::cmp::Ordering;

use arrow::array::{Array, RecordBatch};
use arrow::buffer::BooleanBuffer;
use clearspan_schema::any::AnyRef;
use clearspan_schema::ids::{hex, parse_hex};
use clearspan_schema::logs::{self, Body, body_at};
use clearspan_schema::{SchemaError, Signal, columns, spans};
use clearspan_storage::scan::{AttributeKeys, ValueCondition};

use super::Leaf;
use super::attributes::AttributeTest;
use super::memo::{Memo, rows_with};
use super::rows_where;
use super::severity::SeverityTest;
use super::value::ValueTest;
use crate::language::ast::{Field, Level, Test, Value};
use crate::language::fields::{kind_name, status_name};
use crate::language::number::Number;

/// The leaf that tests `field` in batches of `signal`.
pub(crate) fn leaf(field: &Field, test: &Test, signal: Signal) -> Leaf {
    let ignores_case = field.ignores_case();
    match field {
        // Both signals name the columns of service and ids alike.
        Field::Service => Leaf::TextColumn(TextColumnTest::new(logs::SERVICE, test)),
        Field::Name => Leaf::TextColumn(TextColumnTest::new(spans::NAME, test)),
        Field::TraceId => Leaf::Id(IdTest::new(logs::TRACE_ID, test, |text| {
            parse_hex::<16>(text).map(Vec::from)
        })),
        Field::SpanId => Leaf::Id(IdTest::new(logs::SPAN_ID, test, |text| {
            parse_hex::<8>(text).map(Vec::from)
        })),
        Field::Kind => Leaf::Code(CodeTest::new(spans::KIND, kind_name, test)),
        Field::Status => Leaf::Code(CodeTest::new(spans::STATUS_CODE, status_name, test)),
        Field::Duration => Leaf::Duration(DurationTest(ValueTest::new(test, false))),
        Field::Severity => Leaf::Severity(SeverityTest::new(test)),
        Field::Body => Leaf::Body(BodyTest::new(test)),
        Field::EventName => Leaf::EventName(EventNameTest::new(signal, test)),
        Field::Attribute(level, key) => {
            Leaf::Attribute(AttributeTest::new(*level, key, test, ignores_case))
        }
    }
}

/// A text in a dictionary column.
#[derive(Debug)]
pub(crate) struct TextColumnTest {
    column: &'static str,
    test: ValueTest,
}

impl TextColumnTest {
    fn new(column: &'static str, test: &Test) -> Self {
        TextColumnTest {
            column,
            test: ValueTest::new(test, false),
        }
    }

    pub(crate) fn columns(&self) -> Vec<&'static str> {
        vec![self.column]
    }

    pub(crate) fn select(
        &self,
        batch: &RecordBatch,
        mask: &BooleanBuffer,
    ) -> Result<BooleanBuffer, SchemaError> {
        let texts = columns::text_dictionary(batch, self.column)?;
        let values = texts.values();
        Ok(rows_with(mask, texts.keys(), values.len(), |key| {
            self.test.text(values.value(key))
        }))
    }
}

/// An enumeration: its names ignoring case, or its numbers. 0 is the value that was not set.
#[derive(Debug)]
pub(crate) struct CodeTest {
    column: &'static str,
    name: fn(i32) -> Option<&'static str>,
    test: ValueTest,
    number: Option<Number>,
}

impl CodeTest {
    fn new(column: &'static str, name: fn(i32) -> Option<&'static str>, test: &Test) -> Self {
        let number = match test {
            Test::Equals(Value::Number(number)) => Some(number.value()),
            _ => None,
        };
        CodeTest {
            column,
            name,
            test: ValueTest::new(test, true),
            number,
        }
    }

    pub(crate) fn columns(&self) -> Vec<&'static str> {
        vec![self.column]
    }

    pub(crate) fn select(
        &self,
        batch: &RecordBatch,
        mask: &BooleanBuffer,
    ) -> Result<BooleanBuffer, SchemaError> {
        let codes = columns::int32(batch, self.column)?;
        // Most rows hold one of the few defined codes.
        let defined: Vec<bool> = (0..8).map(|code| self.code(code)).collect();
        Ok(rows_where(mask, |row| {
            let code = if codes.is_valid(row) {
                codes.value(row)
            } else {
                0
            };
            let known = usize::try_from(code)
                .ok()
                .and_then(|code| defined.get(code).copied());
            known.unwrap_or_else(|| self.code(code))
        }))
    }

    fn code(&self, code: i32) -> bool {
        if self.test.is_exists() {
            return code != 0;
        }
        self.number
            .is_some_and(|number| number.compare_int(code.into()) == Ordering::Equal)
            || (self.name)(code).is_some_and(|name| self.test.text(name))
    }
}

/// A trace or span id.
#[derive(Debug)]
pub(crate) struct IdTest {
    column: &'static str,
    id: Option<Vec<u8>>,
    test: ValueTest,
}

impl IdTest {
    fn new(column: &'static str, test: &Test, parse: fn(&str) -> Option<Vec<u8>>) -> Self {
        let id = match test {
            Test::Equals(value) => parse(value.text()),
            _ => None,
        };
        IdTest {
            column,
            id,
            test: ValueTest::new(test, false),
        }
    }

    pub(crate) fn columns(&self) -> Vec<&'static str> {
        vec![self.column]
    }

    pub(crate) fn select(
        &self,
        batch: &RecordBatch,
        mask: &BooleanBuffer,
    ) -> Result<BooleanBuffer, SchemaError> {
        let ids = columns::id(batch, self.column)?;
        Ok(rows_where(mask, |row| {
            ids.is_valid(row)
                && match &self.id {
                    Some(id) => ids.value(row) == id.as_slice(),
                    None => self.test.is_exists() || self.test.text(&hex(ids.value(row))),
                }
        }))
    }
}

/// A span's duration in nanoseconds; absent where its start or end is.
#[derive(Debug)]
pub(crate) struct DurationTest(ValueTest);

impl DurationTest {
    pub(crate) fn columns(&self) -> Vec<&'static str> {
        vec![spans::DURATION_NS]
    }

    pub(crate) fn select(
        &self,
        batch: &RecordBatch,
        mask: &BooleanBuffer,
    ) -> Result<BooleanBuffer, SchemaError> {
        let durations = columns::int64(batch, spans::DURATION_NS)?;
        Ok(rows_where(mask, |row| {
            durations.is_valid(row) && self.0.int(durations.value(row))
        }))
    }
}

/// A log's body as a whole. A list is its JSON here, as a map is: the body is not one of its elements.
#[derive(Debug)]
pub(crate) struct BodyTest(ValueTest);

impl BodyTest {
    pub(crate) fn new(test: &Test) -> Self {
        BodyTest(ValueTest::new(test, false))
    }

    pub(crate) fn columns(&self) -> Vec<&'static str> {
        vec![logs::BODY, logs::BODY_VALUE]
    }

    pub(crate) fn select(
        &self,
        batch: &RecordBatch,
        mask: &BooleanBuffer,
    ) -> Result<BooleanBuffer, SchemaError> {
        let (text, value) = (
            columns::text(batch, logs::BODY)?,
            columns::binary(batch, logs::BODY_VALUE)?,
        );
        Ok(rows_where(mask, |row| match body_at(text, value, row) {
            Body::Absent => false,
            Body::Text(text) => self.0.text(text),
            Body::Value(encoded) => AnyRef::decode(encoded).is_some_and(|value| self.holds(value)),
        }))
    }
}

impl ValueCondition for BodyTest {
    fn holds(&self, value: AnyRef<'_>) -> bool {
        match value {
            AnyRef::Array(_) => self.0.json(value),
            other => self.0.value(other),
        }
    }
}

/// A log's event name, or the names of a span's events; the attribute `event.name` where there is none.
#[derive(Debug)]
pub(crate) struct EventNameTest {
    signal: Signal,
    test: ValueTest,
    attribute: AttributeTest,
}

impl EventNameTest {
    fn new(signal: Signal, test: &Test) -> Self {
        let attribute = AttributeTest::new(Level::Any, "event.name", test, false);
        EventNameTest {
            signal,
            test: ValueTest::new(test, false),
            attribute,
        }
    }

    pub(crate) fn columns(&self) -> Vec<&'static str> {
        let own = if self.signal == Signal::Logs {
            logs::EVENT_NAME
        } else {
            spans::EVENTS
        };
        [vec![own], self.attribute.columns()].concat()
    }

    /// The keys of records' attributes that it looks for.
    pub(crate) fn record_keys(&self) -> AttributeKeys {
        self.attribute.record_keys()
    }

    pub(crate) fn select(
        &self,
        batch: &RecordBatch,
        mask: &BooleanBuffer,
    ) -> Result<BooleanBuffer, SchemaError> {
        let named = match self.signal {
            Signal::Logs => {
                let names = columns::text_dictionary(batch, logs::EVENT_NAME)?;
                rows_where(mask, |row| {
                    names.value(row).is_some_and(|name| !name.is_empty())
                })
            }
            Signal::Spans => {
                let events = columns::events(batch)?;
                rows_where(mask, |row| events.row(row).len() > 0)
            }
        };
        let by_name = self.by_name(batch, &named)?;
        let by_attribute = self
            .attribute
            .select(batch, &super::without(mask, &named))?;
        Ok(&by_name | &by_attribute)
    }

    fn by_name(
        &self,
        batch: &RecordBatch,
        mask: &BooleanBuffer,
    ) -> Result<BooleanBuffer, SchemaError> {
        match self.signal {
            Signal::Logs => {
                let names = columns::text_dictionary(batch, logs::EVENT_NAME)?;
                let mut memo = Memo::new(names.values().len());
                Ok(rows_where(mask, |row| {
                    names.key(row).is_some_and(|key| {
                        memo.get(key, || self.test.text(names.values().value(key)))
                    })
                }))
            }
            Signal::Spans => {
                let events = columns::events(batch)?;
                Ok(rows_where(mask, |row| {
                    events.row(row).any(|event| self.test.text(event.name))
                }))
            }
        }
    }
}
