//! Answers per distinct value of a dictionary column.

use arrow::array::{Array, Int32Array};
use arrow::buffer::BooleanBuffer;

use super::rows_where;

/// One answer for each value of a dictionary, found when it is first asked for.
#[derive(Debug)]
pub(crate) struct Memo<T>(Vec<Option<T>>);

impl<T: Copy> Memo<T> {
    pub(crate) fn new(values: usize) -> Self {
        Memo(vec![None; values])
    }

    pub(crate) fn get(&mut self, key: usize, find: impl FnOnce() -> T) -> T {
        *self.0[key].get_or_insert_with(find)
    }
}

/// The rows of `mask` whose value passes, of a dictionary with so many `values`. Where these are no more than the rows each is looked at
/// before, so that rows among whose values none passes cost nothing.
pub(super) fn rows_with(
    mask: &BooleanBuffer,
    keys: &Int32Array,
    values: usize,
    mut passes: impl FnMut(usize) -> bool,
) -> BooleanBuffer {
    let key = |row: usize| keys.is_valid(row).then(|| keys.value(row) as usize);
    if values > mask.count_set_bits() {
        let mut memo = Memo::new(values);
        return rows_where(mask, |row| {
            key(row).is_some_and(|key| memo.get(key, || passes(key)))
        });
    }
    let passing: Vec<bool> = (0..values).map(passes).collect();
    if !passing.contains(&true) {
        return BooleanBuffer::new_unset(mask.len());
    }
    match keys.nulls() {
        Some(_) => rows_where(mask, |row| key(row).is_some_and(|key| passing[key])),
        None => rows_where(mask, |row| passing[keys.value(row) as usize]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_passing_values_are_found_however_few_they_are() {
        let keys = Int32Array::from(vec![Some(0), Some(2), None, Some(1), Some(2), Some(0)]);
        let of = |rows: &[usize]| BooleanBuffer::collect_bool(6, |row| rows.contains(&row));
        for (mask, passing, expected) in [
            (&[0, 1, 2, 3, 4, 5][..], &[2][..], &[1, 4][..]),
            (&[0, 1, 2, 3, 4, 5], &[], &[]),
            (&[0, 1, 2, 3, 4, 5], &[0, 1, 2], &[0, 1, 3, 4, 5]),
            (&[0, 2, 4], &[0, 2], &[0, 4]),
            (&[1], &[2], &[1]),
            (&[], &[0, 1, 2], &[]),
        ] {
            let found = rows_with(&of(mask), &keys, 3, |key| passing.contains(&key));
            assert_eq!(found, of(expected), "{mask:?} {passing:?}");
        }
        let known = keys.slice(3, 3);
        let found = rows_with(&BooleanBuffer::new_set(3), &known, 3, |key| key == 2);
        assert_eq!(found.set_indices().collect::<Vec<_>>(), [1]);
    }
}
