//! Building a batch of log records, row by row.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryBuilder, FixedSizeBinaryBuilder, Int32Builder, RecordBatch, StringBuilder,
    StringDictionaryBuilder, TimestampNanosecondBuilder, UInt32Builder,
};

use super::{Body, LogRow, LogsBatch, schema};
use crate::SchemaError;
use crate::dictionary::Key;
use crate::group::{GroupBuilder, ResourceRef, ScopeRef};
use crate::ids::push_id;
use crate::time::{self, TimeBuilder, place};

/// Builds a [`LogsBatch`]: [`LogsBuilder::group`] first, then its rows, and so on.
pub struct LogsBuilder {
    arrival_ns: i64,
    placed_time: TimestampNanosecondBuilder,
    time: TimeBuilder,
    observed_time: TimeBuilder,
    severity_number: Int32Builder,
    severity_text: StringDictionaryBuilder<Key>,
    event_name: StringDictionaryBuilder<Key>,
    body: StringBuilder,
    body_value: BinaryBuilder,
    trace_id: FixedSizeBinaryBuilder,
    span_id: FixedSizeBinaryBuilder,
    flags: UInt32Builder,
    attributes: BinaryBuilder,
    dropped_attributes_count: UInt32Builder,
    group: GroupBuilder,
}

impl LogsBuilder {
    /// Room for `rows` records that arrived at `arrival_ns` (nanoseconds since 1970).
    pub fn new(rows: usize, arrival_ns: i64) -> Self {
        LogsBuilder {
            arrival_ns,
            placed_time: TimestampNanosecondBuilder::with_capacity(rows).with_timezone(time::UTC),
            time: TimeBuilder::with_capacity(rows),
            observed_time: TimeBuilder::with_capacity(rows),
            severity_number: Int32Builder::with_capacity(rows),
            severity_text: StringDictionaryBuilder::new(),
            event_name: StringDictionaryBuilder::new(),
            body: StringBuilder::new(),
            body_value: BinaryBuilder::new(),
            trace_id: FixedSizeBinaryBuilder::with_capacity(rows, 16),
            span_id: FixedSizeBinaryBuilder::with_capacity(rows, 8),
            flags: UInt32Builder::with_capacity(rows),
            attributes: BinaryBuilder::new(),
            dropped_attributes_count: UInt32Builder::with_capacity(rows),
            group: GroupBuilder::default(),
        }
    }

    /// The resource, scope and service of the rows that follow.
    pub fn group(
        &mut self,
        resource: &ResourceRef<'_>,
        scope: &ScopeRef<'_>,
        service: Option<&str>,
    ) {
        self.group.set(resource, scope, service);
    }

    /// Appends one record under the current group.
    pub fn push(&mut self, row: &LogRow<'_>) -> Result<(), SchemaError> {
        self.placed_time
            .append_value(place(row.time, row.observed_time, self.arrival_ns));
        self.time.push(row.time);
        self.observed_time.push(row.observed_time);
        self.severity_number.append_value(row.severity_number);
        self.severity_text.append(row.severity_text)?;
        self.event_name.append(row.event_name)?;
        match row.body {
            Body::Absent => {
                self.body.append_null();
                self.body_value.append_null();
            }
            Body::Text(text) => {
                self.body.append_value(text);
                self.body_value.append_null();
            }
            Body::Value(value) => {
                self.body.append_null();
                self.body_value.append_value(value);
            }
        }
        push_id(&mut self.trace_id, row.trace_id.as_ref())?;
        push_id(&mut self.span_id, row.span_id.as_ref())?;
        self.flags.append_value(row.flags);
        self.attributes.append_value(row.attributes.encoded());
        self.dropped_attributes_count
            .append_value(row.dropped_attributes_count);
        self.group.push();
        Ok(())
    }

    /// The batch.
    pub fn finish(mut self) -> Result<LogsBatch, SchemaError> {
        let (time, time_raw) = self.time.finish();
        let (observed_time, observed_time_raw) = self.observed_time.finish();
        let group = self.group.finish()?;
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.placed_time.finish()),
            Arc::new(time),
            Arc::new(time_raw),
            Arc::new(observed_time),
            Arc::new(observed_time_raw),
            Arc::new(self.severity_number.finish()),
            Arc::new(self.severity_text.finish()),
            group.service,
            Arc::new(self.event_name.finish()),
            Arc::new(self.body.finish()),
            Arc::new(self.body_value.finish()),
            Arc::new(self.trace_id.finish()),
            Arc::new(self.span_id.finish()),
            Arc::new(self.flags.finish()),
            Arc::new(self.attributes.finish()),
            Arc::new(self.dropped_attributes_count.finish()),
            group.resource,
            group.scope,
        ];
        Ok(LogsBatch(RecordBatch::try_new(schema(), columns)?))
    }
}
