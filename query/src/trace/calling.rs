//! Spans as [`super::calls`] wants them, from rows.

use arrow::array::{
    Array, BinaryArray, FixedSizeBinaryArray, Int32Array, Int64Array, RecordBatch,
    TimestampNanosecondArray,
};
use clearspan_schema::any::KeyValues;
use clearspan_schema::dictionary::TextDictionary;
use clearspan_schema::nested::LinksReader;
use clearspan_schema::{SchemaError, SpanId, TraceId, columns, spans};

use super::{CallingSpan, End, NodeKind, Nodes, peer};
use crate::derived::MINUTE_NS;

/// What is read of a span.
pub(crate) const CALLING_COLUMNS: [&str; 10] = [
    spans::TRACE_ID,
    spans::SPAN_ID,
    spans::PARENT_SPAN_ID,
    spans::SERVICE,
    spans::KIND,
    spans::STATUS_CODE,
    spans::DURATION_NS,
    spans::PLACED_TIME,
    spans::ATTRIBUTES,
    spans::LINKS,
];

/// What is read of a span that others link to.
pub(crate) const END_COLUMNS: [&str; 4] =
    [spans::TRACE_ID, spans::SPAN_ID, spans::SERVICE, spans::KIND];

/// A batch of rows, of which the ends of calls are asked.
pub(crate) struct EndRows<'a> {
    traces: &'a FixedSizeBinaryArray,
    ids: &'a FixedSizeBinaryArray,
    kinds: &'a Int32Array,
    services: TextDictionary<'a>,
    /// Numbers of the services' dictionary values, as far as rows have asked for them; the last is for rows without one.
    numbers: Vec<Option<u32>>,
}

impl<'a> EndRows<'a> {
    /// Of rows with [`END_COLUMNS`].
    pub(crate) fn new(batch: &'a RecordBatch) -> Result<Self, SchemaError> {
        let services = columns::text_dictionary(batch, spans::SERVICE)?;
        Ok(EndRows {
            traces: columns::id(batch, spans::TRACE_ID)?,
            ids: columns::id(batch, spans::SPAN_ID)?,
            kinds: columns::int32(batch, spans::KIND)?,
            numbers: vec![None; services.values().len() + 1],
            services,
        })
    }

    pub(crate) fn trace(&self, row: usize) -> TraceId {
        columns::id_at(self.traces, row).unwrap_or_default()
    }

    pub(crate) fn id(&self, row: usize) -> SpanId {
        columns::id_at(self.ids, row).unwrap_or_default()
    }

    pub(crate) fn end(&mut self, row: usize, nodes: &mut Nodes) -> End {
        let key = self.services.key(row).unwrap_or(self.numbers.len() - 1);
        let name = || self.services.value(row).unwrap_or_default();
        let number = || nodes.number(NodeKind::Service, name());
        End {
            service: *self.numbers[key].get_or_insert_with(number),
            kind: self.kinds.value(row),
        }
    }
}

/// A batch of rows with all that a call may follow from.
pub(crate) struct CallingRows<'a> {
    pub(crate) ends: EndRows<'a>,
    times: &'a TimestampNanosecondArray,
    parents: &'a FixedSizeBinaryArray,
    statuses: &'a Int32Array,
    durations: &'a Int64Array,
    attributes: &'a BinaryArray,
    links: LinksReader<'a>,
    /// Kept for its room.
    peer: String,
}

impl<'a> CallingRows<'a> {
    /// Of rows with [`CALLING_COLUMNS`].
    pub(crate) fn new(batch: &'a RecordBatch) -> Result<Self, SchemaError> {
        let links = LinksReader::new(columns::list(batch, spans::LINKS)?);
        Ok(CallingRows {
            ends: EndRows::new(batch)?,
            times: columns::time(batch, spans::PLACED_TIME)?,
            parents: columns::id(batch, spans::PARENT_SPAN_ID)?,
            statuses: columns::int32(batch, spans::STATUS_CODE)?,
            durations: columns::int64(batch, spans::DURATION_NS)?,
            attributes: columns::binary(batch, spans::ATTRIBUTES)?,
            links: links.ok_or(SchemaError::Column {
                column: spans::LINKS,
                expected: "a list of links",
            })?,
            peer: String::new(),
        })
    }

    /// When the span of a row is placed.
    pub(crate) fn placed_time(&self, row: usize) -> i64 {
        self.times.value(row)
    }

    /// Trace and span of each link.
    pub(crate) fn links(&self, row: usize) -> impl Iterator<Item = (TraceId, SpanId)> {
        let links = self.links.row(row);
        links.map(|link| (link.trace_id, link.span_id))
    }

    /// The span of a row, which counts, and is to be known by the number `known_as`.
    pub(crate) fn span<L>(
        &mut self,
        row: usize,
        known_as: u32,
        links: L,
        nodes: &mut Nodes,
    ) -> CallingSpan<L> {
        let end = self.ends.end(row, nodes);
        let attributes = KeyValues::new(self.attributes.value(row));
        let called = peer(end.kind, attributes, &mut self.peer);
        CallingSpan {
            id: u64::from_be_bytes(self.ends.id(row)),
            parent: columns::id_at(self.parents, row).map(u64::from_be_bytes),
            end,
            in_range: true,
            is_error: self.statuses.is_valid(row)
                && self.statuses.value(row) == spans::STATUS_ERROR,
            duration: self
                .durations
                .is_valid(row)
                .then(|| self.durations.value(row)),
            peer: called.map(|kind| nodes.number(kind, &self.peer)),
            links,
            minute: self.times.value(row).div_euclid(MINUTE_NS),
            row: known_as,
        }
    }
}
