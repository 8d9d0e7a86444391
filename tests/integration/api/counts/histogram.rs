//! Counts over time.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::records::Record;
use super::{QUERIES, stored};
use crate::integration::api::server::{NOW_NS, Server};

const HISTOGRAM: &str = "/api/v1/logs/histogram";
const HOUR_NS: i128 = 3_600_000_000_000;

fn ns(value: &Value) -> i128 {
    value.as_str().unwrap().parse().unwrap()
}

/// By number, else by text, else unset.
fn severity(record: &Record) -> &'static str {
    let names = ["trace", "debug", "info", "warn", "error", "fatal"];
    let by_text = |text: &str| {
        let text = text.to_lowercase();
        let text = if text == "warning" { "warn" } else { &text };
        names.into_iter().find(|name| *name == text)
    };
    match record.severity_number {
        number @ 1..=24 => names[(number as usize - 1) / 4],
        _ => by_text(record.severity_text).unwrap_or("unset"),
    }
}

/// Holds an answer against the records that match, given the range's ends in nanoseconds.
async fn check(
    server: &Server,
    records: &[Record],
    query: usize,
    ends: (Option<i128>, Option<i128>),
    buckets_max: usize,
) {
    let (query, wanted) = QUERIES[query];
    let (from, to) = ends;
    let in_range = |record: &&Record| {
        let placed = i128::from(record.placed());
        from.is_none_or(|from| placed >= from) && to.is_none_or(|to| placed < to) && wanted(record)
    };
    let matching: Vec<&Record> = records.iter().filter(in_range).collect();
    let time = |end: Option<i128>| {
        // Milliseconds with all six digits of the rest.
        end.map(|ns| {
            let sign = if ns < 0 { "-" } else { "" };
            let ns = ns.unsigned_abs();
            format!("{sign}{}.{:06}", ns / 1_000_000, ns % 1_000_000)
        })
    };
    let body = json!({"q": query, "from": time(from), "to": time(to), "buckets": buckets_max});
    let answer = server.post(HISTOGRAM, &body).await.json();
    let what = format!("{query} {ends:?} {buckets_max}: {answer}");

    let width = ns(&answer["bucket_ns"]);
    let buckets = answer["buckets"].as_array().unwrap();
    let starts: Vec<i128> = buckets
        .iter()
        .map(|bucket| ns(&bucket["start_ns"]))
        .collect();
    assert!(width > 0 && buckets.len() <= buckets_max + 1, "{what}");
    assert!(
        starts.windows(2).all(|two| two[1] - two[0] == width),
        "{what}"
    );
    let mut expected = vec![BTreeMap::<&str, u64>::new(); buckets.len()];
    for record in &matching {
        let after = i128::from(record.placed()) - starts[0];
        assert!(after >= 0, "{what}");
        let bucket = expected.get_mut((after / width) as usize).expect(&what);
        *bucket.entry(severity(record)).or_default() += 1;
    }
    let found: Vec<&Value> = buckets.iter().map(|bucket| &bucket["counts"]).collect();
    assert_eq!(json!(found), json!(expected), "{what}");
    assert_eq!(answer["total"], json!(matching.len()), "{what}");

    let placed = || matching.iter().map(|record| i128::from(record.placed()));
    let first = from.or(placed().min());
    let last = to.or(placed().max().map(|last| last + 1));
    let held = |time: Option<i128>| time.map(|time| time.to_string());
    assert_eq!(answer["from_ns"], json!(held(first)), "{what}");
    assert_eq!(answer["to_ns"], json!(held(last)), "{what}");
    if let Some(first) = first.filter(|_| from.is_some() || !matching.is_empty()) {
        assert!(starts[0] <= first && first < starts[0] + width, "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn counts_over_time_are_those_of_a_plain_scan() {
    let (server, records) = stored(7, 240).await;
    let now = i128::from(NOW_NS);
    let ranges = [
        (None, None),
        (Some(now - HOUR_NS), Some(now)),
        (Some(now - HOUR_NS), None),
        (None, Some(now - HOUR_NS)),
        (Some(now), Some(now)),
        (Some(now), Some(now + 1)),
        (Some(now + 1), None),
        (Some(0), Some(now + 1)),
        (Some(2), Some(3)),
        (Some(-5 * HOUR_NS), None),
        (None, Some(1)),
        (
            Some(now - 900_000_000_000 + 123_456_789),
            Some(now + 123_456_789),
        ),
        (Some(i128::from(i64::MIN) - 1), None),
        (Some(i128::from(i64::MAX) + 1), None),
        (None, Some(i128::from(i64::MIN) - 5)),
        (None, Some(i128::from(i64::MAX))),
    ];
    for (at, ends) in ranges.into_iter().enumerate() {
        for query in 0..QUERIES.len() {
            for buckets in [1, 60, 7 + at, 10_000] {
                check(&server, &records, query, ends, buckets).await;
            }
        }
    }
}

/// Where no end is given, what matches may lie within a moment of all time.
#[tokio::test(flavor = "multi_thread")]
async fn a_moment_of_all_time_is_shown_in_full() {
    let (server, records) = stored(8, 120).await;
    let moment = NOW_NS - 3_000_000_000;
    let one = |n: i64| {
        let time = moment + n * 1_000_000;
        json!({"timeUnixNano": time.to_string(), "body": {"stringValue": "needle"}})
    };
    let needles: Vec<Value> = (0..60).map(one).collect();
    server.send_logs(&json!({"resourceLogs": [{"scopeLogs": [{"logRecords": needles}]}]}));
    let answer = server.get(&format!("{HISTOGRAM}?q=needle")).await.json();
    let buckets = answer["buckets"].as_array().unwrap();
    assert_eq!(answer["bucket_ns"], json!("1000000"), "{answer}");
    assert_eq!(buckets.len(), 60);
    assert!(
        buckets
            .iter()
            .all(|bucket| bucket["counts"] == json!({"unset": 1}))
    );
    let read = answer["stats"]["rows_scanned"].as_u64().unwrap();
    assert!(read > 0 && answer["stats"]["rows_total"] == json!(records.len() + 60));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_store_has_no_buckets_but_those_asked_for() {
    let server = Server::start().await;
    let answer = server.get(HISTOGRAM).await.json();
    assert_eq!(
        (&answer["buckets"], &answer["total"]),
        (&json!([]), &json!(0))
    );
    assert_eq!(
        (&answer["from_ns"], &answer["to_ns"]),
        (&json!(null), &json!(null))
    );
    let answer = server
        .get(&format!("{HISTOGRAM}?from=now-15m&to=now"))
        .await
        .json();
    let buckets = answer["buckets"].as_array().unwrap();
    assert_eq!(answer["bucket_ns"], json!("15000000000"));
    assert!((60..=61).contains(&buckets.len()));
    assert!(buckets.iter().all(|bucket| bucket["counts"] == json!({})));
}
