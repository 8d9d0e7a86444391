//! Sums of minutes against the rows that they were made of: one engine that uses derived rows wherever there are some, and one that
//! reads every row, whose answers `traces.rs` and the tests of the HTTP API hold against a plain scan.

use std::collections::BTreeMap;

use clearspan_query::{
    AskedRange, AskedTime, Config, CountedRows, HistogramAnswer, QueryEngine, ServiceRow,
    ServicesAnswer, ServicesRequest,
};
use clearspan_storage::TenantId;

use crate::random::Random;
use crate::records::{self, Log, at};
use crate::spans::{self, Span};
use crate::store::Store;

const MINUTE: i64 = 60_000_000_000;
/// Four minutes and some seconds before an hour ends.
const FROM: i64 = 1_690_002_000_000_000_000 - 4 * MINUTE - 7_000_000_001;
const LENGTH: i64 = 9 * MINUTE;

/// What is appended at once: as many rows as a chunk needs to derive something.
const BATCH: usize = 2_100;

/// The engine that adds up, and the one that reads.
struct Both {
    store: Store,
    adding: QueryEngine,
    reading: QueryEngine,
}

impl Both {
    fn of(store: Store) -> Self {
        let engine = |read_rows_max| {
            let config = Config {
                scan_partitions: 2,
                read_rows_max,
                ..Config::default()
            };
            store.another_engine(config)
        };
        Both {
            adding: engine(0),
            reading: engine(u64::MAX),
            store,
        }
    }

    /// Without the engines, which hold on to it.
    fn into_store(self) -> Store {
        self.store
    }

    async fn services(&self, request: ServicesRequest) -> [ServicesAnswer; 2] {
        let tenant = TenantId::default();
        let adding = self.adding.services(&tenant, request).await.unwrap();
        let reading = self.reading.services(&tenant, request).await.unwrap();
        [adding, reading]
    }

    async fn histogram(
        &self,
        query: &str,
        range: AskedRange,
        buckets: usize,
    ) -> [HistogramAnswer; 2] {
        let tenant = TenantId::default();
        let logs = || CountedRows {
            query: query.into(),
            range,
        };
        let adding = self.adding.logs_histogram(&tenant, logs(), buckets).await;
        let reading = self.reading.logs_histogram(&tenant, logs(), buckets).await;
        [adding.unwrap(), reading.unwrap()]
    }
}

/// Ranges with ends on a minute, beside it, absent, and without a whole minute.
fn ranges(random: &mut Random) -> Vec<AskedRange> {
    let first = FROM.div_euclid(MINUTE) * MINUTE;
    let mut ends = vec![
        None,
        None,
        at(first),
        at(first + 3 * MINUTE),
        at(first + 7 * MINUTE),
    ];
    ends.extend((0..3).map(|_| at(FROM + random.below(LENGTH as u64) as i64)));
    let instant = |end: Option<AskedTime>| match end {
        Some(AskedTime::At(ns)) => Some(ns),
        _ => None,
    };
    let mut ranges = vec![AskedRange::ALL];
    for &from in &ends {
        let open = ends
            .iter()
            .filter(|&&to| match (instant(from), instant(to)) {
                (Some(from), Some(to)) => from < to,
                (from, to) => from.is_some() != to.is_some(),
            });
        ranges.extend(open.map(|&to| AskedRange { from, to }));
    }
    ranges
}

fn dense_spans(count: u64, random: &mut Random) -> Vec<Span> {
    let span = |number| {
        let any = Span::random(number, 200, random);
        let start = (FROM + random.below(LENGTH as u64) as i64) as u64;
        let rare = random.one_in(30);
        Span {
            name: if rare { "GET /cart" } else { "tick" },
            kind: random.pick(&[2, 3, 5]),
            status: random.pick(&[None, Some(2)]),
            start,
            end: match random.below(40) {
                0 => 0,
                1 => start,
                2 => start - random.below(1_000_000),
                _ => start + (1 << random.below(34)) + random.below(1 << 20),
            },
            ..any
        }
    };
    (0..count).map(span).collect()
}

fn dense_logs(count: i64, random: &mut Random) -> Vec<Log> {
    let log = |number| Log {
        time: (FROM + random.below(LENGTH as u64) as i64) as u64,
        ..Log::random(number, random)
    };
    (0..count).map(log).collect()
}

/// The same services, percentiles apart by what a sketch may be off.
fn check_services(added: &[ServiceRow], read: &[ServiceRow], when: &str) {
    let without = |row: &ServiceRow| ServiceRow {
        p50_ns: None,
        p95_ns: None,
        p99_ns: None,
        ..row.clone()
    };
    let rows = |all: &[ServiceRow]| all.iter().map(without).collect::<Vec<_>>();
    assert_eq!(rows(added), rows(read), "{when}");
    for (added, read) in added.iter().zip(read) {
        let percentiles = |row: &ServiceRow| [row.p50_ns, row.p95_ns, row.p99_ns];
        for (added, read) in percentiles(added).into_iter().zip(percentiles(read)) {
            assert_eq!(added.is_some(), read.is_some(), "{when}");
            let (added, read) = (added.unwrap_or_default(), read.unwrap_or_default());
            assert!(
                (added - read).abs() as f64 <= 0.01 * read.abs() as f64,
                "{when}: {added} for {read}"
            );
        }
    }
}

async fn check_spans(both: &Both, random: &mut Random, when: &str) -> u64 {
    let mut left_out = 0;
    for range in ranges(random) {
        for series in [None, Some(4), Some(500)] {
            let [added, read] = both.services(ServicesRequest { range, series }).await;
            let when = format!("{when}: {range:?} {series:?}");
            check_services(&added.services, &read.services, &when);
            assert!(
                added.stats.rows_scanned <= read.stats.rows_scanned,
                "{when}"
            );
            left_out += read.stats.rows_scanned - added.stats.rows_scanned;
        }
    }
    left_out
}

const QUERIES: [&str; 7] = [
    "",
    "service:cart",
    "severity>=error",
    "service:pay OR severity:info",
    "NOT service:*",
    "service:nobody",
    "alpha",
];

async fn check_logs(both: &Both, random: &mut Random, when: &str) -> u64 {
    let mut left_out = 0;
    let mut queries = QUERIES.into_iter().cycle();
    for range in ranges(random) {
        for query in queries.by_ref().take(3) {
            for buckets in [3, 60] {
                let [added, read] = both.histogram(query, range, buckets).await;
                let when = format!("{when}: {query} {range:?} in {buckets}");
                assert_eq!(added.buckets, read.buckets, "{when}");
                assert_eq!(added.bucket_ns, read.bucket_ns, "{when}");
                assert_eq!(
                    (added.from_ns, added.to_ns),
                    (read.from_ns, read.to_ns),
                    "{when}"
                );
                assert_eq!(added.counted.matched, read.counted.matched, "{when}");
                let scanned = |answer: &HistogramAnswer| answer.counted.stats.rows_scanned;
                assert!(scanned(&added) <= scanned(&read), "{when}");
                left_out += scanned(&read) - scanned(&added);
            }
        }
    }
    left_out
}

/// In the memtable, in segments of a flush, merged, and all at once.
#[tokio::test(flavor = "multi_thread")]
async fn spans_added_up_are_the_spans_read() {
    let mut random = Random::new(11);
    let spans = dense_spans(4 * BATCH as u64, &mut random);
    let mut batches = spans.chunks(BATCH);
    let both = Both::of(Store::new());
    for when in ["one segment", "two segments", "merged", "and a memtable"] {
        match when {
            "merged" => both.store.compact(),
            _ => both.store.append(spans::batch(batches.next().unwrap())),
        }
        if when.ends_with('t') || when.ends_with("ts") {
            both.store.flush();
        }
        let left_out = check_spans(&both, &mut random, when).await;
        assert!(left_out > 0, "{when}: everything was read");
    }
    let both = Both::of(both.into_store().crash());
    let left_out = check_spans(&both, &mut random, "after a crash").await;
    assert!(left_out > 0, "after a crash: everything was read");
    let [everything, read] = both.services(AskedRange::ALL.into()).await;
    // A segment of few rows may have too many sums to be worth it.
    assert!(everything.stats.rows_scanned < BATCH as u64 / 10);
    assert_eq!(read.stats.rows_scanned, 3 * BATCH as u64);
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_added_up_are_the_logs_read() {
    let mut random = Random::new(12);
    let logs = dense_logs(3 * BATCH as i64, &mut random);
    let both = Both::of(Store::new());
    for (batch, when) in logs
        .chunks(BATCH)
        .zip(["one segment", "two segments", "and a memtable"])
    {
        both.store.append(records::batch(batch));
        if when == "two segments" {
            both.store.compact();
        } else if when == "one segment" {
            both.store.flush();
        }
        let left_out = check_logs(&both, &mut random, when).await;
        assert!(left_out > 0, "{when}: everything was read");
    }
    let [everything, read] = both.histogram("", AskedRange::ALL, 3).await;
    assert_eq!(everything.counted.stats.rows_scanned, 0);
    assert_eq!(read.counted.stats.rows_scanned, 3 * BATCH as u64);
}

/// Whatever the order in which spans arrive, and however they are divided into requests and segments.
#[tokio::test(flavor = "multi_thread")]
async fn the_order_of_arrival_changes_no_sum() {
    let mut random = Random::new(13);
    let mut spans = dense_spans(3 * BATCH as u64, &mut random);
    let mut answers = Vec::new();
    for batch in [BATCH, 3 * BATCH, BATCH / 2] {
        for at in (1..spans.len()).rev() {
            spans.swap(at, random.below(at as u64 + 1) as usize);
        }
        let both = Both::of(Store::new());
        for batch in spans.chunks(batch) {
            both.store.append(spans::batch(batch));
            both.store.flush();
        }
        both.store.compact();
        let [added, read] = both.services(AskedRange::ALL.into()).await;
        // A segment of few rows may have too many sums to be worth it.
        assert!(added.stats.rows_scanned < BATCH as u64 / 10);
        check_services(&added.services, &read.services, "in some order");
        answers.push(added.services);
    }
    let first = answers.swap_remove(0);
    answers.iter().for_each(|other| assert_eq!(other, &first));
}

/// Senders that put numbers into names have no derived rows, and lose nothing.
#[tokio::test(flavor = "multi_thread")]
async fn what_differs_in_every_span_is_read() {
    const NAMES: usize = 600;
    let names: Vec<&'static str> = (0..NAMES)
        .map(|number| &*format!("job {number}").leak())
        .collect();
    let mut random = Random::new(14);
    let spans: Vec<Span> = dense_spans(2 * NAMES as u64, &mut random)
        .into_iter()
        .map(|span| Span {
            name: names[span.number as usize % NAMES],
            ..span
        })
        .collect();
    let both = Both::of(Store::new());
    both.store.append(spans::batch(&spans));
    both.store.flush();
    let [added, read] = both.services(AskedRange::ALL.into()).await;
    assert_eq!(added.stats.rows_scanned, spans.len() as u64);
    assert_eq!(added.services, read.services);
    let mut by_name = BTreeMap::<&str, u64>::new();
    spans
        .iter()
        .for_each(|span| *by_name.entry(span.service.unwrap_or("")).or_default() += 1);
    let counted = added
        .services
        .iter()
        .map(|row| (row.name.as_str(), row.spans));
    assert_eq!(counted.collect::<BTreeMap<_, _>>(), by_name);
}
