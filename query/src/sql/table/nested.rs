//! Events and links: lists of structs, whose attributes are attributes like any others.

use std::sync::{Arc, LazyLock};

use arrow::array::{
    Array, ArrayRef, AsArray, FixedSizeBinaryArray, ListArray, RecordBatch, StructArray,
    TimestampNanosecondArray, UInt64Array,
};
use arrow::buffer::OffsetBuffer;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, FieldRef, Fields, UInt64Type};
use clearspan_schema::time::{UTC, as_timestamp, timestamp_type};
use clearspan_schema::{SchemaError, columns, spans};

use super::super::attributes;
use super::convert::hex_view;

static EVENT: LazyLock<Fields> = LazyLock::new(|| {
    Fields::from(vec![
        Field::new("time", timestamp_type(), true),
        Field::new("name", DataType::Utf8View, false),
        Field::new("attributes", attributes::own_type(), false),
        Field::new("dropped_attributes_count", DataType::UInt32, false),
    ])
});

static LINK: LazyLock<Fields> = LazyLock::new(|| {
    Fields::from(vec![
        Field::new("trace_id", DataType::Utf8View, false),
        Field::new("span_id", DataType::Utf8View, false),
        Field::new("trace_state", DataType::Utf8View, false),
        Field::new("attributes", attributes::own_type(), false),
        Field::new("dropped_attributes_count", DataType::UInt32, false),
        Field::new("flags", DataType::UInt32, false),
    ])
});

fn item(fields: &Fields) -> FieldRef {
    Arc::new(Field::new("item", DataType::Struct(fields.clone()), true))
}

/// The type of `events`.
pub(super) fn events_type() -> DataType {
    DataType::List(item(&EVENT))
}

/// The type of `links`.
pub(super) fn links_type() -> DataType {
    DataType::List(item(&LINK))
}

/// `events` of `batch`.
pub(super) fn events(batch: &RecordBatch) -> Result<ArrayRef, SchemaError> {
    let (offsets, stored) = used(columns::list(batch, spans::EVENTS)?, spans::EVENTS)?;
    let columns = vec![
        times(column(&stored, 0, spans::EVENTS)?.as_primitive::<UInt64Type>()),
        text(column(&stored, 1, spans::EVENTS)?)?,
        attributes::own(column(&stored, 2, spans::EVENTS)?.as_binary())?,
        Arc::clone(column(&stored, 3, spans::EVENTS)?),
    ];
    list(&EVENT, offsets, columns)
}

/// `links` of `batch`.
pub(super) fn links(batch: &RecordBatch) -> Result<ArrayRef, SchemaError> {
    let (offsets, stored) = used(columns::list(batch, spans::LINKS)?, spans::LINKS)?;
    let columns = vec![
        hex(column(&stored, 0, spans::LINKS)?)?,
        hex(column(&stored, 1, spans::LINKS)?)?,
        text(column(&stored, 2, spans::LINKS)?)?,
        attributes::own(column(&stored, 3, spans::LINKS)?.as_binary())?,
        Arc::clone(column(&stored, 4, spans::LINKS)?),
        Arc::clone(column(&stored, 5, spans::LINKS)?),
    ];
    list(&LINK, offsets, columns)
}

/// The items that the rows of a list have, without those that a slice left outside, and offsets into them.
fn used(
    list: &ListArray,
    name: &'static str,
) -> Result<(OffsetBuffer<i32>, StructArray), SchemaError> {
    let items = list.values().as_struct_opt().ok_or(malformed(name))?;
    let offsets = list.offsets();
    let (first, last) = (offsets[0], offsets[offsets.len() - 1]);
    let items = items.slice(first as usize, (last - first) as usize);
    let lengths = offsets.lengths();
    Ok((OffsetBuffer::from_lengths(lengths), items))
}

fn malformed(column: &'static str) -> SchemaError {
    SchemaError::Column {
        column,
        expected: "List(Struct)",
    }
}

fn column<'a>(
    items: &'a StructArray,
    index: usize,
    name: &'static str,
) -> Result<&'a ArrayRef, SchemaError> {
    items.columns().get(index).ok_or(malformed(name))
}

fn list(
    fields: &Fields,
    offsets: OffsetBuffer<i32>,
    columns: Vec<ArrayRef>,
) -> Result<ArrayRef, SchemaError> {
    let items = StructArray::try_new(fields.clone(), columns, None)?;
    let list = ListArray::try_new(item(fields), offsets, Arc::new(items), None)?;
    Ok(Arc::new(list))
}

/// Null where the time was unknown or lies beyond the last representable one.
fn times(nanos: &UInt64Array) -> ArrayRef {
    let times: TimestampNanosecondArray = nanos
        .values()
        .iter()
        .map(|&nanos| as_timestamp(nanos))
        .collect();
    Arc::new(times.with_timezone(UTC))
}

fn text(texts: &ArrayRef) -> Result<ArrayRef, SchemaError> {
    Ok(cast(texts, &DataType::Utf8View)?)
}

fn hex(ids: &ArrayRef) -> Result<ArrayRef, SchemaError> {
    let ids = ids.as_any().downcast_ref::<FixedSizeBinaryArray>();
    Ok(hex_view(ids.ok_or(malformed(spans::LINKS))?))
}
