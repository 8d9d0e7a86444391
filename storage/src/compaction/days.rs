//! Small hours of a day become one segment.
//!
//! A sender that says little leaves a folder of some files for each hour, thousands after a month, and every search opens them. So when a day has been
//! over for a day, its small merged segments are merged once more, into the day's own partition. Small is what a few records a second make: a day of
//! them is a few megabytes, so the second rewriting costs next to nothing, and hours of a busier sender are left as they are.

use std::collections::{BTreeMap, HashSet};

use super::choice::{Merge, When};
use crate::catalog::{Partition, SegmentRow};
use crate::flush::HOUR_NS;
use crate::limits::{COMPACTION_WAIT_NS, DAY_PILE, SMALL_HOUR_BYTES, SMALL_HOUR_ROWS};

/// The merges of days that are due. `unsettled` are partitions in which hours are still to be merged; a segment has settled `quiet_ns` after it
/// was made.
pub(super) fn due<'a>(
    segments: &[&'a SegmentRow],
    unsettled: &HashSet<Partition>,
    quiet_ns: i64,
    now_ns: i64,
) -> Vec<Merge> {
    let mut days: BTreeMap<i64, Vec<&'a SegmentRow>> = BTreeMap::new();
    for row in segments {
        let hour = matches!(row.partition, Partition::Hour(_));
        let small = row.rows < SMALL_HOUR_ROWS && row.bytes < SMALL_HOUR_BYTES;
        if let Some(day) = row.partition.day()
            && hour
            && small
            && row.level > 0
            && !unsettled.contains(&row.partition)
        {
            days.entry(day).or_default().push(row);
        }
    }
    let is_over = |day: i64| {
        let end_ns = day.saturating_add(1).saturating_mul(24 * HOUR_NS);
        end_ns.saturating_add(COMPACTION_WAIT_NS) <= now_ns
    };
    // One from the future tells of a wrong clock, and waits for nothing.
    let has_settled = |row: &&SegmentRow| {
        row.created_ns > now_ns || row.created_ns.saturating_add(quiet_ns) <= now_ns
    };
    days.into_iter()
        .filter(|(day, rows)| {
            rows.len() >= DAY_PILE && is_over(*day) && rows.iter().all(has_settled)
        })
        .map(|(day, mut rows)| {
            rows.sort_by_key(|row| (row.partition, row.id));
            Merge::new(Partition::Day(day), &rows, When::Now)
        })
        .collect()
}
