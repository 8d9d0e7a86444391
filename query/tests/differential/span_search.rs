//! Span search: spans one by one.

use std::collections::HashSet;

use clearspan_query::{
    AskedRange, AskedTime, QueryError, SpanSort, SpanSortKey, SpansAnswer, SpansRequest,
};
use clearspan_storage::TenantId;

use crate::damage::files_named;
use crate::random::Random;
use crate::spans::{HOUR, START, Span, batch, span_id};
use crate::store::Store;

type Wanted = fn(&Span) -> bool;

/// Queries with what they mean. Groups are brackets.
const QUERIES: [(&str, Wanted); 8] = [
    ("", |_| true),
    ("kind:server", |span| span.kind == 2),
    ("{service:cart} {status:error}", |span| {
        span.service == Some("cart") && span.is_error()
    }),
    ("-{kind:server OR get}", |span| {
        span.kind != 2 && !span.name.starts_with("GET")
    }),
    ("duration>1ms", |span| {
        span.duration().is_some_and(|duration| duration > 1_000_000)
    }),
    ("-duration:*", |span| span.duration().is_none()),
    ("pay name:\"POST /pay\"", |span| span.name == "POST /pay"),
    ("nothing_says_this", |_| false),
];

const SORTS: [&str; 4] = ["-start", "start", "-duration", "duration"];

fn at(ns: u64) -> Option<AskedTime> {
    Some(AskedTime::At(ns.into()))
}

fn ranges() -> [AskedRange; 4] {
    [
        AskedRange::ALL,
        AskedRange {
            from: at(START),
            to: at(START + HOUR),
        },
        AskedRange {
            from: None,
            to: at(START + 2 * HOUR + 1),
        },
        AskedRange {
            from: at(START + HOUR),
            to: None,
        },
    ]
}

fn holds(range: AskedRange, time: i64) -> bool {
    let end = |end: Option<AskedTime>| match end {
        Some(AskedTime::At(ns)) => Some(ns),
        Some(other) => panic!("{other:?}"),
        None => None,
    };
    let time = i128::from(time);
    end(range.from).is_none_or(|from| time >= from) && end(range.to).is_none_or(|to| time < to)
}

/// The numbers of the matching spans, in order. Of a span without a duration every other is longer.
fn scan(spans: &[Span], wanted: Wanted, range: AskedRange, sort: &str) -> Vec<u64> {
    let mut found: Vec<&Span> = spans
        .iter()
        .filter(|span| holds(range, span.placed()) && wanted(span))
        .collect();
    // Stable: of equal keys the order of arrival.
    match sort.trim_start_matches('-') {
        "start" => found.sort_by_key(|span| span.placed()),
        _ => found.sort_by_key(|span| (span.duration(), span.placed())),
    }
    if sort.starts_with('-') {
        found.reverse();
    }
    found.into_iter().map(|span| span.number).collect()
}

fn request(query: &str, range: AskedRange, sort: &str, limit: usize) -> SpansRequest {
    SpansRequest {
        query: query.into(),
        range,
        sort: SpanSort::parse(sort).unwrap(),
        limit,
        cursor: None,
        count: false,
    }
}

async fn search(store: &Store, request: &SpansRequest) -> Result<SpansAnswer, QueryError> {
    let tenant = TenantId::default();
    store.engine.search_spans(&tenant, request.clone()).await
}

/// The number of each span, which its id tells; its duration is as generated.
fn numbers(answer: &SpansAnswer, spans: &[Span]) -> Vec<u64> {
    let mut numbers = Vec::new();
    let seen = answer.rows.each(|found| {
        let number = u64::from_be_bytes(found.record.span.span_id) - 1;
        let span = &spans[number as usize];
        assert_eq!(span_id(span.number), found.record.span.span_id);
        assert_eq!(found.duration_ns, span.duration());
        assert_eq!(found.record.span.start_time, span.start);
        numbers.push(number);
    });
    seen.unwrap();
    numbers
}

/// All pages, one after the other, and what the first said of how many match.
async fn page_through(
    store: &Store,
    mut request: SpansRequest,
    spans: &[Span],
) -> (Vec<u64>, Option<u64>) {
    let (mut seen, mut matched) = (Vec::new(), None);
    loop {
        let answer = search(store, &request).await.unwrap();
        assert!(answer.rows.len() <= request.limit && answer.missing.is_empty());
        if seen.is_empty() {
            matched = answer.matched;
        }
        seen.extend(numbers(&answer, spans));
        request.cursor = answer.next_cursor;
        if request.cursor.is_none() {
            return (seen, matched);
        }
        assert_eq!(answer.rows.len(), request.limit, "the last alone is short");
    }
}

async fn check(store: &Store, spans: &[Span], when: &str) {
    for (at, (query, wanted)) in QUERIES.into_iter().enumerate() {
        for range in [AskedRange::ALL, ranges()[1 + at % 3]] {
            for sort in SORTS {
                let expected = scan(spans, wanted, range, sort);
                for (limit, count) in [(1 + expected.len() / 3, true), (10_000, false)] {
                    let asked = SpansRequest {
                        count,
                        ..request(query, range, sort, limit)
                    };
                    let (seen, matched) = page_through(store, asked, spans).await;
                    let shown = format!("{when}: {query:?} {sort} in {range:?}, limit {limit}");
                    assert_eq!(seen, expected, "{shown}");
                    let all = expected.len() as u64;
                    let is_right = matched.map_or(!count, |matched| matched == all);
                    assert!(is_right, "{shown}: {matched:?}");
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn searches_equal_a_plain_scan() {
    let mut random = Random::new(1);
    let mut store = Store::new();
    let mut spans = Vec::new();
    check(&store, &spans, "empty").await;
    for stage in [
        "memtable",
        "segments",
        "both",
        "crashed",
        "merged",
        "restarted",
    ] {
        match stage {
            "segments" => store.flush(),
            "crashed" => store = store.crash(),
            "merged" => store.compact(),
            "restarted" => store = store.restart(),
            _ => {
                for _ in 0..5 {
                    let first = spans.len() as u64;
                    let rows = 1 + random.below(50);
                    spans.extend(
                        (first..first + rows).map(|number| Span::random(number, 12, &mut random)),
                    );
                    store.append(batch(&spans[first as usize..]));
                }
            }
        }
        check(&store, &spans, stage).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn paging_gives_each_span_once_while_more_arrive_and_segments_merge() {
    let mut random = Random::new(3);
    let mut spans: Vec<Span> = (0..200)
        .map(|number| Span::random(number, 12, &mut random))
        .collect();
    let store = Store::new();
    store.append(batch(&spans));
    for sort in SORTS {
        let at_start = spans.len() as u64;
        let mut request = request("", AskedRange::ALL, sort, 37);
        let mut seen = Vec::new();
        loop {
            let answer = search(&store, &request).await.unwrap();
            seen.extend(numbers(&answer, &spans));
            let first = spans.len() as u64;
            spans.extend((first..first + 5).map(|number| Span::random(number, 12, &mut random)));
            store.append(batch(&spans[first as usize..]));
            if first.is_multiple_of(2) {
                store.flush();
            }
            request.cursor = answer.next_cursor;
            if request.cursor.is_none() {
                break;
            }
        }
        let distinct: HashSet<u64> = seen.iter().copied().collect();
        assert_eq!(distinct.len(), seen.len(), "{sort}: no span twice");
        assert!(
            (0..at_start).all(|number| distinct.contains(&number)),
            "{sort}: none left out"
        );
        store.flush();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_request_is_said() {
    let store = Store::new();
    let mut random = Random::new(5);
    let spans: Vec<Span> = (0..9)
        .map(|number| Span::random(number, 3, &mut random))
        .collect();
    store.append(batch(&spans));
    let ask = |request: SpansRequest| {
        let store = &store;
        async move { search(store, &request).await.map(drop).unwrap_err() }
    };
    let good = request("", AskedRange::ALL, "-duration", 4);
    let cursor = search(&store, &good).await.unwrap().next_cursor;
    assert!(cursor.is_some());
    for limit in [0, 10_001] {
        let error = ask(SpansRequest {
            limit,
            ..good.clone()
        });
        assert!(matches!(error.await, QueryError::LimitOutOfRange { .. }));
    }
    let error = ask(SpansRequest {
        query: "{a {b}}".into(),
        ..good.clone()
    });
    assert!(matches!(error.await, QueryError::BadQuery(_)));
    // The cursor of one question continues no other.
    let foreign = [
        SpansRequest {
            query: "a".into(),
            ..good.clone()
        },
        SpansRequest {
            sort: SpanSort::parse("duration").unwrap(),
            ..good.clone()
        },
        SpansRequest {
            sort: SpanSort::default(),
            ..good.clone()
        },
        SpansRequest {
            range: ranges()[1],
            ..good.clone()
        },
    ];
    for other in foreign {
        let error = ask(SpansRequest {
            cursor: cursor.clone(),
            ..other
        });
        assert!(matches!(error.await, QueryError::BadCursor));
    }
    assert_eq!(SpanSort::parse("--start"), None);
    assert_eq!(
        SpanSort::parse("-duration"),
        Some(SpanSort {
            by: SpanSortKey::Duration,
            descending: true
        })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_count_that_takes_long_is_left_out_until_it_is_asked_for() {
    let store = Store::new();
    let spans: Vec<Span> = (0..600)
        .map(|number| Span {
            start: START + number * 1_000_000,
            kind: 2,
            ..Span::random(number, 12, &mut Random::new(number))
        })
        .collect();
    store.append(batch(&spans));
    store.flush();
    let asked = request("kind:server", AskedRange::ALL, "-start", 5);
    let first = search(&store, &asked).await.unwrap();
    assert_eq!(numbers(&first, &spans), [599, 598, 597, 596, 595]);
    assert_eq!(first.matched, None);
    let counted = SpansRequest {
        count: true,
        ..asked
    };
    let counted = search(&store, &counted).await.unwrap();
    assert_eq!(counted.matched, Some(600));
    let by_duration = request("kind:server", AskedRange::ALL, "duration", 5);
    let by_duration = search(&store, &by_duration).await.unwrap();
    assert_eq!(by_duration.matched, Some(600), "all were looked at");
    let everything = request("", AskedRange::ALL, "start", 5);
    let everything = search(&store, &everything).await.unwrap();
    assert_eq!(everything.matched, Some(600), "metadata count them");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_says_which_segments_it_lacks() {
    let mut random = Random::new(8);
    let spans: Vec<Span> = (0..200)
        .map(|number| Span::random(number, 20, &mut random))
        .collect();
    let store = Store::new();
    store.append(batch(&spans));
    store.flush();
    let store = store.restart();
    let mut files = files_named(store.folder.path(), "rows.arrow");
    files.sort();
    assert!(files.len() > 1, "several segments");
    let length = std::fs::metadata(&files[0]).unwrap().len() as usize;
    std::fs::write(&files[0], vec![0xa5; length]).unwrap();
    for sort in SORTS {
        for query in ["", "kind:* OR NOT kind:*"] {
            let asked = SpansRequest {
                count: true,
                ..request(query, AskedRange::ALL, sort, 10_000)
            };
            let answer = search(&store, &asked).await.unwrap();
            assert_eq!(answer.missing.len(), 1, "{:?}", answer.missing);
            let rows = answer.rows.len() as u64 + answer.missing[0].rows;
            assert_eq!(rows, spans.len() as u64, "{sort} {query}");
        }
    }
}
