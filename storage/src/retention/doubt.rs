//! Whether the machine's clock can be believed when it says that rows are old.
//!
//! A clock that was set forward by mistake makes everything old at once. Rows arrive with the same clock, so what tells is a gap: between the
//! newest arrival and now, or, once rows have arrived again, between arrivals. After a gap of more than a day nothing is deleted by age for
//! another day: of running where nothing arrives, by the clock where rows do. A machine that was off for a week pays the same day.
//!
//! A segment says only when its first and its last row arrived. Where these lie more than a day apart, as after a memtable that was open when the
//! clock jumped, or a merge of rows from before and after, the gap may lie between them: such a segment tells of these two moments, and nothing of
//! the time between.

use std::time::Duration;

use crate::background::Now;

/// A gap that makes the clock doubtful, and how long the doubt lasts.
const DAY_NS: i64 = 24 * 3_600_000_000_000;
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// What a running process remembers of its doubt.
#[derive(Debug, Default)]
pub(crate) struct ClockDoubt {
    /// When, on the monotonic clock, the newest gap was seen.
    since: Option<Duration>,
}

impl ClockDoubt {
    /// Whether rows may be deleted by age. `arrivals` are the earliest and the latest of each segment, of all tables.
    pub(crate) fn allows(&mut self, arrivals: impl Iterator<Item = (i64, i64)>, now: Now) -> bool {
        // What arrived later than now came with a clock that has been set back since.
        let mut known: Vec<(i64, i64)> = arrivals
            .flat_map(certain)
            .filter(|(first, _)| *first <= now.unix_ns)
            .map(|(first, last)| (first, last.min(now.unix_ns)))
            .collect();
        known.sort_unstable();
        let Some(&(_, mut newest)) = known.first() else {
            return false;
        };
        let mut went_on_ns = None;
        for (first, last) in known {
            if first.saturating_sub(newest) > DAY_NS {
                went_on_ns = Some(first);
            }
            newest = newest.max(last);
        }
        if now.unix_ns.saturating_sub(newest) > DAY_NS {
            let since = *self.since.get_or_insert(now.monotonic);
            return now.monotonic.saturating_sub(since) >= DAY;
        }
        let gap_is_fresh = went_on_ns.is_some_and(|at| now.unix_ns.saturating_sub(at) < DAY_NS);
        let doubted = self
            .since
            .is_some_and(|since| now.monotonic.saturating_sub(since) < DAY);
        if !doubted {
            self.since = None;
        }
        !gap_is_fresh && !doubted
    }
}

/// The times at which rows surely arrived, of a segment with these for the first and the last.
fn certain((first, last): (i64, i64)) -> impl Iterator<Item = (i64, i64)> {
    let is_long = last.saturating_sub(first) > DAY_NS;
    let whole = (!is_long).then_some([(first, last)]);
    let ends = is_long.then_some([(first, first), (last, last)]);
    whole
        .into_iter()
        .flatten()
        .chain(ends.into_iter().flatten())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000_000_000;

    fn now(hours: i64, running_hours: u64) -> Now {
        Now {
            unix_ns: hours * HOUR,
            monotonic: Duration::from_secs(running_hours * 3_600),
        }
    }

    fn allows(doubt: &mut ClockDoubt, arrivals: &[(i64, i64)], now: Now) -> bool {
        let arrivals = arrivals
            .iter()
            .map(|(first, last)| (first * HOUR, last * HOUR));
        doubt.allows(arrivals, now)
    }

    #[test]
    fn steady_arrivals_are_believed() {
        let doubt = &mut ClockDoubt::default();
        assert!(allows(doubt, &[(0, 10), (30, 40), (8, 12)], now(50, 0)));
        assert!(allows(doubt, &[(0, 10)], now(34, 0)));
        assert!(
            !allows(doubt, &[], now(34, 0)),
            "nothing to hold it against"
        );
    }

    #[test]
    fn a_silence_waits_for_a_day_of_running() {
        let doubt = &mut ClockDoubt::default();
        let arrivals = [(0, 10)];
        assert!(!allows(doubt, &arrivals, now(100, 3)));
        assert!(!allows(doubt, &arrivals, now(123, 26)));
        assert!(allows(doubt, &arrivals, now(124, 27)));
        // A new process waits again.
        assert!(!allows(&mut ClockDoubt::default(), &arrivals, now(200, 0)));
    }

    #[test]
    fn a_jump_waits_for_a_day_although_rows_go_on() {
        let doubt = &mut ClockDoubt::default();
        let years = 87_600;
        let before = [(0, 10)];
        assert!(!allows(doubt, &before, now(years, 1)));
        let after = [(0, 10), (years, years + 2)];
        for process in [doubt, &mut ClockDoubt::default()] {
            assert!(!allows(process, &after, now(years + 2, 3)));
            assert!(!allows(process, &after, now(years + 23, 24)));
        }
        let on = [(0, 10), (years, years + 12), (years + 12, years + 25)];
        assert!(allows(&mut ClockDoubt::default(), &on, now(years + 25, 0)));
    }

    #[test]
    fn a_jump_within_a_segment_waits_for_a_day() {
        let years = 87_600;
        // Rows of one memtable, or of one merge, from before and after.
        let arrivals = [(0, 10), (9, years), (years, years + 1)];
        for hours in [1, 23] {
            let now = now(years + hours, 0);
            assert!(!allows(&mut ClockDoubt::default(), &arrivals, now));
        }
        let on = [
            (0, 10),
            (9, years),
            (years, years + 12),
            (years + 11, years + 25),
        ];
        assert!(allows(&mut ClockDoubt::default(), &on, now(years + 25, 0)));
    }

    #[test]
    fn late_rows_in_one_segment_are_believed_while_others_arrive_steadily() {
        let arrivals = [(0, 60), (0, 20), (18, 40), (39, 62)];
        assert!(allows(&mut ClockDoubt::default(), &arrivals, now(63, 0)));
    }

    #[test]
    fn a_clock_that_was_set_back_is_believed_again() {
        let arrivals = [(0, 10), (87_600, 87_601), (11, 20)];
        assert!(allows(&mut ClockDoubt::default(), &arrivals, now(21, 0)));
    }
}
