//! The span schema: one row per `Span`.

use std::sync::{Arc, LazyLock};

use arrow::array::{
    Array, ArrayRef, BinaryArray, BinaryBuilder, FixedSizeBinaryArray, FixedSizeBinaryBuilder,
    Int32Array, Int32Builder, Int64Array, Int64Builder, RecordBatch, StringDictionaryBuilder,
    TimestampNanosecondArray, TimestampNanosecondBuilder, UInt32Array, UInt32Builder, UInt64Array,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use crate::any::KeyValues;
use crate::columns::{self, id_at};
use crate::dictionary::{self, BinaryDictionary, Key, RunBuilder, TextDictionary};
use crate::group::{ResourceRef, ScopeRef};
use crate::logs::push_id;
use crate::nested::{
    self, EventRef, EventsBuilder, EventsReader, LinkRef, LinksBuilder, LinksReader,
};
use crate::time::{self, TimeBuilder, as_timestamp, place, sent_nanos, timestamp_type};
use crate::{SEQ, SchemaError, SpanId, TraceId};

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

/// Builds a [`SpansBatch`]: [`SpansBuilder::group`] first, then its rows. A row's events and links
/// are pushed before the row itself.
pub struct SpansBuilder {
    arrival_ns: i64,
    placed_time: TimestampNanosecondBuilder,
    trace_id: FixedSizeBinaryBuilder,
    span_id: FixedSizeBinaryBuilder,
    parent_span_id: FixedSizeBinaryBuilder,
    trace_state: StringDictionaryBuilder<Key>,
    flags: UInt32Builder,
    name: StringDictionaryBuilder<Key>,
    kind: Int32Builder,
    start_time: TimeBuilder,
    end_time: TimeBuilder,
    duration_ns: Int64Builder,
    status_code: Int32Builder,
    status_message: StringDictionaryBuilder<Key>,
    service: RunBuilder,
    attributes: BinaryBuilder,
    dropped_attributes_count: UInt32Builder,
    events: EventsBuilder,
    dropped_events_count: UInt32Builder,
    links: LinksBuilder,
    dropped_links_count: UInt32Builder,
    resource: RunBuilder,
    scope: RunBuilder,
    scratch: Vec<u8>,
}

impl SpansBuilder {
    /// Room for `rows` spans that arrived at `arrival_ns` (nanoseconds since 1970).
    pub fn new(rows: usize, arrival_ns: i64) -> Self {
        SpansBuilder {
            arrival_ns,
            placed_time: TimestampNanosecondBuilder::with_capacity(rows).with_timezone(time::UTC),
            trace_id: FixedSizeBinaryBuilder::with_capacity(rows, 16),
            span_id: FixedSizeBinaryBuilder::with_capacity(rows, 8),
            parent_span_id: FixedSizeBinaryBuilder::with_capacity(rows, 8),
            trace_state: StringDictionaryBuilder::new(),
            flags: UInt32Builder::with_capacity(rows),
            name: StringDictionaryBuilder::new(),
            kind: Int32Builder::with_capacity(rows),
            start_time: TimeBuilder::with_capacity(rows),
            end_time: TimeBuilder::with_capacity(rows),
            duration_ns: Int64Builder::with_capacity(rows),
            status_code: Int32Builder::with_capacity(rows),
            status_message: StringDictionaryBuilder::new(),
            service: RunBuilder::default(),
            attributes: BinaryBuilder::new(),
            dropped_attributes_count: UInt32Builder::with_capacity(rows),
            events: EventsBuilder::new(),
            dropped_events_count: UInt32Builder::with_capacity(rows),
            links: LinksBuilder::new(),
            dropped_links_count: UInt32Builder::with_capacity(rows),
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

    /// An event of the span that [`SpansBuilder::push`] appends next.
    pub fn event(&mut self, event: &EventRef<'_>) {
        self.events.push(event);
    }

    /// A link of the span that [`SpansBuilder::push`] appends next.
    pub fn link(&mut self, link: &LinkRef<'_>) -> Result<(), SchemaError> {
        self.links.push(link)
    }

    /// Appends one span under the current group.
    pub fn push(&mut self, row: &SpanRow<'_>) -> Result<(), SchemaError> {
        self.placed_time
            .append_value(place(row.start_time, 0, self.arrival_ns));
        self.trace_id.append_value(row.trace_id)?;
        self.span_id.append_value(row.span_id)?;
        push_id(&mut self.parent_span_id, row.parent_span_id.as_ref())?;
        self.trace_state.append(row.trace_state)?;
        self.flags.append_value(row.flags);
        self.name.append(row.name)?;
        self.kind.append_value(row.kind);
        self.start_time.push(row.start_time);
        self.end_time.push(row.end_time);
        self.duration_ns
            .append_option(duration_ns(row.start_time, row.end_time));
        self.status_code
            .append_option(row.status.map(|(code, _)| code));
        self.status_message
            .append(row.status.map_or("", |(_, message)| message))?;
        self.service.push();
        self.attributes.append_value(row.attributes.encoded());
        self.dropped_attributes_count
            .append_value(row.dropped_attributes_count);
        self.events.end_row();
        self.dropped_events_count
            .append_value(row.dropped_events_count);
        self.links.end_row();
        self.dropped_links_count
            .append_value(row.dropped_links_count);
        self.resource.push();
        self.scope.push();
        Ok(())
    }

    /// The batch.
    pub fn finish(mut self) -> Result<SpansBatch, SchemaError> {
        let (start_time, start_time_raw) = self.start_time.finish();
        let (end_time, end_time_raw) = self.end_time.finish();
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.placed_time.finish()),
            Arc::new(self.trace_id.finish()),
            Arc::new(self.span_id.finish()),
            Arc::new(self.parent_span_id.finish()),
            Arc::new(self.trace_state.finish()),
            Arc::new(self.flags.finish()),
            Arc::new(self.name.finish()),
            Arc::new(self.kind.finish()),
            Arc::new(start_time),
            Arc::new(start_time_raw),
            Arc::new(end_time),
            Arc::new(end_time_raw),
            Arc::new(self.duration_ns.finish()),
            Arc::new(self.status_code.finish()),
            Arc::new(self.status_message.finish()),
            self.service.finish_text()?,
            Arc::new(self.attributes.finish()),
            Arc::new(self.dropped_attributes_count.finish()),
            self.events.finish()?,
            Arc::new(self.dropped_events_count.finish()),
            self.links.finish()?,
            Arc::new(self.dropped_links_count.finish()),
            self.resource.finish_binary()?,
            self.scope.finish_binary()?,
        ];
        Ok(SpansBatch(RecordBatch::try_new(schema(), columns)?))
    }
}

/// End less start, where both are known and fit a signed timestamp.
fn duration_ns(start: u64, end: u64) -> Option<i64> {
    Some(as_timestamp(end)? - as_timestamp(start)?)
}

/// Reads whole spans from a batch that holds all columns of [`schema`] (stored or not).
#[derive(Debug)]
pub struct SpansReader<'a> {
    rows: usize,
    placed_time: &'a TimestampNanosecondArray,
    trace_id: &'a FixedSizeBinaryArray,
    span_id: &'a FixedSizeBinaryArray,
    parent_span_id: &'a FixedSizeBinaryArray,
    trace_state: TextDictionary<'a>,
    flags: &'a UInt32Array,
    name: TextDictionary<'a>,
    kind: &'a Int32Array,
    start_time: &'a TimestampNanosecondArray,
    start_time_raw: &'a UInt64Array,
    end_time: &'a TimestampNanosecondArray,
    end_time_raw: &'a UInt64Array,
    duration_ns: &'a Int64Array,
    status_code: &'a Int32Array,
    status_message: TextDictionary<'a>,
    service: TextDictionary<'a>,
    attributes: &'a BinaryArray,
    dropped_attributes_count: &'a UInt32Array,
    events: EventsReader<'a>,
    dropped_events_count: &'a UInt32Array,
    links: LinksReader<'a>,
    dropped_links_count: &'a UInt32Array,
    resource: BinaryDictionary<'a>,
    scope: BinaryDictionary<'a>,
}

impl<'a> SpansReader<'a> {
    /// Fails when a column is missing or of another type.
    pub fn new(batch: &'a RecordBatch) -> Result<Self, SchemaError> {
        let events = EventsReader::new(columns::list(batch, EVENTS)?);
        let links = LinksReader::new(columns::list(batch, LINKS)?);
        Ok(SpansReader {
            rows: batch.num_rows(),
            placed_time: columns::time(batch, PLACED_TIME)?,
            trace_id: columns::id(batch, TRACE_ID)?,
            span_id: columns::id(batch, SPAN_ID)?,
            parent_span_id: columns::id(batch, PARENT_SPAN_ID)?,
            trace_state: columns::text_dictionary(batch, TRACE_STATE)?,
            flags: columns::uint32(batch, FLAGS)?,
            name: columns::text_dictionary(batch, NAME)?,
            kind: columns::int32(batch, KIND)?,
            start_time: columns::time(batch, START_TIME)?,
            start_time_raw: columns::uint64(batch, START_TIME_RAW)?,
            end_time: columns::time(batch, END_TIME)?,
            end_time_raw: columns::uint64(batch, END_TIME_RAW)?,
            duration_ns: columns::int64(batch, DURATION_NS)?,
            status_code: columns::int32(batch, STATUS_CODE)?,
            status_message: columns::text_dictionary(batch, STATUS_MESSAGE)?,
            service: columns::text_dictionary(batch, SERVICE)?,
            attributes: columns::binary(batch, ATTRIBUTES)?,
            dropped_attributes_count: columns::uint32(batch, DROPPED_ATTRIBUTES_COUNT)?,
            events: events.ok_or(SchemaError::Column {
                column: EVENTS,
                expected: "list of events",
            })?,
            dropped_events_count: columns::uint32(batch, DROPPED_EVENTS_COUNT)?,
            links: links.ok_or(SchemaError::Column {
                column: LINKS,
                expected: "list of links",
            })?,
            dropped_links_count: columns::uint32(batch, DROPPED_LINKS_COUNT)?,
            resource: columns::binary_dictionary(batch, RESOURCE)?,
            scope: columns::binary_dictionary(batch, SCOPE)?,
        })
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The span at `row`, without its events and links.
    pub fn row(&self, row: usize) -> SpanRow<'a> {
        let message = self.status_message.value(row).unwrap_or("");
        SpanRow {
            trace_id: id_at(self.trace_id, row).unwrap_or_default(),
            span_id: id_at(self.span_id, row).unwrap_or_default(),
            parent_span_id: id_at(self.parent_span_id, row),
            trace_state: self.trace_state.value(row).unwrap_or(""),
            flags: self.flags.value(row),
            name: self.name.value(row).unwrap_or(""),
            kind: self.kind.value(row),
            start_time: sent_nanos(self.start_time, self.start_time_raw, row),
            end_time: sent_nanos(self.end_time, self.end_time_raw, row),
            status: self
                .status_code
                .is_valid(row)
                .then(|| (self.status_code.value(row), message)),
            attributes: KeyValues::new(self.attributes.value(row)),
            dropped_attributes_count: self.dropped_attributes_count.value(row),
            dropped_events_count: self.dropped_events_count.value(row),
            dropped_links_count: self.dropped_links_count.value(row),
        }
    }

    /// The events of the span at `row`.
    pub fn events(&self, row: usize) -> impl ExactSizeIterator<Item = EventRef<'a>> + use<'a> {
        self.events.row(row)
    }

    /// The links of the span at `row`.
    pub fn links(&self, row: usize) -> impl ExactSizeIterator<Item = LinkRef<'a>> + use<'a> {
        self.links.row(row)
    }

    /// Where the span stands in the order of time, in nanoseconds since 1970.
    pub fn placed_time(&self, row: usize) -> i64 {
        self.placed_time.value(row)
    }

    /// End less start in nanoseconds, where both are known.
    pub fn duration_ns(&self, row: usize) -> Option<i64> {
        self.duration_ns
            .is_valid(row)
            .then(|| self.duration_ns.value(row))
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

    /// The span's resource.
    pub fn resource(&self, row: usize) -> ResourceRef<'a> {
        self.resource
            .value(row)
            .and_then(ResourceRef::decode)
            .unwrap_or_default()
    }

    /// The span's scope.
    pub fn scope(&self, row: usize) -> ScopeRef<'a> {
        self.scope
            .value(row)
            .and_then(ScopeRef::decode)
            .unwrap_or_default()
    }
}
