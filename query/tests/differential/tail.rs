//! The live tail: what matches comes once, in the order of its commit, from whatever position.

use clearspan_query::{LogRecord, QueryError, Tail, TailEvent, TailRequest};
use clearspan_schema::any::{AnyRef, KeyValues};
use clearspan_schema::group::{ResourceRef, ScopeRef};
use clearspan_schema::logs::{Body, LogRow, LogsBuilder};
use clearspan_storage::{Incoming, TenantId};

use crate::records::{Log, QUERIES, batch};
use crate::store::{ARRIVAL_NS, Store};

/// The number of the record that ends a test; no query of [`QUERIES`] finds it.
const LAST: i64 = 1_000_000;

/// The most rows that a tail is given of what it has missed.
const BACKLOG: usize = clearspan_query::limits::TAIL_BACKLOG_ROWS_MAX;

async fn open(store: &Store, query: &str, after: Option<&str>) -> Result<Tail, QueryError> {
    let request = TailRequest {
        query: query.into(),
        after: after.map(str::to_owned),
        rate: clearspan_query::limits::TAIL_RATE_MAX,
    };
    let tenant = TenantId::default();
    store.engine.tail_logs(&tenant, request).await
}

/// `query`, and the record that ends a test.
fn or_last(query: &str) -> String {
    match query {
        "" => String::new(),
        query => format!("({query}) OR n:{LAST}"),
    }
}

fn number(record: &LogRecord<'_>) -> i64 {
    match record.log.attributes.get("n") {
        Some(AnyRef::Int(number)) => number,
        other => panic!("no number: {other:?}"),
    }
}

/// What a tail told until a record: rows with their positions, and how many were left out before them.
#[derive(Debug, Default)]
struct Told {
    rows: Vec<(i64, String)>,
    left_out: u64,
    start: String,
}

impl Told {
    fn numbers(&self) -> Vec<i64> {
        self.rows.iter().map(|(number, _)| *number).collect()
    }
}

async fn told(tail: &mut Tail, until: i64) -> Told {
    let mut told = Told::default();
    while told.rows.last().is_none_or(|(number, _)| *number != until) {
        match tail.next().await.unwrap() {
            TailEvent::Rows(rows) => {
                let records = rows.rows().records().unwrap();
                let row = |record| (number(&record), rows.position(&record));
                told.rows.extend(records.iter().map(row));
            }
            TailEvent::Gap(gap) => {
                assert!(told.rows.is_empty() && gap.unexamined == 0, "{gap:?}");
                told.left_out += gap.count;
            }
            TailEvent::Beat(beat) if told.start.is_empty() => told.start = beat.position,
            TailEvent::Beat(_) => {}
        }
    }
    told
}

fn logs(numbers: std::ops::Range<i64>) -> Vec<Log> {
    let all = crate::counts::logs(numbers.end);
    all.into_iter().skip(numbers.start as usize).collect()
}

fn last() -> Log {
    Log {
        number: LAST,
        ..logs(0..1).remove(0)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_query_finds_what_it_means_in_the_order_of_commits() {
    let store = Store::new();
    store.append(batch(&logs(0..50)));
    let mut tails = Vec::new();
    for (query, wanted) in QUERIES {
        let tail = open(&store, &or_last(query), None).await.unwrap();
        tails.push((query, wanted, tail));
    }
    let new = logs(50..350);
    for (at, part) in new.chunks(60).enumerate() {
        store.append(batch(part));
        if at == 2 {
            store.flush();
        }
    }
    store.append(batch(&[last()]));
    for (query, wanted, mut tail) in tails {
        let wanted = new.iter().filter(|log| wanted(log)).map(|log| log.number);
        let expected: Vec<i64> = wanted.chain([LAST]).collect();
        assert_eq!(told(&mut tail, LAST).await.numbers(), expected, "{query}");
    }
}

/// From every tenth position, and from the start, what follows is there once.
async fn check_from(store: &Store, first: &Told, when: &str) {
    let whole = first.numbers();
    let after = first.rows.iter().enumerate().step_by(10);
    let after = after.map(|(at, (_, position))| (at + 1, position.as_str()));
    for (at, position) in after.chain([(0, first.start.as_str())]) {
        if at == whole.len() {
            continue;
        }
        let mut tail = open(store, &or_last("NOT alpha"), Some(position))
            .await
            .unwrap();
        let again = told(&mut tail, LAST).await;
        assert_eq!(again.numbers(), whole[at..], "{when}, after {at}");
        assert_eq!(
            (again.start.as_str(), again.left_out),
            (position, 0),
            "{when}"
        );
    }
    // What still runs would keep the folder.
    while store.engine.tails() > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_position_is_good_over_flush_compaction_and_restart() {
    let mut store = Store::new();
    store.append(batch(&logs(0..50)));
    let mut tail = open(&store, &or_last("NOT alpha"), None).await.unwrap();
    for part in logs(50..250).chunks(40) {
        store.append(batch(part));
    }
    store.append(batch(&[last()]));
    let first = told(&mut tail, LAST).await;
    drop(tail);
    check_from(&store, &first, "in the memtable").await;
    store.flush();
    check_from(&store, &first, "in segments").await;
    store = store.crash();
    check_from(&store, &first, "after a crash").await;
    store.compact();
    check_from(&store, &first, "merged").await;
    store = store.restart();
    check_from(&store, &first, "after a restart").await;

    // What is live follows what was missed.
    let mut tail = open(&store, "", Some(&first.start)).await.unwrap();
    assert_eq!(told(&mut tail, LAST).await.rows.len(), 201);
    store.append(batch(&logs(0..3)));
    assert_eq!(told(&mut tail, 2).await.numbers(), [0, 1, 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_much_that_was_missed_the_newest_comes_and_the_rest_is_counted() {
    let store = Store::new();
    let mut tail = open(&store, "", None).await.unwrap();
    store.append(batch(&[last()]));
    let first = told(&mut tail, LAST).await;
    drop(tail);
    let missed = logs(0..BACKLOG as i64 + 700);
    for part in missed.chunks(400) {
        store.append(batch(part));
        store.flush();
    }
    let mut tail = open(&store, "", Some(&first.start)).await.unwrap();
    let again = told(&mut tail, missed.len() as i64 - 1).await;
    let newest: Vec<i64> = missed[700..].iter().map(|log| log.number).collect();
    assert_eq!((again.numbers(), again.left_out), (newest, 701));
    // Behind the rows that were left out nothing is told of them again.
    let (at, position) = (again.rows.len() - 5, &again.rows[again.rows.len() - 6].1);
    let mut tail = open(&store, "", Some(position)).await.unwrap();
    let rest = told(&mut tail, missed.len() as i64 - 1).await;
    assert_eq!(
        (rest.numbers(), rest.left_out),
        (again.numbers()[at..].to_vec(), 0)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_wrongly_is_refused() {
    let store = Store::new();
    store.append(batch(&logs(0..3)));
    let bad = open(&store, "a AND", None).await.unwrap_err();
    assert!(matches!(bad, QueryError::BadQuery(mistake) if mistake.position == 5));
    for after in ["", "x", "0-00000000", "173e6d5ab8f6a9d62a"] {
        let refused = open(&store, "", Some(after)).await.unwrap_err();
        assert!(
            matches!(refused, QueryError::BadCursor),
            "{after}: {refused}"
        );
    }
    // A position that the store has not come to.
    let mut tail = open(&store, "", None).await.unwrap();
    store.append(batch(&[last()]));
    let ahead = told(&mut tail, LAST).await.rows.remove(0).1;
    let refused = open(&Store::new(), "", Some(&ahead)).await.unwrap_err();
    assert!(matches!(refused, QueryError::BadCursor), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn tails_are_so_many_and_a_place_is_free_again() {
    let store = Store::new();
    let mut tails = Vec::new();
    for _ in 0..clearspan_query::limits::TAILS_MAX {
        tails.push(open(&store, "", None).await.unwrap());
    }
    let refused = open(&store, "", None).await.unwrap_err();
    assert!(
        matches!(refused, QueryError::TooManyTails { .. }),
        "{refused}"
    );
    // The others end when the store does, and their places are free.
    store.storage.shutdown();
    for tail in &mut tails {
        while tail.next().await.is_some() {}
    }
    assert_eq!(store.engine.tails(), 0);
}

/// Records with long bodies, in one commit.
fn long(records: usize, bytes: usize) -> Incoming {
    let mut builder = LogsBuilder::new(records, ARRIVAL_NS);
    builder.group(&ResourceRef::default(), &ScopeRef::default(), None);
    let body = "x".repeat(bytes);
    for _ in 0..records {
        let row = LogRow {
            time: 1,
            observed_time: 0,
            severity_number: 0,
            severity_text: "",
            event_name: "",
            body: Body::Text(&body),
            trace_id: None,
            span_id: None,
            flags: 0,
            attributes: KeyValues::new(&[]),
            dropped_attributes_count: 0,
        };
        builder.push(&row).unwrap();
    }
    Incoming::Logs(builder.finish().unwrap())
}

/// On one thread, which the tail has only when somebody waits for it.
#[tokio::test]
async fn a_tail_that_is_left_behind_says_how_many_nobody_has_looked_at() {
    let store = Store::new();
    let mut tail = open(&store, "", None).await.unwrap();
    assert!(matches!(tail.next().await, Some(TailEvent::Beat(_))));
    let (commits, records) = (60, 100);
    for _ in 0..commits {
        store.append(long(records, 10_000));
    }
    let (mut given, mut counted, mut unexamined) = (0, 0, 0);
    while given + counted + unexamined < (commits * records) as u64 {
        match tail.next().await.unwrap() {
            TailEvent::Rows(rows) => given += rows.rows().len() as u64,
            TailEvent::Gap(gap) => {
                counted += gap.count;
                unexamined += gap.unexamined;
                assert_eq!(gap.since_ns, Some(ARRIVAL_NS));
            }
            TailEvent::Beat(beat) => assert!(beat.examined > 0),
        }
    }
    assert_eq!(given + counted + unexamined, (commits * records) as u64);
    assert_eq!(unexamined % records as u64, 0, "whole commits are lost");
    assert!(
        (20..40).contains(&(unexamined / records as u64)),
        "{unexamined}"
    );
    assert!(given > 0);
}
