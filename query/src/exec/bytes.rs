//! How much rows take.

use arrow::array::{Array, RecordBatch};
use arrow::datatypes::DataType;

/// Bytes of the rows themselves. The values of dictionaries are shared with the segment's cache.
pub(crate) fn own_bytes(batch: &RecordBatch) -> usize {
    let column_bytes = |column: &dyn Array| match column.data_type() {
        DataType::Dictionary(..) => column.len() * size_of::<i32>(),
        _ => column
            .to_data()
            .get_slice_memory_size()
            .unwrap_or_else(|_| column.get_array_memory_size()),
    };
    let columns = batch.columns().iter();
    columns.map(|column| column_bytes(column.as_ref())).sum()
}
