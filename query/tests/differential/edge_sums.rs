//! Calls that were added up when segments were sealed, against the same answers from rows, which `dependencies.rs` holds against a plain scan.

use clearspan_query::{
    AskedRange, Config, DependenciesAnswer, DependenciesRequest, Edge, QueryEngine,
};
use clearspan_storage::TenantId;

use crate::calls::{Called, batch};
use crate::random::Random;
use crate::records::at;
use crate::spans::{HOUR, START, trace_id};
use crate::store::Store;

const MINUTE: i64 = 60_000_000_000;
const SPANS: u64 = 6_000;
const IN_TRACE: u64 = 30;

struct Both {
    adding: QueryEngine,
    reading: QueryEngine,
}

impl Both {
    fn of(store: &Store) -> Self {
        let engine = |read_rows_max| {
            store.another_engine(Config {
                scan_partitions: 2,
                read_rows_max,
                ..Config::default()
            })
        };
        Both {
            adding: engine(0),
            reading: engine(u64::MAX),
        }
    }

    async fn ask(&self, range: AskedRange) -> [DependenciesAnswer; 2] {
        let tenant = TenantId::default();
        let request = DependenciesRequest { range };
        let adding = self.adding.dependencies(&tenant, request).await;
        let reading = self.reading.dependencies(&tenant, request).await;
        [adding.unwrap(), reading.unwrap()]
    }
}

fn is_near(found: Option<i64>, exact: Option<i64>) -> bool {
    match (found, exact) {
        (Some(found), Some(exact)) => {
            found.abs_diff(exact) as f64 <= 0.01 * exact.unsigned_abs() as f64
        }
        (found, exact) => found == exact,
    }
}

fn check_edges(found: &[Edge], exact: &[Edge], when: &str) {
    let rest = |edge: &Edge| Edge {
        p50_ns: None,
        p95_ns: None,
        p99_ns: None,
        ..edge.clone()
    };
    let rests = |edges: &[Edge]| edges.iter().map(rest).collect::<Vec<_>>();
    assert_eq!(rests(found), rests(exact), "{when}");
    for (found, exact) in found.iter().zip(exact) {
        for (found, exact) in [
            (found.p50_ns, exact.p50_ns),
            (found.p95_ns, exact.p95_ns),
            (found.p99_ns, exact.p99_ns),
        ] {
            assert!(is_near(found, exact), "{when}: {found:?} for {exact:?}");
        }
    }
}

async fn check(store: &Store, random: &mut Random, when: &str) {
    let both = Both::of(store);
    let first = ((START / HOUR + 1) * HOUR) as i64 - 2 * MINUTE;
    let length = 9 * MINUTE;
    let mut ranges = vec![AskedRange::ALL];
    for _ in 0..4 {
        let whole = first + random.below(6) as i64 * MINUTE;
        let torn = first + random.below(length as u64) as i64;
        for (from, to) in [
            (Some(whole), Some(whole + 2 * MINUTE)),
            (Some(torn), Some(torn + MINUTE / 2)),
            (Some(torn), Some(torn + 3 * MINUTE)),
            (Some(torn), None),
            (None, Some(torn)),
        ] {
            ranges.push(AskedRange {
                from: from.and_then(at),
                to: to.and_then(at),
            });
        }
    }
    for range in ranges {
        let when = format!("{when}: {range:?}");
        let [adding, reading] = both.ask(range).await;
        assert_eq!(adding.nodes, reading.nodes, "{when}");
        check_edges(&adding.edges, &reading.edges, &when);
        assert!(adding.missing.is_empty(), "{when}");
    }
}

/// Spans of a trace come together but for one in `strays`, so that most traces stand in one segment, and some in two.
fn in_order_of_arrival(strays: u64, random: &mut Random) -> Vec<Called> {
    let mut spans: Vec<(u64, Called)> = (0..SPANS)
        .map(|number| {
            let late = match random.below(strays) {
                0 => random.below(SPANS),
                _ => random.below(4),
            };
            (number + late, Called::dense(number, IN_TRACE, random))
        })
        .collect();
    spans.sort_by_key(|(place, _)| *place);
    spans.into_iter().map(|(_, span)| span).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_were_added_up_are_those_of_the_rows() {
    for seed in 0..3 {
        let mut random = Random::new(300 + seed);
        let spans = in_order_of_arrival(200, &mut random);
        let mut store = Store::new();
        let mut sent = 0;
        while sent < spans.len() {
            let next = (sent + 1 + random.below(1_500) as usize).min(spans.len());
            store.append(batch(&spans[sent..next]));
            sent = next;
            if !random.one_in(3) {
                store.flush();
            }
            if random.one_in(4) {
                store.compact();
            }
            if random.one_in(3) {
                check(&store, &mut random, &format!("seed {seed}, {sent} sent")).await;
            }
        }
        check(&store, &mut random, &format!("seed {seed}")).await;
        store.flush();
        store.compact();
        store = store.crash();
        check(&store, &mut random, &format!("seed {seed}, merged")).await;
    }
}

/// What is added up is not read: else the rest of this file compares rows with rows.
#[tokio::test(flavor = "multi_thread")]
async fn most_rows_are_not_read() {
    let mut random = Random::new(7);
    let store = Store::new();
    for spans in in_order_of_arrival(SPANS, &mut random).chunks(2_000) {
        store.append(batch(spans));
        store.flush();
    }
    let read = |answer: &DependenciesAnswer| answer.stats.rows_scanned;
    let [adding, reading] = Both::of(&store).ask(AskedRange::ALL).await;
    assert!(
        read(&adding) * 2 < read(&reading),
        "{} of {}",
        read(&adding),
        read(&reading)
    );
    store.compact();
    let [merged, _] = Both::of(&store).ask(AskedRange::ALL).await;
    assert!(
        read(&merged) < read(&adding),
        "{} of {}",
        read(&merged),
        read(&adding)
    );
}

/// A span of `web` that calls a database, unless a child turns up, or that child.
fn with_database(trace: u8, child: bool, length: u64) -> Called {
    let start = (START / HOUR + 1) * HOUR + u64::from(trace);
    Called {
        trace,
        id: 1 + u64::from(child),
        parent: child.then_some(1),
        service: Some(if child { "cart" } else { "web" }),
        kind: 3,
        start,
        end: start + length,
        status: None,
        attributes: if child {
            Vec::new()
        } else {
            vec![("db.name", "orders")]
        },
        links: Vec::new(),
    }
}

/// The answer from sums, whose edge to `orders` has so many calls and this exemplar.
async fn check_orders(store: &Store, calls: u64, exemplar: u8, when: &str) -> [u64; 2] {
    let [adding, reading] = Both::of(store).ask(AskedRange::ALL).await;
    check_edges(&adding.edges, &reading.edges, when);
    let orders = adding.edges.iter().find(|edge| edge.callee == "orders");
    let found = orders.map(|edge| (edge.calls, edge.exemplar_trace_id));
    assert_eq!(found, Some((calls, Some(trace_id(exemplar)))), "{when}");
    [adding.stats.rows_scanned, reading.stats.rows_scanned]
}

/// The call that was added up, the longest of its edge, goes away, and another is the exemplar.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_goes_away_takes_its_exemplar_along() {
    let store = Store::new();
    let length = |trace| {
        if trace == 40 {
            1_000_000
        } else {
            1_000 + u64::from(trace)
        }
    };
    let first: Vec<Called> = (0..100)
        .map(|trace| with_database(trace, false, length(trace)))
        .collect();
    store.append(batch(&first));
    store.flush();
    let [adding, reading] = check_orders(&store, 100, 40, "alone").await;
    assert!(adding * 2 < reading, "{adding} of {reading}");
    // Of another minute, so that only one is counted from its rows.
    let later = |trace| Called {
        start: with_database(trace, false, 1).start + 60_000_000_000,
        end: with_database(trace, false, 1).start + 60_000_000_000 + 500,
        ..with_database(trace, false, 1)
    };
    let second: Vec<Called> = (100..250).map(later).collect();
    store.append(batch(&second));
    store.append(batch(&[with_database(40, true, 20)]));
    store.flush();
    check_orders(&store, 249, 99, "with a child").await;
}

/// Of several longest calls that with the least trace is the exemplar, also when the sum of one segment named a trace that has none any more.
#[tokio::test(flavor = "multi_thread")]
async fn of_equally_long_calls_the_least_trace_is_the_exemplar() {
    let store = Store::new();
    let length = |trace| {
        if [10, 20, 120].contains(&trace) {
            9_000
        } else {
            1_000
        }
    };
    for traces in [0..100, 100..200] {
        let spans: Vec<Called> = traces
            .map(|trace| with_database(trace, false, length(trace)))
            .collect();
        store.append(batch(&spans));
        store.flush();
    }
    let [adding, reading] = check_orders(&store, 200, 10, "two segments").await;
    assert!(adding * 2 < reading, "{adding} of {reading}");
    store.append(batch(&[with_database(10, true, 20)]));
    store.flush();
    check_orders(&store, 199, 20, "with a child").await;
}
