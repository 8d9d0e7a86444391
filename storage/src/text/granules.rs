//! A set of granules: what an index answers.

use std::ops::Range;

/// A set of granule numbers below a fixed count, as bits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GranuleSet {
    bits: Vec<u64>,
    granules: usize,
}

impl GranuleSet {
    /// The empty set out of `granules`.
    pub fn none(granules: usize) -> Self {
        Self {
            bits: vec![0; granules.div_ceil(64)],
            granules,
        }
    }

    /// The set of all `granules`.
    pub fn all(granules: usize) -> Self {
        let mut bits = vec![u64::MAX; granules.div_ceil(64)];
        if let (Some(last), used @ 1..) = (bits.last_mut(), granules % 64) {
            *last = (1 << used) - 1;
        }
        Self { bits, granules }
    }

    /// How many granules there are, in the set or not.
    pub fn granules(&self) -> usize {
        self.granules
    }

    /// How many granules are in the set.
    pub fn count(&self) -> usize {
        self.bits
            .iter()
            .map(|word| word.count_ones() as usize)
            .sum()
    }

    /// Whether no granule is in the set.
    pub fn is_empty(&self) -> bool {
        self.bits.iter().all(|word| *word == 0)
    }

    /// Whether every granule is in the set.
    pub fn is_all(&self) -> bool {
        self.count() == self.granules
    }

    /// Whether this granule is in the set.
    pub fn contains(&self, granule: usize) -> bool {
        granule < self.granules && self.bits[granule / 64] >> (granule % 64) & 1 == 1
    }

    /// Adds a granule. A number beyond the last granule adds nothing.
    pub fn insert(&mut self, granule: usize) {
        if granule < self.granules {
            self.bits[granule / 64] |= 1 << (granule % 64);
        }
    }

    /// Keeps what is in both sets. Sets of different counts are never of the same rows: the result is of this one's.
    pub fn intersect_with(&mut self, other: &Self) {
        for (i, word) in self.bits.iter_mut().enumerate() {
            *word &= other.bits.get(i).copied().unwrap_or(0);
        }
    }

    /// Adds all that is in the other set.
    pub fn union_with(&mut self, other: &Self) {
        for granule in other.iter() {
            self.insert(granule);
        }
    }

    /// The granules in the set, ascending.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.bits.iter().enumerate().flat_map(|(i, word)| {
            let mut rest = *word;
            std::iter::from_fn(move || {
                let bit = rest.trailing_zeros() as usize;
                (rest != 0).then(|| {
                    rest &= rest - 1;
                    i * 64 + bit
                })
            })
        })
    }

    /// Ranges of neighbouring granules in the set, ascending, with a gap between any two.
    pub fn ranges(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        let mut granules = self.iter().peekable();
        std::iter::from_fn(move || {
            let start = granules.next()?;
            let mut end = start + 1;
            while granules.next_if_eq(&end).is_some() {
                end += 1;
            }
            Some(start..end)
        })
    }

    /// The rows of the set's granules out of `rows`, as ranges with a gap between any two. The last granule may be short.
    pub fn row_ranges(
        &self,
        granule_rows: usize,
        rows: usize,
    ) -> impl Iterator<Item = Range<usize>> + '_ {
        self.ranges()
            .map(move |range| (range.start * granule_rows)..(range.end * granule_rows).min(rows))
            .filter(|range| !range.is_empty())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::*;

    fn set(granules: usize, members: &[usize]) -> GranuleSet {
        let mut set = GranuleSet::none(granules);
        members.iter().for_each(|granule| set.insert(*granule));
        set
    }

    #[test]
    fn all_and_none_have_the_right_counts() {
        for granules in [0, 1, 63, 64, 65, 128, 1_000] {
            let all = GranuleSet::all(granules);
            assert_eq!(all.count(), granules);
            assert!(all.is_all());
            assert_eq!(all.iter().count(), granules);
            assert!(!all.contains(granules));
            assert!(GranuleSet::none(granules).is_empty());
        }
    }

    #[test]
    fn sets_combine() {
        let mut both = set(130, &[0, 64, 129]);
        both.intersect_with(&set(130, &[64, 65, 129]));
        assert_eq!(both.iter().collect::<Vec<_>>(), [64, 129]);
        both.union_with(&set(130, &[1, 64]));
        assert_eq!(both.iter().collect::<Vec<_>>(), [1, 64, 129]);
        both.insert(130);
        assert_eq!(both.count(), 3);
    }

    #[test]
    fn neighbours_become_row_ranges() {
        let set = set(200, &[0, 1, 2, 63, 64, 199]);
        assert_eq!(set.ranges().collect::<Vec<_>>(), [0..3, 63..65, 199..200]);
        assert_eq!(
            set.row_ranges(128, 199 * 128 + 5).collect::<Vec<_>>(),
            [0..384, 63 * 128..65 * 128, 199 * 128..199 * 128 + 5]
        );
        assert_eq!(set.row_ranges(128, 130).next(), Some(0..130));
    }
}
