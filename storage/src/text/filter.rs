//! Filters for ids: may this granule (this segment) hold the key?
//!
//! Bloom filters: a key sets a few bits, and a key whose bits are not all set is not there. Never a false negative. A granule
//! of 128 logs has about 180 keys, so its filter is a few cache lines long and needs no blocks. One filter for the whole segment
//! stands before them, so that most segments answer with one look.
//!
//! `filters.bin`, inside the frame of [`frame`](super::frame):
//!
//! | bytes | what |
//! |---|---|
//! | 1 + 1 | bits that a key sets in the segment's filter, and in a granule's |
//! | 4 | bytes of the segment's filter |
//! | 4 per granule | where its filter ends, counted from the first one's start |
//! | ... | the segment's filter, then the granules' |
//!
//! A key's n-th bit (from 0) out of m: `(x * m) >> 32`, where x begins as the key's low half, y as its high half, and x grows by y
//! and y by n at each step, in 32 bits. Bit b is bit `b % 8` of byte `b / 8`.

use std::fmt;

use bytes::Bytes;

use super::error::TextError;
use super::frame::{self, FileKind, Layout, Reader};
use super::granules::GranuleSet;
use super::token::rules;

const FILE: FileKind = FileKind::Filters;

/// More set bits per key only cost time from here on.
const KEY_BITS_SET_MAX: u8 = 16;

/// How large the filters are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FilterBits {
    /// Bits for each key of a granule. 10 let 1 in 100 granules pass that do not hold the key.
    pub granule: u8,
    /// Bits for each key of the segment. 12 let 1 in 300 segments pass.
    pub segment: u8,
}

impl Default for FilterBits {
    fn default() -> Self {
        Self {
            granule: 10,
            segment: 12,
        }
    }
}

/// Keys remembered to keep most repetitions from being sorted: neighbouring rows share their trace.
const RECENT_KEYS: usize = 256;

/// Gathers the keys of granules.
#[derive(Debug)]
pub(crate) struct KeyCollector {
    granule: Vec<u64>,
    /// Some of the current granule's keys, each at the place of its low bits. `None` at the start of a granule.
    recent: [Option<u64>; RECENT_KEYS],
    /// Each granule's distinct keys, sorted.
    keys: Vec<u64>,
    granule_ends: Vec<usize>,
}

impl KeyCollector {
    pub(crate) fn new() -> Self {
        Self {
            granule: Vec::new(),
            recent: [None; RECENT_KEYS],
            keys: Vec::new(),
            granule_ends: Vec::new(),
        }
    }

    #[inline]
    pub(crate) fn add(&mut self, key: u64) {
        let place = &mut self.recent[key as usize % RECENT_KEYS];
        if *place != Some(key) {
            *place = Some(key);
            self.granule.push(key);
        }
    }

    pub(crate) fn end_granule(&mut self) {
        self.granule.sort_unstable();
        self.granule.dedup();
        self.keys.append(&mut self.granule);
        self.granule_ends.push(self.keys.len());
        self.recent = [None; RECENT_KEYS];
    }

    /// The keys of each granule in turn.
    pub(crate) fn granules(&self) -> impl Iterator<Item = &[u64]> {
        let starts = std::iter::once(0).chain(self.granule_ends.iter().copied());
        starts
            .zip(&self.granule_ends)
            .map(|(start, end)| &self.keys[start..*end])
    }

    pub(crate) fn into_distinct_keys(self) -> Vec<u64> {
        let mut keys = self.keys;
        keys.sort_unstable();
        keys.dedup();
        keys
    }
}

/// Writes `filters.bin`.
pub(crate) fn write(
    keys: KeyCollector,
    layout: Layout,
    bits: FilterBits,
) -> Result<Vec<u8>, TextError> {
    let granule_sets = bits_set(bits.granule);
    let mut filters = Vec::new();
    let mut ends = Vec::new();
    for keys in keys.granules() {
        filters.extend(build(keys, bits.granule, granule_sets));
        ends.push(frame::size(FILE, filters.len(), "the granules' filters")?);
    }
    let segment_sets = bits_set(bits.segment);
    let segment = build(&keys.into_distinct_keys(), bits.segment, segment_sets);

    let mut bytes = frame::begin(FILE, rules(), layout)?;
    bytes.extend([segment_sets, granule_sets]);
    frame::put_u32(
        &mut bytes,
        frame::size(FILE, segment.len(), "the segment's filter")?,
    );
    for end in ends {
        frame::put_u32(&mut bytes, end);
    }
    bytes.extend(segment);
    bytes.extend(filters);
    Ok(frame::seal(bytes))
}

/// The best number of bits to set per key: bits x ln 2.
fn bits_set(bits_per_key: u8) -> u8 {
    let best = f64::from(bits_per_key) * std::f64::consts::LN_2;
    (best.round() as u8).clamp(1, KEY_BITS_SET_MAX)
}

fn build(keys: &[u64], bits_per_key: u8, sets: u8) -> Vec<u8> {
    let bits = keys.len() * usize::from(bits_per_key.max(1));
    let mut filter = vec![0; bits.div_ceil(8)];
    for key in keys {
        for bit in bit_positions(*key, sets, filter.len()) {
            filter[bit / 8] |= 1 << (bit % 8);
        }
    }
    filter
}

fn holds(filter: &[u8], key: u64, sets: u8) -> bool {
    !filter.is_empty()
        && bit_positions(key, sets, filter.len()).all(|bit| filter[bit / 8] >> (bit % 8) & 1 == 1)
}

fn bit_positions(key: u64, sets: u8, filter_bytes: usize) -> impl Iterator<Item = usize> {
    // 32 bits of hash cannot address more; a filter of 512 MiB leaves the rest unused.
    let bits = (filter_bytes as u64 * 8).min(u64::from(u32::MAX));
    let (mut x, mut y) = (key as u32, (key >> 32) as u32);
    (0..u32::from(sets)).map(move |n| {
        let bit = (u64::from(x) * bits) >> 32;
        x = x.wrapping_add(y);
        y = y.wrapping_add(n);
        bit as usize
    })
}

/// An opened `filters.bin`.
pub(crate) struct Filters {
    segment: Bytes,
    segment_sets: u8,
    granules: Bytes,
    granule_sets: u8,
    granule_ends: Vec<u32>,
    /// Whether texts were cut as they are now, so that the keys in a question are those of the texts.
    pub(crate) same_rules: bool,
}

impl fmt::Debug for Filters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Filters")
            .field("segment_bytes", &self.segment.len())
            .field("granules_bytes", &self.granules.len())
            .field("granules", &self.granule_ends.len())
            .finish_non_exhaustive()
    }
}

impl Filters {
    pub(crate) fn open(bytes: &Bytes, layout: Layout) -> Result<Self, TextError> {
        let (mut reader, file_rules) = Reader::open(FILE, bytes, layout)?;
        let segment_sets = reader.u8()?;
        let granule_sets = reader.u8()?;
        let known = 1..=KEY_BITS_SET_MAX;
        if !known.contains(&segment_sets) || !known.contains(&granule_sets) {
            return Err(reader.malformed("bits set per key"));
        }
        let segment_bytes = reader.count(1)?;
        reader.fits(layout.granules().saturating_mul(4))?;
        let mut granule_ends = Vec::with_capacity(layout.granules());
        for _ in 0..layout.granules() {
            granule_ends.push(reader.u32()?);
        }
        if !granule_ends.is_sorted() {
            return Err(reader.malformed("the granules' filters overlap"));
        }
        let segment_start = reader.position();
        reader.take(segment_bytes)?;
        let granules_start = reader.position();
        reader.take(granule_ends.last().map_or(0, |end| *end as usize))?;
        reader.end()?;
        Ok(Self {
            segment: bytes.slice(segment_start..granules_start),
            segment_sets,
            granules: bytes.slice(granules_start..reader.position()),
            granule_sets,
            granule_ends,
            same_rules: file_rules == rules(),
        })
    }

    /// The granules that may hold the key.
    pub(crate) fn granules(&self, key: u64) -> GranuleSet {
        let mut found = GranuleSet::none(self.granule_ends.len());
        if !holds(&self.segment, key, self.segment_sets) {
            return found;
        }
        let mut start = 0;
        for (granule, end) in self.granule_ends.iter().enumerate() {
            let end = *end as usize;
            if holds(&self.granules[start..end], key, self.granule_sets) {
                found.insert(granule);
            }
            start = end;
        }
        found
    }

    /// Bytes held in memory.
    pub(crate) fn heap_bytes(&self) -> usize {
        self.segment.len() + self.granules.len() + self.granule_ends.len() * 4
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::*;
    use crate::text::token::id_key;

    fn keys_of(granule: usize, count: usize) -> Vec<u64> {
        (0..count)
            .map(|i| id_key(&format!("{granule:08x}{i:08x}")))
            .collect()
    }

    fn filters(granules: usize, keys: usize, bits: FilterBits) -> Filters {
        let mut collector = KeyCollector::new();
        for granule in 0..granules {
            for key in keys_of(granule, keys) {
                collector.add(key);
                collector.add(key);
            }
            collector.end_granule();
        }
        let layout = Layout {
            granule_rows: 128,
            rows: granules * 128,
        };
        let bytes = write(collector, layout, bits).unwrap();
        Filters::open(&bytes.into(), layout).unwrap()
    }

    #[test]
    fn a_key_is_always_found_where_it_is() {
        for (granules, keys) in [(1, 1), (3, 7), (40, 180)] {
            let filters = filters(granules, keys, FilterBits::default());
            for granule in 0..granules {
                for key in keys_of(granule, keys) {
                    assert!(filters.granules(key).contains(granule));
                }
            }
        }
    }

    #[test]
    fn granules_without_keys_hold_none() {
        let filters = filters(5, 0, FilterBits::default());
        assert!(filters.granules(id_key("0123456789abcdef")).is_empty());
        assert_eq!(filters.granules(0).granules(), 5);
    }

    #[test]
    fn few_granules_pass_wrongly() {
        let bits = FilterBits::default();
        let filters = filters(50, 180, bits);
        let absent: Vec<u64> = (0..20_000).map(|i| id_key(&format!("absent{i}"))).collect();
        let segment_passes = absent
            .iter()
            .filter(|key| holds(&filters.segment, **key, filters.segment_sets))
            .count();
        let granule_passes: usize = absent
            .iter()
            .map(|key| {
                (1..50)
                    .filter(|granule| {
                        let start = filters.granule_ends[granule - 1] as usize;
                        let end = filters.granule_ends[*granule] as usize;
                        holds(&filters.granules[start..end], *key, filters.granule_sets)
                    })
                    .count()
            })
            .sum();
        let granule_rate = granule_passes as f64 / (absent.len() * 49) as f64;
        let segment_rate = segment_passes as f64 / absent.len() as f64;
        assert!(granule_rate < 0.011, "granules: {granule_rate}");
        assert!(segment_rate < 0.005, "segment: {segment_rate}");
    }
}
