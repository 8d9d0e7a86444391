//! Rows in the logical columns as JSON, as `scripts/read_segment.py` prints them: by the schema's own readers, so that the script's
//! reading is held against the program's.

use std::collections::BTreeMap;

use arrow::array::{
    Array, ArrayRef, Int32Array, Int64Array, RecordBatch, StringArray, TimestampNanosecondArray,
    UInt32Array, UInt64Array,
};
use arrow::datatypes::DataType;
use clearspan_schema::any::{AnyRef, KeyValues, Values};
use clearspan_schema::dictionary::TextDictionary;
use clearspan_schema::group::{ResourceRef, ScopeRef};
use clearspan_schema::ids::hex;
use clearspan_schema::logs::LogsReader;
use clearspan_schema::spans::SpansReader;
use clearspan_schema::{SEQ, Signal, columns, logs, spans};
use clearspan_storage::scan::{Predicate, ScanStats, Snapshot, TimeRange};
use serde_json::{Map, Value, json};

/// Rows by sequence number.
pub(crate) type Rows = BTreeMap<u64, Value>;

/// All rows of a snapshot. None may stand twice, and no segment may be missing.
pub(crate) fn rows_of(snapshot: &Snapshot) -> Rows {
    assert_eq!(snapshot.missing(), []);
    let names = snapshot.signal().stored_columns();
    let mut rows = Rows::new();
    for part in snapshot.parts() {
        let mut stats = ScanStats::default();
        let all = part.select(&Predicate::All, TimeRange::ALL, &mut stats);
        for run in part.read(names, &all.unwrap(), &mut stats) {
            push_batch(snapshot.signal(), &run.unwrap().batch, &mut rows);
        }
    }
    rows
}

fn push_batch(signal: Signal, batch: &RecordBatch, rows: &mut Rows) {
    let seqs = columns::uint64(batch, SEQ).unwrap();
    let nested: Vec<Map<String, Value>> = match signal {
        Signal::Logs => nested_of_logs(batch),
        Signal::Spans => nested_of_spans(batch),
    };
    for (row, mut object) in nested.into_iter().enumerate() {
        let schema = batch.schema();
        for (field, column) in schema.fields().iter().zip(batch.columns()) {
            if !object.contains_key(field.name()) {
                object.insert(field.name().clone(), plain(column, row));
            }
        }
        let earlier = rows.insert(seqs.value(row), Value::Object(object));
        assert_eq!(earlier, None, "row {} stands twice", seqs.value(row));
    }
}

/// The columns that hold encoded values.
fn nested_of_logs(batch: &RecordBatch) -> Vec<Map<String, Value>> {
    let reader = LogsReader::new(batch).unwrap();
    let values = columns::binary(batch, logs::BODY_VALUE).unwrap();
    let row = |row: usize| {
        let value = values
            .is_valid(row)
            .then(|| AnyRef::decode(values.value(row)).unwrap());
        Map::from_iter([
            (logs::BODY_VALUE.to_owned(), value.map_or(Value::Null, any)),
            (
                logs::ATTRIBUTES.to_owned(),
                entries(reader.row(row).attributes),
            ),
            (logs::RESOURCE.to_owned(), resource(reader.resource(row))),
            (logs::SCOPE.to_owned(), scope(reader.scope(row))),
        ])
    };
    (0..batch.num_rows()).map(row).collect()
}

fn nested_of_spans(batch: &RecordBatch) -> Vec<Map<String, Value>> {
    let reader = SpansReader::new(batch).unwrap();
    let row = |row: usize| {
        let events = reader.events(row).map(|event| {
            json!({
                "time_unix_nano": event.time,
                "name": event.name,
                "attributes": entries(event.attributes),
                "dropped_attributes_count": event.dropped_attributes_count,
            })
        });
        let links = reader.links(row).map(|link| {
            json!({
                "trace_id": hex(&link.trace_id),
                "span_id": hex(&link.span_id),
                "trace_state": link.trace_state,
                "attributes": entries(link.attributes),
                "dropped_attributes_count": link.dropped_attributes_count,
                "flags": link.flags,
            })
        });
        Map::from_iter([
            (spans::EVENTS.to_owned(), events.collect()),
            (spans::LINKS.to_owned(), links.collect()),
            (
                spans::ATTRIBUTES.to_owned(),
                entries(reader.row(row).attributes),
            ),
            (spans::RESOURCE.to_owned(), resource(reader.resource(row))),
            (spans::SCOPE.to_owned(), scope(reader.scope(row))),
        ])
    };
    (0..batch.num_rows()).map(row).collect()
}

fn resource(resource: ResourceRef<'_>) -> Value {
    json!({
        "present": resource.present,
        "schema_url": resource.schema_url,
        "dropped_attributes_count": resource.dropped_attributes_count,
        "entity_refs": values(resource.entity_refs),
        "attributes": entries(resource.attributes),
    })
}

fn scope(scope: ScopeRef<'_>) -> Value {
    json!({
        "present": scope.present,
        "schema_url": scope.schema_url,
        "name": scope.name,
        "version": scope.version,
        "dropped_attributes_count": scope.dropped_attributes_count,
        "attributes": entries(scope.attributes),
    })
}

/// Pairs of key and value, for keys may repeat.
fn entries(entries: KeyValues<'_>) -> Value {
    let entry = |(key, value)| json!([key, any(value)]);
    entries.map(entry).collect()
}

fn values(values: Values<'_>) -> Value {
    values.map(any).collect()
}

fn any(value: AnyRef<'_>) -> Value {
    match value {
        AnyRef::Empty => Value::Null,
        AnyRef::String(text) => json!(text),
        AnyRef::Bool(value) => json!(value),
        AnyRef::Int(value) => json!(value),
        AnyRef::Double(value) if value.is_nan() => json!("NaN"),
        AnyRef::Double(f64::INFINITY) => json!("Infinity"),
        AnyRef::Double(f64::NEG_INFINITY) => json!("-Infinity"),
        AnyRef::Double(value) => json!(value),
        AnyRef::Bytes(bytes) => json!({ "bytes": hex_of(bytes) }),
        AnyRef::Array(items) => values(items),
        AnyRef::KeyValues(items) => json!({ "entries": entries(items) }),
    }
}

fn plain(column: &ArrayRef, row: usize) -> Value {
    if column.is_null(row) {
        return Value::Null;
    }
    let any = column.as_any();
    match column.data_type() {
        DataType::UInt64 => json!(any.downcast_ref::<UInt64Array>().unwrap().value(row)),
        DataType::UInt32 => json!(any.downcast_ref::<UInt32Array>().unwrap().value(row)),
        DataType::Int64 => json!(any.downcast_ref::<Int64Array>().unwrap().value(row)),
        DataType::Int32 => json!(any.downcast_ref::<Int32Array>().unwrap().value(row)),
        DataType::Utf8 => json!(any.downcast_ref::<StringArray>().unwrap().value(row)),
        DataType::Timestamp(..) => {
            json!(
                any.downcast_ref::<TimestampNanosecondArray>()
                    .unwrap()
                    .value(row)
            )
        }
        DataType::FixedSizeBinary(_) => {
            let ids = any.downcast_ref::<arrow::array::FixedSizeBinaryArray>();
            json!(hex_of(ids.unwrap().value(row)))
        }
        DataType::Dictionary(..) => json!(TextDictionary::new(column).unwrap().value(row)),
        other => panic!("no JSON for {other}"),
    }
}

fn hex_of(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
