//! The change that a compaction makes: merged segments take the place of those that they were merged from.
//!
//! What it says is held against what the catalog knows of both sides, in release builds too: whatever went
//! wrong in a merge, rows that do not add up are not published. Repeating the change is refused, because the
//! segments that it removes are gone.

use std::collections::BTreeSet;

use super::change::{RowChange, refuse};
use super::error::CatalogError;
use super::rows::{Partition, SegmentId, SegmentRow, TableKey};
use super::state::CatalogState;

/// What a compaction made, published at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompactionCommit {
    /// The table.
    pub key: TableKey,
    /// The segments that were merged, of one partition or of one day.
    pub removed: Vec<SegmentId>,
    /// What they became: the same rows.
    pub added: Vec<SegmentRow>,
}

/// Where merged rows may lie.
struct Home {
    /// The partition of all inputs, where they have one in common.
    partition: Option<Partition>,
    /// The day of all inputs.
    day: Option<i64>,
}

impl Home {
    fn of(removed: &[&SegmentRow]) -> Self {
        let first = removed.first().map(|row| row.partition);
        let alike =
            |holds: &dyn Fn(Partition) -> bool| removed.iter().all(|row| holds(row.partition));
        let day = first.and_then(Partition::day);
        Home {
            partition: first.filter(|first| alike(&|of| of == *first)),
            day: day.filter(|_| alike(&|of| of.day() == day)),
        }
    }

    fn takes(&self, partition: Partition) -> bool {
        let of_day = matches!(partition, Partition::Day(day) if Some(day) == self.day);
        Some(partition) == self.partition || of_day
    }
}

/// What must be the same on both sides: the rows, and the bounds of what they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Extent {
    rows: u64,
    time_ns: (i64, i64),
    seq: (u64, u64),
    arrival_ns: (i64, i64),
    wal: (u64, u64),
}

impl Extent {
    fn of(row: &SegmentRow) -> Self {
        Extent {
            rows: row.rows,
            time_ns: (row.min_time_ns, row.max_time_ns),
            seq: (row.min_seq, row.max_seq),
            arrival_ns: (row.min_arrival_ns, row.max_arrival_ns),
            wal: (row.wal_from_seq, row.wal_to_seq),
        }
    }

    fn with(self, other: Self) -> Self {
        fn hull<T: Ord>(a: (T, T), b: (T, T)) -> (T, T) {
            (a.0.min(b.0), a.1.max(b.1))
        }
        Extent {
            rows: self.rows.saturating_add(other.rows),
            time_ns: hull(self.time_ns, other.time_ns),
            seq: hull(self.seq, other.seq),
            arrival_ns: hull(self.arrival_ns, other.arrival_ns),
            wal: hull(self.wal, other.wal),
        }
    }
}

impl CatalogState {
    pub(super) fn plan_compact(
        &self,
        compaction: CompactionCommit,
    ) -> Result<Vec<RowChange>, CatalogError> {
        let removed = self.compacted(&compaction)?;
        if removed.is_empty() {
            return refuse(format!("a compaction of nothing in {}", compaction.key));
        }
        let level = removed.iter().map(|row| row.level).max().unwrap_or(0) + 1;
        let home = Home::of(&removed);
        let partition = compaction.added.first().map(|row| row.partition);
        let mut ids = BTreeSet::new();
        for segment in &compaction.added {
            let id = segment.id;
            let given = id.0 < self.meta.next_segment_id;
            if !given || self.segments.contains_key(&id) || !ids.insert(id) {
                return refuse(format!(
                    "segment {id} exists already, or has no id of its own"
                ));
            }
            let at_home = segment.key == compaction.key
                && Some(segment.partition) == partition
                && home.takes(segment.partition);
            if !at_home || segment.level != level {
                return refuse(format!("segment {id} is of another place than its rows"));
            }
        }
        let before = removed.into_iter().map(Extent::of).reduce(Extent::with);
        let added = compaction.added.iter().map(Extent::of);
        let after = added.reduce(Extent::with);
        if before != after {
            return refuse(format!(
                "rows of {} do not add up: {before:?} became {after:?}",
                compaction.key
            ));
        }
        let gone = compaction.removed.into_iter().map(RowChange::DeleteSegment);
        let new = compaction.added.into_iter().map(RowChange::PutSegment);
        Ok(gone.chain(new).collect())
    }

    /// The segments that were merged: all live and of the table.
    fn compacted(&self, compaction: &CompactionCommit) -> Result<Vec<&SegmentRow>, CatalogError> {
        let mut ids = BTreeSet::new();
        let mut removed: Vec<&SegmentRow> = Vec::with_capacity(compaction.removed.len());
        for &id in &compaction.removed {
            let row = match self.segments.get(&id) {
                Some(row) if row.key == compaction.key && ids.insert(id) => row,
                _ => return refuse(format!("segment {id} of {} is not live", compaction.key)),
            };
            removed.push(row);
        }
        Ok(removed)
    }
}
