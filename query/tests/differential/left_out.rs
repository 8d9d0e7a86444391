//! What answers say of the segments and granules that were not read, and why.

use clearspan_query::{AskedRange, LogsRequest, Order};
use clearspan_storage::TenantId;
use clearspan_storage::scan::ScanStats;

use crate::records::{Log, at, batch};
use crate::store::{ARRIVAL_NS, Store};

const SEGMENTS: u64 = 8;
const ROWS: u64 = 300;
const APART_NS: u64 = 25 * 3_600_000_000_000;

/// An hour of each of many days, so that none is merged with another.
fn time(segment: u64) -> u64 {
    ARRIVAL_NS as u64 - (SEGMENTS - segment) * APART_NS
}

async fn store() -> Store {
    let store = Store::new();
    for segment in 0..SEGMENTS {
        let logs: Vec<Log> = (0..ROWS)
            .map(|row| Log {
                number: (segment * ROWS + row).cast_signed(),
                time: time(segment) + row,
                observed_time: 0,
                severity: 9,
                service: None,
                words: vec!["alpha"],
                trace: Some(segment as u8),
            })
            .collect();
        store.append(batch(&logs));
        store.flush();
        tokio::task::yield_now().await;
    }
    store
}

async fn stats(store: &Store, query: &str, range: AskedRange) -> ScanStats {
    let request = LogsRequest {
        query: query.to_owned(),
        range,
        order: Order::Descending,
        limit: 1,
        cursor: None,
        count: true,
    };
    let tenant = TenantId::default();
    let answer = store.engine.search_logs(&tenant, request).await;
    answer.unwrap().stats
}

#[tokio::test(flavor = "multi_thread")]
async fn each_segment_is_read_or_left_out_for_a_reason() {
    let store = store().await;
    let all = AskedRange::ALL;
    let one = AskedRange {
        from: at(time(3).cast_signed()),
        to: at((time(3) + ROWS).cast_signed()),
    };
    // By time, by index, by templates, read.
    for (query, range, expected) in [
        ("alpha", all, [0, 0, SEGMENTS - 1, 1]),
        ("nothing_says_this", all, [0, 0, SEGMENTS, 0]),
        ("nothing_says_this n:3", all, [0, SEGMENTS, 0, 0]),
        (
            "trace_id:04040404040404040404040404040404",
            all,
            [0, SEGMENTS - 1, 0, 1],
        ),
        ("n:1000", one, [SEGMENTS - 1, 0, 0, 1]),
    ] {
        let stats = stats(&store, query, range).await;
        let segments = [
            stats.segments_skipped_by_time,
            stats.segments_skipped_by_index,
            stats.segments_skipped_by_templates,
            stats.segments_read,
        ];
        assert_eq!(segments, expected, "{query}: {stats:?}");
        assert_eq!(
            segments.iter().sum::<u64>(),
            stats.segments_total,
            "{query}"
        );
        let granules = [
            stats.granules_skipped_by_time,
            stats.granules_skipped_by_index,
            stats.granules_skipped_by_templates,
        ];
        for (granules, segments) in granules.into_iter().zip(expected) {
            assert!((granules > 0) == (segments > 0), "{query}: {stats:?}");
        }
        let granules: u64 = granules.iter().sum();
        assert_eq!(
            granules + stats.granules_read,
            stats.granules_total,
            "{query}: {stats:?}"
        );
    }
}
