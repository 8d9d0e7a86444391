//! Whether the machine's clock can be believed when it says that rows are old.
//!
//! A clock that was set forward by mistake makes everything old at once. After each of these, nothing is deleted by age for a day *of running*,
//! which is counted by the monotonic clock, added up over restarts, and begun anew by another jump:
//!
//! 1. *A jump*: since the last look the clock has gone on by a day more than the process ran. A machine that was off for longer pays the same.
//! 2. *A silence*: the newest arrival is more than a day old. Each silence is doubted once, and not beside another doubt.
//! 3. *A gap*, at the first look of all: what arrived within the last day came after more than a day of nothing.
//!
//! Whoever reads the clock once a minute needs no arrivals to see a jump. They tell of the time when nobody looked: before anything was to be deleted.
//! A segment says only when its first and its last row arrived. Where these lie more than a day apart, as after a memtable that was open when the
//! clock jumped, or a merge of rows from before and after, the gap may lie between them: such a segment tells of these two moments, and nothing of
//! the time between.

use std::time::Duration;

use crate::catalog::ClockRow;

/// A step that makes the clock doubtful.
const DAY_NS: i64 = 24 * 3_600_000_000_000;
/// How long the process runs until it is believed again.
const WAIT_NS: u64 = DAY_NS.cast_unsigned();

/// Why the clock is doubted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doubt {
    Jump,
    Silence,
    Gap,
}

impl Doubt {
    /// For the log.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Doubt::Jump => {
                "it went on by more than a day beyond the time that the program ran: it was set, or the program did not run"
            }
            Doubt::Silence => "nothing has arrived for more than a day",
            Doubt::Gap => "before what arrived within the last day nothing did for more than a day",
        }
    }
}

/// What is known of the clock when it shows `now_ns`, and the doubt that begins with it. `known` is what was known `ran` of running ago; `arrivals`
/// are the earliest and the latest of each segment, of all tables.
pub(crate) fn look(
    known: Option<&ClockRow>,
    arrivals: impl Iterator<Item = (i64, i64)>,
    now_ns: i64,
    ran: Duration,
) -> (ClockRow, Option<Doubt>) {
    let arrivals = Arrivals::until(now_ns, arrivals);
    let ran_ns = u64::try_from(ran.as_nanos()).unwrap_or(u64::MAX);
    let jumped = known.is_some_and(|known| {
        let passed_ns = now_ns.saturating_sub(known.seen_ns);
        passed_ns.saturating_sub_unsigned(ran_ns) > DAY_NS
    });
    let quiet_since = arrivals.newest_ns.filter(|newest| is_gap(*newest, now_ns));
    // Rows of a later time, of a clock that has been set back since, are no arrivals.
    let doubted = known.and_then(|known| known.silence_ns);
    let doubted = doubted.filter(|doubted| *doubted <= now_ns);
    let new_silence = quiet_since.filter(|quiet| doubted.is_none_or(|doubted| doubted < *quiet));
    let is_waiting = known.is_some_and(|known| known.wait_ns > 0);
    let doubt = if jumped {
        Some(Doubt::Jump)
    } else if new_silence.is_some() && !is_waiting {
        Some(Doubt::Silence)
    } else if known.is_none() && arrivals.went_on_ns.is_some_and(|at| !is_gap(at, now_ns)) {
        Some(Doubt::Gap)
    } else {
        None
    };
    let waits_still = known.map_or(0, |known| known.wait_ns.saturating_sub(ran_ns));
    let row = ClockRow {
        seen_ns: now_ns,
        silence_ns: new_silence.or(doubted),
        wait_ns: doubt.map_or(waits_still, |_| WAIT_NS),
    };
    (row, doubt)
}

fn is_gap(from_ns: i64, to_ns: i64) -> bool {
    to_ns.saturating_sub(from_ns) > DAY_NS
}

/// What arrivals tell.
struct Arrivals {
    newest_ns: Option<i64>,
    /// When they went on after the newest gap.
    went_on_ns: Option<i64>,
}

impl Arrivals {
    /// What arrived later than now came with a clock that has been set back since.
    fn until(now_ns: i64, arrivals: impl Iterator<Item = (i64, i64)>) -> Self {
        let mut known: Vec<(i64, i64)> = arrivals
            .flat_map(certain)
            .filter(|(first, _)| *first <= now_ns)
            .map(|(first, last)| (first, last.min(now_ns)))
            .collect();
        known.sort_unstable();
        let (mut newest_ns, mut went_on_ns) = (None, None);
        for (first, last) in known {
            if newest_ns.is_some_and(|newest| is_gap(newest, first)) {
                went_on_ns = Some(first);
            }
            newest_ns = newest_ns.max(Some(last));
        }
        Arrivals {
            newest_ns,
            went_on_ns,
        }
    }
}

/// The times at which rows surely arrived, of a segment with these for the first and the last.
fn certain((first, last): (i64, i64)) -> impl Iterator<Item = (i64, i64)> {
    let is_long = is_gap(first, last);
    let whole = (!is_long).then_some([(first, last)]);
    let ends = is_long.then_some([(first, first), (last, last)]);
    whole
        .into_iter()
        .flatten()
        .chain(ends.into_iter().flatten())
}

#[cfg(test)]
mod tests;
