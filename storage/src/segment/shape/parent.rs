//! A span's parent as the distance to the parent's row.
//!
//! Rows of one trace stand together, so most parents are a few rows away, and their ids, which are random, need not be kept twice. A distance
//! never leaves the batch, which is what is decoded at once.

use arrow::array::{Array, FixedSizeBinaryArray, FixedSizeBinaryBuilder, Int32Array};
use clearspan_schema::columns::id_at;
use clearspan_schema::{SpanId, TraceId};
use foldhash::{HashMap, HashMapExt};

use super::ShapeError;

/// The parents of a batch: a distance where the parent's row is in the batch, otherwise its id.
#[derive(Debug)]
pub(super) struct Parents {
    pub(super) distances: Int32Array,
    pub(super) ids: FixedSizeBinaryArray,
}

impl Parents {
    /// Looks for the rows of parents: a span with that id in the same trace.
    pub(super) fn find(
        traces: &FixedSizeBinaryArray,
        spans: &FixedSizeBinaryArray,
        parents: &FixedSizeBinaryArray,
    ) -> Result<Self, ShapeError> {
        let key = |ids: &FixedSizeBinaryArray, row| -> Option<(TraceId, SpanId)> {
            Some((id_at(traces, row)?, id_at(ids, row)?))
        };
        let mut rows = HashMap::with_capacity(spans.len());
        for row in (0..spans.len()).rev() {
            if let Some(span) = key(spans, row) {
                rows.insert(span, row);
            }
        }
        let distance = |row: usize| -> Option<i32> {
            let parent = *rows.get(&key(parents, row)?)?;
            i32::try_from(parent as i64 - row as i64).ok()
        };
        let distances: Int32Array = (0..spans.len()).map(distance).collect();
        let mut ids = FixedSizeBinaryBuilder::with_capacity(spans.len(), 8);
        for row in 0..spans.len() {
            match parents.is_valid(row) && distances.is_null(row) {
                true => ids.append_value(parents.value(row))?,
                false => ids.append_null(),
            }
        }
        Ok(Parents {
            distances,
            ids: ids.finish(),
        })
    }
}

/// The ids of the parents.
pub(super) fn restore(
    distances: &Int32Array,
    ids: &FixedSizeBinaryArray,
    spans: &FixedSizeBinaryArray,
) -> Result<FixedSizeBinaryArray, ShapeError> {
    let mut parents = FixedSizeBinaryBuilder::with_capacity(spans.len(), 8);
    for row in 0..spans.len() {
        if distances.is_valid(row) {
            let parent = row as i64 + i64::from(distances.value(row));
            let parent = usize::try_from(parent).ok();
            let parent = parent.filter(|parent| *parent < spans.len());
            let parent = parent.ok_or(ShapeError::Rows {
                what: "a parent outside the batch",
                row,
            })?;
            parents.append_value(spans.value(parent))?;
        } else if ids.is_valid(row) {
            parents.append_value(ids.value(row))?;
        } else {
            parents.append_null();
        }
    }
    Ok(parents.finish())
}
