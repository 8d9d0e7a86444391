//! What must hold after every change, by name. Checked on every change in debug builds, and on a data
//! folder that is examined.

use std::collections::HashSet;

use super::error::CatalogError;
use super::rows::{SegmentRow, WalFileRow, WalFileState};
use super::state::CatalogState;
use crate::ServiceSlot;

/// An invariant that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The invariant's name.
    pub name: &'static str,
    /// Where it does not hold.
    pub detail: String,
}

type Invariant = fn(&CatalogState) -> Result<(), String>;

const INVARIANTS: [(&str, Invariant); 8] = [
    (
        "no_two_flushed_segments_of_one_wal_range",
        no_two_flushed_segments_of_one_wal_range,
    ),
    (
        "segments_hold_no_more_rows_than_numbers",
        segments_hold_no_more_rows_than_numbers,
    ),
    ("segment_bounds_are_ordered", segment_bounds_are_ordered),
    ("segments_are_flushed", segments_are_flushed),
    ("segment_ids_are_reserved", segment_ids_are_reserved),
    ("wal_files_follow_each_other", wal_files_follow_each_other),
    (
        "only_the_last_wal_file_is_open",
        only_the_last_wal_file_is_open,
    ),
    ("no_two_services_of_one_slot", no_two_services_of_one_slot),
];

/// The invariants that do not hold, each where it fails first.
pub fn violations(state: &CatalogState) -> Vec<Violation> {
    let broken = INVARIANTS.iter().filter_map(|(name, holds)| {
        let detail = holds(state).err()?;
        Some(Violation { name, detail })
    });
    broken.collect()
}

/// Fails with the first invariant that does not hold.
pub(super) fn check(state: &CatalogState) -> Result<(), CatalogError> {
    match violations(state).into_iter().next() {
        None => Ok(()),
        Some(Violation { name, detail }) => Err(CatalogError::Invariant { name, detail }),
    }
}

/// Else rows would be found twice. Of segments that a compaction made, those of one compaction share its whole
/// range, and a late one may lie inside it, so that they are left out: for them, see the next one.
fn no_two_flushed_segments_of_one_wal_range(state: &CatalogState) -> Result<(), String> {
    let mut flushed: Vec<&SegmentRow> = state.segments.values().filter(|s| s.level == 0).collect();
    flushed.sort_by_key(|s| (&s.key, s.partition, s.wal_from_seq));
    for pair in flushed.windows(2) {
        let (a, b) = (pair[0], pair[1]);
        if a.key == b.key && a.partition == b.partition && b.wal_from_seq < a.wal_to_seq {
            return Err(format!("segments {} and {} of {}", a.id, b.id, a.key));
        }
    }
    Ok(())
}

/// Else rows would be found twice: every row of a table has a sequence number of its own. Segments whose numbers
/// interleave are counted together, whatever their partition and however often they were merged. So a segment
/// that lives on beside what it was merged into stands out, unless most of the numbers between them were dropped.
fn segments_hold_no_more_rows_than_numbers(state: &CatalogState) -> Result<(), String> {
    let mut segments: Vec<&SegmentRow> = state.segments.values().collect();
    segments.sort_by_key(|s| (&s.key, s.min_seq));
    let mut run: Option<(&SegmentRow, u64, u64)> = None;
    for segment in segments {
        let (first, last, rows) = match run {
            Some((first, last, rows)) if first.key == segment.key && segment.min_seq <= last => {
                let rows = rows.saturating_add(segment.rows);
                (first, last.max(segment.max_seq), rows)
            }
            _ => (segment, segment.max_seq, segment.rows),
        };
        if rows > last.saturating_sub(first.min_seq).saturating_add(1) {
            return Err(format!("segments up to {} of {}", segment.id, segment.key));
        }
        run = Some((first, last, rows));
    }
    Ok(())
}

fn segment_bounds_are_ordered(state: &CatalogState) -> Result<(), String> {
    let ordered = |s: &SegmentRow| {
        s.rows > 0
            && s.min_time_ns <= s.max_time_ns
            && s.min_seq <= s.max_seq
            && s.min_arrival_ns <= s.max_arrival_ns
            && s.wal_from_seq <= s.min_seq
            && s.max_seq < s.wal_to_seq
    };
    match state.segments.values().find(|s| !ordered(s)) {
        None => Ok(()),
        Some(s) => Err(format!("segment {} of {}", s.id, s.key)),
    }
}

fn segments_are_flushed(state: &CatalogState) -> Result<(), String> {
    let ahead = |s: &&SegmentRow| s.wal_to_seq > state.table(&s.key).flushed_seq;
    match state.segments.values().find(ahead) {
        None => Ok(()),
        Some(s) => Err(format!("segment {} of {}", s.id, s.key)),
    }
}

/// Else the next segment might get the id, and the folder, of one that lives.
fn segment_ids_are_reserved(state: &CatalogState) -> Result<(), String> {
    match state.segments.keys().next_back() {
        Some(id) if id.0 >= state.meta.next_segment_id => Err(format!("segment {id}")),
        _ => Ok(()),
    }
}

/// Else a sequence number would stand in two files, and replay would bring back what was refused.
fn wal_files_follow_each_other(state: &CatalogState) -> Result<(), String> {
    let files: Vec<&WalFileRow> = state.wal_files.values().collect();
    for file in &files {
        let backwards = file.end().is_some_and(|end| end.seq < file.first_seq);
        if backwards || file.file > state.table(&file.key).last_wal_file {
            return Err(format!("WAL file {} of {}", file.file, file.key));
        }
    }
    for pair in files.windows(2) {
        let (a, b) = (pair[0], pair[1]);
        if a.key == b.key && a.end().is_none_or(|end| end.seq > b.first_seq) {
            let (a, b, key) = (a.file, b.file, &a.key);
            return Err(format!("WAL files {a} and {b} of {key}"));
        }
    }
    Ok(())
}

fn only_the_last_wal_file_is_open(state: &CatalogState) -> Result<(), String> {
    let open = state.wal_files.values();
    for file in open.filter(|file| file.state == WalFileState::Open) {
        let last = state.wal_files_of(&file.key).last().map(|row| row.file);
        if last != Some(file.file) {
            return Err(format!("WAL file {} of {}", file.file, file.key));
        }
    }
    Ok(())
}

/// Else two services that could be told apart could not.
fn no_two_services_of_one_slot(state: &CatalogState) -> Result<(), String> {
    let mut taken = HashSet::with_capacity(state.services.len());
    for service in state.services.values() {
        let known = service.slot.colour < ServiceSlot::COLOURS;
        if !known || !taken.insert((&service.tenant, service.slot)) {
            return Err(format!("service {:?} of {}", service.name, service.tenant));
        }
    }
    Ok(())
}
