//! How many durations lie in each bin of a sketch.

/// Bins that are kept side by side.
const CHUNK: usize = 32;

/// Counts by the numbers of bins. Bins that are used lie near each other, but for a few: chunks of them are kept, where something lies in one.
#[derive(Debug, Default)]
pub(super) struct Bins {
    /// Ascending, each with its number.
    chunks: Vec<(i16, Box<[u64; CHUNK]>)>,
    /// The chunk that was used last.
    last: usize,
    total: u64,
}

impl Bins {
    #[inline]
    pub(super) fn add(&mut self, bin: i16, count: u64) {
        *self.count_of(bin) += count;
        self.total += count;
    }

    /// Takes away one, if there is one.
    pub(super) fn take_away(&mut self, bin: i16) {
        let count = self.count_of(bin);
        if *count > 0 {
            *count -= 1;
            self.total -= 1;
        }
    }

    #[inline]
    fn count_of(&mut self, bin: i16) -> &mut u64 {
        let (number, place) = (bin.div_euclid(CHUNK as i16), bin.rem_euclid(CHUNK as i16));
        if self
            .chunks
            .get(self.last)
            .is_none_or(|chunk| chunk.0 != number)
        {
            let found = self.chunks.binary_search_by_key(&number, |chunk| chunk.0);
            self.last = found.unwrap_or_else(|at| {
                self.chunks.insert(at, (number, Box::new([0; CHUNK])));
                at
            });
        }
        &mut self.chunks[self.last].1[place as usize]
    }

    pub(super) fn is_empty(&self) -> bool {
        self.total == 0
    }

    /// How many lie in all bins.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// The bins in which something lies, ascending, each with how many do.
    pub(super) fn iter(&self) -> impl Iterator<Item = (i16, u64)> {
        self.chunks.iter().flat_map(|(number, counts)| {
            let numbers = number * CHUNK as i16..;
            let bins = numbers.zip(counts.iter().copied());
            bins.filter(|(_, count)| *count > 0)
        })
    }

    pub(super) fn bytes(&self) -> usize {
        self.chunks.capacity() * size_of::<(i16, Box<[u64; CHUNK]>)>()
            + self.chunks.len() * size_of::<[u64; CHUNK]>()
    }
}
