//! The words and ids of a memtable chunk, in memory: a few thousand rows that no file covers yet.

use super::filter::KeyCollector;
use super::frame::Layout;
use super::granules::GranuleSet;
use super::query::{Candidates, Leaves, TextQuery, WordPart, evaluate};
use super::token::IdKind;
use super::words::Postings;

/// The words and ids of a sealed chunk of rows. Exact, where a segment's filters are not.
#[derive(Debug)]
pub struct ChunkTokens {
    words: Postings,
    /// Sorted by key, then granule.
    id_keys: Vec<u64>,
    id_granules: Vec<u32>,
    layout: Layout,
}

impl ChunkTokens {
    pub(crate) fn new(words: Postings, keys: &KeyCollector, layout: Layout) -> Self {
        let mut ids: Vec<(u64, u32)> = (0..)
            .zip(keys.granules())
            .flat_map(|(granule, keys)| keys.iter().map(move |key| (*key, granule)))
            .collect();
        ids.sort_unstable();
        let (id_keys, id_granules) = ids.into_iter().unzip();
        Self {
            words,
            id_keys,
            id_granules,
            layout,
        }
    }

    /// How the chunk's rows are divided into granules.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// Bytes held in memory.
    pub fn heap_bytes(&self) -> usize {
        self.words.heap_bytes()
            + self.id_keys.capacity() * size_of::<u64>()
            + self.id_granules.capacity() * size_of::<u32>()
    }
}

impl Candidates for ChunkTokens {
    fn granules(&self) -> usize {
        self.layout.granules()
    }

    fn candidates(&self, query: &TextQuery) -> GranuleSet {
        evaluate(query, self)
    }

    fn may_contain_id(&self, key: u64) -> GranuleSet {
        self.id(key)
    }
}

impl Leaves for ChunkTokens {
    fn term(&self, term: &str) -> GranuleSet {
        let mut found = GranuleSet::none(self.layout.granules());
        let n = self.words.lower_bound(term);
        if n < self.words.len() && self.words.word(n) == term {
            insert_all(self.words.granules(n), &mut found);
        }
        found
    }

    fn words(&self, part: &WordPart) -> GranuleSet {
        let mut found = GranuleSet::none(self.layout.granules());
        let prefix = part.prefix();
        for n in self.words.lower_bound(prefix)..self.words.len() {
            let word = self.words.word(n);
            if !word.starts_with(prefix) {
                break;
            }
            if part.fits(word.as_bytes()) {
                insert_all(self.words.granules(n), &mut found);
            }
        }
        found
    }

    fn id(&self, key: u64) -> GranuleSet {
        let mut found = GranuleSet::none(self.layout.granules());
        let start = self.id_keys.partition_point(|other| *other < key);
        let end = self.id_keys.partition_point(|other| *other <= key);
        insert_all(&self.id_granules[start..end], &mut found);
        found
    }

    fn has_id(&self, kind: IdKind) -> GranuleSet {
        self.term(kind.marker())
    }
}

fn insert_all(granules: &[u32], found: &mut GranuleSet) {
    for granule in granules {
        found.insert(*granule as usize);
    }
}
