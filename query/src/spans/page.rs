//! Where a span stands in the order, and the first spans by duration.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::sync::Arc;

use arrow::array::{Array, RecordBatch};
use clearspan_schema::{SEQ, SchemaError, columns, spans};
use clearspan_storage::scan::{AttributeKeys, Projection, RowAddress, TimeRange};
use futures::StreamExt;

use crate::QueryError;
use crate::engine::Session;
use crate::exec::{Emit, PART, PLACED_TIME, ROW, RowKey, ScanTally, SegmentScan, SegmentScanExec};
use crate::language::Query;

/// Where a span stands in the order. Where it is sorted by start, the duration is left out. A span without a duration is below all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SpanKey {
    pub(crate) duration_ns: Option<i64>,
    pub(crate) row: RowKey,
}

/// A span of a page, not yet fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) key: SpanKey,
    pub(super) address: RowAddress,
}

/// One that compares as the page's order says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ranked {
    found: Found,
    descending: bool,
}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        in_order(self.found.key, other.found.key, self.descending)
    }
}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

fn in_order(a: SpanKey, b: SpanKey, descending: bool) -> Ordering {
    match descending {
        true => b.cmp(&a),
        false => a.cmp(&b),
    }
}

/// Keeps the first spans of those it is offered.
#[derive(Debug)]
struct Page {
    descending: bool,
    after: Option<SpanKey>,
    fetch: usize,
    /// The last of those kept is on top.
    kept: BinaryHeap<Ranked>,
}

impl Page {
    fn new(descending: bool, after: Option<SpanKey>, fetch: usize) -> Self {
        Page {
            descending,
            after,
            fetch,
            kept: BinaryHeap::with_capacity(fetch),
        }
    }

    fn offer(&mut self, found: Found) {
        let Page { descending, .. } = *self;
        let is_behind = |after| in_order(found.key, after, descending).is_gt();
        if !self.after.is_none_or(is_behind) {
            return;
        }
        let ranked = Ranked { found, descending };
        if self.kept.len() < self.fetch {
            self.kept.push(ranked);
        } else if let Some(mut last) = self.kept.peek_mut()
            && ranked < *last
        {
            *last = ranked;
        }
    }

    fn add(&mut self, batch: &RecordBatch) -> Result<(), SchemaError> {
        let durations = columns::int64(batch, spans::DURATION_NS)?;
        let times = columns::time(batch, PLACED_TIME)?;
        let seqs = columns::uint64(batch, SEQ)?;
        let (parts, rows) = (columns::uint32(batch, PART)?, columns::uint32(batch, ROW)?);
        for row in 0..batch.num_rows() {
            let key = SpanKey {
                duration_ns: durations.is_valid(row).then(|| durations.value(row)),
                row: RowKey {
                    placed_time: times.value(row),
                    seq: seqs.value(row),
                },
            };
            let address = RowAddress {
                part: parts.value(row),
                row: rows.value(row),
            };
            self.offer(Found { key, address });
        }
        Ok(())
    }

    fn finish(self) -> Vec<Found> {
        let sorted = self.kept.into_sorted_vec().into_iter();
        sorted.map(|ranked| ranked.found).collect()
    }
}

/// The first `fetch` spans by duration of those that match. Every one of them is looked at: the tally counts all that match.
pub(super) async fn first_by_duration(
    session: &Session,
    query: &Query,
    range: TimeRange,
    (descending, after, fetch): (bool, Option<SpanKey>, usize),
) -> Result<(Vec<Found>, ScanTally), QueryError> {
    let plans = &session.plans;
    let wanted = vec![spans::DURATION_NS, PLACED_TIME, SEQ];
    let wanted = Projection::new(wanted, AttributeKeys::none()).with_long_steps();
    let scan = SegmentScan::new(
        Arc::clone(&session.snapshot),
        query.clone(),
        range,
        Emit::ColumnsAt(wanted),
    )?;
    let leaf = Arc::new(SegmentScanExec::new(scan, plans.partitions()));
    let mut batches = plans.stream(Arc::clone(&leaf) as _)?;
    let mut page = Page::new(descending, after, fetch);
    while let Some(batch) = batches.next().await {
        page.add(&batch.map_err(|error| plans.query_error(&error))?)?;
        tokio::task::yield_now().await;
    }
    Ok((page.finish(), leaf.tally()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_in_either_direction_give_each_span_once() {
        let found = |n: u32| Found {
            key: SpanKey {
                duration_ns: (!n.is_multiple_of(7)).then_some(i64::from(n % 5) - 2),
                row: RowKey {
                    placed_time: i64::from(n % 3),
                    seq: u64::from(n),
                },
            },
            address: RowAddress { part: 0, row: n },
        };
        for descending in [false, true] {
            let mut expected: Vec<Found> = (0..50).map(found).collect();
            expected.sort_by_key(|found| found.key);
            if descending {
                expected.reverse();
                assert_eq!(expected[49].key.duration_ns, None, "without one, last");
            }
            for fetch in [1, 7, 49, 50, 51] {
                let (mut seen, mut after) = (Vec::new(), None);
                loop {
                    let mut page = Page::new(descending, after, fetch);
                    (0..50).map(found).for_each(|found| page.offer(found));
                    let found = page.finish();
                    after = found.last().map(|found| found.key);
                    seen.extend(found);
                    if after.is_none() {
                        break;
                    }
                }
                assert_eq!(seen, expected, "fetch {fetch}, descending {descending}");
            }
        }
    }
}
