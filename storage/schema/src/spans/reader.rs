//! Reading a batch back, span by span.

use arrow::array::{
    Array, BinaryArray, FixedSizeBinaryArray, Int32Array, Int64Array, RecordBatch,
    TimestampNanosecondArray, UInt32Array, UInt64Array,
};

use super::{
    ATTRIBUTES, DROPPED_ATTRIBUTES_COUNT, DROPPED_EVENTS_COUNT, DROPPED_LINKS_COUNT, DURATION_NS,
    END_TIME, END_TIME_RAW, EVENTS, FLAGS, KIND, LINKS, NAME, PARENT_SPAN_ID, PLACED_TIME,
    RESOURCE, SCOPE, SERVICE, SPAN_ID, START_TIME, START_TIME_RAW, STATUS_CODE, STATUS_MESSAGE,
    SpanRow, TRACE_ID, TRACE_STATE,
};
use crate::SchemaError;
use crate::any::KeyValues;
use crate::columns::{self, id_at};
use crate::dictionary::{BinaryDictionary, TextDictionary};
use crate::group::{ResourceRef, ScopeRef};
use crate::nested::{EventRef, EventsReader, LinkRef, LinksReader};
use crate::time::sent_nanos;

/// Reads whole spans from a batch that holds all columns of [`super::schema`] (stored or not).
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
