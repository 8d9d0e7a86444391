//! `--shift-to-now`: one distance for all times of all inputs, so that the newest record is now and everything keeps its
//! distance from everything else.

use std::time::{SystemTime, UNIX_EPOCH};

use indicatif::ProgressBar;

use super::input::Input;
use super::request::{self, Signal};
use super::split::Item;

/// How far times are moved, in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shift(i128);

impl Shift {
    pub(super) fn none() -> Self {
        Self(0)
    }

    pub(super) fn is_none(self) -> bool {
        self.0 == 0
    }

    /// Whether a time is one: 0 is an absent time, and what lies beyond `i64::MAX` (the year 2262) is not meant as one.
    /// Neither is moved.
    pub(super) fn is_movable(time_ns: u64) -> bool {
        time_ns > 0 && i64::try_from(time_ns).is_ok()
    }

    /// The moved time. One that would fall before 1970 stays a time: 0 would read as absent.
    pub(super) fn apply(self, time_ns: u64) -> u64 {
        if !Self::is_movable(time_ns) {
            return time_ns;
        }
        u64::try_from((i128::from(time_ns) + self.0).max(1)).unwrap_or(u64::MAX)
    }

    /// The shift that moves `newest_ns` to `now_ns`.
    pub(super) fn between(newest_ns: u64, now_ns: u64) -> Self {
        Self(i128::from(now_ns) - i128::from(newest_ns))
    }

    /// Reads all inputs once. What cannot be read is left to the second pass to complain of.
    pub(super) fn newest_to_now(inputs: &[Input], signal: Option<Signal>) -> Self {
        let newest = inputs
            .iter()
            .filter_map(|input| newest_of(input, signal))
            .max();
        newest.map_or_else(Self::none, |newest_ns| Self::between(newest_ns, now_ns()))
    }
}

fn newest_of(input: &Input, signal: Option<Signal>) -> Option<u64> {
    let mut items = input.again().ok()?.items(&ProgressBar::hidden()).ok()?;
    let mut newest = None;
    while let Ok(Some(item)) = items.next() {
        if let Item::Payload(payload) = item
            && let Ok(contents) = request::contents(&payload, signal)
        {
            newest = newest.max(contents.newest_ns);
        }
    }
    newest
}

#[allow(
    clippy::disallowed_methods,
    reason = "the program's clock: now is what the user asked for"
)]
fn now_ns() -> u64 {
    let since_epoch = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since_epoch.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::Shift;

    #[test]
    fn distances_are_kept_and_what_is_no_time_stays() {
        let shift = Shift::between(1_000, 5_000);
        assert_eq!(
            [1_000, 400, 0, u64::MAX].map(|time| shift.apply(time)),
            [5_000, 4_400, 0, u64::MAX]
        );
        let back = Shift::between(5_000, 1_000);
        assert_eq!([5_000, 4_000].map(|time| back.apply(time)), [1_000, 1]);
    }
}
