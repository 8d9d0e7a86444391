//! How much rows take.

use arrow::array::{Array, RecordBatch};
use arrow::datatypes::DataType;
use datafusion::execution::memory_pool::MemoryReservation;

use super::plans::Plans;
use crate::QueryError;

/// The rows of a page, and the same again as text.
const COPIES: usize = 2;

/// Takes the memory that a page of these rows needs.
pub(crate) fn page_memory(
    rows: &RecordBatch,
    plans: &Plans,
) -> Result<MemoryReservation, QueryError> {
    let memory = plans.reservation("rows of a page");
    let taken = memory.try_grow(own_bytes(rows) * COPIES);
    taken.map_err(|error| plans.query_error(&error))?;
    Ok(memory)
}

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
