//! What rows take by themselves, without sharing.
//!
//! A thousand records share one resource, and a resource may be as large as a request. As long as it is shared it
//! stands in memory once; what a function or an answer makes of it stands there once for each row. So batches
//! are handed on in pieces that stay small even then, and an answer's memory is reserved before it is made.

use arrow::array::{ArrayRef, AsArray, RecordBatch};

use super::attributes::AttributesView;
use super::limits::PIECE_BYTES_MAX;

/// Bytes that all rows of `batch` take by themselves.
pub(super) fn bytes(batch: &RecordBatch) -> usize {
    sizes(batch).iter().sum()
}

/// `batch` in pieces, in order, each of which takes no more than [`PIECE_BYTES_MAX`] by itself or is a single row.
/// What the rows share stays shared.
pub(super) fn pieces(batch: RecordBatch) -> Vec<RecordBatch> {
    let sizes = sizes(&batch);
    if sizes.iter().sum::<usize>() <= PIECE_BYTES_MAX {
        return vec![batch];
    }
    let mut pieces = Vec::new();
    let (mut first, mut taken) = (0, 0);
    for (row, size) in sizes.into_iter().enumerate() {
        if taken + size > PIECE_BYTES_MAX && row > first {
            pieces.push(batch.slice(first, row - first));
            (first, taken) = (row, 0);
        }
        taken += size;
    }
    pieces.push(batch.slice(first, batch.num_rows() - first));
    pieces
}

fn sizes(batch: &RecordBatch) -> Vec<usize> {
    let mut sizes = vec![0; batch.num_rows()];
    for column in batch.columns() {
        add(column, &mut sizes);
    }
    sizes
}

/// Columns of other types share nothing.
fn add(column: &ArrayRef, sizes: &mut [usize]) {
    if let Some(texts) = column.as_string_view_opt() {
        for (size, length) in sizes.iter_mut().zip(texts.lengths()) {
            *size += length as usize;
        }
    } else if let Some(attributes) = AttributesView::new(column) {
        for (row, size) in sizes.iter_mut().enumerate() {
            *size += attributes.bytes_at(row);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Arc;

    use arrow::array::StringViewArray;

    use super::*;

    fn check(lengths: &[usize], expected: &[usize]) {
        let texts: Vec<String> = lengths.iter().map(|&length| "x".repeat(length)).collect();
        let texts: StringViewArray = texts.iter().map(Some).collect();
        let batch = RecordBatch::try_from_iter([("a", Arc::new(texts) as ArrayRef)]).unwrap();
        assert_eq!(bytes(&batch), lengths.iter().sum::<usize>());
        let pieces = pieces(batch.clone());
        let rows: Vec<usize> = pieces.iter().map(RecordBatch::num_rows).collect();
        assert_eq!(rows, expected, "{lengths:?}");
        let joined = arrow::compute::concat_batches(&batch.schema(), &pieces).unwrap();
        assert_eq!(joined, batch);
    }

    #[test]
    fn pieces_are_as_large_as_they_may_be() {
        let most = PIECE_BYTES_MAX;
        check(&[], &[0]);
        check(&[1, 2, 3], &[3]);
        check(&[most, 1], &[1, 1]);
        check(&[most + 1, 1, 1], &[1, 2]);
        check(&[1, most, most - 1, 1, 1], &[1, 1, 2, 1]);
        check(&[most / 2, most / 2, 1], &[2, 1]);
    }
}
