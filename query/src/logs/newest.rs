//! A page of what can be counted without reading it, from as few rows as will do.
//!
//! Where every record matches, the parts' metadata count them; where a word or phrase stands, their templates do. The page lies at one
//! end of the range. So only that end is read: a window that by the counts should hold the page, and a
//! wider one for as long as it does not. What is found in a window is right whatever its width: the
//! rows outside of it all stand behind those inside.

use std::sync::Arc;

use clearspan_storage::scan::{Snapshot, TimeRange};

use crate::exec::{FoundRow, Plans, ScanTally, TopRows, count, top_rows};
use crate::language::Query;
use crate::{Order, QueryError};

/// The first window, in nanoseconds. It doubles until it should hold enough.
const WINDOW_MIN_NS: i128 = 1_000_000;
/// Rows lie unevenly in time: look for this many times what is needed.
const ROWS_FACTOR: f64 = 2.0;
/// How much wider the next window is when one held too little.
const WIDEN: i128 = 16;

/// As [`top_rows`], with a query whose rows [`count`] knows without looking at each.
pub(crate) async fn top_of_counted(
    plans: &Plans,
    snapshot: &Arc<Snapshot>,
    query: &Query,
    range: TimeRange,
    wanted: TopRows,
) -> Result<(Vec<FoundRow>, ScanTally), QueryError> {
    let mut tally = count(plans, snapshot, query, range).await?;
    let span = Span::of(snapshot, range, wanted).filter(|_| tally.matched > 0);
    let Some(span) = span else {
        return Ok((Vec::new(), tally));
    };
    let rows_per_match = rows_of(snapshot, range) / tally.matched as f64;
    let enough = wanted.fetch as f64 * rows_per_match.max(1.0);
    let mut width = span.first_width(snapshot, enough);
    loop {
        let window = span.window(width);
        let (found, read) =
            top_rows(plans, snapshot, query, window.unwrap_or(range), wanted).await?;
        tally.add_reading(read);
        if found.len() == wanted.fetch || window.is_none() {
            return Ok((found, tally));
        }
        width = width.saturating_mul(WIDEN);
    }
}

/// The instants, both inclusive, among which rows of the page may lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    first: i64,
    last: i64,
    from_the_end: bool,
}

impl Span {
    /// `None` when no row can lie behind the cursor in the range.
    fn of(snapshot: &Snapshot, range: TimeRange, wanted: TopRows) -> Option<Self> {
        let from_the_end = wanted.order == Order::Descending;
        let parts = snapshot.parts().iter().map(|part| part.time_range());
        let parts = parts.filter(|&(first, last)| range.overlaps(first, last));
        let whole = parts.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))?;
        let mut first = range.from.map_or(whole.0, |from| from.max(whole.0));
        let mut last = range
            .to
            .map_or(whole.1, |to| to.saturating_sub(1).min(whole.1));
        match wanted.after {
            Some(key) if from_the_end => last = last.min(key.placed_time),
            Some(key) => first = first.max(key.placed_time),
            None => {}
        }
        (first <= last).then_some(Span {
            first,
            last,
            from_the_end,
        })
    }

    /// The end of the span that is `width` wide; `None` when that is all of it.
    fn window(self, width: i128) -> Option<TimeRange> {
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

    /// A width that should hold `rows` rows, if each part's rows lie evenly in its time.
    fn first_width(self, snapshot: &Snapshot, rows: f64) -> i128 {
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
fn rows_of(snapshot: &Snapshot, window: TimeRange) -> f64 {
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
