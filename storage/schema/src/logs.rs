//! The log schema: one row per `LogRecord`.

mod builder;
mod reader;

use std::sync::{Arc, LazyLock};

use arrow::array::{Array, BinaryArray, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

pub use builder::LogsBuilder;
pub use reader::LogsReader;

use crate::any::KeyValues;
use crate::dictionary;
use crate::time::timestamp_type;
use crate::{SEQ, SpanId, TraceId};

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

/// The names of the columns of [`stored_schema`].
pub(crate) fn stored_names() -> Vec<&'static str> {
    let fields = STORED.fields().iter();
    fields.map(|field| field.name().as_str()).collect()
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
