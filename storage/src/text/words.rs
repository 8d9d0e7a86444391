//! Gathers the words of granules, each once per granule, and turns them into sorted words with their granules.

use std::hash::{BuildHasher, RandomState};

use twox_hash::XxHash3_64;

/// A table grows when it is fuller than 1 / this.
const SLOTS_PER_WORD: usize = 2;
const SLOTS_MIN: usize = 1 << 10;

/// Words seen so far, granule by granule.
#[derive(Debug, Clone)]
pub(crate) struct WordCollector {
    /// Words come from senders, who must not be able to choose what collides: another seed in every collector. It orders nothing
    /// that is written, the result is sorted.
    seed: u64,
    text: String,
    words: Vec<Word>,
    /// Open addressing: the high half of a word's hash, and its number plus one.
    slots: Vec<(u32, u32)>,
    /// The numbers of the words of each granule, in the order of granules.
    seen: Vec<u32>,
    granule_ends: Vec<usize>,
    granule: u32,
}

#[derive(Debug, Clone)]
struct Word {
    hash: u64,
    start: usize,
    end: usize,
    last_granule: u32,
    granules: u32,
}

impl WordCollector {
    pub(crate) fn new() -> Self {
        Self {
            seed: RandomState::new().hash_one(0),
            text: String::new(),
            words: Vec::new(),
            slots: vec![(0, 0); SLOTS_MIN],
            seen: Vec::new(),
            granule_ends: Vec::new(),
            granule: 0,
        }
    }

    /// Adds a word to the current granule, if it is not there yet.
    #[inline]
    pub(crate) fn add(&mut self, word: &str) {
        let hash = XxHash3_64::oneshot_with_seed(self.seed, word.as_bytes());
        let tag = (hash >> 32) as u32;
        let mask = self.slots.len() - 1;
        let mut slot = hash as usize & mask;
        loop {
            let (slot_tag, number) = self.slots[slot];
            if number == 0 {
                self.insert(word, hash, slot);
                return;
            }
            if slot_tag == tag && self.is(number - 1, word) {
                self.see(number - 1);
                return;
            }
            slot = (slot + 1) & mask;
        }
    }

    fn is(&self, number: u32, word: &str) -> bool {
        let known = &self.words[number as usize];
        &self.text.as_bytes()[known.start..known.end] == word.as_bytes()
    }

    #[inline]
    fn see(&mut self, number: u32) {
        let word = &mut self.words[number as usize];
        if word.last_granule != self.granule {
            word.last_granule = self.granule;
            word.granules += 1;
            self.seen.push(number);
        }
    }

    fn insert(&mut self, word: &str, hash: u64, slot: usize) {
        let start = self.text.len();
        self.text.push_str(word);
        let number = self.words.len() as u32;
        self.words.push(Word {
            hash,
            start,
            end: self.text.len(),
            last_granule: self.granule,
            granules: 1,
        });
        self.seen.push(number);
        self.slots[slot] = ((hash >> 32) as u32, number + 1);
        if self.words.len() * SLOTS_PER_WORD > self.slots.len() {
            self.grow();
        }
    }

    fn grow(&mut self) {
        let mask = self.slots.len() * 2 - 1;
        let mut slots = vec![(0, 0); mask + 1];
        for (number, word) in self.words.iter().enumerate() {
            let mut slot = word.hash as usize & mask;
            while slots[slot].1 != 0 {
                slot = (slot + 1) & mask;
            }
            slots[slot] = ((word.hash >> 32) as u32, number as u32 + 1);
        }
        self.slots = slots;
    }

    /// Ends the current granule.
    pub(crate) fn end_granule(&mut self) {
        self.granule_ends.push(self.seen.len());
        self.granule += 1;
    }

    /// Sorts the words and turns words per granule into granules per word.
    pub(crate) fn into_postings(self) -> Postings {
        let mut order: Vec<u32> = (0..self.words.len() as u32).collect();
        let bytes = self.text.as_bytes();
        let word_bytes = |number: u32| {
            let word = &self.words[number as usize];
            &bytes[word.start..word.end]
        };
        order.sort_unstable_by(|a, b| word_bytes(*a).cmp(word_bytes(*b)));

        let mut postings = Postings {
            text: String::with_capacity(self.text.len()),
            word_ends: Vec::with_capacity(order.len()),
            granules: vec![0; self.seen.len()],
            granule_ends: Vec::with_capacity(order.len()),
        };
        let mut next_places = vec![0; order.len()];
        let mut place = 0;
        for number in order {
            let word = &self.words[number as usize];
            postings.text.push_str(&self.text[word.start..word.end]);
            postings.word_ends.push(postings.text.len());
            next_places[number as usize] = place;
            place += word.granules as usize;
            postings.granule_ends.push(place);
        }
        let mut start = 0;
        for (granule, end) in self.granule_ends.iter().enumerate() {
            for number in &self.seen[start..*end] {
                let place = &mut next_places[*number as usize];
                postings.granules[*place] = granule as u32;
                *place += 1;
            }
            start = *end;
        }
        postings
    }
}

/// Sorted words, each with its ascending granules.
#[derive(Debug, Default)]
pub(crate) struct Postings {
    text: String,
    word_ends: Vec<usize>,
    granules: Vec<u32>,
    granule_ends: Vec<usize>,
}

impl Postings {
    pub(crate) fn len(&self) -> usize {
        self.word_ends.len()
    }

    /// The n-th word in the order of bytes.
    pub(crate) fn word(&self, n: usize) -> &str {
        &self.text[start(&self.word_ends, n)..self.word_ends[n]]
    }

    /// The n-th word's granules.
    pub(crate) fn granules(&self, n: usize) -> &[u32] {
        &self.granules[start(&self.granule_ends, n)..self.granule_ends[n]]
    }

    /// The number of all entries.
    pub(crate) fn entries(&self) -> usize {
        self.granules.len()
    }

    /// The number of words before the given text.
    pub(crate) fn lower_bound(&self, text: &str) -> usize {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low.midpoint(high);
            if self.word(middle) < text {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// Bytes held on the heap.
    pub(crate) fn heap_bytes(&self) -> usize {
        self.text.capacity()
            + (self.word_ends.capacity() + self.granule_ends.capacity()) * size_of::<usize>()
            + self.granules.capacity() * size_of::<u32>()
    }
}

fn start(ends: &[usize], n: usize) -> usize {
    match n {
        0 => 0,
        n => ends[n - 1],
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    #[test]
    fn words_come_out_sorted_with_their_granules() {
        let mut collector = WordCollector::new();
        let mut expected: BTreeMap<String, BTreeSet<u32>> = BTreeMap::new();
        for granule in 0..50_u32 {
            for i in 0..400_u32 {
                let word = format!("w{}", (granule * 7 + i * i) % 3_001);
                collector.add(&word);
                expected.entry(word).or_default().insert(granule);
            }
            collector.end_granule();
        }
        let postings = collector.into_postings();
        let found: Vec<(String, Vec<u32>)> = (0..postings.len())
            .map(|n| (postings.word(n).to_owned(), postings.granules(n).to_vec()))
            .collect();
        let expected: Vec<(String, Vec<u32>)> = expected
            .into_iter()
            .map(|(word, granules)| (word, granules.into_iter().collect()))
            .collect();
        assert_eq!(found, expected);
        assert_eq!(postings.lower_bound(""), 0);
        assert_eq!(postings.lower_bound("x"), postings.len());
        assert_eq!(postings.word(postings.lower_bound("w3")), "w3");
    }
}
