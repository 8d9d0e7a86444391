//! The plan of a page over batches of a table in memory.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, TimestampNanosecondArray, UInt32Array, UInt64Array};
use clearspan_schema::time::UTC;
use datafusion::datasource::memory::MemorySourceConfig;

use super::plans::Plans;
use super::scan::addresses_schema;
use super::top::{RowKey, TopRows, read_found, top};
use crate::Order;

fn batch(keys: &[(i64, u64)]) -> RecordBatch {
    let times =
        TimestampNanosecondArray::from_iter_values(keys.iter().map(|key| key.0)).with_timezone(UTC);
    let rows = UInt32Array::from_iter_values(0..keys.len() as u32);
    let columns: Vec<ArrayRef> = vec![
        Arc::new(times),
        Arc::new(UInt64Array::from_iter_values(keys.iter().map(|key| key.1))),
        Arc::new(rows.clone()),
        Arc::new(rows),
    ];
    RecordBatch::try_new(addresses_schema(), columns).unwrap()
}

async fn page(partitions: &[Vec<RecordBatch>], wanted: TopRows) -> Vec<RowKey> {
    let plans = Plans::of_bytes(2, 1 << 20).unwrap();
    let source = MemorySourceConfig::try_new_exec(partitions, addresses_schema(), None).unwrap();
    let mut found = Vec::new();
    for batch in plans.collect(top(source, wanted).unwrap()).await.unwrap() {
        read_found(&batch, &mut found).unwrap();
    }
    found.into_iter().map(|row| row.key).collect()
}

#[tokio::test]
async fn pages_follow_each_other_over_ties_and_extremes() {
    let keys = [
        (5, 9),
        (5, 3),
        (i64::MAX, 1),
        (i64::MIN, 2),
        (0, u64::MAX),
        (5, 4),
        (-1, 0),
    ];
    let mut expected: Vec<RowKey> = keys
        .iter()
        .map(|&(placed_time, seq)| RowKey { placed_time, seq })
        .collect();
    expected.sort();
    for order in [Order::Ascending, Order::Descending] {
        for partitions in [
            vec![vec![batch(&keys)]],
            vec![
                vec![batch(&keys[..2]), batch(&keys[2..5])],
                vec![batch(&keys[5..])],
            ],
        ] {
            for fetch in 1..=keys.len() + 1 {
                let (mut seen, mut after) = (Vec::new(), None);
                loop {
                    let found = page(
                        &partitions,
                        TopRows {
                            order,
                            after,
                            fetch,
                        },
                    )
                    .await;
                    assert!(found.len() <= fetch);
                    after = found.last().copied();
                    seen.extend(found);
                    if after.is_none() {
                        break;
                    }
                }
                assert_eq!(seen, expected, "{order:?}, fetch {fetch}");
            }
        }
        expected.reverse();
    }
}

#[tokio::test]
async fn an_empty_source_has_an_empty_page() {
    let wanted = TopRows {
        order: Order::Descending,
        after: None,
        fetch: 3,
    };
    assert!(page(&[vec![]], wanted).await.is_empty());
}
