//! Calls over time, in equal parts of a range.

use clearspan_storage::scan::{Snapshot, TimeRange};

use crate::limits::SERIES_BUCKETS_MAX;

/// Equal parts of a range, in which calls are counted.
#[derive(Debug)]
pub(super) struct Series {
    from: i128,
    length: i128,
    pub(super) buckets: usize,
}

impl Series {
    pub(super) fn new(range: TimeRange, snapshot: &Snapshot, buckets: usize) -> Self {
        let stored = snapshot.time_bounds();
        let from = range.from.or(stored.map(|(oldest, _)| oldest)).unwrap_or(0);
        // The newest span lies inside of a range that ends behind it.
        let newest = stored.map(|(_, newest)| newest.saturating_add(1));
        let to = range.to.or(newest).unwrap_or(from).max(from);
        Series {
            from: i128::from(from),
            length: (i128::from(to) - i128::from(from)).max(1),
            buckets: buckets.clamp(1, SERIES_BUCKETS_MAX),
        }
    }

    /// The first instant of each part but the first.
    pub(super) fn cuts(&self) -> impl Iterator<Item = i128> + '_ {
        let buckets = self.buckets as i128;
        // The least time whose part is `at`, as `count` has it: rounded up.
        (1..buckets).map(move |at| self.from + (at * self.length + buckets - 1).div_euclid(buckets))
    }

    /// Counts so many calls, and errors among them, at a time.
    pub(super) fn count(&self, series: &mut [(u32, u32)], time: i64, calls: u64, errors: u64) {
        let at = (i128::from(time) - self.from) * self.buckets as i128 / self.length;
        let part = usize::try_from(at).ok().and_then(|at| series.get_mut(at));
        let add = |to: &mut u32, count: u64| {
            *to = to.saturating_add(u32::try_from(count).unwrap_or(u32::MAX))
        };
        if let Some((all, bad)) = part {
            add(all, calls);
            add(bad, errors);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_is_where_the_next_part_begins() {
        for (length, buckets) in [(1, 1), (2, 2), (7, 3), (1_000, 7), (60, 60), (3, 5)] {
            let series = Series {
                from: 100,
                length,
                buckets,
            };
            let part = |time: i64| {
                let mut counts = vec![(0, 0); buckets];
                series.count(&mut counts, time, 1, 0);
                counts.iter().position(|part| part.0 == 1)
            };
            let cuts: Vec<i128> = series.cuts().collect();
            assert_eq!(cuts.len(), buckets - 1);
            for time in 100..100 + length as i64 {
                let behind = cuts.iter().filter(|&&cut| cut <= i128::from(time)).count();
                assert_eq!(part(time), Some(behind), "{time} of {length} in {buckets}");
            }
        }
    }
}
