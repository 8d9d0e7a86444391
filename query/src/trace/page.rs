//! The first traces in order, behind a cursor.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use clearspan_schema::TraceId;

use super::TraceSort;

/// Where a trace stands in the order: the value it is sorted by, then its id. A trace without the
/// value is below all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TraceKey {
    pub(crate) value: Option<i128>,
    pub(crate) trace_id: TraceId,
}

/// A key that compares as the page's order says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ranked {
    key: TraceKey,
    descending: bool,
}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        let ascending = self.key.cmp(&other.key);
        if self.descending {
            ascending.reverse()
        } else {
            ascending
        }
    }
}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Keeps the first traces of those it is offered.
#[derive(Debug)]
pub(crate) struct Page {
    descending: bool,
    after: Option<Ranked>,
    limit: usize,
    /// The last of those kept is on top. One more than the limit: it says whether a page follows.
    kept: BinaryHeap<Ranked>,
}

impl Page {
    pub(crate) fn new(sort: TraceSort, after: Option<TraceKey>, limit: usize) -> Self {
        let descending = sort.descending;
        Page {
            descending,
            after: after.map(|key| Ranked { key, descending }),
            limit,
            kept: BinaryHeap::new(),
        }
    }

    pub(crate) fn offer(&mut self, key: TraceKey) {
        let ranked = Ranked {
            key,
            descending: self.descending,
        };
        if self.after.is_some_and(|after| ranked <= after) {
            return;
        }
        if self.kept.len() <= self.limit {
            self.kept.push(ranked);
        } else if let Some(mut last) = self.kept.peek_mut()
            && ranked < *last
        {
            *last = ranked;
        }
    }

    /// Whether it holds as many as it may, and knows that another follows.
    pub(crate) fn is_full(&self) -> bool {
        self.kept.len() > self.limit
    }

    /// The page in order, and the key to continue from when another follows.
    pub(crate) fn finish(self) -> (Vec<TraceId>, Option<TraceKey>) {
        let mut keys: Vec<TraceKey> = self
            .kept
            .into_sorted_vec()
            .into_iter()
            .map(|ranked| ranked.key)
            .collect();
        let has_more = keys.len() > self.limit;
        keys.truncate(self.limit);
        let last = keys.last().copied().filter(|_| has_more);
        (keys.into_iter().map(|key| key.trace_id).collect(), last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::TraceSortKey;

    #[test]
    fn pages_in_either_direction_give_each_trace_once() {
        let key = |n: u8| TraceKey {
            value: (!n.is_multiple_of(7)).then_some(i128::from(n % 5) - 2),
            trace_id: [n; 16],
        };
        for descending in [false, true] {
            let sort = TraceSort {
                by: TraceSortKey::Duration,
                descending,
            };
            let mut expected: Vec<TraceKey> = (0..50).map(key).collect();
            expected.sort();
            if descending {
                expected.reverse();
            }
            let expected: Vec<TraceId> = expected.into_iter().map(|key| key.trace_id).collect();
            for limit in [1, 7, 49, 50, 51] {
                let (mut seen, mut after) = (Vec::new(), None);
                loop {
                    let mut page = Page::new(sort, after, limit);
                    (0..50).map(key).for_each(|key| page.offer(key));
                    let (ids, next) = page.finish();
                    seen.extend(ids);
                    after = next;
                    if after.is_none() {
                        break;
                    }
                }
                assert_eq!(seen, expected, "limit {limit}, descending {descending}");
            }
        }
    }
}
