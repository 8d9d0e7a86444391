//! One compaction, a batch at a time.

use std::path::Path;
use std::sync::Arc;

use clearspan_schema::Signal;

use super::choice::Merge;
use super::error::CompactionError;
use super::output::{NewOutput, Output};
use super::plan::plan;
use super::row_merge::RowMerge;
use crate::TenantId;
use crate::catalog::{Catalog, SegmentId, SegmentRow, TableKey};
use crate::derived::Formulas;
use crate::flush::{Unpublished, folder_name, remove_unpublished};
use crate::segment::Segment;
use crate::segment::shape::ShapePlan;
use crate::vfs::Vfs;

/// Bytes that should be free for each byte that is merged: for the new segments, and as many for what is being
/// written meanwhile.
const FREE_FACTOR: u64 = 2;

/// Where a compaction works.
#[derive(Debug)]
pub(crate) struct Place<'a> {
    pub(crate) vfs: &'a Arc<dyn Vfs>,
    pub(crate) catalog: &'a dyn Catalog,
    pub(crate) tenant: &'a TenantId,
    pub(crate) signal: Signal,
    pub(crate) signal_dir: &'a Path,
    pub(crate) formulas: &'a Formulas,
}

/// A compaction that was begun.
#[derive(Debug)]
pub(crate) struct Job {
    merge: Merge,
    /// A row with the bounds of all inputs together.
    hull: SegmentRow,
    rows: RowMerge,
    plan: ShapePlan,
    output: Option<Output>,
    written: Vec<Unpublished>,
    written_rows: u64,
}

impl Job {
    /// Begins `merge`, whose inputs are `inputs`, at least one.
    pub(crate) fn begin(
        place: &Place<'_>,
        merge: Merge,
        inputs: Vec<(SegmentRow, Arc<Segment>)>,
        now_ns: i64,
    ) -> Result<Job, CompactionError> {
        check_space(place, merge.bytes)?;
        let (rows, segments): (Vec<SegmentRow>, Vec<_>) = inputs.into_iter().unzip();
        let first = rows.first().cloned();
        let hull = first.map(|first| rows.iter().fold(first, hull));
        let hull = hull.ok_or(CompactionError::Miscounted {
            read: 0,
            written: 0,
        })?;
        let hull = SegmentRow {
            partition: merge.partition,
            level: hull.level + 1,
            created_ns: now_ns,
            ..hull
        };
        Ok(Job {
            plan: plan(place.signal, &segments)?,
            rows: RowMerge::new(place.signal, segments)?,
            merge,
            hull,
            output: None,
            written: Vec::new(),
            written_rows: 0,
        })
    }

    /// Merges one more record batch; whether that was all. Every new segment is then durable.
    pub(crate) fn advance(&mut self, place: &Place<'_>) -> Result<bool, CompactionError> {
        let enough = self.output.as_ref();
        let enough = enough.map_or(self.merge.output_rows, Output::left);
        let Some(batch) = self.rows.next_batch(enough)? else {
            self.finish_output(place)?;
            return self.check_count().map(|()| true);
        };
        let mut output = match self.output.take() {
            Some(output) => output,
            None => self.create_output(place)?,
        };
        output.push(&batch).map_err(CompactionError::Output)?;
        let full = output.is_overfull() || (output.left() == 0 && self.rows.is_boundary());
        self.output = Some(output);
        if full {
            self.finish_output(place)?;
        }
        Ok(false)
    }

    /// What was merged.
    pub(crate) fn inputs(&self) -> &[SegmentId] {
        &self.merge.inputs
    }

    /// The new segments, of which the catalog does not know yet.
    pub(crate) fn into_written(self) -> Vec<Unpublished> {
        self.written
    }

    /// Gives the compaction up: what it has written is removed.
    pub(crate) fn abandon(self, vfs: &dyn Vfs) {
        remove_unpublished(vfs, &self.written);
    }

    fn create_output(&self, place: &Place<'_>) -> Result<Output, CompactionError> {
        let new = NewOutput {
            id: place.catalog.allocate_segment_id()?,
            folder: folder_name(self.merge.partition),
            arrival_ns: (self.hull.min_arrival_ns, self.hull.max_arrival_ns),
            planned: self.merge.output_rows,
        };
        Output::create(place, new, self.plan.clone()).map_err(CompactionError::Output)
    }

    fn finish_output(&mut self, place: &Place<'_>) -> Result<(), CompactionError> {
        let Some(output) = self.output.take() else {
            return Ok(());
        };
        let rows = output.rows();
        let written = output.finish().map_err(CompactionError::Output)?;
        self.written_rows += rows;
        let row = SegmentRow {
            id: SegmentId(written.meta.id),
            key: TableKey::new(place.tenant.as_str(), place.signal),
            rows: u64::from(written.meta.rows),
            bytes: written.bytes,
            min_time_ns: written.meta.min_time_ns,
            max_time_ns: written.meta.max_time_ns,
            min_seq: written.meta.min_seq,
            max_seq: written.meta.max_seq,
            meta_checksum: u64::from(written.meta_crc32c),
            ..self.hull.clone()
        };
        let dir = written.dir;
        self.written.push(Unpublished { row, dir });
        Ok(())
    }

    /// None lost: that none is doubled follows from the strict order.
    fn check_count(&self) -> Result<(), CompactionError> {
        let (read, written) = (self.merge.rows, self.written_rows);
        let listed: u64 = self.written.iter().map(|segment| segment.row.rows).sum();
        if read == written && read == listed {
            Ok(())
        } else {
            Err(CompactionError::Miscounted { read, written })
        }
    }
}

fn check_space(place: &Place<'_>, bytes: u64) -> Result<(), CompactionError> {
    // A file system that does not tell its size is not full for that.
    let Ok(space) = place.vfs.space(place.signal_dir) else {
        return Ok(());
    };
    let (available, needed) = (space.available_bytes, bytes.saturating_mul(FREE_FACTOR));
    if available < needed {
        return Err(CompactionError::NoSpace { available, needed });
    }
    Ok(())
}

fn hull(a: SegmentRow, b: &SegmentRow) -> SegmentRow {
    SegmentRow {
        min_arrival_ns: a.min_arrival_ns.min(b.min_arrival_ns),
        max_arrival_ns: a.max_arrival_ns.max(b.max_arrival_ns),
        wal_from_seq: a.wal_from_seq.min(b.wal_from_seq),
        wal_to_seq: a.wal_to_seq.max(b.wal_to_seq),
        level: a.level.max(b.level),
        ..a
    }
}
