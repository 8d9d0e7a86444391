//! What leaves a plan: plain Arrow.
//!
//! Inside a plan text is a view, a dictionary or an array, whichever is cheapest, and attributes are
//! encoded. Outside there is one form of each: text is `Utf8`, bytes are `Binary`, lists are `List`, and
//! attributes are `Utf8` with their JSON, in fields that [`is_json`] tells from other text.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, ListArray, MapArray, RecordBatch, RecordBatchOptions, StringBuilder,
    StructArray,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, FieldRef, Fields, Schema, SchemaRef};
use arrow::error::ArrowError;
use clearspan_schema::json::push_json_object;

use super::attributes::{AttributesView, is_attributes};
use super::names;

/// The key of a field's metadata that marks JSON text.
const JSON: &str = "clearspan.json";

/// Whether a field of an answer holds JSON text: attributes, as an object.
pub fn is_json(field: &Field) -> bool {
    field.metadata().contains_key(JSON)
}

/// The schema of an answer whose plan has `schema`.
pub(crate) fn plain_schema(schema: &Schema) -> SchemaRef {
    let fields = schema.fields().iter();
    let fields: Vec<Field> = fields
        .map(|field| {
            let plain = plain_field(field);
            let name = names::shown(field.name()).to_owned();
            plain.with_name(name)
        })
        .collect();
    Arc::new(Schema::new(fields))
}

fn plain_field(field: &Field) -> Field {
    let plain = Field::new(
        field.name(),
        plain_type(field.data_type()),
        field.is_nullable(),
    );
    if is_attributes(field.data_type()) {
        plain.with_metadata(HashMap::from([(JSON.to_owned(), "true".to_owned())]))
    } else {
        plain
    }
}

fn plain_ref(field: &FieldRef) -> FieldRef {
    Arc::new(plain_field(field))
}

fn plain_fields(fields: &Fields) -> Fields {
    fields.iter().map(plain_ref).collect()
}

fn plain_type(data_type: &DataType) -> DataType {
    match data_type {
        attributes if is_attributes(attributes) => DataType::Utf8,
        DataType::Utf8View | DataType::LargeUtf8 => DataType::Utf8,
        DataType::BinaryView | DataType::LargeBinary | DataType::FixedSizeBinary(_) => {
            DataType::Binary
        }
        DataType::Dictionary(_, values) => plain_type(values),
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::FixedSizeList(item, _) => DataType::List(plain_ref(item)),
        DataType::Struct(fields) => DataType::Struct(plain_fields(fields)),
        DataType::Map(entries, sorted) => DataType::Map(plain_ref(entries), *sorted),
        other => other.clone(),
    }
}

/// `batch` in the form of `schema`, which [`plain_schema`] made of its own.
pub(crate) fn plain_batch(
    batch: &RecordBatch,
    schema: &SchemaRef,
) -> Result<RecordBatch, ArrowError> {
    let columns: Result<Vec<ArrayRef>, _> = batch.columns().iter().map(plain).collect();
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::clone(schema), columns?, &options)
}

fn plain(array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let to = plain_type(array.data_type());
    match array.data_type() {
        attributes if is_attributes(attributes) => Ok(json(array)),
        DataType::List(_) => plain_list(array.as_list()),
        DataType::LargeList(item)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::FixedSizeList(item, _) => {
            let list = cast(array, &DataType::List(Arc::clone(item)))?;
            plain_list(list.as_list())
        }
        DataType::Struct(fields) => plain_struct(array.as_struct(), fields),
        DataType::Map(entries, sorted) => plain_map(array.as_map(), entries, *sorted),
        from if *from == to => Ok(Arc::clone(array)),
        DataType::Dictionary(_, values) => plain(&cast(array, values)?),
        _ => cast(array, &to),
    }
}

fn plain_list(list: &ListArray) -> Result<ArrayRef, ArrowError> {
    let (field, offsets, values, nulls) = list.clone().into_parts();
    let values = plain(&values)?;
    Ok(Arc::new(ListArray::try_new(
        plain_ref(&field),
        offsets,
        values,
        nulls,
    )?))
}

fn plain_struct(array: &StructArray, fields: &Fields) -> Result<ArrayRef, ArrowError> {
    let columns: Result<Vec<ArrayRef>, _> = array.columns().iter().map(plain).collect();
    Ok(Arc::new(StructArray::try_new_with_length(
        plain_fields(fields),
        columns?,
        array.nulls().cloned(),
        array.len(),
    )?))
}

fn plain_map(map: &MapArray, entries: &FieldRef, sorted: bool) -> Result<ArrayRef, ArrowError> {
    let DataType::Struct(fields) = entries.data_type() else {
        return Err(ArrowError::SchemaError("a map without entries".into()));
    };
    let plain_entries = plain_struct(map.entries(), fields)?;
    Ok(Arc::new(MapArray::try_new(
        plain_ref(entries),
        map.offsets().clone(),
        plain_entries.as_struct().clone(),
        map.nulls().cloned(),
        sorted,
    )?))
}

/// Attributes as the text of a JSON object.
fn json(array: &ArrayRef) -> ArrayRef {
    let mut texts = StringBuilder::new();
    if let Some(view) = AttributesView::new(array) {
        let object = |attributes| {
            let mut text = String::new();
            push_json_object(attributes, &mut text);
            Some(text)
        };
        view.map(array.len(), object, |text| texts.append_option(text));
    }
    Arc::new(texts.finish())
}
