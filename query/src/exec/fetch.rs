//! Whole rows by address.

use arrow::array::RecordBatch;
use clearspan_storage::scan::{
    MissingSegment, Part, PartError, RowAddress, RowSelection, ScanStats, Snapshot,
};

use super::tally::fault;
use crate::QueryError;

/// The rows at `addresses`, in that order, with all stored columns. Rows of a damaged segment are left
/// out, and the segment is added to `faults`.
pub(crate) fn fetch(
    snapshot: &Snapshot,
    addresses: &[RowAddress],
    faults: &mut Vec<MissingSegment>,
) -> Result<RecordBatch, QueryError> {
    let columns = snapshot.signal().stored_columns();
    if addresses.is_empty() {
        return Ok(RecordBatch::new_empty(snapshot.signal().stored_schema()));
    }
    if let Ok(batch) = snapshot.take(addresses, columns) {
        return Ok(batch);
    }
    // Which part it was, is found by asking each on its own.
    let mut parts: Vec<u32> = addresses.iter().map(|address| address.part).collect();
    parts.sort_unstable();
    parts.dedup();
    let mut damaged = Vec::new();
    for index in parts {
        let of_part: Vec<RowAddress> = addresses
            .iter()
            .copied()
            .filter(|address| address.part == index)
            .collect();
        if let Err(error) = snapshot.take(&of_part, columns) {
            let part = snapshot.parts().get(index as usize);
            let part = part.ok_or_else(|| QueryError::Internal(error.to_string()))?;
            faults.push(fault(part, &error)?);
            damaged.push(index);
        }
    }
    let left: Vec<RowAddress> = addresses
        .iter()
        .copied()
        .filter(|row| !damaged.contains(&row.part))
        .collect();
    if left.is_empty() {
        return Ok(RecordBatch::new_empty(snapshot.signal().stored_schema()));
    }
    snapshot
        .take(&left, columns)
        .map_err(|error| QueryError::Internal(error.to_string()))
}

/// Some rows of one part, ascending, with `columns`.
pub(crate) fn read_rows(
    part: &Part,
    rows: impl Iterator<Item = u32>,
    columns: &'static [&'static str],
    stats: &mut ScanStats,
) -> Result<Vec<RecordBatch>, PartError> {
    let mut selection = RowSelection::none();
    rows.for_each(|row| selection.push(row..row + 1));
    part.read(columns, &selection, stats)
        .map(|selected| selected.map(|selected| selected.batch))
        .collect()
}
