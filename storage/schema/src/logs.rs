//! The log schema: one row per `LogRecord`.

use std::sync::{Arc, LazyLock};

use arrow::array::{
    Array, ArrayRef, BinaryArray, BinaryBuilder, FixedSizeBinaryArray, FixedSizeBinaryBuilder,
    Int32Array, Int32Builder, RecordBatch, StringArray, StringBuilder, StringDictionaryBuilder,
    TimestampNanosecondArray, TimestampNanosecondBuilder, UInt32Array, UInt32Builder, UInt64Array,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use crate::any::KeyValues;
use crate::columns::{self, id_at};
use crate::dictionary::{self, BinaryDictionary, Key, RunBuilder, TextDictionary};
use crate::group::{ResourceRef, ScopeRef};
use crate::time::{self, TimeBuilder, place, sent_nanos, timestamp_type};
use crate::{SEQ, SchemaError, SpanId, TraceId};

/// Where the record stands in the order of time (see [`crate::time::place`]). Not null.
pub const PLACED_TIME: &str = "placed_time";
/// `time_unix_nano`; null when it was 0 (unknown) or above `i64::MAX`.
pub const TIME: &str = "time";
/// `time_unix_nano` as sent, where it is above `i64::MAX`; else null.
pub const TIME_RAW: &str = "time_raw";
/// `observed_time_unix_nano`; null when it was 0 or above `i64::MAX`.
pub const OBSERVED_TIME: &str = "observed_time";
/// `observed_time_unix_nano` as sent, where it is above `i64::MAX`; else null.
pub const OBSERVED_TIME_RAW: &str = "observed_time_raw";
/// `SeverityNumber`, 0 when unset; numbers that OpenTelemetry does not define are kept.
pub const SEVERITY_NUMBER: &str = "severity_number";
/// Severity text, empty when unset.
pub const SEVERITY_TEXT: &str = "severity_text";
/// `service.name` of the resource; null when it has none.
pub const SERVICE: &str = "service";
/// Event name, empty when unset.
pub const EVENT_NAME: &str = "event_name";
/// The body, where it is a string; else null.
pub const BODY: &str = "body";
/// The body as an encoded value, where it is no string; null when it is a string or absent.
pub const BODY_VALUE: &str = "body_value";
/// Trace id, null when absent.
pub const TRACE_ID: &str = "trace_id";
/// Span id, null when absent.
pub const SPAN_ID: &str = "span_id";
/// Flags, as sent.
pub const FLAGS: &str = "flags";
/// The record's attributes, encoded (see [`crate::any`]); empty when there are none.
pub const ATTRIBUTES: &str = "attributes";
/// Attributes the sender dropped.
pub const DROPPED_ATTRIBUTES_COUNT: &str = "dropped_attributes_count";
/// The resource, encoded (see [`crate::group`]).
pub const RESOURCE: &str = "resource";
/// The instrumentation scope, encoded (see [`crate::group`]).
pub const SCOPE: &str = "scope";

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| Arc::new(Schema::new(fields())));
static STORED: LazyLock<SchemaRef> = LazyLock::new(|| {
    let seq = Field::new(SEQ, DataType::UInt64, false);
    Arc::new(Schema::new([vec![seq], fields()].concat()))
});

fn fields() -> Vec<Field> {
    vec![
        Field::new(PLACED_TIME, timestamp_type(), false),
        Field::new(TIME, timestamp_type(), true),
        Field::new(TIME_RAW, DataType::UInt64, true),
        Field::new(OBSERVED_TIME, timestamp_type(), true),
        Field::new(OBSERVED_TIME_RAW, DataType::UInt64, true),
        Field::new(SEVERITY_NUMBER, DataType::Int32, false),
        Field::new(SEVERITY_TEXT, dictionary::text_type(), false),
        Field::new(SERVICE, dictionary::text_type(), true),
        Field::new(EVENT_NAME, dictionary::text_type(), false),
        Field::new(BODY, DataType::Utf8, true),
        Field::new(BODY_VALUE, DataType::Binary, true),
        Field::new(TRACE_ID, DataType::FixedSizeBinary(16), true),
        Field::new(SPAN_ID, DataType::FixedSizeBinary(8), true),
        Field::new(FLAGS, DataType::UInt32, false),
        Field::new(ATTRIBUTES, DataType::Binary, false),
        Field::new(DROPPED_ATTRIBUTES_COUNT, DataType::UInt32, false),
        Field::new(RESOURCE, dictionary::binary_type(), false),
        Field::new(SCOPE, dictionary::binary_type(), false),
    ]
}

/// The columns of a batch before it is committed.
pub fn schema() -> SchemaRef {
    Arc::clone(&SCHEMA)
}

/// The columns of stored rows: [`SEQ`], then those of [`schema`].
pub fn stored_schema() -> SchemaRef {
    Arc::clone(&STORED)
}

/// Log records in the columns of [`schema`], not yet committed.
#[derive(Debug, Clone)]
pub struct LogsBatch(RecordBatch);

impl LogsBatch {
    /// The number of log records.
    pub fn rows(&self) -> usize {
        self.0.num_rows()
    }

    /// The Arrow batch.
    pub fn into_inner(self) -> RecordBatch {
        self.0
    }

    /// The Arrow batch, borrowed.
    pub fn inner(&self) -> &RecordBatch {
        &self.0
    }
}

/// A log's body.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Body<'a> {
    /// The record has no body.
    Absent,
    /// A string.
    Text(&'a str),
    /// Any other value, encoded (see [`crate::any`]).
    Value(&'a [u8]),
}

/// One log record, borrowed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LogRow<'a> {
    /// `time_unix_nano`, 0 when unknown.
    pub time: u64,
    /// `observed_time_unix_nano`, 0 when unknown.
    pub observed_time: u64,
    /// `SeverityNumber`, 0 when unset.
    pub severity_number: i32,
    /// Severity text, empty when unset.
    pub severity_text: &'a str,
    /// Event name, empty when unset.
    pub event_name: &'a str,
    /// The body.
    pub body: Body<'a>,
    /// Trace id.
    pub trace_id: Option<TraceId>,
    /// Span id.
    pub span_id: Option<SpanId>,
    /// Flags.
    pub flags: u32,
    /// Attributes.
    pub attributes: KeyValues<'a>,
    /// Attributes the sender dropped.
    pub dropped_attributes_count: u32,
}

/// Builds a [`LogsBatch`]: [`LogsBuilder::group`] first, then its rows, and so on.
pub struct LogsBuilder {
    arrival_ns: i64,
    placed_time: TimestampNanosecondBuilder,
    time: TimeBuilder,
    observed_time: TimeBuilder,
    severity_number: Int32Builder,
    severity_text: StringDictionaryBuilder<Key>,
    service: RunBuilder,
    event_name: StringDictionaryBuilder<Key>,
    body: StringBuilder,
    body_value: BinaryBuilder,
    trace_id: FixedSizeBinaryBuilder,
    span_id: FixedSizeBinaryBuilder,
    flags: UInt32Builder,
    attributes: BinaryBuilder,
    dropped_attributes_count: UInt32Builder,
    resource: RunBuilder,
    scope: RunBuilder,
    scratch: Vec<u8>,
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
            service: RunBuilder::default(),
            event_name: StringDictionaryBuilder::new(),
            body: StringBuilder::new(),
            body_value: BinaryBuilder::new(),
            trace_id: FixedSizeBinaryBuilder::with_capacity(rows, 16),
            span_id: FixedSizeBinaryBuilder::with_capacity(rows, 8),
            flags: UInt32Builder::with_capacity(rows),
            attributes: BinaryBuilder::new(),
            dropped_attributes_count: UInt32Builder::with_capacity(rows),
            resource: RunBuilder::default(),
            scope: RunBuilder::default(),
            scratch: Vec::new(),
        }
    }

    /// The resource, scope and service of the rows that follow.
    pub fn group(
        &mut self,
        resource: &ResourceRef<'_>,
        scope: &ScopeRef<'_>,
        service: Option<&str>,
    ) {
        self.scratch.clear();
        resource.encode(&mut self.scratch);
        self.resource.set(Some(&self.scratch));
        self.scratch.clear();
        scope.encode(&mut self.scratch);
        self.scope.set(Some(&self.scratch));
        self.service.set(service.map(str::as_bytes));
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
        self.service.push();
        self.resource.push();
        self.scope.push();
        Ok(())
    }

    /// The batch.
    pub fn finish(mut self) -> Result<LogsBatch, SchemaError> {
        let (time, time_raw) = self.time.finish();
        let (observed_time, observed_time_raw) = self.observed_time.finish();
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.placed_time.finish()),
            Arc::new(time),
            Arc::new(time_raw),
            Arc::new(observed_time),
            Arc::new(observed_time_raw),
            Arc::new(self.severity_number.finish()),
            Arc::new(self.severity_text.finish()),
            self.service.finish_text()?,
            Arc::new(self.event_name.finish()),
            Arc::new(self.body.finish()),
            Arc::new(self.body_value.finish()),
            Arc::new(self.trace_id.finish()),
            Arc::new(self.span_id.finish()),
            Arc::new(self.flags.finish()),
            Arc::new(self.attributes.finish()),
            Arc::new(self.dropped_attributes_count.finish()),
            self.resource.finish_binary()?,
            self.scope.finish_binary()?,
        ];
        Ok(LogsBatch(RecordBatch::try_new(schema(), columns)?))
    }
}

pub(crate) fn push_id<const N: usize>(
    column: &mut FixedSizeBinaryBuilder,
    id: Option<&[u8; N]>,
) -> Result<(), SchemaError> {
    match id {
        Some(id) => column.append_value(id)?,
        None => column.append_null(),
    }
    Ok(())
}

/// Reads whole log records from a batch that holds all columns of [`schema`] (stored or not).
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

/// The body at `row`, from its two columns.
pub fn body_at<'a>(body: &'a StringArray, body_value: &'a BinaryArray, row: usize) -> Body<'a> {
    if body.is_valid(row) {
        Body::Text(body.value(row))
    } else if body_value.is_valid(row) {
        Body::Value(body_value.value(row))
    } else {
        Body::Absent
    }
}
