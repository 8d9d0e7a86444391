//! Filters for ids: may these granules (this segment) hold the key?
//!
//! Bloom filters: a key sets a few bits, and a key whose bits are not all set is not there. Never a false negative. Neighbouring granules
//! share a filter, a *group*: rows are decoded by the thousand, so a filter that tells smaller pieces apart would cost more bytes and
//! pass more thousands wrongly (measured in `docs/adr/0015-templates-in-the-text-index.md`). A group of eight granules of logs has some 700
//! keys, so its filter is some cache lines long and needs no blocks. One filter for the whole segment
//! stands before them, so that most segments answer with one look.
//!
//! `filters.bin`, inside the frame of [`frame`](super::frame):
//!
//! | bytes | what |
//! |---|---|
//! | 4 | granules of a group; the last group may have fewer. Version 1 had a filter for each granule, and not this number |
//! | 1 + 1 | bits that a key sets in the segment's filter, and in a group's |
//! | 4 | bytes of the segment's filter |
//! | 4 per group | where its filter ends, counted from the first one's start |
//! | ... | the segment's filter, then the groups' |
//!
//! A key's n-th bit (from 0) out of m: `(x * m) >> 32`, where x begins as the key's low half, y as its high half, and x grows by y
//! and y by n at each step, in 32 bits. Bit b is bit `b % 8` of byte `b / 8`.

use std::fmt;

use bytes::Bytes;

use super::error::TextError;
use super::frame::{self, FileKind, Layout, Reader};
use super::granules::GranuleSet;
use super::token::rules;
use crate::limits::FILTER_GROUP_GRANULES;

const FILE: FileKind = FileKind::Filters;

/// More set bits per key only cost time from here on.
const KEY_BITS_SET_MAX: u8 = 16;

/// How large the filters are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FilterBits {
    /// Neighbouring granules that share a filter, at least 1.
    pub group_granules: u32,
    /// Bits for each key of a group. 8 let 1 in 46 groups pass that do not hold the key, 10 let 1 in 100.
    pub group: u8,
    /// Bits for each key of the segment. 10 let 1 in 120 segments pass, 12 let 1 in 300.
    pub segment: u8,
}

impl Default for FilterBits {
    fn default() -> Self {
        Self {
            group_granules: FILTER_GROUP_GRANULES,
            group: 8,
            segment: 10,
        }
    }
}

/// Keys remembered to keep most repetitions from being sorted: neighbouring rows share their trace.
const RECENT_KEYS: usize = 256;

/// Gathers the keys of granules.
#[derive(Debug, Clone)]
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

    /// The distinct keys of so many granules at a time.
    fn groups(&self, granules: usize) -> impl Iterator<Item = Vec<u64>> {
        let mut start = 0;
        self.granule_ends.chunks(granules).map(move |ends| {
            let end = ends.last().copied().unwrap_or(start);
            let keys = self.keys[start..end].to_vec();
            start = end;
            distinct(keys)
        })
    }

    fn into_distinct_keys(self) -> Vec<u64> {
        distinct(self.keys)
    }
}

fn distinct(mut keys: Vec<u64>) -> Vec<u64> {
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// Writes `filters.bin`.
pub(crate) fn write(
    keys: KeyCollector,
    layout: Layout,
    bits: FilterBits,
) -> Result<Vec<u8>, TextError> {
    let group_granules = bits.group_granules.max(1);
    let group_sets = bits_set(bits.group);
    let mut filters = Vec::new();
    let mut ends = Vec::new();
    for keys in keys.groups(group_granules as usize) {
        filters.extend(build(&keys, bits.group, group_sets));
        ends.push(frame::size(FILE, filters.len(), "the groups' filters")?);
    }
    let segment_sets = bits_set(bits.segment);
    let segment = build(&keys.into_distinct_keys(), bits.segment, segment_sets);

    let mut bytes = frame::begin(FILE, rules(), layout)?;
    frame::put_u32(&mut bytes, group_granules);
    bytes.extend([segment_sets, group_sets]);
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
    groups: Bytes,
    group_sets: u8,
    group_ends: Vec<u32>,
    group_granules: usize,
    granules: usize,
    file_bytes: usize,
    /// Whether texts were cut as they are now, so that the keys in a question are those of the texts.
    pub(crate) same_rules: bool,
}

impl fmt::Debug for Filters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Filters")
            .field("segment_bytes", &self.segment.len())
            .field("groups_bytes", &self.groups.len())
            .field("groups", &self.group_ends.len())
            .finish_non_exhaustive()
    }
}

impl Filters {
    pub(crate) fn open(bytes: &Bytes, layout: Layout) -> Result<Self, TextError> {
        let (mut reader, file_rules) = Reader::open(FILE, bytes, layout)?;
        let group_granules = match reader.version() {
            1 => 1,
            _ => reader.u32()? as usize,
        };
        if group_granules == 0 {
            return Err(reader.malformed("granules of a group"));
        }
        let segment_sets = reader.u8()?;
        let group_sets = reader.u8()?;
        let known = 1..=KEY_BITS_SET_MAX;
        if !known.contains(&segment_sets) || !known.contains(&group_sets) {
            return Err(reader.malformed("bits set per key"));
        }
        let segment_bytes = reader.count(1)?;
        let groups = layout.granules().div_ceil(group_granules);
        reader.fits(groups.saturating_mul(4))?;
        let mut group_ends = Vec::with_capacity(groups);
        for _ in 0..groups {
            group_ends.push(reader.u32()?);
        }
        if !group_ends.is_sorted() {
            return Err(reader.malformed("the groups' filters overlap"));
        }
        let segment_start = reader.position();
        reader.take(segment_bytes)?;
        let groups_start = reader.position();
        reader.take(group_ends.last().map_or(0, |end| *end as usize))?;
        reader.end()?;
        Ok(Self {
            segment: bytes.slice(segment_start..groups_start),
            segment_sets,
            groups: bytes.slice(groups_start..reader.position()),
            group_sets,
            group_ends,
            group_granules,
            granules: layout.granules(),
            file_bytes: bytes.len(),
            same_rules: file_rules == rules(),
        })
    }

    /// The granules that may hold the key: all of each group that may.
    pub(crate) fn granules(&self, key: u64) -> GranuleSet {
        let mut found = GranuleSet::none(self.granules);
        if !holds(&self.segment, key, self.segment_sets) {
            return found;
        }
        let mut start = 0;
        for (group, end) in self.group_ends.iter().enumerate() {
            let end = *end as usize;
            if holds(&self.groups[start..end], key, self.group_sets) {
                let first = group * self.group_granules;
                let behind = (first + self.group_granules).min(self.granules);
                (first..behind).for_each(|granule| found.insert(granule));
            }
            start = end;
        }
        found
    }

    /// Bytes held in memory: the whole file, of which the filters are parts.
    pub(crate) fn heap_bytes(&self) -> usize {
        self.file_bytes + self.group_ends.capacity() * size_of::<u32>()
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

    /// Bits for each key of a group and of the segment; a filter for each granule.
    fn of_granules(group: u8, segment: u8) -> FilterBits {
        FilterBits {
            group_granules: 1,
            group,
            segment,
        }
    }

    #[test]
    fn a_key_is_always_found_where_it_is() {
        for bits in [of_granules(8, 10), FilterBits::default()] {
            for (granules, keys) in [(1, 1), (3, 7), (8, 9), (9, 9), (40, 180)] {
                let filters = filters(granules, keys, bits);
                for granule in 0..granules {
                    for key in keys_of(granule, keys) {
                        assert!(filters.granules(key).contains(granule));
                    }
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
    fn a_key_in_few_granules_leads_to_their_group() {
        let bits = FilterBits {
            group_granules: 8,
            ..of_granules(16, 16)
        };
        let filters = filters(20, 90, bits);
        let found = |granule| filters.granules(keys_of(granule, 1)[0]);
        assert_eq!(found(3).iter().collect::<Vec<_>>(), Vec::from_iter(0..8));
        assert_eq!(found(19).iter().collect::<Vec<_>>(), Vec::from_iter(16..20));
    }

    /// The share of absent keys that pass a group's filter, and the segment's.
    fn wrong(bits: FilterBits) -> (f64, f64) {
        let filters = filters(50, 180, bits);
        let absent: Vec<u64> = (0..20_000).map(|i| id_key(&format!("absent{i}"))).collect();
        let share = |filter: &[u8], sets: u8| {
            let passes = absent.iter().filter(|key| holds(filter, **key, sets));
            passes.count() as f64 / absent.len() as f64
        };
        let mut start = 0;
        let groups = filters.group_ends.iter().map(|end| {
            let filter = &filters.groups[start..*end as usize];
            start = *end as usize;
            share(filter, filters.group_sets)
        });
        let rates: Vec<f64> = groups.collect();
        let group = rates.iter().sum::<f64>() / rates.len() as f64;
        (group, share(&filters.segment, filters.segment_sets))
    }

    #[test]
    fn few_granules_pass_wrongly() {
        let check = |bits: FilterBits, group_max: f64, segment_max: f64| {
            let (group, segment) = wrong(bits);
            assert!(group < group_max, "groups: {group}");
            assert!(segment < segment_max, "segment: {segment}");
        };
        check(of_granules(10, 12), 0.011, 0.005);
        check(FilterBits::default(), 0.024, 0.011);
    }
}
