//! Joining batches under one dictionary per column.
//!
//! Arrow's own `concat` may append dictionaries to each other as they are; ten thousand small
//! requests would then carry ten thousand copies of the same resource. Here each distinct value
//! stands once, in order of first use, and values that no row uses are left out.

use std::collections::hash_map::Entry;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BinaryArray, BinaryBuilder, DictionaryArray, Int32Array, RecordBatch,
    StringArray, StringBuilder, UInt64Array,
};
use arrow::datatypes::{DataType, SchemaRef};
use foldhash::HashMap;

use crate::dictionary::Key;
use crate::{SEQ, SchemaError};

/// The rows of `batches`, in order, as one batch of `schema`. All must have `schema`'s columns.
pub fn concat(schema: &SchemaRef, batches: &[RecordBatch]) -> Result<RecordBatch, SchemaError> {
    let batches: Vec<&RecordBatch> = batches.iter().collect();
    let rows_of = |(part, batch): (usize, &&RecordBatch)| {
        let rows = 0..batch.num_rows();
        rows.map(move |row| (part, row))
    };
    columns(schema, &batches, |data_type, parts| match data_type {
        DataType::Dictionary(_, values) => {
            unify_values(values, parts, batches.iter().enumerate().flat_map(rows_of))
        }
        _ => Ok(arrow::compute::concat(parts)?),
    })
}

/// The rows at `rows`, each the number of a batch and a row of it, in that order, as one batch of `schema`.
/// All batches, at least one, must have `schema`'s columns.
pub fn interleave(
    schema: &SchemaRef,
    batches: &[&RecordBatch],
    rows: &[(usize, usize)],
) -> Result<RecordBatch, SchemaError> {
    columns(schema, batches, |data_type, parts| match data_type {
        DataType::Dictionary(_, values) => unify_values(values, parts, rows.iter().copied()),
        _ => Ok(arrow::compute::interleave(parts, rows)?),
    })
}

/// A batch of `schema` of which `join` makes each column from those of `batches`.
fn columns(
    schema: &SchemaRef,
    batches: &[&RecordBatch],
    join: impl Fn(&DataType, &[&dyn Array]) -> Result<ArrayRef, SchemaError>,
) -> Result<RecordBatch, SchemaError> {
    let column = |index: usize| {
        let parts = batches.iter().map(|batch| batch.column(index).as_ref());
        join(schema.field(index).data_type(), &parts.collect::<Vec<_>>())
    };
    let columns = (0..schema.fields().len()).map(column);
    let columns: Vec<ArrayRef> = columns.collect::<Result<_, SchemaError>>()?;
    Ok(RecordBatch::try_new(Arc::clone(schema), columns)?)
}

/// `batch` with the dictionary values that none of its rows uses left out. A batch that was sliced or
/// selected from a larger one otherwise drags the larger one's dictionaries along.
pub fn compact(batch: &RecordBatch) -> Result<RecordBatch, SchemaError> {
    concat(&batch.schema(), std::slice::from_ref(batch))
}

/// `batch` with sequence numbers `first_seq`, `first_seq + 1`, ... as its first column.
pub fn with_seq(
    stored: &SchemaRef,
    batch: &RecordBatch,
    first_seq: u64,
) -> Result<RecordBatch, SchemaError> {
    debug_assert_eq!(stored.field(0).name(), SEQ);
    let seq = UInt64Array::from_iter_values(first_seq..first_seq + batch.num_rows() as u64);
    let mut columns: Vec<ArrayRef> = vec![Arc::new(seq)];
    columns.extend_from_slice(batch.columns());
    Ok(RecordBatch::try_new(Arc::clone(stored), columns)?)
}

/// The values of a dictionary, seen as bytes.
trait DictionaryValues {
    type Array: Array + 'static;
    const EXPECTED: &'static str;
    fn bytes(values: &Self::Array, key: usize) -> &[u8];
    fn build<'a>(values: impl Iterator<Item = (&'a Self::Array, usize)>) -> ArrayRef;
}

struct TextValues;
struct BinaryValues;

impl DictionaryValues for TextValues {
    type Array = StringArray;
    const EXPECTED: &'static str = "Dictionary(Int32, Utf8)";
    fn bytes(values: &StringArray, key: usize) -> &[u8] {
        values.value(key).as_bytes()
    }
    fn build<'a>(values: impl Iterator<Item = (&'a StringArray, usize)>) -> ArrayRef {
        let mut builder = StringBuilder::new();
        values.for_each(|(array, key)| builder.append_value(array.value(key)));
        Arc::new(builder.finish())
    }
}

impl DictionaryValues for BinaryValues {
    type Array = BinaryArray;
    const EXPECTED: &'static str = "Dictionary(Int32, Binary)";
    fn bytes(values: &BinaryArray, key: usize) -> &[u8] {
        values.value(key)
    }
    fn build<'a>(values: impl Iterator<Item = (&'a BinaryArray, usize)>) -> ArrayRef {
        let mut builder = BinaryBuilder::new();
        values.for_each(|(array, key)| builder.append_value(array.value(key)));
        Arc::new(builder.finish())
    }
}

fn unify_values(
    values: &DataType,
    parts: &[&dyn Array],
    rows: impl Iterator<Item = (usize, usize)>,
) -> Result<ArrayRef, SchemaError> {
    match values {
        DataType::Binary => unify::<BinaryValues>(parts, rows),
        _ => unify::<TextValues>(parts, rows),
    }
}

fn unify<V: DictionaryValues>(
    parts: &[&dyn Array],
    rows: impl Iterator<Item = (usize, usize)>,
) -> Result<ArrayRef, SchemaError> {
    let parts: Vec<(&Int32Array, &V::Array)> = parts
        .iter()
        .map(|part| dictionary_of::<V>(*part))
        .collect::<Result<_, _>>()?;
    // Of the many parts of a memtable a step has rows of few.
    let mut mapped: Vec<Vec<Option<i32>>> = vec![Vec::new(); parts.len()];
    let mut distinct: HashMap<&[u8], i32> = HashMap::default();
    let mut in_order: Vec<(&V::Array, usize)> = Vec::new();
    let mut keys: Vec<Option<i32>> = Vec::with_capacity(rows.size_hint().0);
    for (part, row) in rows {
        let (part_keys, values) = parts[part];
        if part_keys.is_null(row) {
            keys.push(None);
            continue;
        }
        let key = part_keys.value(row) as usize;
        let mapped = &mut mapped[part];
        if mapped.is_empty() {
            mapped.resize(values.len(), None);
        }
        let new = match mapped[key] {
            Some(new) => new,
            None => match distinct.entry(V::bytes(values, key)) {
                Entry::Occupied(known) => *known.get(),
                Entry::Vacant(free) => {
                    let new = *free.insert(in_order.len() as i32);
                    in_order.push((values, key));
                    new
                }
            },
        };
        mapped[key] = Some(new);
        keys.push(Some(new));
    }
    let values = V::build(in_order.into_iter());
    Ok(Arc::new(DictionaryArray::<Key>::try_new(
        Int32Array::from(keys),
        values,
    )?))
}

fn dictionary_of<V: DictionaryValues>(
    array: &dyn Array,
) -> Result<(&Int32Array, &V::Array), SchemaError> {
    let wrong = SchemaError::Column {
        column: "dictionary",
        expected: V::EXPECTED,
    };
    let Some(dictionary) = array.as_any().downcast_ref::<DictionaryArray<Key>>() else {
        return Err(wrong);
    };
    match dictionary.values().as_any().downcast_ref::<V::Array>() {
        Some(values) => Ok((dictionary.keys(), values)),
        None => Err(wrong),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::any::KeyValues;
    use crate::group::{ResourceRef, ScopeRef};
    use crate::logs::{self, Body, LogRow, LogsBuilder, LogsReader};

    fn batch(service: &str, texts: &[&str]) -> RecordBatch {
        let mut builder = LogsBuilder::new(texts.len(), 7);
        let resource = ResourceRef {
            present: true,
            schema_url: service,
            ..ResourceRef::default()
        };
        builder.group(&resource, &ScopeRef::default(), Some(service));
        for text in texts {
            let row = LogRow {
                time: 0,
                observed_time: 0,
                severity_number: 9,
                severity_text: text,
                event_name: "",
                body: Body::Text(text),
                trace_id: None,
                span_id: Some([1; 8]),
                flags: 0,
                attributes: KeyValues::new(&[]),
                dropped_attributes_count: 0,
            };
            builder.push(&row).unwrap();
        }
        builder.finish().unwrap().into_inner()
    }

    #[test]
    fn dictionaries_are_unified_and_unused_values_left_out() {
        let parts = [
            batch("a", &["x", "y"]),
            batch("b", &["y"]),
            batch("a", &["z", "x"]),
        ];
        let joined = concat(&logs::schema(), &parts).unwrap();
        let reader = LogsReader::new(&joined).unwrap();
        let read: Vec<_> = (0..5)
            .map(|row| (reader.service(row).unwrap(), reader.row(row).severity_text))
            .collect();
        assert_eq!(
            read,
            [("a", "x"), ("a", "y"), ("b", "y"), ("a", "z"), ("a", "x")]
        );
        assert_eq!(reader.resources().values().len(), 2);
        assert_eq!(reader.resource(2).schema_url, "b");

        let [first, second, third] = &parts;
        let rows = [(2, 1), (0, 0), (2, 0), (1, 0)];
        let picked = interleave(&logs::schema(), &[first, second, third], &rows).unwrap();
        let reader = LogsReader::new(&picked).unwrap();
        let read: Vec<_> = (0..4)
            .map(|row| (reader.service(row).unwrap(), reader.row(row).severity_text))
            .collect();
        assert_eq!(read, [("a", "x"), ("a", "x"), ("a", "z"), ("b", "y")]);
        assert_eq!(reader.resources().values().len(), 2);

        let tail = compact(&joined.slice(2, 1)).unwrap();
        let reader = LogsReader::new(&tail).unwrap();
        assert_eq!(reader.resources().values().len(), 1);
        assert_eq!(reader.row(0).severity_text, "y");
    }

    #[test]
    fn sequence_numbers_stand_first() {
        let stored = with_seq(&logs::stored_schema(), &batch("a", &["x", "y"]), 40).unwrap();
        let seq = crate::columns::uint64(&stored, SEQ).unwrap();
        assert_eq!(seq.values().as_ref(), [40, 41]);
        assert_eq!(
            LogsReader::new(&stored).unwrap().row(1).body,
            Body::Text("y")
        );
    }
}
