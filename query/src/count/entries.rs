//! Rows by entry of a dictionary column, so that what is the same for all rows with an entry is looked at once a batch.

use arrow::array::{Array, Int32Array};

const LANES: usize = 4;

/// The entries, of `entries` in all, that stand in some row of `keys`, each with the number of its rows; ascending. Null is no entry.
pub(super) fn used(keys: &Int32Array, entries: usize) -> Vec<(usize, u64)> {
    // A chunk of a memtable may have a dictionary that is larger than itself.
    if entries > keys.len() {
        return by_sorting(keys);
    }
    let rows = match keys.null_count() {
        0 => by_counting(keys.values(), entries),
        _ => by_counting(&keys.iter().flatten().collect::<Vec<_>>(), entries),
    };
    let rows = rows.into_iter().enumerate();
    rows.filter(|&(_, rows)| rows > 0).collect()
}

/// Neighbours are often alike: each of four has its own counts, so that none waits for the one before it.
fn by_counting(keys: &[i32], entries: usize) -> Vec<u64> {
    let mut rows = vec![[0_u64; LANES]; entries];
    let fours = keys.chunks_exact(LANES);
    for &key in fours.remainder() {
        rows[key as usize][0] += 1;
    }
    for four in fours {
        for (lane, &key) in four.iter().enumerate() {
            rows[key as usize][lane] += 1;
        }
    }
    rows.iter().map(|rows| rows.iter().sum()).collect()
}

fn by_sorting(keys: &Int32Array) -> Vec<(usize, u64)> {
    let mut keys: Vec<usize> = keys.iter().flatten().map(|key| key as usize).collect();
    keys.sort_unstable();
    let runs = keys.chunk_by(|a, b| a == b);
    runs.map(|run| (run[0], run.len() as u64)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_entry_has_its_rows() {
        let keys = Int32Array::from(vec![Some(2), None, Some(0), Some(2)]);
        for entries in [3, 4, 5, 1_000] {
            assert_eq!(used(&keys, entries), [(0, 1), (2, 2)], "of {entries}");
        }
        let dense = Int32Array::from(vec![1, 1, 0]);
        assert_eq!(used(&dense, 2), [(0, 1), (1, 2)]);
        assert_eq!(used(&Int32Array::from(Vec::<i32>::new()), 0), []);
    }
}
