//! `/api/v1/logs/search`.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::server::{NOW_NS, Server};

const SEARCH: &str = "/api/v1/logs/search";

fn request(records: &[Value]) -> Value {
    json!({"resourceLogs": [{
        "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "cart"}}]},
        "scopeLogs": [{"scope": {"name": "main", "version": "1"}, "logRecords": records}]
    }]})
}

/// `count` records, a second apart up to now, alternately "even" and "odd".
fn numbered(count: i64) -> Value {
    let record = |n: i64| {
        let time = NOW_NS - (count - n) * 1_000_000_000;
        let parity = if n % 2 == 0 { "even" } else { "odd" };
        json!({"timeUnixNano": time.to_string(), "body": {"stringValue": format!("{parity} {n}")}})
    };
    request(&(0..count).map(record).collect::<Vec<_>>())
}

/// All rows of a search, page by page, and how many the first page says there are.
async fn pages(server: &Server, query: &str) -> (Vec<Value>, u64) {
    let mut rows = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = server
            .get(&format!("{SEARCH}?{query}{cursor}"))
            .await
            .json();
        rows.extend(page["rows"].as_array().unwrap().iter().cloned());
        let matched = page["matched"].as_u64().unwrap();
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return (rows, matched),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_shows_what_was_sent() {
    let server = Server::start().await;
    server.send_logs(&json!({"resourceLogs": [{
        "resource": {"attributes": [
            {"key": "service.name", "value": {"stringValue": "cart"}},
            {"key": "pod", "value": {"intValue": "1"}}, {"key": "pod", "value": {"intValue": "2"}}
        ]},
        "scopeLogs": [{
            "scope": {"name": "lib", "version": "2.0", "attributes": [{"key": "name", "value": {"stringValue": "x"}}]},
            "logRecords": [{
                "timeUnixNano": "1674981729487160534", "observedTimeUnixNano": "18446744073709551615",
                "severityNumber": 17, "severityText": "Error",
                "traceId": "0AF7651916CD43DD8448EB211C80319C", "spanId": "b7ad6b7169203331", "flags": 1,
                "eventName": "e", "body": {"stringValue": "a \"b\"\n\u{1}é\u{2028}"},
                "attributes": [
                    {"key": "string", "value": {"stringValue": ""}},
                    {"key": "bool", "value": {"boolValue": false}},
                    {"key": "int", "value": {"intValue": "9007199254740992"}},
                    {"key": "large", "value": {"intValue": "9007199254740993"}},
                    {"key": "float", "value": {"doubleValue": -0.25}},
                    {"key": "nan", "value": {"doubleValue": "NaN"}},
                    {"key": "inf", "value": {"doubleValue": "-Infinity"}},
                    {"key": "bytes", "value": {"bytesValue": "/wA="}},
                    {"key": "array", "value": {"arrayValue": {"values": [{"intValue": "1"}, {}]}}},
                    {"key": "map", "value": {"kvlistValue": {"values": [{"key": "k", "value": {"boolValue": true}}]}}},
                    {"key": "unset", "value": {}},
                    {"key": "", "value": {"stringValue": "no name"}}
                ]
            }]
        }]
    }]}));
    for flushed in [false, true] {
        if flushed {
            server.flush();
        }
        let mut row = server.get(SEARCH).await.json()["rows"][0].take();
        assert!(row["id"].as_str().is_some_and(|id| !id.is_empty()), "{row}");
        row.as_object_mut().unwrap().remove("id");
        assert_eq!(
            row,
            json!({
                "time_ns": "1674981729487160534", "observed_time_ns": "18446744073709551615",
                "severity_number": 17, "severity_text": "Error", "service": "cart",
                "body": "a \"b\"\n\u{1}é\u{2028}",
                "trace_id": "0af7651916cd43dd8448eb211c80319c", "span_id": "b7ad6b7169203331",
                "attributes": {
                    "string": "", "bool": false, "int": 9_007_199_254_740_992_i64, "large": "9007199254740993",
                    "float": -0.25, "nan": "NaN", "inf": "-Infinity", "bytes": {"bytes": "/wA="},
                    "array": [1, null], "map": {"k": true}, "unset": null, "": "no name"
                },
                "resource": {"service.name": "cart", "pod": 2},
                "scope": {"name": "lib", "version": "2.0", "attributes": {"name": "x"}},
                "event_name": "e", "flags": 1
            })
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_shows_what_was_not_sent() {
    let server = Server::start().await;
    server.send_logs(&json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [{}]}]}]}));
    let mut row = server.get(SEARCH).await.json()["rows"][0].take();
    row.as_object_mut().unwrap().remove("id");
    assert_eq!(
        row,
        json!({
            "time_ns": null, "observed_time_ns": null, "severity_number": 0, "severity_text": "", "service": null,
            "body": null, "trace_id": null, "span_id": null, "attributes": {}, "resource": {},
            "scope": {"name": "", "version": "", "attributes": {}}
        })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_may_be_any_value() {
    let server = Server::start().await;
    let values = [
        (json!({"intValue": "5"}), json!(5)),
        (json!({"bytesValue": "AA=="}), json!({"bytes": "AA=="})),
        (json!({"arrayValue": {"values": []}}), json!([])),
        (
            json!({"kvlistValue": {"values": [{"key": "a", "value": {"stringValue": "b"}}]}}),
            json!({"a": "b"}),
        ),
    ];
    for (sent, expected) in values {
        server.send_logs(&request(&[
            json!({"timeUnixNano": NOW_NS.to_string(), "body": sent}),
        ]));
        let answer = server
            .get(&format!("{SEARCH}?limit=10&order=asc"))
            .await
            .json();
        let rows = answer["rows"].as_array().unwrap();
        assert_eq!(rows.last().unwrap()["body"], expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_whole_and_ids_stay() {
    let server = Server::start().await;
    server.send_logs(&numbered(25));
    server.flush();
    server.send_logs(&numbered(7));
    for (query, expected) in [("", 32), ("q=odd&", 15)] {
        let (newest_first, matched) = pages(&server, &format!("{query}limit=4")).await;
        assert_eq!(
            (newest_first.len(), matched),
            (expected, expected as u64),
            "{query}"
        );
        let ids: HashSet<_> = newest_first
            .iter()
            .map(|row| row["id"].as_str().unwrap())
            .collect();
        assert_eq!(ids.len(), expected);
        let (mut oldest_first, _) = pages(&server, &format!("{query}limit=10000&order=asc")).await;
        oldest_first.reverse();
        assert_eq!(oldest_first, newest_first);
    }
    let (before, _) = pages(&server, "limit=100").await;
    server.flush();
    let server = server.restart(|_| {}).await;
    let (after, _) = pages(&server, "limit=100").await;
    assert_eq!(after, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_asks_the_same_as_a_url() {
    let server = Server::start().await;
    server.send_logs(&numbered(10));
    let mut by_get = server
        .get(&format!(
            "{SEARCH}?q=even&from=now-8s&to=1700000000000&limit=2&order=asc&count=exact"
        ))
        .await
        .json();
    let body = json!({"q": "even", "from": "now-8s", "to": 1_700_000_000_000_i64, "limit": "2", "order": "asc", "count": "exact"});
    let mut by_post = server.post(SEARCH, &body).await.json();
    assert_eq!(
        (&by_get["matched"], by_get["rows"].as_array().unwrap().len()),
        (&json!(4), 2)
    );
    let stats = by_get["stats"].take();
    by_post["stats"].take();
    assert_eq!(by_get, by_post);
    for figure in [
        "elapsed_ms",
        "segments_total",
        "segments_skipped_by_time",
        "segments_skipped_by_index",
        "segments_skipped_by_templates",
        "segments_read",
        "granules_read",
        "templates_total",
        "templates_tested",
        "templates_matched",
        "templates_ruled_out",
        "templates_undecided",
        "rows_scanned",
    ] {
        assert!(stats[figure].is_u64(), "{figure}: {stats}");
    }
    let key = |answer: &Value| answer["next_cursor"].as_str().unwrap().to_owned();
    let mut next = body.clone();
    next["cursor"] = json!(key(&by_post));
    let rest = server.post(SEARCH, &next).await.json();
    assert_eq!(
        (
            rest["rows"].as_array().unwrap().len(),
            &rest["next_cursor"],
            &rest["matched"]
        ),
        (2, &Value::Null, &json!(4))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_and_broken_cursors() {
    let server = Server::start().await;
    server.send_logs(&numbered(10));
    let page = server.get(&format!("{SEARCH}?q=even&limit=2")).await.json();
    let cursor = page["next_cursor"].as_str().unwrap();
    let refused = async |query: String| {
        let answer = server.get(&format!("{SEARCH}?{query}")).await;
        answer.error(400, "bad_cursor");
    };
    for end in 0..cursor.len() {
        refused(format!("q=even&cursor={}", &cursor[..end])).await;
    }
    for at in 0..cursor.len() {
        let mut flipped = cursor.to_owned().into_bytes();
        flipped[at] = if flipped[at] == b'A' { b'B' } else { b'A' };
        refused(format!(
            "q=even&cursor={}",
            String::from_utf8(flipped).unwrap()
        ))
        .await;
    }
    for foreign in ["q=odd", "", "q=even&order=asc", "q=even&from=0"] {
        refused(format!("{foreign}&cursor={cursor}")).await;
    }
    for broken in [
        "null",
        "%00",
        "é",
        "AAAA",
        &"A".repeat(5000),
        &format!("{cursor}A"),
        &format!("{cursor}%3D"),
    ] {
        refused(format!("q=even&cursor={broken}")).await;
    }
    let traces = "/api/v1/traces/search";
    server
        .get(&format!("{traces}?q=even&cursor={cursor}"))
        .await
        .error(400, "bad_cursor");
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_that_are_refused() {
    let server = Server::start().await;
    server.send_logs(&numbered(3));
    for limit in ["0", "10001", "99999999999999999999"] {
        server
            .get(&format!("{SEARCH}?limit={limit}"))
            .await
            .error(400, "bad_limit");
        server
            .post(
                SEARCH,
                &json!({"limit": limit.parse::<f64>().unwrap(), "q": "x"}),
            )
            .await
            .error(400, "bad_limit");
    }
    for range in [
        "from=2&to=1",
        "from=now&to=now-1m",
        "from=2262-01-01T00:00:00Z&to=0",
    ] {
        server
            .get(&format!("{SEARCH}?{range}"))
            .await
            .error(400, "bad_range");
    }
    let mistake = server
        .get(&format!("{SEARCH}?q=%C3%A9%C3%A9+(a"))
        .await
        .error(400, "bad_query");
    assert_eq!(mistake["position"], json!(5), "{mistake}");
    let expected = mistake["expected"].as_array().unwrap();
    assert!(
        !expected.is_empty() && expected.iter().all(Value::is_string),
        "{mistake}"
    );
    let nested = format!("{}a{}", "(".repeat(50_000), ")".repeat(50_000));
    server
        .post(SEARCH, &json!({"q": nested}))
        .await
        .error(400, "bad_query");
    for odd in [
        "q=%00",
        "q=%F0%9F%92%A9",
        "from=9999-12-31T23:59:59Z",
        "to=0000-01-01T00:00:00Z",
        "from=1&to=1",
        "from=-999999999999999999",
    ] {
        assert_eq!(
            server.get(&format!("{SEARCH}?{odd}")).await.json()["matched"]
                .as_u64()
                .map(|n| n <= 3),
            Some(true)
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hints() {
    let server = Server::start().await;
    server.send_logs(&numbered(3));
    let plain = server.get(SEARCH).await.json();
    assert_eq!(
        (plain.get("hints"), plain.get("partial")),
        (None, None),
        "{plain}"
    );
    let typo = server.get(&format!("{SEARCH}?limt=2")).await.json();
    assert_eq!(typo["rows"].as_array().unwrap().len(), 3);
    assert!(
        typo["hints"][0].as_str().unwrap().contains("`limit`"),
        "{typo}"
    );
    let empty = server.get(&format!("{SEARCH}?to=0")).await.json();
    assert_eq!((&empty["matched"], &empty["rows"]), (&json!(0), &json!([])));
    assert!(
        empty["hints"][0]
            .as_str()
            .unwrap()
            .contains("2023-11-14T22:13:19Z"),
        "{empty}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_nobody_sent_finds_nothing_and_is_told() {
    let server = Server::start().await;
    let attribute = json!({"key": "http.route", "value": {"stringValue": "/pay"}});
    let record = json!({"timeUnixNano": NOW_NS.to_string(), "attributes": [attribute]});
    server.send_logs(&request(&[record]));
    let no_field = "the newest records have no field";
    for (query, hint) in [
        (
            "htpp.route:x",
            format!("{no_field} `htpp.route`; did you mean `http.route`?"),
        ),
        (
            "serverity:error",
            format!("{no_field} `serverity`; did you mean `severity`?"),
        ),
        (
            "http.route:x+resource.wholly_else:*",
            format!("{no_field} `wholly_else`"),
        ),
    ] {
        for path in [SEARCH, "/api/v1/logs/histogram", "/api/v1/logs/fields"] {
            let nothing = server.get(&format!("{path}?q={query}")).await.json();
            assert_eq!(nothing["hints"], json!([hint]), "{path} {query}: {nothing}");
        }
    }
    for known in ["http.route:x", "severity:fatal", "-htpp.route:x"] {
        let answer = server.get(&format!("{SEARCH}?q={known}")).await.json();
        assert_eq!(answer.get("hints"), None, "{known}: {answer}");
    }
}
