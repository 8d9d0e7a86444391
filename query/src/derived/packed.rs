//! Durations of groups as a column of bytes.
//!
//! Groups are rows of derived rows, and stand together in runs (those of a minute, or of a service in a minute). The first row of each run has the durations of all its groups, one group after the
//! other: an offset for each group would take as much room as a fifth of its durations. A group has as many of them as its `count` less its `untimed`:
//!
//! 1. Up to [`DURATIONS_KEPT_MAX`] stand there as they are, ascending: the first, then how far each lies from the one before.
//! 2. Of more there are bins (`durations.rs`), ascending, until all durations are told: twice how far the number of the bin lies from that of the one before (of the first,
//!    from 0), and one more where several durations lie in it, followed by how many.
//!
//! All are LEB128; the first number of each group is signed, and so written zigzag.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BinaryArray, BinaryBuilder, RecordBatch, UInt64Array};
use clearspan_schema::{SchemaError, columns};
use clearspan_storage::codec::{Reader, Writer};

use super::durations::binned;
use super::{COUNT, Durations};
use crate::limits::DURATIONS_KEPT_MAX;

/// How many spans of a group have no duration.
pub(super) const UNTIMED: &str = "untimed";
pub(super) const DURATIONS: &str = "durations";

/// A group whose durations are to be packed.
pub(super) struct Timed<'a, R> {
    /// To which run it belongs.
    pub(super) run: R,
    pub(super) count: u64,
    pub(super) durations: &'a mut [i64],
}

/// The columns [`UNTIMED`] and [`DURATIONS`] of groups, those of a run together.
pub(super) fn pack<'a, R: PartialEq>(groups: impl Iterator<Item = Timed<'a, R>>) -> [ArrayRef; 2] {
    let (mut untimed, mut packed) = (Vec::new(), Vec::new());
    let mut open: Option<(R, usize, Writer)> = None;
    for group in groups {
        if open.as_ref().is_none_or(|(run, ..)| *run != group.run) {
            packed.extend(
                open.take()
                    .map(|(_, row, writer)| (row, writer.into_inner())),
            );
        }
        let begun = || (group.run, untimed.len(), Writer::default());
        let (_, _, writer) = open.get_or_insert_with(begun);
        write(group.durations, writer);
        untimed.push(group.count.saturating_sub(group.durations.len() as u64));
    }
    packed.extend(open.map(|(_, row, writer)| (row, writer.into_inner())));
    let mut packed = packed.into_iter().peekable();
    let mut column = BinaryBuilder::new();
    for row in 0..untimed.len() {
        let bytes = packed.next_if(|(first, _)| *first == row);
        column.append_option(bytes.map(|(_, bytes)| bytes));
    }
    [
        Arc::new(UInt64Array::from(untimed)),
        Arc::new(column.finish()),
    ]
}

fn write(durations: &mut [i64], to: &mut Writer) {
    durations.sort_unstable();
    let mut before: Option<i64> = None;
    if durations.len() <= DURATIONS_KEPT_MAX {
        for &duration in &*durations {
            // Ascending, so that the difference fits.
            to.varint(before.map_or_else(|| zigzag(duration), |before| duration.abs_diff(before)));
            before = Some(duration);
        }
        return;
    }
    for (number, count) in binned(durations) {
        let number = i64::from(number);
        let step = before.map_or_else(|| zigzag(number), |before| number.abs_diff(before));
        to.varint(step * 2 + u64::from(count > 1));
        if count > 1 {
            to.varint(count);
        }
        before = Some(number);
    }
}

/// The durations of groups, read one group after the other.
#[derive(Debug)]
pub(crate) struct PackedDurations<'a> {
    counts: &'a [u64],
    untimed: &'a [u64],
    column: &'a BinaryArray,
    /// What follows those of the row before `row`.
    rest: Reader<'a>,
    row: usize,
}

impl<'a> PackedDurations<'a> {
    /// Fails when `rows` have no such columns.
    pub(crate) fn new(rows: &'a RecordBatch) -> Result<Self, SchemaError> {
        Ok(PackedDurations {
            counts: columns::uint64(rows, COUNT)?.values(),
            untimed: columns::uint64(rows, UNTIMED)?.values(),
            column: columns::binary(rows, DURATIONS)?,
            rest: Reader::new(&[]),
            row: 0,
        })
    }

    /// Adds the durations of `row` to `all`. Rows are asked for in ascending order; those between are passed over. Returns how many were added one by one.
    pub(crate) fn add_to(&mut self, row: usize, all: &mut Durations) -> Result<usize, SchemaError> {
        let begins = (self.row..=row)
            .rev()
            .find(|&row| self.column.is_valid(row));
        if let Some(first) = begins {
            self.rest = Reader::new(self.column.value(first));
            self.row = first;
        }
        let told = (self.row..row).try_for_each(|row| self.pass(row));
        let added = told.and_then(|()| self.read(row, all));
        added.ok_or(SchemaError::Column {
            column: DURATIONS,
            expected: "durations of all groups",
        })
    }

    fn timed(&self, row: usize) -> u64 {
        self.counts[row].saturating_sub(self.untimed[row])
    }

    fn pass(&mut self, row: usize) -> Option<()> {
        let timed = self.timed(row);
        self.row = row + 1;
        if is_kept(timed) {
            return (0..timed).try_for_each(|_| self.rest.varint().map(drop));
        }
        each_bin(&mut self.rest, timed, |_, _| ())
    }

    fn read(&mut self, row: usize, all: &mut Durations) -> Option<usize> {
        let timed = self.timed(row);
        self.row = row + 1;
        if !is_kept(timed) {
            let rest = &mut self.rest;
            all.push_binned(|bins| each_bin(rest, timed, |number, count| bins.add(number, count)))?;
            return Some(0);
        }
        let mut before: Option<i64> = None;
        for _ in 0..timed {
            let number = self.rest.varint()?;
            let duration = match before {
                None => unzigzag(number),
                Some(before) => before.checked_add_unsigned(number)?,
            };
            all.push(duration);
            before = Some(duration);
        }
        usize::try_from(timed).ok()
    }
}

fn is_kept(timed: u64) -> bool {
    timed <= DURATIONS_KEPT_MAX as u64
}

fn each_bin(from: &mut Reader<'_>, timed: u64, mut see: impl FnMut(i16, u64)) -> Option<()> {
    let mut left = timed;
    let mut before: Option<i64> = None;
    while left > 0 {
        let step = from.varint()?;
        let count = if step % 2 == 1 { from.varint()? } else { 1 };
        left = left.checked_sub(count.max(1))?;
        let number = match before {
            None => unzigzag(step / 2),
            Some(before) => before.checked_add_unsigned(step / 2)?,
        };
        see(i16::try_from(number).ok()?, count);
        before = Some(number);
    }
    Some(())
}

fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)) as u64
}

fn unzigzag(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use arrow::array::UInt64Array;
    use proptest::prelude::*;

    use super::*;

    fn packed(groups: &mut [(i64, u64, Vec<i64>)]) -> RecordBatch {
        let counts = groups
            .iter()
            .map(|(_, untimed, durations)| untimed + durations.len() as u64);
        let counts: ArrayRef = Arc::new(counts.collect::<UInt64Array>());
        let timed = groups.iter_mut().map(|(minute, untimed, durations)| Timed {
            run: *minute,
            count: *untimed + durations.len() as u64,
            durations,
        });
        let [untimed, durations] = pack(timed);
        RecordBatch::try_from_iter([(COUNT, counts), (UNTIMED, untimed), (DURATIONS, durations)])
            .unwrap()
    }

    fn percentiles(durations: &mut Durations) -> Vec<Option<i64>> {
        (1..=100)
            .map(|percent| durations.percentile(percent))
            .collect()
    }

    proptest! {
        /// Of any groups any may be asked for, in order.
        #[test]
        fn durations_of_each_group_read_back(
            mut groups in prop::collection::vec(
                (0i64..4, 0u64..3, prop::collection::vec(prop_oneof![any::<i64>(), -3i64..90, Just(i64::MIN), Just(i64::MAX)], 0..9)),
                1..30,
            ),
            asked in prop::collection::vec(any::<bool>(), 30),
        ) {
            groups.sort_by_key(|(minute, ..)| *minute);
            let rows = packed(&mut groups);
            let mut read = PackedDurations::new(&rows).unwrap();
            for (row, (_, _, durations)) in groups.iter().enumerate().filter(|(row, _)| asked[*row]) {
                let mut found = Durations::default();
                let one_by_one = read.add_to(row, &mut found).unwrap();
                let mut expected = Durations::default();
                if durations.len() <= DURATIONS_KEPT_MAX {
                    durations.iter().for_each(|&duration| expected.push(duration));
                    prop_assert_eq!(one_by_one, durations.len());
                } else {
                    expected.push_binned(|bins| {
                        binned(durations).for_each(|(number, count)| bins.add(number, count));
                    });
                }
                prop_assert_eq!(found.count(), durations.len());
                prop_assert_eq!(percentiles(&mut found), percentiles(&mut expected));
            }
        }

        /// Bytes that nobody wrote are an error, or other durations, and never more than are counted.
        #[test]
        fn no_bytes_break_the_reader(bytes in prop::collection::vec(any::<u8>(), 0..40), count in 0u64..u64::MAX) {
            let rows = RecordBatch::try_from_iter([
                (COUNT, Arc::new(UInt64Array::from(vec![count])) as ArrayRef),
                (UNTIMED, Arc::new(UInt64Array::from(vec![0]))),
                (DURATIONS, Arc::new(BinaryArray::from(vec![bytes.as_slice()]))),
            ]).unwrap();
            let mut found = Durations::default();
            let _ = PackedDurations::new(&rows).unwrap().add_to(0, &mut found);
            prop_assert!(found.count() as u64 <= count);
        }
    }
}
