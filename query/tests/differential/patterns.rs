//! Patterns against a scan that splits every body by itself, in memory, in fresh and merged segments, in several of them, and after a restart; each
//! question is asked twice, for what a segment's rows come to is remembered. Ids are the same in all of these forms.
//!
//! | file | what it holds |
//! |---|---|
//! | `lines.rs` | random logs |
//! | `plain.rs` | the plain scan |

mod lines;
mod plain;

use std::collections::BTreeMap;

use clearspan_query::{
    AskedRange, Body, Config, CountedRows, Pattern, PatternId, PatternsAnswer, PatternsRequest,
    QueryError, SlotsAnswer, SlotsRequest,
};
use clearspan_schema::any::AnyRef;
use clearspan_schema::json::push_text;
use clearspan_storage::TenantId;

use crate::damage::files_named;
use crate::random::Random;
use crate::records::{HOUR, START, at};
use crate::store::Store;
use lines::{Line, batch, without_shape};
use plain::{Expected, Plain};

type Wanted = fn(&Line) -> bool;

const QUERIES: [(&str, Wanted); 6] = [
    ("", |_| true),
    ("severity:error OR severity:fatal", |line| {
        (17..=24).contains(&line.severity)
    }),
    ("service:cart", |line| line.service == Some("cart")),
    ("user* 10.0*", |line| {
        line.text().is_some_and(|text| text.starts_with("user-"))
    }),
    ("NOT took", |line| {
        !line.text().is_some_and(|text| text.contains("took"))
    }),
    ("nothing_says_this", |_| false),
];

/// Those with a start first: what was there before it is then looked up before anything is remembered.
fn ranges() -> Vec<(Option<i64>, Option<i64>)> {
    let (start, hour) = (START as i64, HOUR as i64);
    vec![
        (Some(start + 2 * hour), Some(start + 3 * hour)),
        (Some(start + hour + 1), None),
        (None, None),
        (None, Some(start + hour / 2)),
        (Some(start - hour), Some(start + 20 * hour)),
        (Some(start + 4 * hour), Some(start + 4 * hour)),
    ]
}

fn request(query: &str, range: (Option<i64>, Option<i64>), buckets: usize) -> PatternsRequest {
    PatternsRequest {
        rows: rows(query, range),
        buckets,
        limit: 10_000,
    }
}

fn rows(query: &str, (from, to): (Option<i64>, Option<i64>)) -> CountedRows {
    CountedRows {
        query: query.into(),
        range: AskedRange {
            from: from.and_then(at),
            to: to.and_then(at),
        },
    }
}

async fn ask(store: &Store, request: &PatternsRequest) -> PatternsAnswer {
    let answer = store
        .engine
        .patterns(&TenantId::default(), request.clone())
        .await;
    answer.unwrap_or_else(|error| panic!("{request:?}: {error}"))
}

fn shown(pattern: &Pattern, answer: &PatternsAnswer) -> Expected {
    let mut sample = String::new();
    match answer.sample(pattern).unwrap() {
        Some(Body::Text(text)) => sample.push_str(text),
        Some(Body::Value(encoded)) => push_text(AnyRef::decode(encoded).unwrap(), &mut sample),
        Some(Body::Absent) | None => panic!("{pattern:?} has no sample"),
    }
    Expected {
        template: pattern.template.clone(),
        count: pattern.count,
        first_ns: pattern.first_ns,
        last_ns: pattern.last_ns,
        is_new: pattern.is_new,
        severities: pattern.severity_counts().collect(),
        services: pattern
            .services
            .iter()
            .map(|service| (service.name.clone(), service.count))
            .collect(),
        series: pattern.series.clone(),
        sample,
    }
}

/// All ids, by template.
type Ids = BTreeMap<String, PatternId>;

async fn check(store: &Store, plain: &Plain, lines: &[Line], when: &str) -> Ids {
    let mut ids = Ids::new();
    for (nth, (query, wanted)) in QUERIES.into_iter().enumerate() {
        for (from, to) in ranges() {
            let what = format!("{when}: {query:?} from {from:?} to {to:?}");
            let holds = |line: &&Line| {
                let time = line.time as i64;
                from.is_none_or(|from| time >= from) && to.is_none_or(|to| time < to)
            };
            let matching: Vec<&Line> = lines
                .iter()
                .filter(holds)
                .filter(|line| wanted(line))
                .collect();
            let buckets = [30, 200, 1][nth % 3];
            let request = request(query, (from, to), buckets);
            for _ in 0..2 {
                let answer = ask(store, &request).await;
                assert!(answer.counted.missing.is_empty() && answer.left_out == 0);
                assert_eq!(answer.counted.matched, matching.len() as u64, "{what}");
                let (start, width) = (answer.series_start_ns, answer.series_width_ns);
                let length = answer
                    .patterns
                    .first()
                    .map_or(0, |first| first.series.len());
                assert!(length <= buckets + 1, "{what}");
                let grid = (start, width, length);
                let expected = plain.patterns(lines, &matching, from, grid);
                let found: Vec<Expected> = answer
                    .patterns
                    .iter()
                    .map(|pattern| shown(pattern, &answer))
                    .collect();
                assert_eq!(found, expected, "{what}");
                assert_eq!(answer.distinct, expected.len() as u64, "{what}");
                let counted: u64 = expected.iter().map(|pattern| pattern.count).sum();
                assert_eq!(
                    counted + answer.unpatterned,
                    matching.len() as u64,
                    "{what}"
                );
                for pattern in &answer.patterns {
                    ids.insert(pattern.template.clone(), pattern.id);
                }
            }
            check_slots(store, plain, &matching, &request.rows, &ids, &what).await;
        }
    }
    ids
}

/// The slots of some patterns.
async fn check_slots(
    store: &Store,
    plain: &Plain,
    matching: &[&Line],
    rows: &CountedRows,
    ids: &Ids,
    what: &str,
) {
    for (template, id) in ids.iter().step_by(1 + ids.len() / 8) {
        let answer = slots(store, *id, rows.clone(), 3).await.unwrap();
        let of_template = matching.iter().filter_map(|line| {
            let (own, variables) = plain.split(line)?;
            (own.replace('\u{1}', "<*>") == *template).then_some(variables)
        });
        let all: Vec<Vec<String>> = of_template.collect();
        assert_eq!(answer.counted.matched, all.len() as u64, "{what}");
        assert_eq!(
            answer.template.as_ref(),
            (!all.is_empty()).then_some(template)
        );
        let places = all.first().map_or(0, Vec::len);
        assert_eq!(answer.slots.len(), places, "{what}: {template}");
        for (place, slot) in answer.slots.iter().enumerate() {
            let mut counts = BTreeMap::<&str, u64>::new();
            for variables in &all {
                *counts.entry(&variables[place]).or_default() += 1;
            }
            assert_eq!((slot.distinct, slot.left_out), (counts.len() as u64, 0));
            let mut counts: Vec<(&str, u64)> = counts.into_iter().collect();
            counts.sort_by_key(|(_, rows)| std::cmp::Reverse(*rows));
            counts.truncate(3);
            let found: Vec<(&str, u64)> = slot
                .values
                .iter()
                .map(|value| (value.value.as_str(), value.count))
                .collect();
            assert_eq!(found, counts, "{what}: {template}");
        }
    }
}

async fn slots(
    store: &Store,
    id: PatternId,
    rows: CountedRows,
    limit: usize,
) -> Result<SlotsAnswer, QueryError> {
    let request = SlotsRequest { id, rows, limit };
    store.engine.slots(&TenantId::default(), request).await
}

#[tokio::test(flavor = "multi_thread")]
async fn patterns_are_the_same_in_every_form() {
    let mut random = Random::new(11);
    let lines: Vec<Line> = (0..900).map(|nth| Line::random(nth, &mut random)).collect();
    let plain = Plain::new();
    let store = Store::new();
    store.append(batch(&lines[..300]));
    store.append(batch(&lines[300..400]));
    let first = check(&store, &plain, &lines[..400], "in memory").await;
    store.flush();
    let flushed = check(&store, &plain, &lines[..400], "flushed").await;
    assert_eq!(first, flushed);
    // What was asked before is added up, and no row is read.
    let again = ask(&store, &request("", (None, None), 30)).await;
    let stats = again.counted.stats;
    assert!(stats.segments_total > 1);
    assert_eq!(stats.segments_skipped_by_templates, stats.segments_total);
    assert_eq!((stats.rows_scanned, again.counted.matched), (0, 400));
    store.append(batch(&lines[400..800]));
    check(&store, &plain, &lines[..800], "in segments and in memory").await;
    store.flush();
    store.append(batch(&lines[800..]));
    store.flush();
    let before = check(&store, &plain, &lines, "in several segments").await;
    store.compact();
    assert!(!files_named(store.folder.path(), "rows.parquet").is_empty());
    let merged = check(&store, &plain, &lines, "merged").await;
    assert_eq!(before, merged);
    for (template, id) in first {
        assert_eq!(merged.get(&template), Some(&id), "{template}");
    }
    let store = store.restart();
    assert_eq!(
        check(&store, &plain, &lines, "after a restart").await,
        merged
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_shows_the_first_and_says_how_many_there_are() {
    let mut random = Random::new(12);
    let lines: Vec<Line> = (0..300).map(|nth| Line::random(nth, &mut random)).collect();
    let store = Store::new();
    store.append(batch(&lines));
    let all = ask(&store, &request("", (None, None), 30)).await;
    let few = PatternsRequest {
        limit: 3,
        ..request("", (None, None), 30)
    };
    let few = ask(&store, &few).await;
    assert_eq!(few.distinct, all.distinct);
    let templates = |answer: &PatternsAnswer| -> Vec<String> {
        let patterns = answer.patterns.iter();
        patterns.map(|pattern| pattern.template.clone()).collect()
    };
    assert_eq!(templates(&few), templates(&all)[..3]);
    for (limit, buckets) in [(0, 30), (10_001, 30), (3, 0), (3, 201)] {
        let refused = PatternsRequest {
            limit,
            ..request("", (None, None), buckets)
        };
        let refused = store.engine.patterns(&TenantId::default(), refused).await;
        assert!(matches!(refused, Err(QueryError::LimitOutOfRange { .. })));
    }
}

/// Rows of which more have a pattern of their own than are held.
const ROWS: u64 = 70_000;

/// What is shown is right, and what is not is told.
#[tokio::test(flavor = "multi_thread")]
async fn bodies_without_shape_are_bounded_and_told() {
    let store = Store::with(Config {
        scan_partitions: 2,
        ..Config::default()
    });
    let mut lines = without_shape(ROWS);
    for (nth, line) in (0..).zip(lines.iter_mut()).skip(3).step_by(7) {
        *line = Line::of(format!("item {nth} sold"), nth);
    }
    let shaped = lines
        .iter()
        .filter(|line| line.text().unwrap().ends_with("sold"))
        .count() as u64;
    for part in lines.chunks(20_000) {
        store.append(batch(part));
    }
    for form in ["in memory", "flushed", "merged"] {
        for (query, matching) in [("", ROWS), ("item OR no", ROWS), ("item", shaped)] {
            let answer = ask(&store, &request(query, (None, None), 30)).await;
            assert_eq!(answer.counted.matched, matching, "{form}");
            let most = &answer.patterns[0];
            assert_eq!(
                (most.template.as_str(), most.count),
                ("item <*> sold", shaped)
            );
            assert!(
                answer.patterns[1..]
                    .iter()
                    .all(|pattern| pattern.count == 1)
            );
            let counted = shaped + answer.distinct - 1 + answer.left_out;
            assert_eq!(counted, matching, "{form}: {query}");
        }
        match form {
            "in memory" => store.flush(),
            _ => store.compact(),
        }
    }
    let small = store.another_engine(Config {
        memory_bytes: 200_000,
        ..Config::default()
    });
    let all = request("", (None, None), 30);
    let refused = small.patterns(&TenantId::default(), all).await;
    assert!(
        matches!(refused, Err(QueryError::MemoryLimit { .. })),
        "{refused:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn more_values_than_are_held_are_told() {
    let store = Store::new();
    let lines: Vec<Line> = (0..110_000)
        .map(|nth| Line::of(format!("request {nth} of shop-{}", nth % 2), nth))
        .collect();
    for part in lines.chunks(20_000) {
        store.append(batch(part));
    }
    store.flush();
    let all = rows("", (None, None));
    let id = ask(&store, &request("", (None, None), 30)).await.patterns[0].id;
    let answer = slots(&store, id, all, 2).await.unwrap();
    assert_eq!(answer.counted.matched, 110_000);
    let [ids, shops] = answer.slots.as_slice() else {
        panic!("{answer:?}");
    };
    assert_eq!((ids.distinct, ids.left_out), (100_000, 10_000));
    assert_eq!((shops.distinct, shops.left_out), (2, 0));
    let values: Vec<(&str, u64)> = shops
        .values
        .iter()
        .map(|value| (value.value.as_str(), value.count))
        .collect();
    assert_eq!(values, [("shop-0", 55_000), ("shop-1", 55_000)]);
    assert!(ids.values.iter().all(|value| value.count == 1));
}
