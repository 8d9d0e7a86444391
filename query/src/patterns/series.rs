//! Rows over time, few of whose buckets have any: most templates of a sender without shape have one row.

/// Rows by bucket, ascending.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Series(Vec<(u32, u64)>);

/// Bytes of one more bucket.
pub(super) const BUCKET_BYTES: usize = size_of::<(u32, u64)>();

impl Series {
    /// Adds rows. Whether the bucket had none before.
    #[inline]
    pub(super) fn add(&mut self, bucket: u32, rows: u64) -> bool {
        // Rows come by time, so mostly to the bucket of the row before, which is the first of a descending order.
        if let Some((first, sum)) = self.0.first_mut()
            && *first == bucket
        {
            *sum += rows;
            return false;
        }
        match self.0.binary_search_by_key(&bucket, |(bucket, _)| *bucket) {
            Ok(at) => {
                self.0[at].1 += rows;
                false
            }
            Err(at) => {
                self.0.insert(at, (bucket, rows));
                true
            }
        }
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = (u32, u64)> + '_ {
        self.0.iter().copied()
    }

    /// One after the other, of so many buckets.
    pub(super) fn dense(&self, buckets: usize) -> Vec<u64> {
        let mut dense = vec![0; buckets];
        for (bucket, rows) in self.iter() {
            if let Some(sum) = dense.get_mut(bucket as usize) {
                *sum += rows;
            }
        }
        dense
    }

    pub(super) fn heap_bytes(&self) -> usize {
        self.0.capacity() * BUCKET_BYTES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_added_in_any_order() {
        let mut series = Series::default();
        let added = [(7, 1), (7, 2), (3, 1), (9, 4), (3, 1), (9, 1), (0, 2)];
        let new: Vec<bool> = added.map(|(bucket, rows)| series.add(bucket, rows)).into();
        assert_eq!(new, [true, false, true, true, false, false, true]);
        let sums: Vec<_> = series.iter().collect();
        assert_eq!(sums, [(0, 2), (3, 2), (7, 3), (9, 5)]);
        assert_eq!(series.dense(8), [2, 0, 0, 2, 0, 0, 0, 3]);
    }
}
