//! Windows of time: a page of what is newest or oldest lies at one end of the range, so only that end is read.
//!
//! What is found in a window is right whatever its width: what lies outside of it stands behind all that lies inside. A window that holds
//! too little is followed by a wider one, until the last is the whole range.

use clearspan_storage::scan::{Snapshot, TimeRange};

use crate::Order;

/// The first window, in nanoseconds. It doubles until it should hold enough.
const WINDOW_MIN_NS: i128 = 1_000_000;
/// How much wider the next window is where it is not known how many match: all before the last cost a third of it together.
pub(crate) const WIDEN: i128 = 4;
/// Rows lie unevenly in time: look for this many times what is needed.
const ROWS_FACTOR: f64 = 2.0;

/// The instants, both inclusive, among which rows of the page may lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    first: i64,
    last: i64,
    from_the_end: bool,
}

impl Span {
    /// `None` when no row can lie in the range, and behind `after`, in the order.
    pub(crate) fn of(
        snapshot: &Snapshot,
        range: TimeRange,
        order: Order,
        after: Option<i64>,
    ) -> Option<Self> {
        let from_the_end = order == Order::Descending;
        let parts = snapshot.parts().iter().map(|part| part.time_range());
        let parts = parts.filter(|&(first, last)| range.overlaps(first, last));
        let whole = parts.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))?;
        let mut first = range.from.map_or(whole.0, |from| from.max(whole.0));
        let mut last = range
            .to
            .map_or(whole.1, |to| to.saturating_sub(1).min(whole.1));
        match after {
            Some(after) if from_the_end => last = last.min(after),
            Some(after) => first = first.max(after),
            None => {}
        }
        (first <= last).then_some(Span {
            first,
            last,
            from_the_end,
        })
    }

    /// The end of the span that is `width` wide; `None` when that is all of it.
    pub(crate) fn window(self, width: i128) -> Option<TimeRange> {
        let (first, last) = (i128::from(self.first), i128::from(self.last));
        if width > last - first {
            return None;
        }
        let (from, to) = if self.from_the_end {
            (last - width, last + 1)
        } else {
            (first, first + width + 1)
        };
        // An end beyond the last representable instant is no bound.
        Some(TimeRange {
            from: i64::try_from(from).ok(),
            to: i64::try_from(to).ok(),
        })
    }

    /// The same, for whoever does not know whether a window will do: where it holds more than a quarter of the rows of `range`, that is `None` too, as all of
    /// them are then no more than four times the work.
    pub(crate) fn small_window(
        self,
        width: i128,
        snapshot: &Snapshot,
        range: TimeRange,
    ) -> Option<TimeRange> {
        let share = 1.0 / WIDEN as f64;
        let is_small =
            |window: &TimeRange| rows_of(snapshot, *window) <= share * rows_of(snapshot, range);
        self.window(width).filter(is_small)
    }

    /// A width that should hold `rows` rows, if each part's rows lie evenly in its time.
    pub(crate) fn first_width(self, snapshot: &Snapshot, rows: f64) -> i128 {
        let enough = rows * ROWS_FACTOR;
        let mut width = WINDOW_MIN_NS;
        while let Some(window) = self.window(width) {
            if rows_of(snapshot, window) >= enough {
                break;
            }
            width *= 2;
        }
        width
    }
}

/// The rows in a window, if each part's rows lie evenly in its time.
pub(crate) fn rows_of(snapshot: &Snapshot, window: TimeRange) -> f64 {
    let parts = snapshot.parts().iter();
    let rows = parts.map(|part| rows_within(part.rows(), part.time_range(), window));
    rows.sum()
}

fn rows_within(rows: u32, (first, last): (i64, i64), window: TimeRange) -> f64 {
    let (first, last) = (i128::from(first), i128::from(last) + 1);
    let from = window.from.map_or(first, |from| first.max(from.into()));
    let to = window.to.map_or(last, |to| last.min(to.into()));
    f64::from(rows) * (to - from).max(0) as f64 / (last - first) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_an_end_of_the_span_or_all_of_it() {
        let newest = Span {
            first: 0,
            last: 100,
            from_the_end: true,
        };
        assert_eq!(
            newest.window(10),
            Some(TimeRange {
                from: Some(90),
                to: Some(101)
            })
        );
        assert_eq!(
            newest.window(100),
            Some(TimeRange {
                from: Some(0),
                to: Some(101)
            })
        );
        assert_eq!(newest.window(101), None);
        let oldest = Span {
            from_the_end: false,
            ..newest
        };
        assert_eq!(
            oldest.window(10),
            Some(TimeRange {
                from: Some(0),
                to: Some(11)
            })
        );
        let widest = Span {
            first: i64::MIN,
            last: i64::MAX,
            from_the_end: true,
        };
        assert_eq!(
            widest.window(0),
            Some(TimeRange {
                from: Some(i64::MAX),
                to: None
            })
        );
        assert_eq!(widest.window(i128::MAX), None);
    }

    #[test]
    fn a_part_gives_its_share() {
        let window = |from, to| TimeRange {
            from: Some(from),
            to: Some(to),
        };
        assert!((rows_within(100, (0, 99), window(90, 200)) - 10.0).abs() < 1e-9);
        assert!((rows_within(100, (0, 99), TimeRange::ALL) - 100.0).abs() < 1e-9);
        assert!(rows_within(100, (0, 99), window(200, 300)).abs() < 1e-9);
        assert!((rows_within(7, (5, 5), window(0, 9)) - 7.0).abs() < 1e-9);
        assert!(rows_within(100, (i64::MIN, i64::MAX), window(0, i64::MAX)) > 49.0);
    }
}
