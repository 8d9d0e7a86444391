//! Stored columns to those of the tables, batch by batch, for those columns alone that a query reads.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BinaryArray, BinaryBuilder, FixedSizeBinaryArray, Int32Array, RecordBatch,
    StringArray, StringBuilder, StringViewArray, StringViewBuilder,
};
use arrow::buffer::Buffer;
use clearspan_schema::any::{AnyRef, KeyValues};
use clearspan_schema::dictionary::{BinaryDictionary, TextDictionary};
use clearspan_schema::group::{ResourceRef, ScopeRef};
use clearspan_schema::ids::push_hex;
use clearspan_schema::json::push_text;
use clearspan_schema::logs::{self, Body, body_at};
use clearspan_schema::{SchemaError, columns};

use super::super::attributes;
use super::columns::{Column, GroupPart, Source};
use super::nested;

/// `column` of `batch`, which holds the stored columns that it is made of.
pub(crate) fn convert(column: Column, batch: &RecordBatch) -> Result<ArrayRef, SchemaError> {
    match column.source {
        Source::Stored(name) => stored(batch, name),
        Source::Text(name) => texts(columns::text_dictionary(batch, name)?),
        Source::Id(name) => Ok(hex_view(columns::id(batch, name)?)),
        Source::Code(name, of) => Ok(code_names(columns::int32(batch, name)?, of)),
        Source::Body => Ok(bodies(
            columns::text(batch, logs::BODY)?,
            columns::binary(batch, logs::BODY_VALUE)?,
        )),
        Source::Attributes(name) => attributes::own(columns::binary(batch, name)?),
        Source::Resource(part) => group(
            columns::binary_dictionary(batch, logs::RESOURCE)?,
            part,
            resource,
        ),
        Source::Scope(part) => group(columns::binary_dictionary(batch, logs::SCOPE)?, part, scope),
        Source::Events => nested::events(batch),
        Source::Links => nested::links(batch),
    }
}

fn stored(batch: &RecordBatch, name: &'static str) -> Result<ArrayRef, SchemaError> {
    batch
        .column_by_name(name)
        .cloned()
        .ok_or(SchemaError::Column {
            column: name,
            expected: "a stored column",
        })
}

fn texts(dictionary: TextDictionary<'_>) -> Result<ArrayRef, SchemaError> {
    let used = Used::of(dictionary.keys(), dictionary.values().len());
    let texts = used
        .values
        .iter()
        .map(|&key| dictionary.values().value(key));
    shared_views(texts, &used.keys)
}

/// A view of 16 bytes for each row, of texts that are held once, however many rows have them. The dictionary
/// that they come from is left behind: views of one that is much larger than the batch would count, and
/// hold, all of it.
fn shared_views<'a>(
    texts: impl Iterator<Item = &'a str>,
    keys: &[Option<i32>],
) -> Result<ArrayRef, SchemaError> {
    let texts: Vec<&str> = texts.collect();
    let mut bytes = Vec::with_capacity(texts.iter().map(|text| text.len()).sum());
    let mut places = Vec::new();
    for text in texts {
        places.push((bytes.len() as u32, text.len() as u32));
        bytes.extend_from_slice(text.as_bytes());
    }
    let mut views = StringViewBuilder::with_capacity(keys.len());
    let block = views.append_block(Buffer::from_vec(bytes));
    for key in keys {
        match key.and_then(|key| places.get(key as usize)) {
            Some(&(offset, length)) => views.try_append_view(block, offset, length)?,
            None => views.append_null(),
        }
    }
    Ok(Arc::new(views.finish()))
}

/// Ids as lower-case hex.
pub(super) fn hex_view(ids: &FixedSizeBinaryArray) -> ArrayRef {
    let bytes = ids.len() * usize::try_from(ids.value_length()).unwrap_or(0) * 2;
    let mut texts = StringBuilder::with_capacity(ids.len(), bytes);
    let mut hex = String::new();
    for row in 0..ids.len() {
        if ids.is_null(row) {
            texts.append_null();
        } else {
            hex.clear();
            push_hex(ids.value(row), &mut hex);
            texts.append_value(&hex);
        }
    }
    Arc::new(StringViewArray::from(&texts.finish()))
}

fn code_names(codes: &Int32Array, of: fn(i32) -> Option<&'static str>) -> ArrayRef {
    let mut names = StringViewBuilder::with_capacity(codes.len());
    for row in 0..codes.len() {
        let code = if codes.is_valid(row) {
            codes.value(row)
        } else {
            0
        };
        match of(code) {
            Some(name) => names.append_value(name),
            None => names.append_value(code.to_string()),
        }
    }
    Arc::new(names.finish())
}

fn bodies(texts: &StringArray, values: &BinaryArray) -> ArrayRef {
    if values.null_count() == values.len() {
        return Arc::new(StringViewArray::from(texts));
    }
    let mut bodies = StringViewBuilder::with_capacity(texts.len());
    let mut json = String::new();
    for row in 0..texts.len() {
        match body_at(texts, values, row) {
            Body::Absent => bodies.append_null(),
            Body::Text(text) => bodies.append_value(text),
            Body::Value(encoded) => match AnyRef::decode(encoded) {
                Some(AnyRef::Empty) | None => bodies.append_null(),
                Some(value) => {
                    json.clear();
                    push_text(value, &mut json);
                    bodies.append_value(&json);
                }
            },
        }
    }
    Arc::new(bodies.finish())
}

/// What a resource and a scope have in common.
#[derive(Clone, Copy)]
struct Group<'a> {
    attributes: KeyValues<'a>,
    name: &'a str,
    version: &'a str,
    schema_url: &'a str,
}

fn resource(encoded: &[u8]) -> Group<'_> {
    let resource = ResourceRef::decode(encoded).unwrap_or_default();
    Group {
        attributes: resource.attributes,
        name: "",
        version: "",
        schema_url: resource.schema_url,
    }
}

fn scope(encoded: &[u8]) -> Group<'_> {
    let scope = ScopeRef::decode(encoded).unwrap_or_default();
    Group {
        attributes: scope.attributes,
        name: scope.name,
        version: scope.version,
        schema_url: scope.schema_url,
    }
}

fn group(
    groups: BinaryDictionary<'_>,
    part: GroupPart,
    decode: for<'a> fn(&'a [u8]) -> Group<'a>,
) -> Result<ArrayRef, SchemaError> {
    let used = Used::of(groups.keys(), groups.values().len());
    if part == GroupPart::Attributes {
        let mut values = BinaryBuilder::new();
        for &key in &used.values {
            values.append_value(decode(groups.values().value(key)).attributes.encoded());
        }
        return attributes::shared(Int32Array::from(used.keys), values.finish());
    }
    let texts = used.values.iter().map(|&key| {
        let group = decode(groups.values().value(key));
        match part {
            GroupPart::Name => group.name,
            GroupPart::Version => group.version,
            GroupPart::SchemaUrl | GroupPart::Attributes => group.schema_url,
        }
    });
    shared_views(texts, &used.keys)
}

/// The values of a dictionary that a batch uses, in order of first use, and the rows' keys into them. A
/// slice of a batch carries the dictionary of the whole.
struct Used {
    values: Vec<usize>,
    keys: Vec<Option<i32>>,
}

impl Used {
    fn of(keys: &Int32Array, distinct: usize) -> Self {
        let mut places: Vec<i32> = vec![-1; distinct];
        let mut values = Vec::new();
        let keys = keys.iter().map(|key| {
            let key = key? as usize;
            if places[key] < 0 {
                places[key] = values.len() as i32;
                values.push(key);
            }
            Some(places[key])
        });
        let keys = keys.collect();
        Used { values, keys }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use arrow::array::AsArray;

    use super::*;

    #[test]
    fn what_rows_share_is_held_once() {
        let long = "é".repeat(500_000);
        let keys: Vec<Option<i32>> = (0..1_024)
            .map(|row| [Some(0), Some(1), None][row % 3])
            .collect();
        let array = shared_views([long.as_str(), "short"].into_iter(), &keys).unwrap();
        assert!(array.get_array_memory_size() < 2 * long.len());
        let read = array.as_string_view();
        let expected = [Some(long.as_str()), Some("short"), None];
        for row in 0..keys.len() {
            let found = read.is_valid(row).then(|| read.value(row));
            assert_eq!(found, expected[row % 3], "row {row}");
        }
    }
}
