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

/// The merges of days, each with the time at which it is due. `unsettled` are partitions in which hours are still to be merged; a segment has
/// settled `quiet_ns` after it was made.
pub(super) fn merges<'a>(
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
    days.into_iter()
        .filter(|(_, rows)| rows.len() >= DAY_PILE)
        .map(|(day, mut rows)| {
            let end_ns = day.saturating_add(1).saturating_mul(24 * HOUR_NS);
            let over_ns = end_ns.saturating_add(COMPACTION_WAIT_NS);
            // A segment from the future tells of a wrong clock, and is waited for no longer than others.
            let made = rows.iter().map(|row| row.created_ns.min(now_ns));
            let settled_ns = made.max().unwrap_or(now_ns).saturating_add(quiet_ns);
            let when = match over_ns.max(settled_ns) {
                at if at <= now_ns => When::Now,
                at => When::Company(at),
            };
            rows.sort_by_key(|row| (row.partition, row.id));
            Merge::new(Partition::Day(day), &rows, when)
        })
        .collect()
}
