//! The first of what was counted: by rows descending, then by what it is.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::limits::STEPS_PER_YIELD;

/// At most so many, the last of them on top of the heap.
pub(crate) struct Top<T> {
    limit: usize,
    heap: BinaryHeap<(Reverse<u64>, T)>,
    offered: usize,
}

impl<T: Ord> Top<T> {
    pub(crate) fn new(limit: usize) -> Self {
        Top {
            limit,
            heap: BinaryHeap::new(),
            offered: 0,
        }
    }

    /// Makes the value only where it can be among the first. Gives way now and then.
    pub(crate) async fn offer(&mut self, rows: u64, value: impl FnOnce() -> T) {
        self.offered += 1;
        if self.offered.is_multiple_of(STEPS_PER_YIELD) {
            tokio::task::yield_now().await;
        }
        let is_full = self.heap.len() == self.limit;
        let last = self.heap.peek().map(|(Reverse(rows), _)| *rows);
        if is_full && last.is_some_and(|last| rows < last) {
            return;
        }
        self.heap.push((Reverse(rows), value()));
        if is_full {
            self.heap.pop();
        }
    }

    /// In order, each with its rows.
    pub(crate) fn in_order(self) -> impl Iterator<Item = (u64, T)> {
        let sorted = self.heap.into_sorted_vec().into_iter();
        sorted.map(|(Reverse(rows), value)| (rows, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_are_kept_whatever_the_order() {
        let counted = [(3, "b"), (1, "z"), (3, "a"), (2, "y"), (3, "c"), (1, "x")];
        for limit in 1..=7 {
            for turned in 0..counted.len() {
                let mut top = Top::new(limit);
                for (rows, value) in counted.into_iter().cycle().skip(turned).take(6) {
                    top.offer(rows, || value).await;
                }
                let found: Vec<_> = top.in_order().collect();
                let all = [(3, "a"), (3, "b"), (3, "c"), (2, "y"), (1, "x"), (1, "z")];
                assert_eq!(found, all[..limit.min(6)]);
            }
        }
    }
}
