//! Buckets of one width over a stretch of time.
//!
//! Buckets start at multiples of their width, counted from 1970, and the width is a round number, so that a
//! bar means "from 10:15 to 10:20" and stays the same bar while `now` moves on. The price is one bucket more
//! than was asked for, where the stretch begins within one, and fewer, at least half of them, where the next
//! round width is wider than would have been enough.

const SECOND: i128 = 1_000_000_000;
const MINUTE: i128 = 60 * SECOND;
const HOUR: i128 = 60 * MINUTE;
const DAY: i128 = 24 * HOUR;

/// Divisors of 60: whole buckets to a minute, whole buckets to an hour.
const SIXTIETHS: [i128; 11] = [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30];
/// Divisors of 24.
const HOURS: [i128; 7] = [1, 2, 3, 4, 6, 8, 12];
/// Below ten nanoseconds, or days, half ones would not do.
const ONES: [i128; 4] = [1, 2, 4, 5];
const TENS: [i128; 5] = [10, 20, 25, 40, 50];
/// Tens of days up to here; a person cannot ask for more.
const DAYS_POWER_MAX: u32 = 20;

/// Buckets that follow each other without a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Grid {
    /// Start of the first, in nanoseconds since 1970; it may lie before all stored times.
    pub(crate) start: i128,
    /// Nanoseconds of each.
    pub(crate) width: i128,
    /// How many there are.
    pub(crate) buckets: usize,
}

impl Grid {
    /// Over the instants from `first` to `last`, both inclusive, in at most `buckets_max` + 1.
    pub(crate) fn over(first: i128, last: i128, buckets_max: usize) -> Grid {
        let instants = (last - first).max(0) + 1;
        let enough = (instants - 1) / buckets_max as i128 + 1;
        let width = widths().find(|&width| width >= enough).unwrap_or(enough);
        let start = first.div_euclid(width) * width;
        Grid {
            start,
            width,
            // At most one more than asked for, so it fits.
            buckets: ((last.max(first) - start) / width) as usize + 1,
        }
    }

    /// The bucket that holds `time`, which must not lie before the first.
    pub(crate) fn bucket_of(&self, time: i64) -> usize {
        ((i128::from(time) - self.start) / self.width) as usize
    }

    /// Where the bucket at `index` starts.
    pub(crate) fn start_of(&self, index: usize) -> i128 {
        self.start + self.width * index as i128
    }

    /// The first and the last stored time that the bucket at `index` holds.
    pub(crate) fn times_of(&self, index: usize) -> (i64, i64) {
        let start = self.start_of(index);
        let clamped = |time: i128| time.clamp(i64::MIN.into(), i64::MAX.into()) as i64;
        (clamped(start), clamped(start + self.width - 1))
    }
}

/// All round widths, ascending.
fn widths() -> impl Iterator<Item = i128> {
    let times = |factors: &'static [i128], unit: i128| factors.iter().map(move |n| n * unit);
    let tens = move |unit: i128, powers: std::ops::Range<u32>| {
        powers.flat_map(move |power| times(&TENS, unit * 10i128.pow(power)))
    };
    times(&ONES, 1)
        .chain(tens(1, 0..8))
        .chain(times(&SIXTIETHS, SECOND))
        .chain(times(&SIXTIETHS, MINUTE))
        .chain(times(&HOURS, HOUR))
        .chain(times(&ONES, DAY))
        .chain(tens(DAY, 0..DAYS_POWER_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_ascend_and_at_most_double() {
        let all: Vec<i128> = widths().collect();
        assert!(
            all.windows(2)
                .all(|two| two[0] < two[1] && two[1] <= 2 * two[0])
        );
        assert_eq!(all.first(), Some(&1));
    }

    #[test]
    fn every_instant_has_its_bucket() {
        let ns = |time: i64| i128::from(time);
        let all = (ns(i64::MIN), ns(i64::MAX));
        let recent = 1_700_000_000_123_456_789;
        for (first, last) in [
            (0, 0),
            (-1, 0),
            (ns(i64::MAX), ns(i64::MAX)),
            (recent, recent + 900 * SECOND - 1),
            (recent, recent + 7 * DAY),
            (-62_167_219_200 * SECOND, recent),
            (-7, 1_000_003),
            (-10i128.pow(33), 10i128.pow(33)),
            (-10i128.pow(37), 10i128.pow(37)),
            all,
        ] {
            for buckets_max in [1, 2, 60, 10_000] {
                let grid = Grid::over(first, last, buckets_max);
                assert!(grid.buckets <= buckets_max + 1, "{first} {last} {grid:?}");
                assert!(grid.start <= first && first < grid.start + grid.width);
                let end = grid.start_of(grid.buckets);
                assert!(end - grid.width <= last && last < end, "{grid:?}");
                for time in [first, last].map(i64::try_from).into_iter().flatten() {
                    let index = grid.bucket_of(time);
                    let (low, high) = grid.times_of(index);
                    assert!(
                        index < grid.buckets && (low..=high).contains(&time),
                        "{grid:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn fifteen_minutes_in_sixty() {
        let minute_past = 28_333_333 * MINUTE + 7 * SECOND;
        let grid = Grid::over(minute_past, minute_past + 15 * MINUTE - 1, 60);
        assert_eq!((grid.width, grid.buckets), (15 * SECOND, 61));
        assert_eq!(grid.start, 28_333_333 * MINUTE);
    }

    #[test]
    fn nothing_asks_for_less_than_an_instant() {
        let grid = Grid::over(10, 5, 60);
        assert_eq!((grid.start, grid.width, grid.buckets), (10, 1, 1));
    }
}
