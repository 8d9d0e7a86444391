//! What was sent and what became of it, by the numbers of the records; and held against what a store says it has.

use super::limits::RECORDS_MAX;

/// What the receiver said of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    /// Took all of it.
    Acknowledged,
    /// Took all but so many records, and did not say which.
    Partly { rejected: u64 },
    /// Took nothing.
    Refused,
    /// Nothing that counts: it may have the records or not.
    Unknown,
}

/// A request that was sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) first_number: u64,
    pub(super) records: u64,
    pub(super) word: Word,
    /// An attempt before the last may have been taken without our knowing; then the last has made a second copy of it.
    pub(super) may_be_twice: bool,
}

/// What a store was found to have of a run.
#[derive(Debug, Default)]
pub(super) struct Found {
    once: Bits,
    again: Bits,
    total: u64,
    /// Records without a number that a run can have.
    strange: u64,
}

impl Found {
    /// Notes that a record with this number is there.
    pub(super) fn see(&mut self, number: Option<u64>) {
        self.total += 1;
        match number.filter(|number| *number < RECORDS_MAX) {
            Some(number) if self.once.set(number) => drop(self.again.set(number)),
            Some(_) => {}
            None => self.strange += 1,
        }
    }

    /// How many records were seen.
    pub(super) fn total(&self) -> u64 {
        self.total
    }
}

/// A run's entries held against what was found of it.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub(super) struct Comparison {
    /// Acknowledged records.
    pub(super) acknowledged: u64,
    /// Of these, those that are there.
    pub(super) found: u64,
    /// Acknowledged records that are not there.
    pub(super) missing: u64,
    /// Records that are there more than once although each was sent once.
    pub(super) doubled: u64,
    /// Records that are there more than once, and whose request was sent again after no answer had come: allowed for logs.
    pub(super) doubled_by_resending: u64,
    /// Records that are there although they were refused, or rejected.
    pub(super) unacknowledged: u64,
    /// Records that are there, of requests that got no answer: allowed.
    pub(super) unanswered: u64,
    /// Records with the run's name that this run did not send.
    pub(super) foreign: u64,
}

impl Comparison {
    /// Whether the store has what it acknowledged, once, and nothing that was not sent.
    pub(super) fn is_sound(&self) -> bool {
        self.missing == 0 && self.doubled == 0 && self.foreign == 0
    }
}

/// Compares. No two entries share a number.
pub(super) fn compare(entries: &[Entry], found: &Found) -> Comparison {
    let mut comparison = Comparison::default();
    let mut known = 0;
    for entry in entries {
        let numbers = entry.first_number..entry.first_number + entry.records;
        let (once, again) = (
            found.once.count(numbers.clone()),
            found.again.count(numbers),
        );
        known += once;
        if entry.may_be_twice {
            comparison.doubled_by_resending += again;
        } else {
            comparison.doubled += again;
        }
        match entry.word {
            Word::Acknowledged => comparison.acknowledge(entry.records, once),
            Word::Partly { rejected } => comparison.acknowledge(entry.records - rejected, once),
            Word::Refused => comparison.unacknowledged += once,
            Word::Unknown => comparison.unanswered += once,
        }
    }
    comparison.foreign = found.once.count_all() - known + found.strange;
    comparison
}

impl Comparison {
    fn acknowledge(&mut self, records: u64, found: u64) {
        self.acknowledged += records;
        self.found += found.min(records);
        self.missing += records.saturating_sub(found);
        self.unacknowledged += found.saturating_sub(records);
    }
}

/// A set of numbers from 0, which grows as far as it must.
#[derive(Debug, Default)]
struct Bits(Vec<u64>);

impl Bits {
    /// Adds a number; says whether it was there.
    fn set(&mut self, number: u64) -> bool {
        let (word, bit) = ((number / 64) as usize, 1 << (number % 64));
        if word >= self.0.len() {
            self.0.resize(word + 1, 0);
        }
        let was = self.0[word] & bit != 0;
        self.0[word] |= bit;
        was
    }

    fn count(&self, numbers: std::ops::Range<u64>) -> u64 {
        let mut count = 0;
        let mut at = numbers.start;
        while at < numbers.end {
            let (word, shift) = ((at / 64) as usize, at % 64);
            let width = (64 - shift).min(numbers.end - at);
            let mask = u64::MAX >> (64 - width) << shift;
            let bits = self.0.get(word).copied().unwrap_or_default();
            count += u64::from((bits & mask).count_ones());
            at += width;
        }
        count
    }

    fn count_all(&self) -> u64 {
        self.0.iter().map(|bits| u64::from(bits.count_ones())).sum()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn entry(first_number: u64, records: u64, word: Word) -> Entry {
        Entry {
            first_number,
            records,
            word,
            may_be_twice: false,
        }
    }

    fn found(numbers: impl IntoIterator<Item = u64>) -> Found {
        let mut found = Found::default();
        numbers
            .into_iter()
            .for_each(|number| found.see(Some(number)));
        found
    }

    #[test]
    fn all_that_was_acknowledged_is_there() {
        let entries = [
            entry(0, 100, Word::Acknowledged),
            entry(100, 50, Word::Refused),
        ];
        let comparison = compare(&entries, &found(0..100));
        assert!(comparison.is_sound());
        assert_eq!((comparison.acknowledged, comparison.found), (100, 100));
    }

    #[test]
    fn what_is_missing_or_twice_or_foreign_is_told() {
        let entries = [entry(0, 100, Word::Acknowledged)];
        let comparison = compare(&entries, &found((1..100).chain([5, 200])));
        assert_eq!((comparison.missing, comparison.doubled), (1, 1));
        assert_eq!(comparison.foreign, 1);
        assert!(!comparison.is_sound());
        for seen in [found(0..99), found((0..100).chain([7])), found(0..101)] {
            assert!(!compare(&entries, &seen).is_sound());
        }
    }

    #[test]
    fn what_a_sender_may_cause_is_no_fault_of_the_store() {
        let entries = [
            Entry {
                may_be_twice: true,
                ..entry(0, 10, Word::Acknowledged)
            },
            entry(10, 10, Word::Unknown),
            entry(20, 10, Word::Partly { rejected: 4 }),
        ];
        let comparison = compare(&entries, &found((0..15).chain(0..10).chain(20..26)));
        assert!(comparison.is_sound());
        assert_eq!(comparison.doubled_by_resending, 10);
        assert_eq!(comparison.unanswered, 5);
        assert_eq!(comparison.acknowledged, 16);
    }

    #[test]
    fn what_was_refused_and_is_there_is_told() {
        let entries = [
            entry(0, 10, Word::Refused),
            entry(10, 10, Word::Partly { rejected: 4 }),
        ];
        assert_eq!(compare(&entries, &found(3..20)).unacknowledged, 7 + 4);
    }

    proptest! {
        #[test]
        fn ranges_count_as_a_set_does(
            numbers in proptest::collection::btree_set(0..500_u64, 0..200), start in 0..600_u64, length in 0..300_u64,
        ) {
            let seen = found(numbers.iter().copied());
            let range = start..start + length;
            let expected = numbers.intersection(&range.clone().collect::<BTreeSet<_>>()).count();
            prop_assert_eq!(seen.once.count(range), expected as u64);
            prop_assert_eq!(seen.once.count_all(), numbers.len() as u64);
        }
    }
}
