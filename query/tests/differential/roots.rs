//! Traces by their root: roots that are late, lie outside of the range, tie, are several, or are told by what is absent alone.

use std::collections::BTreeMap;

use clearspan_query::{AskedRange, AskedRoot, QueryError, TraceSort, TracesRequest};
use clearspan_storage::TenantId;

use crate::random::Random;
use crate::spans::{HOUR, Span, batch};
use crate::store::Store;
use crate::traces::{QUERIES, by_trace, check_search, ranges, scan, search};

const TRACES: u64 = 28;
pub(crate) const BATCH: usize = 60;
pub(crate) const STAGES: [(&str, usize); 8] = [
    ("memtable", 2),
    ("segments", 2),
    ("segments and memtable", 4),
    ("more segments", 4),
    ("merged", 4),
    ("merged and memtable", 6),
    ("crashed", 6),
    ("restarted", 6),
];

/// All spans that will arrive. Which parents a trace has depends on its number, and a parent may arrive after its child.
pub(crate) fn spans(random: &mut Random) -> Vec<Span> {
    let mut spans: Vec<Span> = (0..6 * BATCH as u64)
        .map(|number| Span::random(number, TRACES, random))
        .collect();
    let mut numbers: BTreeMap<u8, Vec<u64>> = BTreeMap::new();
    for span in &spans {
        numbers.entry(span.trace).or_default().push(span.number);
    }
    for span in &mut spans {
        let of_trace = &numbers[&span.trace];
        let present = Some(random.pick(of_trace));
        let absent = Some(1_000_000 + random.below(1_000));
        span.parent = match (span.trace % 4, random.below(12)) {
            // One root or several, at whatever time.
            (0, 0..3) | (1, 0) => None,
            (0 | 1, 3) => absent,
            // Nothing but what is absent, and nothing but cycles.
            (2, 0..4) => absent,
            (3, _) => Some(of_trace[0]),
            _ => present,
        };
        // Many start at one instant.
        if span.start != 0 && random.one_in(3) {
            span.start -= span.start % HOUR;
        }
    }
    repeat_some(&mut spans, random);
    spans
}

/// Some spans have the id of another one of their trace.
fn repeat_some(spans: &mut [Span], random: &mut Random) {
    for at in 1..spans.len() {
        if random.one_in(20) {
            let earlier = random.below(at as u64) as usize;
            let (number, trace) = (spans[earlier].number, spans[earlier].trace);
            let start = spans[at].start.wrapping_add(1 + at as u64);
            let parent = spans[at].parent.filter(|_| spans[at].trace == trace);
            spans[at] = Span {
                number,
                trace,
                start,
                parent: parent.or(spans[earlier].parent),
                ..spans[at].clone()
            };
        }
    }
}

fn root(random: &mut Random) -> AskedRoot {
    let services = ["cart", "pay", "web", "a b", "", "Cart", "nobody"];
    let names = ["GET /cart", "POST /pay", "query", "tick", "GET", ""];
    let (service, name) = match random.below(5) {
        0 | 1 => (Some(random.pick(&services[..5])), None),
        2 => (None, Some(random.pick(&names[..4]))),
        3 => (Some(random.pick(&services)), Some(random.pick(&names[..4]))),
        _ => (Some(random.pick(&services)), Some(random.pick(&names))),
    };
    AskedRoot {
        service: service.map(str::to_owned),
        name: name.map(str::to_owned),
    }
}

pub(crate) fn request(query: &str, random: &mut Random) -> TracesRequest {
    let sorts = [
        "start",
        "-start",
        "duration",
        "-duration",
        "span_count",
        "-error_count",
    ];
    TracesRequest {
        query: query.to_owned(),
        range: match random.one_in(2) {
            true => AskedRange::ALL,
            false => random.pick(&ranges()),
        },
        min_duration_ns: random.one_in(8).then_some(-50),
        max_duration_ns: random.one_in(8).then_some(HOUR.into()),
        root: root(random),
        sort: TraceSort::parse(random.pick(&sorts)).unwrap(),
        limit: 0,
        cursor: None,
        count: true,
    }
}

pub(crate) async fn enter(stage: &str, mut store: Store, arrived: &[Span]) -> Store {
    match stage {
        "segments" | "more segments" => store.flush(),
        "merged" => store.compact(),
        "crashed" => store = store.crash(),
        "restarted" => store = store.restart(),
        _ => arrived
            .chunks(BATCH / 2)
            .for_each(|part| store.append(batch(part))),
    }
    store
}

/// Traces that were found by a root whose parent is absent.
fn by_orphan(spans: &[Span], request: &TracesRequest, query: usize) -> usize {
    let found = scan(spans, QUERIES[query].1, request);
    let traces = by_trace(spans);
    let has_parentless = |id: u8| traces[&id].iter().any(|span| span.parent.is_none());
    let orphaned = found
        .iter()
        .filter(|trace| !has_parentless(trace.trace_id[0] - 1));
    orphaned.count()
}

#[tokio::test(flavor = "multi_thread")]
async fn traces_are_found_by_their_root_in_every_form() {
    let (mut found, mut orphaned) = (0, 0);
    for seed in 0..4 {
        let mut random = Random::new(7_000 + seed);
        let spans = spans(&mut random);
        let mut store = Store::new();
        let mut arrived = 0;
        for (stage, batches) in STAGES {
            let here = &spans[..batches * BATCH];
            store = enter(stage, store, &here[arrived..]).await;
            arrived = here.len();
            for _ in 0..60 {
                let query = match random.one_in(2) {
                    true => 0,
                    false => random.below(QUERIES.len() as u64) as usize,
                };
                let request = request(QUERIES[query].0, &mut random);
                orphaned += by_orphan(here, &request, query);
                found += scan(here, QUERIES[query].1, &request).len();
                let when = format!("seed {seed}, {stage}");
                check_search(&store, here, QUERIES[query].1, request, &when).await;
            }
        }
    }
    assert!(found > 2_000 && orphaned > 300, "{found}, {orphaned}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_belongs_to_its_root_and_what_is_unknown_is_told() {
    let mut random = Random::new(3);
    let store = Store::new();
    let spans = spans(&mut random);
    spans.chunks(BATCH).for_each(|part| {
        store.append(batch(part));
        store.flush();
    });
    let of_root = |service: &str, name: Option<&str>| TracesRequest {
        root: AskedRoot {
            service: Some(service.to_owned()),
            name: name.map(str::to_owned),
        },
        range: AskedRange::ALL,
        min_duration_ns: None,
        max_duration_ns: None,
        limit: 1,
        ..request("", &mut Random::new(0))
    };
    let first = search(&store, &of_root("cart", None)).await;
    assert!(first.next_cursor.is_some() && first.hints.is_empty());
    for other in [of_root("pay", None), of_root("cart", Some("tick"))] {
        let request = TracesRequest {
            cursor: first.next_cursor.clone(),
            ..other
        };
        let tenant = TenantId::default();
        let refused = store.engine.search_traces(&tenant, request).await;
        assert!(matches!(refused, Err(QueryError::BadCursor)));
    }
    let hints = search(&store, &of_root("crat", Some("tock"))).await.hints;
    assert_eq!(
        hints,
        [
            "no trace has a root of the service `crat`; did you mean `cart`?",
            "no trace has a root of the name `tock`; did you mean `tick`?",
        ]
    );
    let hints = search(&store, &of_root("nothing like it", None))
        .await
        .hints;
    assert_eq!(
        hints,
        ["no trace has a root of the service `nothing like it`"]
    );
}
