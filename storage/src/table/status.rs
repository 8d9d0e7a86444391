//! Figures of one table.

use std::sync::atomic::Ordering;

use super::Table;
use crate::scan::MissingSegment;
use crate::wal;

/// What one signal of one tenant holds at this moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableStatus {
    /// Rows in memtable and segments together.
    pub rows: u64,
    /// Spans that were dropped as repeats since the start of the process, replayed ones included.
    pub duplicates: u64,
    /// Bytes of requests that wait for their commit.
    pub queued_bytes: u64,
    /// Rows in memtables.
    pub memtable_rows: u64,
    /// Bytes of memtables.
    pub memtable_bytes: u64,
    /// WAL files that are still needed.
    pub wal_files: u64,
    /// Bytes of these files on disk.
    pub wal_bytes: u64,
    /// Segments.
    pub segments: u64,
    /// Bytes of segments on disk.
    pub segment_bytes: u64,
    /// Earliest time at which a row is placed, in nanoseconds since 1970.
    pub oldest_ns: Option<i64>,
    /// Latest time at which a row is placed.
    pub newest_ns: Option<i64>,
    /// Rows that are committed but not yet in a segment.
    pub flush_pending: u64,
    /// Segments that a compaction will merge: those that are due, and those whose hour is still written to. Once
    /// nothing more arrives, it falls to 0 two flush intervals after the end of the hour (of an hour in the future: within a day).
    /// A few late rows that wait for more of their kind, a day at most, count when they are due.
    pub compaction_pending: u64,
    /// Bytes of those segments.
    pub compaction_pending_bytes: u64,
    /// Segments that could not be merged and are left out of compaction, for an hour or, where they are damaged, until the next start. They
    /// are searched all the same; the log says why.
    pub compaction_set_aside: u64,
    /// Segments that cannot be read.
    pub missing: Vec<MissingSegment>,
}

impl Table {
    pub(crate) fn status(&self) -> TableStatus {
        let snapshot = self.snapshot();
        let (memtable_rows, memtable_bytes) = {
            let state = self.state.read();
            let frozen = state.frozen.as_ref();
            let rows = state.active.rows() + frozen.map_or(0, |frozen| frozen.rows());
            (
                rows as u64,
                (state.active.bytes() + frozen.map_or(0, |frozen| frozen.bytes())) as u64,
            )
        };
        let catalog = self.room.catalog.state();
        let key = self.key();
        let now = self.room.clock.now();
        let pending = self.compaction_pending(now);
        let live = catalog.segments_of(&key).map(|segment| segment.id.0);
        let set_aside = self.set_aside.count(live, now.monotonic);
        TableStatus {
            rows: snapshot.rows(),
            duplicates: self.duplicates.load(Ordering::Relaxed),
            queued_bytes: self.queue.stats().queued_bytes as u64,
            memtable_rows,
            memtable_bytes,
            wal_files: catalog.wal_files_of(&key).count() as u64,
            wal_bytes: wal::bytes_of(&self.wal_place(), catalog.wal_files_of(&key)),
            segments: catalog.segments_of(&key).count() as u64,
            segment_bytes: catalog.segments_of(&key).map(|segment| segment.bytes).sum(),
            oldest_ns: snapshot
                .parts()
                .iter()
                .map(|part| part.time_range().0)
                .min(),
            newest_ns: snapshot
                .parts()
                .iter()
                .map(|part| part.time_range().1)
                .max(),
            flush_pending: memtable_rows,
            compaction_pending: pending.segments,
            compaction_pending_bytes: pending.bytes,
            compaction_set_aside: set_aside as u64,
            missing: [snapshot.missing().to_vec(), snapshot.found_damaged()].concat(),
        }
    }
}
