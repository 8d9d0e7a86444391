//! How the rows of a merged segment shall lie: from what the shapes of its inputs say of theirs.

use std::sync::Arc;

use clearspan_schema::Signal;

use super::error::CompactionError;
use crate::scan::AttributeKeys;
use crate::segment::shape::{Planner, ShapePlan};
use crate::segment::{Segment, SegmentError};

/// A plan for all rows of `segments`. Reads the rows only of folders that have no shape, or one of another rule for bodies.
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
    if let Some(shape) = segment.shape()?.filter(|shape| shape.has_known_rule()) {
        return Ok(planner.merge(&shape)?);
    }
    let columns: Vec<usize> = (0..signal.stored_schema().fields().len()).collect();
    let firsts: Vec<u32> = segment.batch_times().map(|(rows, _)| rows.start).collect();
    for first in firsts {
        planner.count(&segment.read_batch(first, &columns, &AttributeKeys::All)?)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::path::Path;

    use super::*;
    use crate::TenantId;
    use crate::segment::{Container, NewSegment, SegmentCache, SegmentWriter};
    use crate::testing::{shared, stored_logs};
    use crate::vfs::{SimVfs, Vfs};

    /// Its templates are not those that its bodies would have, so they are counted anew.
    #[test]
    fn a_segment_of_another_rule_is_planned_from_its_rows() {
        let disk = SimVfs::new();
        disk.create_dir(Path::new("/data")).unwrap();
        let texts: Vec<String> = (0..300)
            .map(|at| format!("line {at} of {}", at % 3))
            .collect();
        let rows: Vec<(u64, &str)> = texts.iter().map(|text| (1_000, &**text)).collect();
        let rows = stored_logs(&rows, 0);
        let by_rows = || {
            let mut planner = Planner::new(Signal::Logs);
            planner.count(&rows).unwrap();
            planner.finish()
        };
        let segment = |id, rule| {
            let new = NewSegment {
                id,
                tenant: TenantId::default(),
                signal: Signal::Logs,
                partition: "odd".into(),
                signal_dir: "/data".into(),
                arrival_ns: (1, 2),
                formulas: crate::derived::Formulas::default(),
            };
            let vfs = shared(&disk);
            let plan = by_rows().of_rule(rule);
            let mut writer = SegmentWriter::create(&vfs, new, Container::Arrow, plan).unwrap();
            writer.push(&rows).unwrap();
            let written = writer.finish().unwrap();
            let cache = Arc::new(SegmentCache::of_bytes(1 << 20));
            let (dir, sum) = (written.dir, written.meta_crc32c);
            Arc::new(Segment::open(Signal::Logs, dir, sum, vfs, cache).unwrap())
        };
        let planned = plan(Signal::Logs, &[segment(1, 7)]).unwrap();
        assert!(!planned.templates().is_empty());
        assert_eq!(planned, by_rows());
        let both = plan(Signal::Logs, &[segment(2, 7), segment(3, 1)]).unwrap();
        assert_eq!(both.templates().rows(0), Some(600));
    }
}
