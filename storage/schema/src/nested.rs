//! Span events and links: list columns of structs.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BinaryArray, BinaryBuilder, FixedSizeBinaryArray, FixedSizeBinaryBuilder,
    ListArray, StringArray, StringBuilder, StructArray, UInt32Array, UInt32Builder, UInt64Array,
    UInt64Builder,
};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Field, Fields};

use crate::any::KeyValues;
use crate::{SchemaError, SpanId, TraceId};

/// One event of a span.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EventRef<'a> {
    /// `time_unix_nano` as sent, over the whole unsigned range; 0 when unknown.
    pub time: u64,
    /// Name.
    pub name: &'a str,
    /// Attributes.
    pub attributes: KeyValues<'a>,
    /// Attributes the sender dropped.
    pub dropped_attributes_count: u32,
}

/// One link of a span. Links without valid ids are not stored but counted as dropped.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LinkRef<'a> {
    /// The linked trace.
    pub trace_id: TraceId,
    /// The linked span.
    pub span_id: SpanId,
    /// W3C trace state.
    pub trace_state: &'a str,
    /// Attributes.
    pub attributes: KeyValues<'a>,
    /// Attributes the sender dropped.
    pub dropped_attributes_count: u32,
    /// Flags.
    pub flags: u32,
}

fn event_fields() -> Fields {
    Fields::from(vec![
        Field::new("time_unix_nano", DataType::UInt64, false),
        Field::new("name", DataType::Utf8, false),
        Field::new("attributes", DataType::Binary, false),
        Field::new("dropped_attributes_count", DataType::UInt32, false),
    ])
}

fn link_fields() -> Fields {
    Fields::from(vec![
        Field::new("trace_id", DataType::FixedSizeBinary(16), false),
        Field::new("span_id", DataType::FixedSizeBinary(8), false),
        Field::new("trace_state", DataType::Utf8, false),
        Field::new("attributes", DataType::Binary, false),
        Field::new("dropped_attributes_count", DataType::UInt32, false),
        Field::new("flags", DataType::UInt32, false),
    ])
}

fn list_of(fields: Fields) -> DataType {
    DataType::List(item(fields))
}

fn item(fields: Fields) -> Arc<Field> {
    Arc::new(Field::new("item", DataType::Struct(fields), false))
}

/// The type of the events column.
pub fn events_type() -> DataType {
    list_of(event_fields())
}

/// The type of the links column.
pub fn links_type() -> DataType {
    list_of(link_fields())
}

/// Builds the events column.
#[derive(Debug)]
pub(crate) struct EventsBuilder {
    ends: Vec<i32>,
    time: UInt64Builder,
    name: StringBuilder,
    attributes: BinaryBuilder,
    dropped: UInt32Builder,
}

impl EventsBuilder {
    pub(crate) fn new() -> Self {
        EventsBuilder {
            ends: vec![0],
            time: UInt64Builder::new(),
            name: StringBuilder::new(),
            attributes: BinaryBuilder::new(),
            dropped: UInt32Builder::new(),
        }
    }

    pub(crate) fn push(&mut self, event: &EventRef<'_>) {
        self.time.append_value(event.time);
        self.name.append_value(event.name);
        self.attributes.append_value(event.attributes.encoded());
        self.dropped.append_value(event.dropped_attributes_count);
    }

    pub(crate) fn end_row(&mut self) {
        self.ends.push(self.dropped.values_slice().len() as i32);
    }

    pub(crate) fn finish(mut self) -> Result<ArrayRef, SchemaError> {
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.time.finish()),
            Arc::new(self.name.finish()),
            Arc::new(self.attributes.finish()),
            Arc::new(self.dropped.finish()),
        ];
        list(event_fields(), columns, self.ends)
    }
}

/// Builds the links column.
#[derive(Debug)]
pub(crate) struct LinksBuilder {
    ends: Vec<i32>,
    trace_id: FixedSizeBinaryBuilder,
    span_id: FixedSizeBinaryBuilder,
    trace_state: StringBuilder,
    attributes: BinaryBuilder,
    dropped: UInt32Builder,
    flags: UInt32Builder,
}

impl LinksBuilder {
    pub(crate) fn new() -> Self {
        LinksBuilder {
            ends: vec![0],
            trace_id: FixedSizeBinaryBuilder::new(16),
            span_id: FixedSizeBinaryBuilder::new(8),
            trace_state: StringBuilder::new(),
            attributes: BinaryBuilder::new(),
            dropped: UInt32Builder::new(),
            flags: UInt32Builder::new(),
        }
    }

    pub(crate) fn push(&mut self, link: &LinkRef<'_>) -> Result<(), SchemaError> {
        self.trace_id.append_value(link.trace_id)?;
        self.span_id.append_value(link.span_id)?;
        self.trace_state.append_value(link.trace_state);
        self.attributes.append_value(link.attributes.encoded());
        self.dropped.append_value(link.dropped_attributes_count);
        self.flags.append_value(link.flags);
        Ok(())
    }

    pub(crate) fn end_row(&mut self) {
        self.ends.push(self.flags.values_slice().len() as i32);
    }

    pub(crate) fn finish(mut self) -> Result<ArrayRef, SchemaError> {
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.trace_id.finish()),
            Arc::new(self.span_id.finish()),
            Arc::new(self.trace_state.finish()),
            Arc::new(self.attributes.finish()),
            Arc::new(self.dropped.finish()),
            Arc::new(self.flags.finish()),
        ];
        list(link_fields(), columns, self.ends)
    }
}

fn list(fields: Fields, columns: Vec<ArrayRef>, ends: Vec<i32>) -> Result<ArrayRef, SchemaError> {
    let items = StructArray::try_new(fields.clone(), columns, None)?;
    let offsets = OffsetBuffer::new(ends.into());
    Ok(Arc::new(ListArray::try_new(
        item(fields),
        offsets,
        Arc::new(items),
        None,
    )?))
}

/// Reads the events column.
#[derive(Debug, Clone, Copy)]
pub struct EventsReader<'a> {
    list: &'a ListArray,
    time: &'a UInt64Array,
    name: &'a StringArray,
    attributes: &'a BinaryArray,
    dropped: &'a UInt32Array,
}

impl<'a> EventsReader<'a> {
    /// `None` when the column has another type.
    pub fn new(list: &'a ListArray) -> Option<Self> {
        let items = list.values().as_any().downcast_ref::<StructArray>()?;
        Some(EventsReader {
            list,
            time: field(items, 0)?,
            name: field(items, 1)?,
            attributes: field(items, 2)?,
            dropped: field(items, 3)?,
        })
    }

    /// The events of the span at `row`, as sent.
    pub fn row(&self, row: usize) -> impl ExactSizeIterator<Item = EventRef<'a>> + use<'a> {
        let this = *self;
        item_range(this.list, row).map(move |at| EventRef {
            time: this.time.value(at),
            name: this.name.value(at),
            attributes: KeyValues::new(this.attributes.value(at)),
            dropped_attributes_count: this.dropped.value(at),
        })
    }
}

/// Reads the links column.
#[derive(Debug, Clone, Copy)]
pub struct LinksReader<'a> {
    list: &'a ListArray,
    trace_id: &'a FixedSizeBinaryArray,
    span_id: &'a FixedSizeBinaryArray,
    trace_state: &'a StringArray,
    attributes: &'a BinaryArray,
    dropped: &'a UInt32Array,
    flags: &'a UInt32Array,
}

impl<'a> LinksReader<'a> {
    /// `None` when the column has another type.
    pub fn new(list: &'a ListArray) -> Option<Self> {
        let items = list.values().as_any().downcast_ref::<StructArray>()?;
        Some(LinksReader {
            list,
            trace_id: field(items, 0)?,
            span_id: field(items, 1)?,
            trace_state: field(items, 2)?,
            attributes: field(items, 3)?,
            dropped: field(items, 4)?,
            flags: field(items, 5)?,
        })
    }

    /// The links of the span at `row`, as sent.
    pub fn row(&self, row: usize) -> impl ExactSizeIterator<Item = LinkRef<'a>> + use<'a> {
        let this = *self;
        item_range(this.list, row).map(move |at| LinkRef {
            trace_id: this.trace_id.value(at).try_into().unwrap_or_default(),
            span_id: this.span_id.value(at).try_into().unwrap_or_default(),
            trace_state: this.trace_state.value(at),
            attributes: KeyValues::new(this.attributes.value(at)),
            dropped_attributes_count: this.dropped.value(at),
            flags: this.flags.value(at),
        })
    }
}

fn field<T: Array + 'static>(items: &StructArray, index: usize) -> Option<&T> {
    items.columns().get(index)?.as_any().downcast_ref::<T>()
}

fn item_range(list: &ListArray, row: usize) -> std::ops::Range<usize> {
    let offsets = list.value_offsets();
    offsets[row] as usize..offsets[row + 1] as usize
}
