//! How the rows of a merged segment shall lie: from what the shapes of its inputs say of theirs.

use std::sync::Arc;

use clearspan_schema::Signal;

use super::error::CompactionError;
use crate::scan::AttributeKeys;
use crate::segment::shape::{Planner, ShapePlan};
use crate::segment::{Segment, SegmentError};

/// A plan for all rows of `segments`. Reads the rows only of folders that have no shape.
pub(super) fn plan(
    signal: Signal,
    segments: &[Arc<Segment>],
) -> Result<ShapePlan, CompactionError> {
    let mut planner = Planner::new(signal);
    for segment in segments {
        add(&mut planner, signal, segment).map_err(|source| CompactionError::Input {
            segment: segment.id(),
            source,
        })?;
    }
    Ok(planner.finish())
}

fn add(planner: &mut Planner, signal: Signal, segment: &Segment) -> Result<(), SegmentError> {
    if let Some(shape) = segment.shape()? {
        return Ok(planner.merge(&shape)?);
    }
    let columns: Vec<usize> = (0..signal.stored_schema().fields().len()).collect();
    let firsts: Vec<u32> = segment.batch_times().map(|(rows, _)| rows.start).collect();
    for first in firsts {
        planner.count(&segment.read_batch(first, &columns, &AttributeKeys::All)?)?;
    }
    Ok(())
}
