//! Texts without room that nobody uses.
//!
//! Where an operator gathers the rows of several batches into one, their texts get blocks of up to a megabyte, however little of it they take; and where it
//! picks some rows of a batch, these hold the texts of all. Whoever keeps such batches is charged for the blocks: a join of 200,000 rows for 300 MB.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch, RecordBatchOptions};
use arrow::error::ArrowError;

/// Texts are copied where they hold so many times what they use.
const WASTE: usize = 2;

/// The same rows; their texts hold little more than they use. Texts that rows share stay shared.
pub(super) fn compact(batch: RecordBatch) -> Result<RecordBatch, ArrowError> {
    let columns: Vec<Option<ArrayRef>> = batch.columns().iter().map(compacted).collect();
    if columns.iter().all(Option::is_none) {
        return Ok(batch);
    }
    let columns = columns.into_iter().zip(batch.columns());
    let columns = columns.map(|(compacted, column)| compacted.unwrap_or_else(|| column.clone()));
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(batch.schema(), columns.collect(), &options)
}

/// `None` where it is compact.
fn compacted(column: &ArrayRef) -> Option<ArrayRef> {
    let texts = column.as_string_view_opt()?;
    let held: usize = texts
        .data_buffers()
        .iter()
        .map(|block| block.capacity())
        .sum();
    let wastes = held / WASTE > texts.total_buffer_bytes_used();
    wastes.then(|| Arc::new(texts.gc()) as ArrayRef)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use arrow::array::{StringViewArray, StringViewBuilder};
    use arrow::buffer::Buffer;

    use super::*;

    fn checked(texts: StringViewArray) -> (usize, usize) {
        let batch = RecordBatch::try_from_iter([("a", Arc::new(texts) as ArrayRef)]).unwrap();
        let compact = compact(batch.clone()).unwrap();
        assert_eq!(compact, batch);
        (
            batch.get_array_memory_size(),
            compact.get_array_memory_size(),
        )
    }

    #[test]
    fn blocks_that_are_hardly_used_are_left_behind() {
        let mut block = Vec::with_capacity(1 << 20);
        block.extend_from_slice(&[b'x'; 4_000]);
        let mut texts = StringViewBuilder::new();
        let block = texts.append_block(Buffer::from_vec(block));
        (0..100).for_each(|at| texts.try_append_view(block, at * 40, 40).unwrap());
        texts.append_null();
        texts.append_value("short");
        let (before, after) = checked(texts.finish());
        assert!(before > 1 << 20 && after < 10_000, "{before} {after}");
    }

    #[test]
    fn what_is_used_or_shared_stays() {
        let long = "y".repeat(100_000);
        let mut texts = StringViewBuilder::new();
        let block = texts.append_block(Buffer::from_vec(long.into_bytes()));
        (0..1_000).for_each(|_| texts.try_append_view(block, 0, 100_000).unwrap());
        let (before, after) = checked(texts.finish());
        assert_eq!(before, after);
        let (before, after) = checked(StringViewArray::from_iter_values(["a", "b"]));
        assert_eq!(before, after);
    }
}
