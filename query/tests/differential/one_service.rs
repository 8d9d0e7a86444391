//! One service: its operations, its latency over time and its exceptions, held against the spans as they were generated.

use std::collections::BTreeMap;

use clearspan_query::{
    AskedRange, AskedTime, Config, LatencyAnswer, LatencyRequest, OperationRow, QueryEngine,
    QueryError,
};
use clearspan_storage::TenantId;

use crate::random::Random;
use crate::records::at;
use crate::spans::{self, Span, trace_id};
use crate::store::Store;

const MINUTE: i64 = 60_000_000_000;
/// Some minutes before an hour ends.
const FROM: i64 = 1_690_002_000_000_000_000 - 4 * MINUTE - 7_000_000_001;
const LENGTH: i64 = 9 * MINUTE;
/// As many rows as a chunk needs to derive something.
const BATCH: usize = 2_100;

const SERVICES: [&str; 5] = ["cart", "pay", "web", "a b", ""];

fn dense_spans(count: u64, random: &mut Random) -> Vec<Span> {
    let span = |number| {
        let any = Span::random(number, 200, random);
        let start = (FROM + random.below(LENGTH as u64) as i64) as u64;
        Span {
            kind: random.pick(&[2, 3, 5]),
            status: random.pick(&[None, None, Some(2)]),
            start,
            end: match random.below(40) {
                0 => 0,
                1 => start,
                2 => start - random.below(1_000_000),
                // Years.
                3 => start + (1 << 58),
                // At a border.
                4 => start + 1_250_000,
                _ => start + (1 << random.below(34)) + random.below(1 << 20),
            },
            ..any
        }
    };
    (0..count).map(span).collect()
}

/// With ends on a minute, beside it, and absent.
fn ranges(random: &mut Random) -> Vec<AskedRange> {
    let mut ranges = vec![AskedRange::ALL];
    let first = FROM.div_euclid(MINUTE) * MINUTE;
    for (from, to) in [(0, 4), (1, 3), (2, 9)] {
        let (from, to) = (first + from * MINUTE, first + to * MINUTE);
        let (from_at, to_at) = (at(from), at(to));
        ranges.push(AskedRange {
            from: from_at,
            to: to_at,
        });
        let torn = AskedRange {
            from: at(from + random.below(MINUTE as u64) as i64),
            to: at(to - random.below(MINUTE as u64 / 2) as i64),
        };
        ranges.push(torn);
        ranges.push(AskedRange {
            from: None,
            to: torn.to,
        });
        ranges.push(AskedRange {
            from: torn.from,
            to: None,
        });
    }
    ranges
}

fn holds(range: AskedRange, time: i64) -> bool {
    let ns = |end: Option<AskedTime>| match end {
        Some(AskedTime::At(ns)) => Some(ns),
        _ => None,
    };
    let time = i128::from(time);
    ns(range.from).is_none_or(|from| from <= time) && ns(range.to).is_none_or(|to| time < to)
}

/// Nearest rank, by definition.
fn rank(durations: &[i64], percent: usize) -> Option<i64> {
    let mut sorted = durations.to_vec();
    sorted.sort_unstable();
    let at = (sorted.len() * percent).div_ceil(100).checked_sub(1)?;
    sorted.get(at).copied()
}

fn near(found: Option<i64>, durations: &[i64], percent: usize, when: &str) {
    let exact = rank(durations, percent);
    assert_eq!(found.is_some(), exact.is_some(), "{when}");
    let (found, exact) = (found.unwrap_or_default(), exact.unwrap_or_default());
    let off = (found - exact).abs() as f64;
    assert!(
        off <= 0.01 * exact.abs() as f64,
        "{when}: {found} for {exact}"
    );
}

fn engines(store: &Store) -> [(&'static str, QueryEngine); 2] {
    [("added", 0), ("read", u64::MAX)].map(|(how, read_rows_max)| {
        let config = Config {
            scan_partitions: 2,
            read_rows_max,
            ..Config::default()
        };
        (how, store.another_engine(config))
    })
}

/// Kept between all stages of a store.
async fn at_every_stage(spans: &[Span], check: impl AsyncFn(&Store, &[Span], &str)) {
    let store = Store::new();
    let (first, rest) = spans.split_at(BATCH);
    let (second, third) = rest.split_at(BATCH);
    store.append(spans::batch(first));
    check(&store, &spans[..BATCH], "in a memtable").await;
    store.flush();
    store.append(spans::batch(second));
    store.flush();
    check(&store, &spans[..2 * BATCH], "in two segments").await;
    store.compact();
    store.append(spans::batch(third));
    check(&store, spans, "merged, and in a memtable").await;
    let store = store.crash();
    check(&store, spans, "after a crash").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn operations_are_the_spans_by_name_and_kind() {
    let mut random = Random::new(31);
    let spans = dense_spans(3 * BATCH as u64, &mut random);
    at_every_stage(&spans, async |store, spans, when| {
        let mut scanned = Vec::new();
        for (how, engine) in engines(store) {
            for range in ranges(&mut Random::new(32)) {
                for service in SERVICES.into_iter().chain(["nobody"]) {
                    let tenant = TenantId::default();
                    let answer = engine.operations(&tenant, service.into(), range).await;
                    let answer = answer.unwrap();
                    scanned.push(answer.stats.rows_scanned);
                    let when = format!("{how} {when}: `{service}` in {range:?}");
                    check_operations(&answer.operations, spans, service, range, &when);
                }
            }
        }
        let (added, read) = scanned.split_at(scanned.len() / 2);
        let [added, read] = [added, read].map(|scanned| scanned.iter().sum::<u64>());
        assert!(added < read, "{when}: everything was read");
    })
    .await;
}

fn check_operations(
    found: &[OperationRow],
    spans: &[Span],
    service: &str,
    range: AskedRange,
    when: &str,
) {
    let mut expected = BTreeMap::<(&str, i32), Vec<&Span>>::new();
    let meant = |span: &&Span| span.service.unwrap_or("") == service && holds(range, span.placed());
    for span in spans.iter().filter(meant) {
        expected
            .entry((span.name, span.kind))
            .or_default()
            .push(span);
    }
    let durations =
        |spans: &[&Span]| -> Vec<i64> { spans.iter().filter_map(|span| span.duration()).collect() };
    let total = |spans: &[&Span]| -> i128 {
        durations(spans)
            .iter()
            .map(|&duration| i128::from(duration.max(0)))
            .sum()
    };
    let all: i128 = expected.values().map(|spans| total(spans)).sum();
    assert_eq!(found.len(), expected.len(), "{when}");
    assert!(found.is_sorted_by(|a, b| a.impact >= b.impact), "{when}");
    for row in found {
        let spans = &expected[&(row.name.as_str(), row.kind)];
        let when = format!("{when}: {} {}", row.name, row.kind);
        let errors = spans.iter().filter(|span| span.is_error()).count() as u64;
        assert_eq!(
            (row.calls, row.errors),
            (spans.len() as u64, errors),
            "{when}"
        );
        let durations = durations(spans);
        for (found, percent) in [(row.p50_ns, 50), (row.p95_ns, 95), (row.p99_ns, 99)] {
            near(found, &durations, percent, &when);
        }
        let impact = total(spans) as f64 / all.max(1) as f64;
        assert!(
            (row.impact - impact).abs() <= 0.02 * impact,
            "{when}: {} for {impact}",
            row.impact
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn latency_is_the_spans_by_time_and_duration() {
    let mut random = Random::new(33);
    let spans = dense_spans(3 * BATCH as u64, &mut random);
    at_every_stage(&spans, async |store, spans, when| {
        let mut random = Random::new(34);
        for range in ranges(&mut random) {
            let request = LatencyRequest {
                service: random.pick(&SERVICES).into(),
                operation: random
                    .pick(&[None, Some("tick"), Some("GET /cart")])
                    .map(Into::into),
                kind: random.pick(&[None, None, Some(3)]),
                range,
                buckets: random.pick(&[1, 7, 60, 1_000]),
            };
            let tenant = TenantId::default();
            let answer = store
                .engine
                .latency(&tenant, request.clone())
                .await
                .unwrap();
            check_latency(&answer, spans, &request, &format!("{when}: {request:?}"));
        }
    })
    .await;
}

fn check_latency(answer: &LatencyAnswer, spans: &[Span], request: &LatencyRequest, when: &str) {
    let meant = |span: &&Span| {
        let is_kind = match (request.kind, &request.operation) {
            (Some(kind), _) => span.kind == kind,
            (None, Some(_)) => true,
            (None, None) => span.is_call(),
        };
        let name = request.operation.as_deref();
        is_kind
            && span.service.unwrap_or("") == request.service
            && name.is_none_or(|name| name == span.name)
            && holds(request.range, span.placed())
    };
    let mut meant: Vec<&Span> = spans.iter().filter(meant).collect();
    assert!(answer.points.len() <= request.buckets + 1, "{when}");
    assert!(
        answer
            .points
            .windows(2)
            .all(|two| two[1].start_ns - two[0].start_ns == answer.width_ns),
        "{when}"
    );
    meant.sort_by_key(|span| (span.placed(), span.number));
    let mut cells = BTreeMap::<(usize, usize), Vec<&Span>>::new();
    let mut counted = 0;
    for (at, point) in answer.points.iter().enumerate() {
        let inside = |span: &&&Span| {
            let start = i128::from(span.placed());
            point.start_ns <= start && start < point.start_ns + answer.width_ns
        };
        let inside: Vec<&Span> = meant.iter().filter(inside).copied().collect();
        let errors = inside.iter().filter(|span| span.is_error()).count() as u64;
        assert_eq!(
            (point.calls, point.errors),
            (inside.len() as u64, errors),
            "{when}"
        );
        counted += inside.len();
        let durations: Vec<i64> = inside.iter().filter_map(|span| span.duration()).collect();
        let percentiles = [(point.p50_ns, 50), (point.p95_ns, 95), (point.p99_ns, 99)];
        for (found, percent) in percentiles {
            assert_eq!(found, rank(&durations, percent), "{when}");
        }
        for (span, duration) in inside
            .iter()
            .filter_map(|span| Some((span, span.duration()?)))
        {
            let band = answer.bands.iter().position(|band| {
                band.from_ns.is_none_or(|from| from <= duration)
                    && band.to_ns.is_none_or(|to| duration < to)
            });
            let band = band.unwrap_or_else(|| panic!("{when}: no band for {duration}"));
            cells.entry((at, band)).or_default().push(span);
        }
    }
    assert_eq!(counted, meant.len(), "{when}");
    let found = answer.cells.iter().map(|cell| {
        let counts = (cell.count, cell.errors, cell.exemplar_trace_id);
        ((cell.point, cell.band), counts)
    });
    let expected = cells.iter().filter_map(|(&place, spans)| {
        let errors = spans.iter().filter(|span| span.is_error()).count() as u64;
        // The newest stands last.
        let newest = trace_id(spans.last()?.trace);
        Some((place, (spans.len() as u64, errors, newest)))
    });
    assert_eq!(
        found.collect::<Vec<_>>(),
        expected.collect::<Vec<_>>(),
        "{when}"
    );
}

/// Of so few that all percentiles are one span, of many, and of more than are kept one by one.
#[tokio::test(flavor = "multi_thread")]
async fn percentiles_of_any_number_are_near_the_nearest_rank() {
    for count in [1, 2, 3, 20, 100_000] {
        let mut random = Random::new(count);
        let mut spans = dense_spans(count, &mut random);
        for span in &mut spans {
            (span.service, span.name, span.kind) = (Some("cart"), "tick", 2);
        }
        let store = Store::new();
        spans
            .chunks(8 * BATCH)
            .for_each(|some| store.append(spans::batch(some)));
        store.flush();
        for (how, engine) in engines(&store) {
            let tenant = TenantId::default();
            let answer = engine
                .operations(&tenant, "cart".into(), AskedRange::ALL)
                .await;
            let found = answer.unwrap().operations;
            let when = format!("{count} {how}");
            check_operations(&found, &spans, "cart", AskedRange::ALL, &when);
        }
    }
}

/// More operations than an answer may list are refused, and fewer still answered.
#[tokio::test(flavor = "multi_thread")]
async fn senders_that_put_numbers_into_names_are_refused_in_bounds() {
    let mut random = Random::new(35);
    let store = Store::new();
    let names: Vec<&'static str> = (0..100_001)
        .map(|number| &*format!("job {number}").leak())
        .collect();
    let spans = dense_spans(names.len() as u64, &mut random);
    let spans: Vec<Span> = spans
        .into_iter()
        .zip(names)
        .map(|(span, name)| Span {
            name,
            service: Some("cart"),
            kind: 2,
            ..span
        })
        .collect();
    let operations = async || {
        let tenant = TenantId::default();
        store
            .engine
            .operations(&tenant, "cart".into(), AskedRange::ALL)
            .await
    };
    let but_one = spans[..100_000].chunks(8 * BATCH);
    but_one.for_each(|some| store.append(spans::batch(some)));
    assert_eq!(operations().await.unwrap().operations.len(), 100_000);
    store.append(spans::batch(&spans[100_000..]));
    let refused = operations().await.unwrap_err();
    assert!(
        matches!(
            refused,
            QueryError::MemoryLimit {
                limit: 100_000,
                unit: "operations"
            }
        ),
        "{refused:?}"
    );
    // Latency has nothing for each name.
    let latency = async |operation: Option<&str>| {
        let request = LatencyRequest {
            service: "cart".into(),
            operation: operation.map(str::to_owned),
            kind: None,
            range: AskedRange::ALL,
            buckets: 30,
        };
        let answer = store.engine.latency(&TenantId::default(), request).await;
        let points = answer.unwrap().points;
        points.iter().map(|point| point.calls).sum::<u64>()
    };
    assert_eq!(latency(None).await, 100_001);
    assert_eq!(latency(Some("job 7")).await, 1);
}
