//! The span schema: one row per `Span`.

mod builder;
mod reader;

use std::sync::{Arc, LazyLock};

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

pub use builder::SpansBuilder;
pub use reader::SpansReader;

use crate::any::KeyValues;
use crate::time::timestamp_type;
use crate::{SEQ, SpanId, TraceId, dictionary, nested};

/// Where the span stands in the order of time: its start, else its arrival. Not null.
pub const PLACED_TIME: &str = "placed_time";
/// Trace id. Not null.
pub const TRACE_ID: &str = "trace_id";
/// Span id. Not null.
pub const SPAN_ID: &str = "span_id";
/// Parent span id; null for a root.
pub const PARENT_SPAN_ID: &str = "parent_span_id";
/// W3C trace state, empty when unset.
pub const TRACE_STATE: &str = "trace_state";
/// Flags, as sent.
pub const FLAGS: &str = "flags";
/// Operation name.
pub const NAME: &str = "name";
/// `SpanKind`; numbers that OpenTelemetry does not define are kept.
pub const KIND: &str = "kind";
/// `start_time_unix_nano`; null when it was 0 (unknown) or above `i64::MAX`.
pub const START_TIME: &str = "start_time";
/// `start_time_unix_nano` as sent, where it is above `i64::MAX`; else null.
pub const START_TIME_RAW: &str = "start_time_raw";
/// `end_time_unix_nano`; null when it was 0 or above `i64::MAX`.
pub const END_TIME: &str = "end_time";
/// `end_time_unix_nano` as sent, where it is above `i64::MAX`; else null.
pub const END_TIME_RAW: &str = "end_time_raw";
/// End less start in nanoseconds, negative when the end lies before the start; null when either is.
pub const DURATION_NS: &str = "duration_ns";
/// `StatusCode`; null when the span had no status message at all.
pub const STATUS_CODE: &str = "status_code";
/// Status message, empty when unset.
pub const STATUS_MESSAGE: &str = "status_message";
/// `service.name` of the resource; null when it has none.
pub const SERVICE: &str = "service";
/// The span's attributes, encoded (see [`crate::any`]); empty when there are none.
pub const ATTRIBUTES: &str = "attributes";
/// Attributes the sender dropped.
pub const DROPPED_ATTRIBUTES_COUNT: &str = "dropped_attributes_count";
/// Events (see [`crate::nested`]).
pub const EVENTS: &str = "events";
/// Events the sender dropped.
pub const DROPPED_EVENTS_COUNT: &str = "dropped_events_count";
/// Links (see [`crate::nested`]).
pub const LINKS: &str = "links";
/// Links the sender dropped, and those that were left out for an invalid id.
pub const DROPPED_LINKS_COUNT: &str = "dropped_links_count";
/// The resource, encoded (see [`crate::group`]).
pub const RESOURCE: &str = "resource";
/// The instrumentation scope, encoded (see [`crate::group`]).
pub const SCOPE: &str = "scope";

/// `StatusCode` ERROR: the one definition of an error.
pub const STATUS_ERROR: i32 = 2;

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| Arc::new(Schema::new(fields())));
static STORED: LazyLock<SchemaRef> = LazyLock::new(|| {
    let seq = Field::new(SEQ, DataType::UInt64, false);
    Arc::new(Schema::new([vec![seq], fields()].concat()))
});

fn fields() -> Vec<Field> {
    vec![
        Field::new(PLACED_TIME, timestamp_type(), false),
        Field::new(TRACE_ID, DataType::FixedSizeBinary(16), false),
        Field::new(SPAN_ID, DataType::FixedSizeBinary(8), false),
        Field::new(PARENT_SPAN_ID, DataType::FixedSizeBinary(8), true),
        Field::new(TRACE_STATE, dictionary::text_type(), false),
        Field::new(FLAGS, DataType::UInt32, false),
        Field::new(NAME, dictionary::text_type(), false),
        Field::new(KIND, DataType::Int32, false),
        Field::new(START_TIME, timestamp_type(), true),
        Field::new(START_TIME_RAW, DataType::UInt64, true),
        Field::new(END_TIME, timestamp_type(), true),
        Field::new(END_TIME_RAW, DataType::UInt64, true),
        Field::new(DURATION_NS, DataType::Int64, true),
        Field::new(STATUS_CODE, DataType::Int32, true),
        Field::new(STATUS_MESSAGE, dictionary::text_type(), false),
        Field::new(SERVICE, dictionary::text_type(), true),
        Field::new(ATTRIBUTES, DataType::Binary, false),
        Field::new(DROPPED_ATTRIBUTES_COUNT, DataType::UInt32, false),
        Field::new(EVENTS, nested::events_type(), false),
        Field::new(DROPPED_EVENTS_COUNT, DataType::UInt32, false),
        Field::new(LINKS, nested::links_type(), false),
        Field::new(DROPPED_LINKS_COUNT, DataType::UInt32, false),
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

/// Spans in the columns of [`schema`], not yet committed.
#[derive(Debug, Clone)]
pub struct SpansBatch(RecordBatch);

impl SpansBatch {
    /// The number of spans.
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

/// One span without its events and links, borrowed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SpanRow<'a> {
    /// Trace id.
    pub trace_id: TraceId,
    /// Span id.
    pub span_id: SpanId,
    /// Parent span id; `None` for a root.
    pub parent_span_id: Option<SpanId>,
    /// W3C trace state.
    pub trace_state: &'a str,
    /// Flags.
    pub flags: u32,
    /// Operation name.
    pub name: &'a str,
    /// `SpanKind`.
    pub kind: i32,
    /// `start_time_unix_nano`, 0 when unknown.
    pub start_time: u64,
    /// `end_time_unix_nano`, 0 when unknown.
    pub end_time: u64,
    /// Status code and message; `None` when the span had no status message at all.
    pub status: Option<(i32, &'a str)>,
    /// Attributes.
    pub attributes: KeyValues<'a>,
    /// Attributes the sender dropped.
    pub dropped_attributes_count: u32,
    /// Events the sender dropped.
    pub dropped_events_count: u32,
    /// Links the sender dropped.
    pub dropped_links_count: u32,
}
