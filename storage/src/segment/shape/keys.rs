//! Counting the keys of attributes.
//!
//! Keys come from senders and may be as many as values. When too many are counted, the half with the fewest rows is forgotten; a key that is
//! common comes back. Keys that already have a column are *pinned*: they are never forgotten and keep their numbers.

use std::cmp::Reverse;

use foldhash::HashMap;
use twox_hash::XxHash3_64;

use super::attribute::{AttributeKind, can_have_column};
use crate::limits::ATTRIBUTE_KEYS_COUNTED_MAX;

/// Words of the set of hashes by which distinct texts are estimated.
const SKETCH_WORDS: usize = 16;

/// About how many distinct texts a key has: a bit for each hash. Up to some thousand that is as good as counting.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sketch(pub(super) [u64; SKETCH_WORDS]);

impl Sketch {
    const BITS: u64 = 64 * SKETCH_WORDS as u64;

    fn add(&mut self, text: &str) {
        // The seed is fixed, for sketches of segments are merged. Who makes texts collide spoils the column of that key alone.
        let bit = XxHash3_64::oneshot(text.as_bytes()) % Self::BITS;
        self.0[(bit / 64) as usize] |= 1 << (bit % 64);
    }

    fn union(&mut self, other: &Self) {
        self.0.iter_mut().zip(other.0).for_each(|(a, b)| *a |= b);
    }

    /// By linear counting; `u32::MAX` when all bits are set.
    pub(super) fn distinct(&self) -> u32 {
        let set: u32 = self.0.iter().map(|word| word.count_ones()).sum();
        let free = Self::BITS as f64 - f64::from(set);
        match free < 1.0 {
            true => u32::MAX,
            false => (Self::BITS as f64 * (Self::BITS as f64 / free).ln()).round() as u32,
        }
    }
}

/// The number of a key that can have no column.
const NO_KEY: usize = usize::MAX;

/// What is known of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KeyCount {
    pub(super) key: String,
    /// Rows in which it has a value of each [`AttributeKind`].
    pub(super) rows: [u32; 4],
    /// Bytes of its texts.
    pub(super) text_bytes: u64,
    pub(super) texts: Sketch,
}

impl KeyCount {
    /// Bytes held on the heap.
    pub(super) fn memory(&self) -> usize {
        self.key.capacity()
    }

    fn new(key: &str) -> Self {
        KeyCount {
            key: key.to_owned(),
            rows: [0; 4],
            text_bytes: 0,
            texts: Sketch::default(),
        }
    }

    pub(super) fn rows_max(&self) -> u32 {
        self.rows.iter().copied().max().unwrap_or(0)
    }
}

/// The keys of rows with their counts.
#[derive(Debug, Default)]
pub(super) struct KeyCounter {
    counts: Vec<KeyCount>,
    /// By key and kind, the last row that was counted, plus one.
    last: Vec<[u64; 4]>,
    numbers: HashMap<String, usize>,
    pinned: usize,
    row: u64,
    /// The numbers of the keys of the row before and of this one, by position: most rows have the same keys in the same order.
    before: Vec<usize>,
    now: Vec<usize>,
}

impl KeyCounter {
    /// A counter whose first keys are `pinned`, which are distinct.
    pub(super) fn with_pinned<'a>(pinned: impl IntoIterator<Item = &'a str>) -> Self {
        let mut counter = Self::default();
        for key in pinned {
            counter.push(KeyCount::new(key));
        }
        counter.pinned = counter.counts.len();
        counter
    }

    fn push(&mut self, count: KeyCount) -> usize {
        let number = self.counts.len();
        self.numbers.insert(count.key.clone(), number);
        self.counts.push(count);
        self.last.push([0; 4]);
        number
    }

    /// Begins a row.
    pub(super) fn begin_row(&mut self) {
        self.row += 1;
        std::mem::swap(&mut self.before, &mut self.now);
        self.now.clear();
    }

    /// The number of the key at a position of the row; `None` when it can have no column. Numbers of pinned keys stay, others hold until the
    /// next call.
    #[inline]
    pub(super) fn number(&mut self, position: usize, key: &str) -> Option<usize> {
        let guess = self.before.get(position).copied();
        let guess = guess.filter(|number| self.counts.get(*number).is_some_and(|c| c.key == key));
        let number = match guess.or_else(|| self.numbers.get(key).copied()) {
            Some(number) => number,
            None if can_have_column(key) => {
                if self.counts.len() >= ATTRIBUTE_KEYS_COUNTED_MAX.max(2 * self.pinned) {
                    self.forget_rare();
                }
                self.push(KeyCount::new(key))
            }
            None => NO_KEY,
        };
        if self.now.len() == position {
            self.now.push(number);
        }
        (number != NO_KEY).then_some(number)
    }

    /// Counts a value of the key with this number. A repeated key counts once in a row.
    #[inline]
    pub(super) fn count(&mut self, number: usize, kind: AttributeKind, text: Option<&str>) {
        let (count, last) = (&mut self.counts[number], &mut self.last[number]);
        if let Some(text) = text {
            count.text_bytes = count.text_bytes.saturating_add(text.len() as u64);
            count.texts.add(text);
        }
        let last = &mut last[kind as usize];
        if *last != self.row {
            *last = self.row;
            count.rows[kind as usize] = count.rows[kind as usize].saturating_add(1);
        }
    }

    /// Adds what other rows have of a key.
    pub(super) fn merge(&mut self, other: &KeyCount) {
        let Some(number) = self.number(usize::MAX, &other.key) else {
            return;
        };
        let count = &mut self.counts[number];
        for (rows, more) in count.rows.iter_mut().zip(other.rows) {
            *rows = rows.saturating_add(more);
        }
        count.text_bytes = count.text_bytes.saturating_add(other.text_bytes);
        count.texts.union(&other.texts);
    }

    fn forget_rare(&mut self) {
        let mut free = self.counts.split_off(self.pinned);
        free.sort_unstable_by(|a, b| by_rows(a).cmp(&by_rows(b)));
        free.truncate(free.len() / 2);
        self.last.truncate(self.pinned);
        self.numbers.retain(|_, number| *number < self.pinned);
        self.before.clear();
        self.now.clear();
        free.into_iter().for_each(|count| {
            self.push(count);
        });
    }

    /// The keys with at least `rows_min` rows of some kind, the most common first.
    pub(super) fn counts(&self, rows_min: u64) -> Vec<KeyCount> {
        let counts = self.counts.iter();
        let common = counts.filter(|count| u64::from(count.rows_max()) >= rows_min.max(1));
        let mut common: Vec<KeyCount> = common.cloned().collect();
        common.sort_unstable_by(|a, b| by_rows(a).cmp(&by_rows(b)));
        common
    }

    /// How many keys are counted.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.counts.len()
    }
}

fn by_rows(count: &KeyCount) -> (Reverse<u32>, &str) {
    (Reverse(count.rows_max()), &count.key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_keys_leaves_the_common_ones() {
        let mut counter = KeyCounter::with_pinned(["pinned"]);
        for row in 0..100_000u32 {
            counter.begin_row();
            for (position, key) in [format!("key {row}"), "common".to_owned()]
                .iter()
                .enumerate()
            {
                if let Some(number) = counter.number(position, key) {
                    counter.count(number, AttributeKind::Int, None);
                }
            }
        }
        assert!(counter.len() <= ATTRIBUTE_KEYS_COUNTED_MAX);
        let common = counter.counts(1000);
        assert_eq!(common.len(), 1);
        assert_eq!(
            (common[0].key.as_str(), common[0].rows[1]),
            ("common", 100_000)
        );
        assert_eq!(counter.number(0, "pinned"), Some(0));
    }

    #[test]
    fn distinct_texts_are_estimated() {
        for distinct in [0u32, 1, 10, 100, 1000] {
            let mut sketch = Sketch::default();
            (0..distinct).for_each(|n| sketch.add(&format!("text {n}")));
            let far = sketch.distinct().abs_diff(distinct);
            assert!(far <= distinct / 8, "{distinct}: {}", sketch.distinct());
        }
        assert_eq!(Sketch([u64::MAX; SKETCH_WORDS]).distinct(), u32::MAX);
    }
}
