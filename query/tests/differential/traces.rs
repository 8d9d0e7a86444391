//! Trace search, one trace whole, services.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use clearspan_query::{
    AskedRange, AskedRoot, AskedTime, QueryError, RootSpan, ServiceRow, ServiceSpans, TraceSort,
    TraceSortKey, TraceSummary, TracesAnswer, TracesRequest,
};
use clearspan_schema::spans::SpansReader;
use clearspan_schema::{SpanId, TraceId};
use clearspan_storage::TenantId;

use crate::random::Random;
use crate::spans::{HOUR, START, Span, batch, span_id, trace_id};
use crate::store::Store;

pub(crate) type SpanWanted = fn(&Span) -> bool;
pub(crate) type TraceWanted = fn(&[&Span]) -> bool;

fn some(spans: &[&Span], wanted: SpanWanted) -> bool {
    spans.iter().any(|span| wanted(span))
}

/// Queries with what they mean.
pub(crate) const QUERIES: [(&str, TraceWanted); 9] = [
    ("", |_| true),
    ("service:cart", |spans| {
        some(spans, |span| span.service == Some("cart"))
    }),
    ("service:cart status:error", |spans| {
        some(spans, |span| {
            span.service == Some("cart") && span.is_error()
        })
    }),
    ("{service:cart} {status:error}", |spans| {
        some(spans, |span| span.service == Some("cart")) && some(spans, Span::is_error)
    }),
    ("{cart} NOT {kind:producer}", |spans| {
        some(spans, |span| span.name == "GET /cart") && !some(spans, |span| span.kind == 4)
    }),
    ("NOT {status:error}", |spans| !some(spans, Span::is_error)),
    ("duration>1ms pay", |spans| {
        some(spans, |span| {
            span.name == "POST /pay" && span.duration().is_some_and(|ns| ns > 1_000_000)
        })
    }),
    ("trace_id:05050505050505050505050505050505", |spans| {
        spans[0].trace == 4
    }),
    ("nothing_says_this", |_| false),
];

/// What a plain scan knows of a trace.
fn summary(spans: &[&Span]) -> TraceSummary {
    let start_ns = spans
        .iter()
        .map(|span| span.start)
        .filter(|&start| start != 0)
        .min();
    let end_ns = spans
        .iter()
        .map(|span| span.end)
        .filter(|&end| end != 0)
        .max();
    let duration_ns = start_ns
        .zip(end_ns)
        .map(|(start, end)| i128::from(end) - i128::from(start));
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    spans
        .iter()
        .for_each(|span| *counts.entry(span.service.unwrap_or("")).or_default() += 1);
    let mut services: Vec<ServiceSpans> = counts
        .into_iter()
        .map(|(name, spans)| ServiceSpans {
            name: name.into(),
            spans,
        })
        .collect();
    services.sort_by_key(|service| std::cmp::Reverse(service.spans));
    TraceSummary {
        trace_id: trace_id(spans[0].trace),
        root: root(spans).map(|span| RootSpan {
            name: span.name.into(),
            service: span.service.map(str::to_owned),
        }),
        start_ns,
        duration_ns,
        span_count: spans.len() as u64,
        error_count: spans.iter().filter(|span| span.is_error()).count() as u64,
        services,
    }
}

fn root<'a>(spans: &[&'a Span]) -> Option<&'a Span> {
    let earliest = |spans: Vec<&'a Span>| {
        spans
            .into_iter()
            .min_by_key(|span| (span.placed(), span.number))
    };
    let parentless = spans
        .iter()
        .copied()
        .filter(|span| span.parent.is_none())
        .collect();
    earliest(parentless).or_else(|| {
        let present: HashSet<u64> = spans.iter().map(|span| span.number).collect();
        let is_orphan = |span: &&Span| span.parent.is_some_and(|parent| !present.contains(&parent));
        earliest(spans.iter().copied().filter(is_orphan).collect())
    })
}

pub(crate) fn placed(spans: &[&Span]) -> i64 {
    spans.iter().map(|span| span.placed()).min().unwrap()
}

pub(crate) fn by_trace(spans: &[Span]) -> BTreeMap<u8, Vec<&Span>> {
    let mut traces: BTreeMap<u8, Vec<&Span>> = BTreeMap::new();
    spans
        .iter()
        .for_each(|span| traces.entry(span.trace).or_default().push(span));
    traces
}

fn at(ns: u64) -> Option<AskedTime> {
    Some(AskedTime::At(ns.into()))
}

pub(crate) fn ranges() -> [AskedRange; 4] {
    [
        AskedRange::ALL,
        AskedRange {
            from: at(START + HOUR),
            to: at(START + 2 * HOUR),
        },
        AskedRange {
            from: at(START + 2 * HOUR),
            to: None,
        },
        AskedRange {
            from: None,
            to: at(START + 1),
        },
    ]
}

pub(crate) fn holds(range: AskedRange, time: i64) -> bool {
    let end = |end: Option<AskedTime>| match end {
        Some(AskedTime::At(ns)) => Some(ns),
        _ => None,
    };
    end(range.from).is_none_or(|from| i128::from(time) >= from)
        && end(range.to).is_none_or(|to| i128::from(time) < to)
}

fn has_root(trace: &TraceSummary, asked: &AskedRoot) -> bool {
    if asked.service.is_none() && asked.name.is_none() {
        return true;
    }
    trace.root.as_ref().is_some_and(|root| {
        let service = root.service.as_deref().unwrap_or("");
        asked.service.as_ref().is_none_or(|asked| asked == service)
            && asked.name.as_ref().is_none_or(|asked| *asked == root.name)
    })
}

pub(crate) fn scan(
    spans: &[Span],
    wanted: TraceWanted,
    request: &TracesRequest,
) -> Vec<TraceSummary> {
    let lies_between =
        |duration: Option<i128>| match (request.min_duration_ns, request.max_duration_ns) {
            (None, None) => true,
            (min, max) => duration.is_some_and(|ns| {
                min.is_none_or(|min| ns >= min) && max.is_none_or(|max| ns <= max)
            }),
        };
    let traces = by_trace(spans);
    let mut found: Vec<(Option<i128>, TraceSummary)> = traces
        .values()
        .filter(|spans| wanted(spans) && holds(request.range, placed(spans)))
        .map(|spans| (placed(spans), summary(spans)))
        .filter(|(_, trace)| lies_between(trace.duration_ns) && has_root(trace, &request.root))
        .map(|(placed, trace)| {
            let value = match request.sort.by {
                TraceSortKey::Start => Some(placed.into()),
                TraceSortKey::Duration => trace.duration_ns,
                TraceSortKey::SpanCount => Some(trace.span_count.into()),
                TraceSortKey::ErrorCount => Some(trace.error_count.into()),
            };
            (value, trace)
        })
        .collect();
    found.sort_by_key(|(value, trace)| (*value, trace.trace_id));
    if request.sort.descending {
        found.reverse();
    }
    found.into_iter().map(|(_, trace)| trace).collect()
}

pub(crate) async fn search(store: &Store, request: &TracesRequest) -> TracesAnswer {
    store
        .engine
        .search_traces(&TenantId::default(), request.clone())
        .await
        .unwrap()
}

pub(crate) async fn check_search(
    store: &Store,
    spans: &[Span],
    wanted: TraceWanted,
    mut request: TracesRequest,
    when: &str,
) {
    let expected = scan(spans, wanted, &request);
    for (limit, count) in [
        (1 + expected.len() / 3, true),
        (1 + expected.len() / 5, false),
        (10_000, false),
    ] {
        request.limit = limit;
        request.count = count;
        request.cursor = None;
        let mut seen = Vec::new();
        loop {
            let answer = search(store, &request).await;
            let known = answer
                .matched
                .map_or(!request.count, |matched| matched == expected.len() as u64);
            assert!(known, "{when}: {request:?}, {:?}", answer.matched);
            assert!(answer.missing.is_empty());
            seen.extend(answer.traces);
            request.cursor = answer.next_cursor;
            if request.cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, expected, "{when}: {request:?}");
    }
}

async fn check_all(store: &Store, spans: &[Span], when: &str) {
    let sorts = [
        "start",
        "-start",
        "duration",
        "-duration",
        "span_count",
        "-span_count",
        "error_count",
        "-error_count",
    ];
    for (query, wanted) in QUERIES {
        for (at, sort) in sorts.iter().enumerate() {
            let request = TracesRequest {
                query: query.into(),
                range: ranges()[at % 4],
                min_duration_ns: (at == 2).then_some(-50),
                max_duration_ns: (at > 4).then_some(HOUR.into()),
                root: AskedRoot::default(),
                sort: TraceSort::parse(sort).unwrap(),
                limit: 0,
                cursor: None,
                count: true,
            };
            check_search(store, spans, wanted, request.clone(), when).await;
            let everywhere = TracesRequest {
                range: AskedRange::ALL,
                ..request
            };
            check_search(store, spans, wanted, everywhere, when).await;
        }
    }
    check_whole(store, spans, when).await;
    for range in ranges() {
        check_services(store, spans, range, when).await;
    }
}

/// Each trace comes back with all its spans.
async fn check_whole(store: &Store, spans: &[Span], when: &str) {
    let tenant = TenantId::default();
    for (trace, of_trace) in by_trace(spans) {
        let answer = store.engine.trace(&tenant, trace_id(trace)).await.unwrap();
        let mut seen: BTreeSet<(SpanId, String, u64, u64)> = BTreeSet::new();
        for batch in &answer.batches {
            let reader = SpansReader::new(batch).unwrap();
            for row in (0..reader.rows()).map(|row| reader.row(row)) {
                assert_eq!(row.trace_id, trace_id(trace));
                assert!(
                    seen.insert((row.span_id, row.name.into(), row.start_time, row.end_time)),
                    "twice"
                );
            }
        }
        let expected = of_trace
            .iter()
            .map(|span| (span_id(span.number), span.name.into(), span.start, span.end));
        assert_eq!(seen, expected.collect(), "{when}");
    }
    let unknown = store.engine.trace(&tenant, [0xee; 16]).await;
    assert!(matches!(
        unknown,
        Err(QueryError::UnknownTrace {
            unreadable_segments: 0,
            ..
        })
    ));
}

async fn check_services(store: &Store, spans: &[Span], range: AskedRange, when: &str) {
    let answer = store
        .engine
        .services(&TenantId::default(), range.into())
        .await
        .unwrap();
    let inside: Vec<&Span> = spans
        .iter()
        .filter(|span| holds(range, span.placed()))
        .collect();
    let names: BTreeSet<&str> = inside
        .iter()
        .map(|span| span.service.unwrap_or(""))
        .collect();
    let times: Vec<i64> = inside.iter().map(|span| span.placed()).collect();
    let end = |end: Option<AskedTime>, seen: Option<&i64>| match end {
        Some(AskedTime::At(ns)) => ns,
        _ => i128::from(seen.copied().unwrap_or(0)),
    };
    let seconds =
        (end(range.to, times.iter().max()) - end(range.from, times.iter().min())) as f64 / 1e9;
    let expected: Vec<ServiceRow> = names
        .iter()
        .map(|name| service(name, &inside, seconds))
        .collect();
    assert_eq!(answer.services, expected, "{when}: {range:?}");
}

fn service(name: &str, inside: &[&Span], seconds: f64) -> ServiceRow {
    let of_service: Vec<&&Span> = inside
        .iter()
        .filter(|span| span.service.unwrap_or("") == name)
        .collect();
    let calls: Vec<&&&Span> = of_service.iter().filter(|span| span.is_call()).collect();
    let mut durations: Vec<i64> = calls.iter().filter_map(|span| span.duration()).collect();
    durations.sort_unstable();
    let rank = |p: f64| {
        let k = (p * durations.len() as f64).ceil() as usize;
        k.checked_sub(1).map(|at| durations[at])
    };
    let newest = of_service
        .iter()
        .max_by_key(|span| (span.placed(), span.number))
        .unwrap();
    ServiceRow {
        series: Vec::new(),
        name: name.into(),
        namespace: newest.service.map(|_| format!("ns-{}", newest.number % 3)),
        environment: newest.environment.map(|(_, value)| value.into()),
        spans: of_service.len() as u64,
        calls: calls.len() as u64,
        errors: calls.iter().filter(|span| span.is_error()).count() as u64,
        p50_ns: rank(0.5),
        p95_ns: rank(0.95),
        p99_ns: rank(0.99),
        rate_per_s: if seconds > 0.0 {
            calls.len() as f64 / seconds
        } else {
            0.0
        },
        last_seen_ns: newest.placed(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn traces_and_services_equal_a_plain_scan() {
    for seed in 0..3 {
        let mut random = Random::new(seed);
        let mut spans = Vec::new();
        let mut store = Store::new();
        check_all(&store, &spans, "empty").await;
        for stage in ["memtable", "segments", "both", "crashed", "restarted"] {
            match stage {
                "segments" => store.flush(),
                "crashed" => store = store.crash(),
                "restarted" => store = store.restart(),
                _ => {
                    for _ in 0..4 {
                        let (first, rows) = (spans.len(), 1 + random.below(40));
                        spans.extend(
                            (0..rows).map(|row| Span::random(first as u64 + row, 24, &mut random)),
                        );
                        store.append(batch(&spans[first..]));
                    }
                }
            }
            check_all(&store, &spans, &format!("seed {seed}, {stage}")).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn paging_gives_each_trace_once_while_others_arrive_and_segments_merge() {
    const AT_START: u8 = 40;
    for (sort, query, root) in [
        ("-start", "", None),
        ("start", "kind:server", None),
        ("duration", "status:error", None),
        ("-span_count", "", None),
        ("-start", "", Some("GET /cart")),
        ("start", "kind:server", Some("query")),
    ] {
        let mut random = Random::new(3);
        let store = Store::new();
        let mut spans: Vec<Span> = Vec::new();
        for _ in 0..5 {
            let first = spans.len() as u64;
            let of_start = u64::from(AT_START);
            spans.extend((0..60).map(|row| Span::random(first + row, of_start, &mut random)));
            store.append(batch(&spans[first as usize..]));
            store.flush();
        }
        let mut request = TracesRequest {
            query: query.into(),
            range: AskedRange::ALL,
            min_duration_ns: None,
            max_duration_ns: None,
            root: AskedRoot {
                service: None,
                name: root.map(str::to_owned),
            },
            sort: TraceSort::parse(sort).unwrap(),
            limit: 3,
            cursor: None,
            count: false,
        };
        let everything = TracesRequest {
            limit: 1_000,
            ..request.clone()
        };
        let ids = |traces: &[TraceSummary]| -> Vec<TraceId> {
            traces.iter().map(|trace| trace.trace_id).collect()
        };
        let expected = ids(&search(&store, &everything).await.traces);
        let enough = if root.is_some() { 6 } else { 12 };
        assert!(expected.len() > enough, "{query}: enough pages");
        let (mut seen, mut page) = (Vec::new(), 0);
        loop {
            let answer = search(&store, &request).await;
            seen.extend(ids(&answer.traces));
            // A trace that was not there before, of several spans, and then what the loops of storage do in a day or an hour.
            let number = spans.len() as u64;
            let arrived = (0..4).map(|row| Span {
                trace: AT_START + page,
                ..Span::random(number + row, 1, &mut random)
            });
            spans.extend(arrived);
            store.append(batch(&spans[number as usize..]));
            match page % 3 {
                0 => store.flush(),
                1 => store.compact(),
                _ => {}
            }
            page += 1;
            request.cursor = answer.next_cursor;
            if request.cursor.is_none() {
                break;
            }
        }
        let distinct: BTreeSet<TraceId> = seen.iter().copied().collect();
        assert_eq!(distinct.len(), seen.len(), "{sort} {query}: no trace twice");
        let of_start: BTreeSet<TraceId> = expected.iter().copied().collect();
        seen.retain(|id| of_start.contains(id));
        assert_eq!(
            seen, expected,
            "{sort} {query}: all of them, in their order"
        );
    }
}
