//! Building a batch of spans, row by row.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryBuilder, FixedSizeBinaryBuilder, Int32Builder, Int64Builder, RecordBatch,
    StringDictionaryBuilder, TimestampNanosecondBuilder, UInt32Builder,
};

use super::{SpanRow, SpansBatch, schema};
use crate::SchemaError;
use crate::dictionary::Key;
use crate::group::{GroupBuilder, ResourceRef, ScopeRef};
use crate::ids::push_id;
use crate::nested::{EventRef, EventsBuilder, LinkRef, LinksBuilder};
use crate::time::{self, TimeBuilder, as_timestamp, place};

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
    attributes: BinaryBuilder,
    dropped_attributes_count: UInt32Builder,
    events: EventsBuilder,
    dropped_events_count: UInt32Builder,
    links: LinksBuilder,
    dropped_links_count: UInt32Builder,
    group: GroupBuilder,
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
            attributes: BinaryBuilder::new(),
            dropped_attributes_count: UInt32Builder::with_capacity(rows),
            events: EventsBuilder::new(),
            dropped_events_count: UInt32Builder::with_capacity(rows),
            links: LinksBuilder::new(),
            dropped_links_count: UInt32Builder::with_capacity(rows),
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
        self.attributes.append_value(row.attributes.encoded());
        self.dropped_attributes_count
            .append_value(row.dropped_attributes_count);
        self.events.end_row();
        self.dropped_events_count
            .append_value(row.dropped_events_count);
        self.links.end_row();
        self.dropped_links_count
            .append_value(row.dropped_links_count);
        self.group.push();
        Ok(())
    }

    /// The batch.
    pub fn finish(mut self) -> Result<SpansBatch, SchemaError> {
        let (start_time, start_time_raw) = self.start_time.finish();
        let (end_time, end_time_raw) = self.end_time.finish();
        let group = self.group.finish()?;
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
            group.service,
            Arc::new(self.attributes.finish()),
            Arc::new(self.dropped_attributes_count.finish()),
            self.events.finish()?,
            Arc::new(self.dropped_events_count.finish()),
            self.links.finish()?,
            Arc::new(self.dropped_links_count.finish()),
            group.resource,
            group.scope,
        ];
        Ok(SpansBatch(RecordBatch::try_new(schema(), columns)?))
    }
}

/// End less start, where both are known and fit a signed timestamp.
fn duration_ns(start: u64, end: u64) -> Option<i64> {
    Some(as_timestamp(end)? - as_timestamp(start)?)
}
