//! Tests of the log: what is common to them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod damage;
mod faults;
mod power_loss;
mod round_trip;

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use arrow::array::builder::{
    BinaryBuilder, FixedSizeBinaryBuilder, ListBuilder, StringBuilder, StructBuilder,
};
use arrow::array::{
    Array, ArrayRef, BinaryArray, DictionaryArray, Int32Array, StringArray,
    TimestampNanosecondArray, UInt64Array,
};
use arrow::datatypes::{DataType, Field, Fields, Schema, TimeUnit};
use clearspan_schema::Signal;

use super::*;
use crate::catalog::MemCatalog;
use crate::vfs::SimVfs;

pub(super) use arrow::array::RecordBatch;
pub(super) use arrow::datatypes::SchemaRef;

fn event_fields() -> Fields {
    vec![
        Field::new("name", DataType::Utf8, false),
        Field::new("attributes", DataType::Binary, true),
    ]
    .into()
}

/// Every kind of column that the real schemas have.
pub(super) fn schema() -> SchemaRef {
    let dictionary = |values| DataType::Dictionary(DataType::Int32.into(), Box::new(values));
    let time = DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into()));
    let item = Field::new("item", DataType::Struct(event_fields()), true);
    Arc::new(Schema::new(vec![
        Field::new("id", DataType::UInt64, false),
        Field::new("service", dictionary(DataType::Utf8), true),
        Field::new("resource", dictionary(DataType::Binary), false),
        Field::new("trace_id", DataType::FixedSizeBinary(16), true),
        Field::new("time", time, true),
        Field::new("events", DataType::List(Arc::new(item)), true),
        Field::new("body", DataType::Utf8, true),
        Field::new("attributes", DataType::Binary, true),
    ]))
}

/// `rows` rows whose ids count from `first_id`; everything else follows from the id.
pub(super) fn batch(first_id: u64, rows: usize) -> RecordBatch {
    let ids: Vec<u64> = (first_id..).take(rows).collect();
    let mut traces = FixedSizeBinaryBuilder::new(16);
    let item = StructBuilder::from_fields(event_fields(), 0);
    let mut events = ListBuilder::new(item);
    for id in &ids {
        match id % 5 {
            0 => traces.append_null(),
            _ => traces.append_value(u128::from(*id).to_be_bytes()).unwrap(),
        }
        for event in 0..id % 3 {
            let item = events.values();
            let name: &mut StringBuilder = item.field_builder(0).unwrap();
            name.append_value(format!("event {event}"));
            let attributes: &mut BinaryBuilder = item.field_builder(1).unwrap();
            attributes.append_option((event == 0).then_some(b"\x00\x01"));
            item.append(true);
        }
        events.append(id % 7 != 0);
    }
    let keys =
        |n: u64| Int32Array::from_iter_values(ids.iter().map(|id| i32::try_from(id % n).unwrap()));
    let services = Arc::new(StringArray::from(vec![
        format!("cart {first_id}"),
        "pay".to_owned(),
    ]));
    let resources = Arc::new(BinaryArray::from(vec![&b"\x01\x02"[..], b"", b"\xff"]));
    let times = ids
        .iter()
        .map(|id| (id % 4 != 0).then_some(i64::try_from(*id).unwrap()));
    let columns: Vec<ArrayRef> = vec![
        Arc::new(UInt64Array::from(ids.clone())),
        Arc::new(DictionaryArray::new(keys(2), services)),
        Arc::new(DictionaryArray::new(keys(3), resources)),
        Arc::new(traces.finish()),
        Arc::new(TimestampNanosecondArray::from_iter(times).with_timezone("UTC")),
        Arc::new(events.finish()),
        Arc::new(StringArray::from_iter_values(
            ids.iter().map(|id| format!("body of {id}")),
        )),
        Arc::new(BinaryArray::from_iter_values(
            ids.iter().map(|id| id.to_le_bytes()),
        )),
    ];
    RecordBatch::try_new(schema(), columns).unwrap()
}

/// As `batch`, made once: some tests compare thousands.
fn expected(first_id: u64, rows: usize) -> RecordBatch {
    thread_local! {
        static MADE: RefCell<HashMap<(u64, usize), RecordBatch>> = RefCell::default();
    }
    MADE.with_borrow_mut(|made| {
        let made = made.entry((first_id, rows));
        made.or_insert_with(|| batch(first_id, rows)).clone()
    })
}

/// The ids of a batch, after checking that everything else is as it should be.
pub(super) fn ids(found: &RecordBatch) -> Vec<u64> {
    let ids = found.column(0).as_any().downcast_ref::<UInt64Array>();
    let ids = ids.unwrap().values().to_vec();
    let expected = expected(ids[0], ids.len());
    for (index, (found, expected)) in found.columns().iter().zip(expected.columns()).enumerate() {
        // Dictionaries differ where a batch was sliced; values may not.
        if index != 1 {
            assert_eq!(found, expected, "column {index}");
        }
    }
    ids
}

pub(super) fn key() -> TableKey {
    TableKey::new("default", Signal::Logs)
}

pub(super) fn place_on(vfs: Arc<dyn Vfs>, catalog: Arc<dyn Catalog>) -> WalPlace {
    let folder = Path::new("/wal").to_path_buf();
    crate::vfs::create_dir_durable(&*vfs, Path::new("/"), Path::new("wal")).unwrap();
    WalPlace {
        vfs,
        catalog,
        key: key(),
        folder,
    }
}

/// A place on a simulated disk whose catalog never fails.
pub(super) fn place() -> (SimVfs, WalPlace) {
    let disk = SimVfs::new();
    let place = place_on(Arc::new(disk.clone()), Arc::new(MemCatalog::new()));
    (disk, place)
}

pub(super) fn writer(place: &WalPlace, next_seq: u64, roll_bytes: u64) -> WalWriter {
    let config = WalConfig {
        roll_bytes,
        ..WalConfig::default()
    };
    WalWriter::new(place.clone(), schema(), next_seq, config).unwrap()
}

/// Appends a group of `rows` rows, whose ids are their sequence numbers, and settles it.
pub(super) fn commit(writer: &mut WalWriter, rows: usize) -> Result<WalPosition, WalError> {
    let seq = writer.next_seq();
    let position = writer.append(&batch(seq, rows), seq, 77)?;
    writer.settle()?;
    Ok(position)
}

/// The sequence numbers and ids of all rows, in the order in which they come, and what replay says.
pub(super) fn read(place: &WalPlace) -> Result<(Vec<(u64, u64)>, Replayed), WalError> {
    let mut rows = Vec::new();
    let replayed = replay::<WalError>(place, &schema(), |frame| {
        rows.extend((frame.base_seq..).zip(ids(&frame.batch)));
        Ok(())
    })?;
    Ok((rows, replayed))
}

/// The rows whose sequence number is their id.
pub(super) fn plain(seqs: impl IntoIterator<Item = u64>) -> Vec<(u64, u64)> {
    seqs.into_iter().map(|seq| (seq, seq)).collect()
}

pub(super) fn flush_to(place: &WalPlace, flushed_seq: u64) {
    let flush = crate::catalog::FlushCommit {
        key: key(),
        segments: vec![],
        flushed_seq,
        duplicates: 0,
    };
    place
        .catalog
        .commit(crate::catalog::Change::Flush(flush))
        .unwrap();
}

pub(super) fn names_in(disk: &SimVfs) -> Vec<String> {
    let entries = disk.list(Path::new("/wal")).unwrap();
    entries.into_iter().map(|entry| entry.name).collect()
}
