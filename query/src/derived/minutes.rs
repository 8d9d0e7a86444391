//! Which minutes of a range are answered from sums.
//!
//! A sum over a minute says nothing of a part of it. So an instant at which an answer is divided (an end of the range, the border of two
//! buckets) tears the minute that it lies in: that minute is read from the rows, all others are whole.

use clearspan_storage::scan::TimeRange;

/// A minute, in nanoseconds.
pub(crate) const MINUTE_NS: i64 = 60_000_000_000;

/// A range in minutes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Minutes {
    range: TimeRange,
    /// Ascending, each once.
    torn: Vec<i64>,
}

impl Minutes {
    /// Of `range`, which is also divided at each of `cuts`.
    pub(crate) fn new(range: TimeRange, cuts: impl IntoIterator<Item = i128>) -> Self {
        let ends = [range.from, range.to].into_iter().flatten();
        let cuts = ends.map(i128::from).chain(cuts);
        let torn = cuts.filter_map(torn_by);
        let mut torn: Vec<i64> = torn
            .filter(|&minute| range.overlaps(first_of(minute), last_of(minute)))
            .collect();
        torn.sort_unstable();
        torn.dedup();
        Minutes { range, torn }
    }

    /// Whether all of the minute lies in the range, undivided.
    pub(crate) fn is_whole(&self, minute: i64) -> bool {
        let (first, last) = bounds(minute);
        let starts = self.range.from.is_none_or(|from| i128::from(from) <= first);
        let ends = self.range.to.is_none_or(|to| last < i128::from(to));
        starts && ends && self.torn.binary_search(&minute).is_err()
    }

    /// What of the range lies in torn minutes: ascending, apart from each other.
    pub(crate) fn torn_ranges(&self) -> Vec<TimeRange> {
        let runs = self.torn.chunk_by(|a, b| a.checked_add(1) == Some(*b));
        let runs = runs.filter_map(|run| Some((*run.first()?, *run.last()?)));
        runs.map(|(first, last)| self.within(first, last)).collect()
    }

    /// The instants of a minute.
    pub(crate) fn range_of(minute: i64) -> TimeRange {
        Minutes::new(TimeRange::ALL, []).within(minute, minute)
    }

    /// The instants of the range from minute `first` to minute `last`.
    fn within(&self, first: i64, last: i64) -> TimeRange {
        let (from, _) = bounds(first);
        let (_, last) = bounds(last);
        // What no row can have is no bound.
        let from = i64::try_from(from).ok().max(self.range.from);
        let to = i64::try_from(last + 1).ok();
        let to = [to, self.range.to].into_iter().flatten().min();
        TimeRange { from, to }
    }
}

/// The minute that an instant lies within; `None` where it lies between two.
fn torn_by(cut: i128) -> Option<i64> {
    let minute = i128::from(MINUTE_NS);
    let is_between = cut.rem_euclid(minute) == 0;
    if is_between {
        return None;
    }
    i64::try_from(cut.div_euclid(minute)).ok()
}

/// The first and the last instant of a minute. Those at either end of time reach beyond what can be stored.
fn bounds(minute: i64) -> (i128, i128) {
    let first = i128::from(minute) * i128::from(MINUTE_NS);
    (first, first + i128::from(MINUTE_NS) - 1)
}

fn first_of(minute: i64) -> i64 {
    clamp(bounds(minute).0)
}

fn last_of(minute: i64) -> i64 {
    clamp(bounds(minute).1)
}

fn clamp(time: i128) -> i64 {
    time.clamp(i64::MIN.into(), i64::MAX.into()) as i64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const M: i64 = MINUTE_NS;

    fn range(from: Option<i64>, to: Option<i64>) -> TimeRange {
        TimeRange { from, to }
    }

    #[test]
    fn ends_and_cuts_tear_the_minutes_they_lie_in() {
        let minutes = Minutes::new(
            range(Some(M / 2), Some(9 * M)),
            [2 * M, 4 * M + 1, 5 * M + 7].map(i128::from),
        );
        let whole: Vec<i64> = (-2..12)
            .filter(|&minute| minutes.is_whole(minute))
            .collect();
        assert_eq!(whole, [1, 2, 3, 6, 7, 8]);
        let torn = [range(Some(M / 2), Some(M)), range(Some(4 * M), Some(6 * M))];
        assert_eq!(minutes.torn_ranges(), torn);
    }

    #[test]
    fn the_ends_of_time_are_minutes_too() {
        let all = Minutes::new(range(None, None), []);
        for time in [i64::MIN, i64::MAX] {
            assert!(all.is_whole(time.div_euclid(M)));
        }
        assert_eq!(all.torn_ranges(), []);
        let to_the_end = Minutes::new(range(Some(i64::MIN), Some(i64::MAX)), []);
        let torn = [
            range(Some(i64::MIN), Some((i64::MIN.div_euclid(M) + 1) * M)),
            range(Some(i64::MAX.div_euclid(M) * M), Some(i64::MAX)),
        ];
        assert_eq!(to_the_end.torn_ranges(), torn);
    }

    proptest! {
        /// Each instant of the range lies in a whole minute or in a torn range, never in both; others in neither.
        #[test]
        fn every_instant_is_counted_once(
            from in proptest::option::of(-500i64..500),
            length in proptest::option::of(1i64..1_000),
            cuts in prop::collection::vec(-600i64..600, 0..6),
            at in -700i64..700,
        ) {
            // Sixths of a minute, so that some cuts lie between two.
            let scale = |sixths: i64| sixths * (M / 6);
            let to = length.map(|length| scale(from.unwrap_or(-500) + length));
            let range = TimeRange { from: from.map(scale), to };
            let minutes = Minutes::new(range, cuts.iter().map(|&cut| i128::from(scale(cut))));
            let time = scale(at) + 1;
            let torn = minutes.torn_ranges().into_iter().filter(|torn| torn.contains(time)).count();
            let whole = usize::from(minutes.is_whole(time.div_euclid(M)));
            prop_assert_eq!(torn + whole, usize::from(range.contains(time)));
            for cut in cuts.iter().map(|&cut| scale(cut)).filter(|cut| cut % M != 0) {
                prop_assert!(!minutes.is_whole(cut.div_euclid(M)));
            }
        }
    }
}
