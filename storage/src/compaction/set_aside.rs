//! Segments that could not be merged and are left out.

use std::collections::BTreeMap;
use std::time::Duration;

use parking_lot::Mutex;

/// Segments that no compaction takes, by id; at most those of the table. A damaged one stays out until the next start, one
/// that is out of reach for a while only.
#[derive(Debug, Default)]
pub(crate) struct SetAside(Mutex<BTreeMap<u64, Option<Duration>>>);

impl SetAside {
    /// Leaves a segment out, until a time of the monotonic clock or for good.
    pub(crate) fn add(&self, segment: u64, until: Option<Duration>) {
        self.0.lock().insert(segment, until);
    }

    /// How many of these segments are left out at this time of the monotonic clock.
    pub(crate) fn count(&self, segments: impl Iterator<Item = u64>, now: Duration) -> usize {
        segments.filter(|id| self.holds(*id, now)).count()
    }

    /// Whether a segment is left out at this time of the monotonic clock.
    pub(crate) fn holds(&self, segment: u64, now: Duration) -> bool {
        let until = self.0.lock().get(&segment).copied();
        until.is_some_and(|until| until.is_none_or(|until| now < until))
    }

    /// After how long the next one comes back.
    pub(crate) fn next_return(&self, now: Duration) -> Option<Duration> {
        let aside = self.0.lock();
        let untils = aside.values().flatten();
        let left = untils.filter_map(|until| until.checked_sub(now));
        left.filter(|left| !left.is_zero()).min()
    }

    /// Forgets a segment that is gone.
    pub(crate) fn remove(&self, segment: u64) {
        self.0.lock().remove(&segment);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_out_of_reach_comes_back() {
        let aside = SetAside::default();
        aside.add(1, None);
        aside.add(2, Some(Duration::from_secs(5)));
        for (seconds, held) in [(0, true), (4, true), (5, false)] {
            let now = Duration::from_secs(seconds);
            assert_eq!((aside.holds(1, now), aside.holds(2, now)), (true, held));
            assert_eq!(aside.count(0..9, now), 1 + usize::from(held));
        }
        assert_eq!(
            aside.next_return(Duration::from_secs(2)),
            Some(Duration::from_secs(3))
        );
        assert_eq!(aside.next_return(Duration::from_secs(5)), None);
        aside.remove(1);
        assert!(!aside.holds(1, Duration::ZERO));
    }
}
