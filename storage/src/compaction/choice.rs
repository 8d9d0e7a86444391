//! Which segments are merged next: the rule of `mod.rs`.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};

use super::days;
use crate::catalog::{Partition, SegmentId, SegmentRow};
use crate::flush::HOUR_NS;
use crate::limits::{
    COMPACTION_BYTES, COMPACTION_INPUTS, COMPACTION_PILE, COMPACTION_ROWS, COMPACTION_WAIT_NS,
    LATE_ROWS_ONE_IN, MERGED_BYTES, MERGED_ROWS, TWICE_ROWS_ONE_IN,
};

/// A merged segment with less than one in so many of the rows and bytes of a full one is small.
const SMALL_ONE_IN: u64 = 4;

/// When a merge is due. Times are nanoseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum When {
    /// Now.
    Now,
    /// At this time, if no flush writes to the partition before.
    Quiet(i64),
    /// At this time, unless the pile is large enough before: too few late rows to be worth a segment, or small hours of a day.
    Company(i64),
}

/// Segments of one partition, or of the hours of one day, that become one, or a few.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Merge {
    /// That of the result.
    pub(crate) partition: Partition,
    /// By ascending id.
    pub(crate) inputs: Vec<SegmentId>,
    /// Rows of them together.
    pub(crate) rows: u64,
    /// Bytes of them together.
    pub(crate) bytes: u64,
    /// Segments that are due with them, those included that another compaction will take.
    pub(crate) pending: u64,
    /// Bytes of those.
    pub(crate) pending_bytes: u64,
    /// Rows that each new segment is to hold, about.
    pub(crate) output_rows: u64,
    pub(crate) when: When,
}

/// How many parts of about `size`: a little more than one is still one.
fn nearest(all: u64, size: u64) -> u64 {
    all.saturating_add(size / 2) / size
}

impl Merge {
    /// Of `candidates`, at least one, as many as one compaction may take.
    pub(super) fn new(partition: Partition, candidates: &[&SegmentRow], when: When) -> Self {
        let inputs = within_limits(candidates);
        let mut ids: Vec<SegmentId> = inputs.iter().map(|row| row.id).collect();
        ids.sort_unstable();
        let (rows, bytes) = (rows_of(inputs), bytes_of(inputs));
        let outputs = nearest(rows, MERGED_ROWS).max(nearest(bytes, MERGED_BYTES));
        Merge {
            partition,
            inputs: ids,
            rows,
            bytes,
            pending: candidates.len() as u64,
            pending_bytes: bytes_of(candidates),
            output_rows: rows.div_ceil(outputs.max(1)),
            when,
        }
    }

    /// When to look again, if nothing happens before.
    pub(crate) fn due_ns(&self) -> Option<i64> {
        match self.when {
            When::Now => None,
            When::Quiet(at) | When::Company(at) => Some(at),
        }
    }
}

/// The next merge of each partition that has one, those that are due first. `segments` are the live segments of one
/// table that can be read; a partition is quiet `quiet_ns` after the last flush into it.
pub(crate) fn choose<'a>(
    segments: impl IntoIterator<Item = &'a SegmentRow>,
    quiet_ns: i64,
    now_ns: i64,
) -> Vec<Merge> {
    let segments: Vec<&SegmentRow> = segments.into_iter().collect();
    let mut partitions: BTreeMap<Partition, Vec<&SegmentRow>> = BTreeMap::new();
    for row in &segments {
        partitions.entry(row.partition).or_default().push(row);
    }
    let rule = Rule { quiet_ns, now_ns };
    let mut merges: Vec<Merge> = partitions
        .into_iter()
        .filter_map(|(partition, rows)| rule.next(partition, &rows))
        .collect();
    let unsettled: HashSet<Partition> = merges.iter().map(|merge| merge.partition).collect();
    merges.extend(days::merges(&segments, &unsettled, quiet_ns, now_ns));
    // Where most is won first, of equals the newest hour.
    merges.sort_by_key(|merge| {
        (
            merge.when,
            Reverse(merge.inputs.len()),
            Reverse(merge.partition),
        )
    });
    merges
}

struct Rule {
    quiet_ns: i64,
    now_ns: i64,
}

impl Rule {
    fn next(&self, partition: Partition, rows: &[&SegmentRow]) -> Option<Merge> {
        let (mut fresh, merged): (Vec<&SegmentRow>, Vec<&SegmentRow>) =
            rows.iter().copied().partition(|row| row.level == 0);
        fresh.sort_by_key(|row| row.id);
        let when = self.fresh_due(partition, &fresh, &merged);
        let first = |when| Merge::new(partition, &fresh, when);
        match when {
            Some(When::Now) => Some(first(When::Now)),
            _ => again(partition, rows, &merged).or_else(|| when.map(first)),
        }
    }

    /// Points 1 to 3 of the rule; `None` when there is nothing fresh.
    fn fresh_due(
        &self,
        partition: Partition,
        fresh: &[&SegmentRow],
        merged: &[&SegmentRow],
    ) -> Option<When> {
        let pile = merged.len().clamp(COMPACTION_PILE, COMPACTION_INPUTS);
        if fresh.len() >= pile || rows_of(fresh) >= MERGED_ROWS {
            return Some(When::Now);
        }
        let created = || fresh.iter().map(|row| self.created_ns(row));
        let oldest_ns = created().min()?;
        let latest_ns = oldest_ns.saturating_add(COMPACTION_WAIT_NS);
        let late = rows_of(fresh).saturating_mul(LATE_ROWS_ONE_IN) < rows_of(merged);
        let when = if late {
            When::Company(latest_ns)
        } else {
            let over_ns = match partition {
                Partition::Hour(hour) => hour.saturating_add(1).saturating_mul(HOUR_NS),
                Partition::Day(day) => day.saturating_add(1).saturating_mul(24 * HOUR_NS),
                Partition::Odd => i64::MIN,
            };
            let last_ns = created().max().unwrap_or(oldest_ns).max(over_ns);
            When::Quiet(last_ns.saturating_add(self.quiet_ns).min(latest_ns))
        };
        match when {
            When::Quiet(at) | When::Company(at) if at <= self.now_ns => Some(When::Now),
            _ => Some(when),
        }
    }

    /// When the segment was made. One from the future tells of a clock that was wrong then or is wrong now:
    /// it counts as old, so that nothing waits for ever.
    fn created_ns(&self, row: &SegmentRow) -> i64 {
        if row.created_ns <= self.now_ns {
            row.created_ns
        } else {
            self.now_ns.saturating_sub(COMPACTION_WAIT_NS)
        }
    }
}

/// The first of `segments`, at least one where there is one, that one compaction may take.
fn within_limits<'r, 'a>(segments: &'r [&'a SegmentRow]) -> &'r [&'a SegmentRow] {
    let mut taken = segments.len().min(COMPACTION_INPUTS);
    let too_much = |taken: &[&SegmentRow]| {
        rows_of(taken) > COMPACTION_ROWS || bytes_of(taken) > COMPACTION_BYTES
    };
    while taken > 1 && too_much(&segments[..taken]) {
        taken -= 1;
    }
    &segments[..taken]
}

/// Point 4 of the rule.
fn again(partition: Partition, all: &[&SegmentRow], merged: &[&SegmentRow]) -> Option<Merge> {
    let is_small = |row: &&&SegmentRow| {
        row.level == 1
            && row.rows < MERGED_ROWS / SMALL_ONE_IN
            && row.bytes < MERGED_BYTES / SMALL_ONE_IN
    };
    let mut small: Vec<&SegmentRow> = merged.iter().filter(is_small).copied().collect();
    small.sort_by_key(|row| (row.rows, row.id));
    let twice: u64 = merged
        .iter()
        .filter(|row| row.level > 1)
        .map(|row| row.rows)
        .sum();
    let allowed = (rows_of(all) / TWICE_ROWS_ONE_IN).saturating_sub(twice);
    let mut taken = within_limits(&small);
    while let [smaller @ .., largest] = taken {
        if taken.len() < COMPACTION_PILE {
            return None;
        }
        if largest.rows <= rows_of(smaller) && rows_of(taken) <= allowed {
            return Some(Merge::new(partition, taken, When::Now));
        }
        taken = smaller;
    }
    None
}

fn rows_of(segments: &[&SegmentRow]) -> u64 {
    segments.iter().map(|row| row.rows).sum()
}

fn bytes_of(segments: &[&SegmentRow]) -> u64 {
    segments.iter().map(|row| row.bytes).sum()
}

#[cfg(test)]
mod tests;
