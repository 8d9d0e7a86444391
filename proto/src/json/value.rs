//! `AnyValue` and attribute lists.

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue, KeyValueList};

use crate::limits::MAX_MESSAGE_DEPTH;

use super::reader::{Malformed, Reader};
use super::writer::Fields;

/// Reads an attribute list, replacing what `attributes` held. `capped` becomes the number of attributes of which
/// something had to be emptied; the caller adds them to the dropped attributes.
pub(crate) fn read_attributes(
    reader: &mut Reader<'_>,
    attributes: &mut Vec<KeyValue>,
    capped: &mut u32,
) -> Result<(), Malformed> {
    *capped = 0;
    reader.list(attributes, |reader| {
        reader.has_capped = false;
        let attribute = read_entry(reader)?;
        *capped += take_capped(reader);
        Ok(attribute)
    })
}

/// Reads a value that stands alone, such as a log's body. `capped` becomes 1 when something had to be emptied.
pub(crate) fn read_single(
    reader: &mut Reader<'_>,
    capped: &mut u32,
) -> Result<Option<AnyValue>, Malformed> {
    *capped = 0;
    if reader.null()? {
        return Ok(None);
    }
    reader.has_capped = false;
    let value = read_value(reader)?;
    *capped = take_capped(reader);
    Ok(Some(value))
}

fn take_capped(reader: &mut Reader<'_>) -> u32 {
    let capped = std::mem::take(&mut reader.has_capped);
    reader.repaired.value_capped += u64::from(capped);
    u32::from(capped)
}

fn read_entry(reader: &mut Reader<'_>) -> Result<KeyValue, Malformed> {
    let mut entry = KeyValue::default();
    reader.message(|reader, name| match name {
        "key" => reader.text(&mut entry.key),
        "value" => {
            entry.value = match reader.null()? {
                true => None,
                false => Some(read_value(reader)?),
            };
            Ok(())
        }
        _ => reader.skip(),
    })?;
    Ok(entry)
}

fn read_value(reader: &mut Reader<'_>) -> Result<AnyValue, Malformed> {
    let mut value = None;
    reader.message(|reader, name| {
        // The members are a `oneof`: one that is null is not set, and takes nothing from another.
        if reader.null()? {
            return Ok(());
        }
        value = Some(match name {
            "stringValue" | "string_value" => Value::StringValue(reader.string()?.into_owned()),
            "boolValue" | "bool_value" => Value::BoolValue(reader.boolean()?),
            "intValue" | "int_value" => Value::IntValue(reader.integer_value()?),
            "doubleValue" | "double_value" => Value::DoubleValue(reader.double_value()?),
            "bytesValue" | "bytes_value" => Value::BytesValue(reader.bytes_value()?),
            "arrayValue" | "array_value" => {
                value = read_array(reader)?.map(Value::ArrayValue);
                return Ok(());
            }
            "kvlistValue" | "kvlist_value" => {
                value = read_list(reader)?.map(Value::KvlistValue);
                return Ok(());
            }
            _ => return reader.skip(),
        });
        Ok(())
    })?;
    Ok(AnyValue { value })
}

/// `None` when its values would stand too deep.
fn read_array(reader: &mut Reader<'_>) -> Result<Option<ArrayValue>, Malformed> {
    let mut array = ArrayValue::default();
    // The list, then its values.
    let is_too_deep = reader.message_depth() + 2 > MAX_MESSAGE_DEPTH;
    let mut is_capped = false;
    reader.object(|reader, name| match name {
        "values" if is_too_deep => reader.array(|reader| {
            is_capped = true;
            reader.skip()
        }),
        "values" => reader.list(&mut array.values, read_value),
        _ => reader.skip(),
    })?;
    reader.has_capped |= is_capped;
    Ok((!is_capped).then_some(array))
}

/// `None` when its values would stand too deep.
fn read_list(reader: &mut Reader<'_>) -> Result<Option<KeyValueList>, Malformed> {
    let mut list = KeyValueList::default();
    // The list, its entries, then their values.
    let is_too_deep = reader.message_depth() + 3 > MAX_MESSAGE_DEPTH;
    let mut is_capped = false;
    reader.object(|reader, name| match name {
        "values" if is_too_deep => reader.array(|reader| {
            is_capped = true;
            reader.skip()
        }),
        "values" => reader.list(&mut list.values, read_entry),
        _ => reader.skip(),
    })?;
    reader.has_capped |= is_capped;
    Ok((!is_capped).then_some(list))
}

/// Writes an attribute list.
pub(crate) fn write_attributes(fields: &mut Fields<'_>, name: &'static str, list: &[KeyValue]) {
    fields.list(name, list, write_entry);
}

fn write_entry(fields: &mut Fields<'_>, entry: &KeyValue) {
    fields.text("key", &entry.key);
    if let Some(value) = &entry.value {
        fields.object("value", |fields| write_value(fields, value));
    }
}

/// Writes the one member of a value that is set.
pub(crate) fn write_value(fields: &mut Fields<'_>, value: &AnyValue) {
    match &value.value {
        // An index into a string table has no meaning outside of profiles.
        None | Some(Value::StringValueStrindex(_)) => {}
        Some(Value::StringValue(text)) => fields.some_text("stringValue", text),
        Some(Value::BoolValue(value)) => fields.some_bool("boolValue", *value),
        Some(Value::IntValue(value)) => fields.some_int64("intValue", *value),
        Some(Value::DoubleValue(value)) => fields.some_double("doubleValue", *value),
        Some(Value::BytesValue(bytes)) => fields.some_bytes("bytesValue", bytes),
        Some(Value::ArrayValue(array)) => {
            fields.object("arrayValue", |fields| {
                fields.list("values", &array.values, write_value);
            });
        }
        Some(Value::KvlistValue(list)) => {
            fields.object("kvlistValue", |fields| {
                write_attributes(fields, "values", &list.values);
            });
        }
    }
}
