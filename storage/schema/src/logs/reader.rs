//! Reading a batch back, log record by log record.

use arrow::array::{
    BinaryArray, FixedSizeBinaryArray, Int32Array, RecordBatch, StringArray,
    TimestampNanosecondArray, UInt32Array, UInt64Array,
};

use super::{
    ATTRIBUTES, BODY, BODY_VALUE, DROPPED_ATTRIBUTES_COUNT, EVENT_NAME, FLAGS, LogRow,
    OBSERVED_TIME, OBSERVED_TIME_RAW, PLACED_TIME, RESOURCE, SCOPE, SERVICE, SEVERITY_NUMBER,
    SEVERITY_TEXT, SPAN_ID, TIME, TIME_RAW, TRACE_ID, body_at,
};
use crate::SchemaError;
use crate::any::KeyValues;
use crate::columns::{self, id_at};
use crate::dictionary::{BinaryDictionary, TextDictionary};
use crate::group::{ResourceRef, ScopeRef};
use crate::time::sent_nanos;

/// Reads whole log records from a batch that holds all columns of [`super::schema`] (stored or not).
#[derive(Debug)]
pub struct LogsReader<'a> {
    rows: usize,
    placed_time: &'a TimestampNanosecondArray,
    time: &'a TimestampNanosecondArray,
    time_raw: &'a UInt64Array,
    observed_time: &'a TimestampNanosecondArray,
    observed_time_raw: &'a UInt64Array,
    severity_number: &'a Int32Array,
    severity_text: TextDictionary<'a>,
    service: TextDictionary<'a>,
    event_name: TextDictionary<'a>,
    body: &'a StringArray,
    body_value: &'a BinaryArray,
    trace_id: &'a FixedSizeBinaryArray,
    span_id: &'a FixedSizeBinaryArray,
    flags: &'a UInt32Array,
    attributes: &'a BinaryArray,
    dropped_attributes_count: &'a UInt32Array,
    resource: BinaryDictionary<'a>,
    scope: BinaryDictionary<'a>,
}

impl<'a> LogsReader<'a> {
    /// Fails when a column is missing or of another type.
    pub fn new(batch: &'a RecordBatch) -> Result<Self, SchemaError> {
        Ok(LogsReader {
            rows: batch.num_rows(),
            placed_time: columns::time(batch, PLACED_TIME)?,
            time: columns::time(batch, TIME)?,
            time_raw: columns::uint64(batch, TIME_RAW)?,
            observed_time: columns::time(batch, OBSERVED_TIME)?,
            observed_time_raw: columns::uint64(batch, OBSERVED_TIME_RAW)?,
            severity_number: columns::int32(batch, SEVERITY_NUMBER)?,
            severity_text: columns::text_dictionary(batch, SEVERITY_TEXT)?,
            service: columns::text_dictionary(batch, SERVICE)?,
            event_name: columns::text_dictionary(batch, EVENT_NAME)?,
            body: columns::text(batch, BODY)?,
            body_value: columns::binary(batch, BODY_VALUE)?,
            trace_id: columns::id(batch, TRACE_ID)?,
            span_id: columns::id(batch, SPAN_ID)?,
            flags: columns::uint32(batch, FLAGS)?,
            attributes: columns::binary(batch, ATTRIBUTES)?,
            dropped_attributes_count: columns::uint32(batch, DROPPED_ATTRIBUTES_COUNT)?,
            resource: columns::binary_dictionary(batch, RESOURCE)?,
            scope: columns::binary_dictionary(batch, SCOPE)?,
        })
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The record at `row`.
    pub fn row(&self, row: usize) -> LogRow<'a> {
        LogRow {
            time: sent_nanos(self.time, self.time_raw, row),
            observed_time: sent_nanos(self.observed_time, self.observed_time_raw, row),
            severity_number: self.severity_number.value(row),
            severity_text: self.severity_text.value(row).unwrap_or(""),
            event_name: self.event_name.value(row).unwrap_or(""),
            body: body_at(self.body, self.body_value, row),
            trace_id: id_at(self.trace_id, row),
            span_id: id_at(self.span_id, row),
            flags: self.flags.value(row),
            attributes: KeyValues::new(self.attributes.value(row)),
            dropped_attributes_count: self.dropped_attributes_count.value(row),
        }
    }

    /// Where the record stands in the order of time, in nanoseconds since 1970.
    pub fn placed_time(&self, row: usize) -> i64 {
        self.placed_time.value(row)
    }

    /// The service's name.
    pub fn service(&self, row: usize) -> Option<&'a str> {
        self.service.value(row)
    }

    /// The resource column.
    pub fn resources(&self) -> BinaryDictionary<'a> {
        self.resource
    }

    /// The scope column.
    pub fn scopes(&self) -> BinaryDictionary<'a> {
        self.scope
    }

    /// The record's resource.
    pub fn resource(&self, row: usize) -> ResourceRef<'a> {
        self.resource
            .value(row)
            .and_then(ResourceRef::decode)
            .unwrap_or_default()
    }

    /// The record's scope.
    pub fn scope(&self, row: usize) -> ScopeRef<'a> {
        self.scope
            .value(row)
            .and_then(ScopeRef::decode)
            .unwrap_or_default()
    }
}
