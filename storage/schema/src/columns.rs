//! Typed access to a batch's columns by name. A batch may hold a part of the schema's columns (a
//! projection), in any order.

use arrow::array::{
    Array, BinaryArray, FixedSizeBinaryArray, Int32Array, Int64Array, ListArray, RecordBatch,
    StringArray, TimestampNanosecondArray, UInt32Array, UInt64Array,
};

use crate::dictionary::{BinaryDictionary, TextDictionary};
use crate::nested::EventsReader;
use crate::{SchemaError, spans};

macro_rules! typed {
    ($name:ident, $array:ty, $expected:literal) => {
        #[doc = concat!("The column `name` as ", $expected, ".")]
        pub fn $name<'a>(
            batch: &'a RecordBatch,
            name: &'static str,
        ) -> Result<&'a $array, SchemaError> {
            batch
                .column_by_name(name)
                .and_then(|column| column.as_any().downcast_ref::<$array>())
                .ok_or(SchemaError::Column {
                    column: name,
                    expected: $expected,
                })
        }
    };
}

typed!(text, StringArray, "Utf8");
typed!(binary, BinaryArray, "Binary");
typed!(id, FixedSizeBinaryArray, "FixedSizeBinary");
typed!(int32, Int32Array, "Int32");
typed!(int64, Int64Array, "Int64");
typed!(uint32, UInt32Array, "UInt32");
typed!(uint64, UInt64Array, "UInt64");
typed!(time, TimestampNanosecondArray, "Timestamp(ns, UTC)");
typed!(list, ListArray, "List");

/// The column `name` as `Dictionary<Int32, Utf8>`.
pub fn text_dictionary<'a>(
    batch: &'a RecordBatch,
    name: &'static str,
) -> Result<TextDictionary<'a>, SchemaError> {
    batch
        .column_by_name(name)
        .and_then(|column| TextDictionary::new(column))
        .ok_or(SchemaError::Column {
            column: name,
            expected: "Dictionary(Int32, Utf8)",
        })
}

/// The column `name` as `Dictionary<Int32, Binary>`.
pub fn binary_dictionary<'a>(
    batch: &'a RecordBatch,
    name: &'static str,
) -> Result<BinaryDictionary<'a>, SchemaError> {
    batch
        .column_by_name(name)
        .and_then(|column| BinaryDictionary::new(column))
        .ok_or(SchemaError::Column {
            column: name,
            expected: "Dictionary(Int32, Binary)",
        })
}

/// The events of spans.
pub fn events(batch: &RecordBatch) -> Result<EventsReader<'_>, SchemaError> {
    EventsReader::new(list(batch, spans::EVENTS)?).ok_or(SchemaError::Column {
        column: spans::EVENTS,
        expected: "List(Struct(time_unix_nano, name, attributes, dropped_attributes_count))",
    })
}

/// The row's id of `N` bytes; `None` where it is null or of another size.
pub fn id_at<const N: usize>(column: &FixedSizeBinaryArray, row: usize) -> Option<[u8; N]> {
    if column.is_null(row) {
        return None;
    }
    column.value(row).try_into().ok()
}
