//! Attribute lists and values, to and from the batches' encoding.

use clearspan_schema::any::{AnyRef, AnyWriter, KeyValues};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue, KeyValueList};

use crate::limits::MAX_VALUE_DEPTH;

/// Encodes `attributes` into `scratch`, replacing what it held.
pub(crate) fn encode<'a>(attributes: &[KeyValue], scratch: &'a mut Vec<u8>) -> KeyValues<'a> {
    scratch.clear();
    write_entries(attributes, &mut AnyWriter::new(scratch));
    KeyValues::new(scratch)
}

/// Encodes one value into `scratch`, replacing what it held.
pub(crate) fn encode_value<'a>(value: &AnyValue, scratch: &'a mut Vec<u8>) -> &'a [u8] {
    scratch.clear();
    write_value(value.value.as_ref(), &mut AnyWriter::new(scratch));
    scratch
}

fn write_entries(entries: &[KeyValue], to: &mut AnyWriter<'_>) {
    for entry in entries {
        let value = entry.value.as_ref().and_then(|value| value.value.as_ref());
        write_value(value, to.key(&entry.key));
    }
}

fn write_value(value: Option<&Value>, to: &mut AnyWriter<'_>) {
    match value {
        // An index into a string table belongs to profiles; OTLP wants it read as absent elsewhere.
        None | Some(Value::StringValueStrindex(_)) => to.empty(),
        Some(Value::StringValue(text)) => to.string(text),
        Some(Value::BoolValue(value)) => to.bool(*value),
        Some(Value::IntValue(value)) => to.int(*value),
        Some(Value::DoubleValue(value)) => to.double(*value),
        Some(Value::BytesValue(bytes)) => to.bytes(bytes),
        Some(Value::ArrayValue(array)) => to.array(|to| {
            for value in &array.values {
                write_value(value.value.as_ref(), to);
            }
        }),
        Some(Value::KvlistValue(list)) => to.key_values(|to| write_entries(&list.values, to)),
    }
}

/// The messages of an encoded attribute list.
pub(crate) fn messages(entries: KeyValues<'_>) -> Vec<KeyValue> {
    entry_messages(entries, MAX_VALUE_DEPTH)
}

/// The message of one value.
pub(crate) fn value_message(value: AnyRef<'_>) -> AnyValue {
    message(value, MAX_VALUE_DEPTH)
}

fn entry_messages(entries: KeyValues<'_>, depth_left: usize) -> Vec<KeyValue> {
    entries
        .map(|(key, value)| KeyValue {
            key: key.to_owned(),
            value: Some(message(value, depth_left)),
            key_strindex: 0,
        })
        .collect()
}

fn message(value: AnyRef<'_>, depth_left: usize) -> AnyValue {
    let value = match value {
        AnyRef::Empty => None,
        AnyRef::String(text) => Some(Value::StringValue(text.to_owned())),
        AnyRef::Bool(value) => Some(Value::BoolValue(value)),
        AnyRef::Int(value) => Some(Value::IntValue(value)),
        AnyRef::Double(value) => Some(Value::DoubleValue(value)),
        AnyRef::Bytes(bytes) => Some(Value::BytesValue(bytes.to_vec())),
        AnyRef::Array(_) | AnyRef::KeyValues(_) if depth_left == 0 => None,
        AnyRef::Array(values) => Some(Value::ArrayValue(ArrayValue {
            values: values.map(|value| message(value, depth_left - 1)).collect(),
        })),
        AnyRef::KeyValues(entries) => Some(Value::KvlistValue(KeyValueList {
            values: entry_messages(entries, depth_left - 1),
        })),
    };
    AnyValue { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(depth: usize) -> Vec<u8> {
        let mut encoded = Vec::new();
        AnyWriter::new(&mut encoded).int(1);
        for _ in 0..depth {
            let mut outer = Vec::new();
            AnyWriter::new(&mut outer).array(|to| to.encoded(&encoded));
            encoded = outer;
        }
        encoded
    }

    fn depth_of(value: &AnyValue) -> usize {
        match &value.value {
            Some(Value::ArrayValue(array)) => 1 + array.values.first().map_or(0, depth_of),
            _ => 0,
        }
    }

    #[test]
    fn a_walk_over_stored_values_is_bounded() {
        for (stored, read) in [(3, 3), (50, 50), (51, 50), (5_000, 50)] {
            let encoded = nested(stored);
            let value = AnyRef::decode(&encoded).map(value_message);
            assert_eq!(value.map(|value| depth_of(&value)), Some(read));
        }
    }
}
