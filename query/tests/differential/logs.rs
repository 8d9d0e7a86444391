//! Log search.

use std::collections::HashSet;

use clearspan_query::{AskedRange, AskedTime, LogId, LogsAnswer, LogsRequest, Order, QueryError};
use clearspan_schema::any::AnyRef;
use clearspan_storage::TenantId;

use crate::random::Random;
use crate::records::{Log, QUERIES, START, at, batch, ranges, scan};
use crate::store::{ARRIVAL_NS, Store};

fn numbers(answer: &LogsAnswer) -> Vec<i64> {
    let records = answer.rows.records().unwrap();
    let number = |record: clearspan_query::LogRecord<'_>| match record.log.attributes.get("n") {
        Some(AnyRef::Int(number)) => number,
        other => panic!("no number: {other:?}"),
    };
    records.iter().map(number).collect()
}

fn request(query: &str, range: AskedRange, order: Order, limit: usize) -> LogsRequest {
    LogsRequest {
        query: query.into(),
        range,
        order,
        limit,
        cursor: None,
        count: true,
    }
}

async fn search(store: &Store, request: &LogsRequest) -> Result<LogsAnswer, QueryError> {
    store
        .engine
        .search_logs(&TenantId::default(), request.clone())
        .await
}

/// All pages, one after the other.
async fn page_through(store: &Store, mut request: LogsRequest) -> (Vec<i64>, Option<u64>) {
    let (mut seen, mut ids) = (Vec::new(), HashSet::new());
    loop {
        let answer = search(store, &request).await.unwrap();
        assert!(answer.rows.len() <= request.limit && answer.missing.is_empty());
        ids.extend(
            answer
                .rows
                .records()
                .unwrap()
                .iter()
                .map(|record| record.id),
        );
        seen.extend(numbers(&answer));
        request.cursor = answer.next_cursor.clone();
        if request.cursor.is_none() {
            assert_eq!(ids.len(), seen.len(), "ids are unique");
            return (seen, answer.matched);
        }
        assert_eq!(
            answer.rows.len(),
            request.limit,
            "only the last page is short"
        );
    }
}

async fn check(store: &Store, logs: &[Log], when: &str) {
    for (at, (query, wanted)) in QUERIES.into_iter().enumerate() {
        let ranges = ranges();
        // Each range with each query would take a minute; each query has all time and two more.
        for range in [0, 1 + at % 7, 1 + (at + 3) % 7].map(|at| ranges[at]) {
            for order in [Order::Ascending, Order::Descending] {
                let expected = scan(logs, wanted, range, order);
                // With the count, and with pages alone: the store counts nothing that is not asked for.
                for (limit, count) in [
                    (1 + expected.len() / 3, true),
                    (1 + expected.len() / 5, false),
                    (10_000, false),
                ] {
                    let asked = LogsRequest {
                        count,
                        ..request(query, range, order, limit)
                    };
                    let (seen, matched) = page_through(store, asked).await;
                    assert_eq!(
                        seen, expected,
                        "{when}: {query:?} in {range:?}, {order:?}, limit {limit}, count {count}"
                    );
                    let is_right =
                        matched.map_or(!count, |matched| matched == expected.len() as u64);
                    assert!(is_right, "{when}: {query:?}, {matched:?}");
                }
            }
        }
    }
    for trace in 0..6u8 {
        let answer = store
            .engine
            .trace_logs(&TenantId::default(), [trace + 1; 16])
            .await
            .unwrap();
        let mut expected: Vec<&Log> = logs.iter().filter(|log| log.trace == Some(trace)).collect();
        expected.sort_by_key(|log| log.placed());
        assert_eq!(
            numbers(&answer),
            expected.iter().map(|log| log.number).collect::<Vec<_>>(),
            "{when}"
        );
    }
}

async fn ids(store: &Store) -> Vec<LogId> {
    let all = search(
        store,
        &request("", AskedRange::ALL, Order::Ascending, 10_000),
    )
    .await
    .unwrap();
    all.rows
        .records()
        .unwrap()
        .iter()
        .map(|record| record.id)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn searches_equal_a_plain_scan() {
    for seed in 0..2 {
        let mut random = Random::new(seed);
        let mut logs = Vec::new();
        let mut store = Store::new();
        let mut known_ids = Vec::new();
        check(&store, &logs, "empty").await;
        for stage in ["memtable", "segments", "both", "crashed", "restarted"] {
            match stage {
                "segments" => store.flush(),
                "crashed" => store = store.crash(),
                "restarted" => store = store.restart(),
                _ => {
                    for _ in 0..6 {
                        let rows = 1 + random.below(60);
                        let first = logs.len();
                        logs.extend(
                            (0..rows)
                                .map(|row| Log::random((first as u64 + row) as i64, &mut random)),
                        );
                        store.append(batch(&logs[first..]));
                    }
                }
            }
            check(&store, &logs, &format!("seed {seed}, {stage}")).await;
            let ids: HashSet<LogId> = ids(&store).await.into_iter().collect();
            assert!(
                known_ids.iter().all(|id| ids.contains(id)),
                "ids stay the same: {stage}"
            );
            known_ids = ids.into_iter().collect();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_everything_reads_one_end_alone() {
    let store = Store::new();
    let logs: Vec<Log> = (0..40_000).map(numbered).collect();
    logs.chunks(5_000)
        .for_each(|chunk| store.append(batch(chunk)));
    store.flush();
    for order in [Order::Descending, Order::Ascending] {
        let answer = search(&store, &request("", AskedRange::ALL, order, 100))
            .await
            .unwrap();
        assert_eq!(
            numbers(&answer),
            scan(&logs, |_| true, AskedRange::ALL, order)[..100]
        );
        assert_eq!(
            (answer.matched, answer.stats.rows_total),
            (Some(40_000), 40_000)
        );
        assert!(answer.stats.rows_scanned < 4_000, "{:?}", answer.stats);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn paging_gives_each_row_once_while_more_arrive_and_segments_merge() {
    let mut random = Random::new(11);
    let mut logs: Vec<Log> = (0..300)
        .map(|number| Log::random(number, &mut random))
        .collect();
    let store = Store::new();
    store.append(batch(&logs));
    for order in [Order::Ascending, Order::Descending] {
        let at_start = logs.len();
        let mut request = request("", AskedRange::ALL, order, 37);
        let mut seen = Vec::new();
        loop {
            let answer = search(&store, &request).await.unwrap();
            seen.extend(numbers(&answer));
            let first = logs.len();
            logs.extend((0..5).map(|row| Log::random((first + row) as i64, &mut random)));
            store.append(batch(&logs[first..]));
            // The loops of storage work for an hour: segments are written, and merged.
            if first.is_multiple_of(2) {
                store.flush();
            }
            request.cursor = answer.next_cursor;
            if request.cursor.is_none() {
                break;
            }
        }
        let distinct: HashSet<i64> = seen.iter().copied().collect();
        assert_eq!(distinct.len(), seen.len(), "no row twice");
        assert!(
            (0..at_start as i64).all(|number| distinct.contains(&number)),
            "none left out"
        );
        store.flush();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_request_is_said() {
    let store = Store::new();
    let ask = |request: LogsRequest| {
        let store = &store;
        async move { search(store, &request).await.map(drop).unwrap_err() }
    };
    let good = request("a", AskedRange::ALL, Order::Descending, 10);
    assert!(matches!(
        ask(LogsRequest {
            limit: 0,
            ..good.clone()
        })
        .await,
        QueryError::LimitOutOfRange { .. }
    ));
    assert!(matches!(
        ask(LogsRequest {
            limit: 10_001,
            ..good.clone()
        })
        .await,
        QueryError::LimitOutOfRange { .. }
    ));
    let reversed = AskedRange {
        from: at(2),
        to: at(1),
    };
    assert!(matches!(
        ask(LogsRequest {
            range: reversed,
            ..good.clone()
        })
        .await,
        QueryError::RangeReversed
    ));
    assert!(matches!(
        ask(LogsRequest {
            query: "(a".into(),
            ..good.clone()
        })
        .await,
        QueryError::BadQuery(_)
    ));
    assert!(matches!(
        ask(LogsRequest {
            cursor: Some("x".into()),
            ..good
        })
        .await,
        QueryError::BadCursor
    ));
    let tenant = TenantId::new("nobody").unwrap();
    let unknown = store
        .engine
        .search_logs(&tenant, request("", AskedRange::ALL, Order::Ascending, 1))
        .await;
    assert!(matches!(unknown, Err(QueryError::UnknownTenant(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_keeps_the_range_of_its_first_page() {
    let store = Store::new();
    let mut random = Random::new(5);
    let logs: Vec<Log> = (0..20)
        .map(|number| Log {
            time: 0,
            observed_time: 0,
            ..Log::random(number, &mut random)
        })
        .collect();
    store.append(batch(&logs));
    let range = AskedRange {
        from: Some(AskedTime::FromNow(-1_000)),
        to: Some(AskedTime::FromNow(1)),
    };
    let mut request = request("", range, Order::Descending, 15);
    let first = search(&store, &request).await.unwrap();
    assert_eq!(first.matched, Some(20));
    // An hour later the range, asked anew, would hold nothing.
    store.flush();
    assert_eq!(search(&store, &request).await.unwrap().matched, Some(0));
    let empty = search(&store, &request).await.unwrap();
    assert_eq!(
        empty.hints,
        ["the newest record is of 2023-11-14T22:13:20Z"]
    );
    request.cursor = first.next_cursor;
    let second = search(&store, &request).await.unwrap();
    assert_eq!((second.rows.len(), second.matched), (5, Some(20)));
}

/// A record of that number, a millisecond after the one before it.
fn numbered(number: i64) -> Log {
    Log {
        number,
        time: START + number as u64 * 1_000_000,
        observed_time: 0,
        severity: 9,
        service: None,
        words: vec!["alpha"],
        trace: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_count_that_takes_long_is_left_out_until_it_is_asked_for() {
    let store = Store::new();
    let logs: Vec<Log> = (0..600).map(numbered).collect();
    store.append(batch(&logs));
    let asked = LogsRequest {
        count: false,
        ..request("severity:info", AskedRange::ALL, Order::Descending, 5)
    };
    let first = search(&store, &asked).await.unwrap();
    assert_eq!((first.rows.len(), first.matched), (5, None));
    let counted = LogsRequest {
        count: true,
        limit: 6,
        ..asked.clone()
    };
    assert_eq!(search(&store, &counted).await.unwrap().matched, Some(600));
    let all = LogsRequest {
        limit: 600,
        ..asked
    };
    let all = search(&store, &all).await.unwrap();
    assert_eq!(all.matched, Some(600), "all of it was looked at");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_many_segments_opens_few_of_them() {
    const SEGMENTS: u64 = 1_000;
    /// So many hours one flush writes as segments of their own.
    const TOGETHER: usize = 40;
    const APART_NS: u64 = 25 * 3_600_000_000_000;
    // An hour of each of many days, so that none is merged with another. Full are those at both ends.
    let rows = |segment| match (5..SEGMENTS - 5).contains(&segment) {
        true => 1,
        false => 110,
    };
    let hour = |segment: u64| {
        (0..rows(segment)).map(move |row| Log {
            time: ARRIVAL_NS as u64 - (SEGMENTS - segment) * APART_NS + row,
            ..numbered((segment * 1_000 + row) as i64)
        })
    };
    let hours: Vec<Vec<Log>> = (0..SEGMENTS).map(|at| hour(at).collect()).collect();
    let logs = hours.concat();
    let store = Store::unsynced();
    for together in hours.chunks(TOGETHER) {
        store.append(batch(&together.concat()));
        store.flush();
        // The store is driven by polling, of which a task may do so much until it gives way.
        tokio::task::yield_now().await;
    }
    for order in [Order::Descending, Order::Ascending] {
        let asked = LogsRequest {
            count: false,
            ..request("severity:info -beta", AskedRange::ALL, order, 100)
        };
        let answer = search(&store, &asked).await.unwrap();
        let expected = scan(&logs, |_| true, AskedRange::ALL, order);
        assert_eq!(numbers(&answer), expected[..100]);
        assert_eq!(answer.stats.segments_total, SEGMENTS);
        assert!(answer.stats.segments_read <= 3, "{:?}", answer.stats);
    }
}
