//! When each request is due: a pure function of the rate and of the records before it. Nothing that the receiver does moves it.

use std::time::Duration;

/// One request of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Due {
    /// Its place in the material.
    pub(super) index: usize,
    /// How often the material was sent before.
    pub(super) pass: u64,
    /// The number of its first record.
    pub(super) first_number: u64,
    /// Those of its place in the material; of the last request only what is left of the run's.
    pub(super) records: u64,
    /// Since the start of the run.
    pub(super) at: Duration,
}

/// All requests of a run in order: the material over and over, until the time is over. The run has the records that the rate says, so the last request
/// may be smaller than the others.
#[derive(Debug, Clone)]
pub(super) struct Schedule {
    /// The records of each request of the material. Not empty, and none is 0.
    sizes: Vec<u64>,
    rate: f64,
    records: u64,
    next: u64,
    records_before: u64,
}

impl Schedule {
    pub(super) fn new(sizes: Vec<u64>, rate: f64, duration: Duration) -> Self {
        Self {
            sizes,
            rate,
            records: records(rate, duration),
            next: 0,
            records_before: 0,
        }
    }

    /// The records of all requests that are still to come.
    pub(super) fn records_left(&self) -> u64 {
        self.clone().map(|due| due.records).sum()
    }

    /// The last request, if it is smaller than the material has it.
    pub(super) fn smaller_last(&self) -> Option<Due> {
        let is_whole = |due: &Due| self.sizes.get(due.index) == Some(&due.records);
        self.clone().last().filter(|due| !is_whole(due))
    }
}

/// The records of a run at this rate, in all; at least one.
pub(super) fn records(rate: f64, duration: Duration) -> u64 {
    (rate * duration.as_secs_f64()).round().max(1.0) as u64
}

impl Iterator for Schedule {
    type Item = Due;

    /// A request is due when the records before it are, at the rate.
    fn next(&mut self) -> Option<Due> {
        let left = self.records.checked_sub(self.records_before)?;
        if left == 0 {
            return None;
        }
        let requests = self.sizes.len() as u64;
        let index = usize::try_from(self.next.checked_rem(requests)?).ok()?;
        let at = Duration::try_from_secs_f64(self.records_before as f64 / self.rate).ok()?;
        let due = Due {
            index,
            pass: self.next / requests,
            first_number: self.records_before,
            records: left.min(*self.sizes.get(index)?),
            at,
        };
        self.next += 1;
        self.records_before += due.records;
        Some(due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_due_at_the_rate() {
        let dues: Vec<Due> = Schedule::new(vec![100], 1_000.0, Duration::from_secs(1)).collect();
        assert_eq!(dues.len(), 10);
        let millis = dues.iter().map(|due| due.at.as_millis());
        assert!(millis.eq((0..10).map(|n| n * 100)));
        assert!(dues.iter().map(|due| due.pass).eq(0..10));
        assert_eq!(dues[9].first_number, 900);
    }

    #[test]
    fn requests_of_different_sizes_keep_the_rate_of_records() {
        let mut schedule = Schedule::new(vec![300, 100], 400.0, Duration::from_secs(2));
        assert_eq!(schedule.records_left(), 800);
        let dues: Vec<Due> = schedule.by_ref().collect();
        let outline = dues
            .iter()
            .map(|due| (due.index, due.pass, due.first_number, due.at.as_millis()));
        assert!(outline.eq([
            (0, 0, 0, 0),
            (1, 0, 300, 750),
            (0, 1, 400, 1_000),
            (1, 1, 700, 1_750)
        ]));
        assert_eq!(schedule.records_left(), 0);
    }

    #[test]
    fn a_rate_that_is_no_multiple_of_the_requests_is_kept() {
        for (rate, seconds, expected) in [
            (700.0, 1.0, vec![500, 200]),
            (100.0, 4.0, vec![400]),
            (0.3, 10.0, vec![3]),
            (0.1, 1.0, vec![1]),
            (1_500.0, 0.5, vec![500, 250]),
            (1_000.0, 1.0, vec![500, 500]),
        ] {
            let schedule = Schedule::new(vec![500], rate, Duration::from_secs_f64(seconds));
            let last = schedule.smaller_last().map(|due| due.records);
            let sizes: Vec<u64> = schedule.map(|due| due.records).collect();
            assert_eq!(sizes, expected, "{rate}");
            let smaller = expected.last().filter(|records| **records < 500);
            assert_eq!(last.as_ref(), smaller, "{rate}");
        }
    }

    #[test]
    fn rounding_does_not_add_up() {
        let schedule = Schedule::new(vec![7], 30_000.0, Duration::from_secs(3_600));
        let last = schedule.last().map(|due| due.at);
        let expected = Duration::from_secs_f64(3_600.0 - 7.0 / 30_000.0);
        let apart = last.map(|last| last.abs_diff(expected));
        assert!(apart < Some(Duration::from_micros(240)), "{apart:?}");
    }

    #[test]
    fn without_material_nothing_is_due() {
        assert_eq!(Schedule::new(vec![], 1.0, Duration::MAX).next(), None);
    }
}
