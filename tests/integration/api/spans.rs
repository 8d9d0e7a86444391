//! `/api/v1/spans/search`.

use serde_json::{Value, json};

use super::server::{NOW_NS, Server};

const SEARCH: &str = "/api/v1/spans/search";

fn span(n: u64, more: &Value) -> Value {
    let start = NOW_NS as u64 - 1_000 + n;
    let mut span = json!({
        "traceId": format!("{:032x}", n + 1), "spanId": format!("{:016x}", n + 1), "name": format!("span {n}"),
        "kind": 2, "startTimeUnixNano": start.to_string(), "endTimeUnixNano": (start + n % 3).to_string(),
    });
    for (key, value) in more.as_object().unwrap() {
        span[key] = value.clone();
    }
    span
}

fn request(spans: &[Value]) -> Value {
    json!({"resourceSpans": [{
        "resource": {"attributes": [
            {"key": "service.name", "value": {"stringValue": "cart"}},
            {"key": "pod", "value": {"intValue": "2"}},
        ]},
        "schemaUrl": "of resource",
        "scopeSpans": [{
            "scope": {"name": "lib", "version": "2.0", "attributes": [{"key": "x", "value": {"boolValue": true}}]},
            "schemaUrl": "of scope", "spans": spans,
        }],
    }]})
}

fn names(answer: &Value) -> Vec<String> {
    let rows = answer["rows"].as_array().unwrap();
    rows.iter()
        .map(|row| row["name"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_has_the_columns_of_the_table() {
    let server = Server::start().await;
    let sent = json!({
        "parentSpanId": "0A0B0C0D0E0F1011", "traceState": "a=b", "flags": 257, "kind": 9,
        "startTimeUnixNano": "1674981729487160534", "endTimeUnixNano": "1674981729487160530",
        "status": {"code": 2, "message": "no \"luck\"\n"},
        "attributes": [{"key": "large", "value": {"intValue": "9007199254740993"}}, {"key": "k", "value": {"stringValue": ""}}],
        "droppedAttributesCount": 1, "droppedEventsCount": 2, "droppedLinksCount": 3,
        "events": [
            {"timeUnixNano": "5", "name": "e", "attributes": [{"key": "n", "value": {"doubleValue": 0.5}}], "droppedAttributesCount": 4},
            {"name": ""},
        ],
        "links": [{
            "traceId": "0AF7651916CD43DD8448EB211C80319C", "spanId": "b7ad6b7169203331", "traceState": "c=d",
            "attributes": [{"key": "l", "value": {}}], "droppedAttributesCount": 5, "flags": 1,
        }],
    });
    server.send_spans(&request(&[span(0, &sent)]));
    for flushed in [false, true] {
        if flushed {
            server.flush();
        }
        let answer = server.get(SEARCH).await.json();
        assert_eq!(
            answer["rows"],
            json!([{
                "trace_id": "00000000000000000000000000000001", "span_id": "0000000000000001",
                "parent_span_id": "0a0b0c0d0e0f1011", "trace_state": "a=b", "flags": 257, "name": "span 0", "kind": "9",
                "start_time_ns": "1674981729487160534", "end_time_ns": "1674981729487160530", "duration_ns": "-4",
                "status_code": "ERROR", "status_message": "no \"luck\"\n", "service": "cart",
                "attributes": {"large": "9007199254740993", "k": ""},
                "resource": {"service.name": "cart", "pod": 2},
                "scope_name": "lib", "scope_version": "2.0", "scope": {"x": true},
                "events": [
                    {"time_ns": "5", "name": "e", "attributes": {"n": 0.5}, "dropped_attributes_count": 4},
                    {"time_ns": null, "name": "", "attributes": {}, "dropped_attributes_count": 0},
                ],
                "links": [{
                    "trace_id": "0af7651916cd43dd8448eb211c80319c", "span_id": "b7ad6b7169203331", "trace_state": "c=d",
                    "attributes": {"l": null}, "dropped_attributes_count": 5, "flags": 1,
                }],
                "dropped_attributes_count": 1, "dropped_events_count": 2, "dropped_links_count": 3,
                "resource_schema_url": "of resource", "scope_schema_url": "of scope",
            }])
        );
        assert_eq!(
            (&answer["matched"], &answer["next_cursor"]),
            (&json!(1), &Value::Null)
        );
    }
    // The table has these columns, and no others; of times it says in its types what they are.
    let columns = json!({"query": "SELECT * FROM spans LIMIT 0"});
    let columns = server.post("/api/v1/sql", &columns).await.json();
    let mut named: Vec<String> = Vec::new();
    for column in columns["columns"].as_array().unwrap() {
        let name = column["name"].as_str().unwrap();
        let is_time = column["type"].as_str().unwrap().starts_with("timestamp");
        named.push(if is_time {
            format!("{name}_ns")
        } else {
            name.to_owned()
        });
    }
    named.sort();
    let row = server.get(SEARCH).await.json()["rows"][0].take();
    let mut shown: Vec<&String> = row.as_object().unwrap().keys().collect();
    shown.sort();
    assert!(shown.into_iter().eq(&named), "{named:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_of_a_span_with_nothing() {
    let server = Server::start().await;
    let bare = json!({"traceId": "01".repeat(16), "spanId": "01".repeat(8)});
    server.send_spans(&json!({"resourceSpans": [{"scopeSpans": [{"spans": [bare]}]}]}));
    let row = server.get(SEARCH).await.json()["rows"][0].take();
    assert_eq!(
        row,
        json!({
            "trace_id": "01".repeat(16), "span_id": "01".repeat(8), "parent_span_id": null, "trace_state": "", "flags": 0,
            "name": "", "kind": "UNSPECIFIED", "start_time_ns": null, "end_time_ns": null, "duration_ns": null,
            "status_code": "UNSET", "status_message": "", "service": null, "attributes": {}, "resource": {},
            "scope_name": "", "scope_version": "", "scope": {}, "events": [], "links": [],
            "dropped_attributes_count": 0, "dropped_events_count": 0, "dropped_links_count": 0,
            "resource_schema_url": "", "scope_schema_url": "",
        })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_in_each_order() {
    let server = Server::start().await;
    let endless = json!({"endTimeUnixNano": "0"});
    let mut spans: Vec<Value> = (0..6).map(|n| span(n, &json!({}))).collect();
    spans.push(span(6, &endless));
    server.send_spans(&request(&spans));
    server.flush();
    for (sort, expected) in [
        ("", [6, 5, 4, 3, 2, 1, 0]),
        ("&sort=-start", [6, 5, 4, 3, 2, 1, 0]),
        ("&sort=start", [0, 1, 2, 3, 4, 5, 6]),
        ("&sort=-duration", [5, 2, 4, 1, 3, 0, 6]),
        ("&sort=duration", [6, 0, 3, 1, 4, 2, 5]),
    ] {
        let expected: Vec<String> = expected.iter().map(|n| format!("span {n}")).collect();
        for limit in [1, 3, 7, 100] {
            let (mut seen, mut cursor) = (Vec::new(), String::new());
            loop {
                let path = format!("{SEARCH}?limit={limit}{sort}{cursor}");
                let page = server.get(&path).await.json();
                assert_eq!(page["matched"], json!(7), "{path}");
                seen.extend(names(&page));
                match page["next_cursor"].as_str() {
                    Some(next) => cursor = format!("&cursor={next}"),
                    None => break,
                }
            }
            assert_eq!(seen, expected, "{sort} by {limit}");
        }
    }
    // The query is asked of each span; groups are brackets.
    let asked = json!({"q": "{span} {service:cart} -{\"span 3\"}", "limit": "2", "sort": "start", "count": "exact"});
    let page = server.post(SEARCH, &asked).await.json();
    assert_eq!(names(&page), ["span 0", "span 1"]);
    assert_eq!(page["matched"], json!(6));
    let to = NOW_NS - 1_000 + 2;
    let before = json!({"to": format!("{}.{:06}", to / 1_000_000, to % 1_000_000)});
    let page = server.post(SEARCH, &before).await.json();
    assert_eq!(names(&page), ["span 1", "span 0"], "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said() {
    let server = Server::start().await;
    let spans: Vec<Value> = (0..4).map(|n| span(n, &json!({}))).collect();
    server.send_spans(&request(&spans));
    for (asked, code) in [
        ("sort=name", "bad_parameter"),
        ("sort=", "bad_parameter"),
        ("sort=--start", "bad_parameter"),
        ("sort=-Start", "bad_parameter"),
        ("limit=0", "bad_limit"),
        ("limit=10001", "bad_limit"),
        ("limit=-1", "bad_limit"),
        ("count=yes", "bad_parameter"),
        ("cursor=x", "bad_cursor"),
        ("from=2&to=1", "bad_range"),
        ("from=yesterday", "bad_time"),
        ("q=%7Ba%20%7Bb%7D%7D", "bad_query"),
        ("q=(", "bad_query"),
        ("q=a&q=b", "repeated_parameter"),
    ] {
        let answer = server.get(&format!("{SEARCH}?{asked}")).await;
        answer.error(400, code);
    }
    let first = server.get(&format!("{SEARCH}?limit=1")).await.json();
    let cursor = first["next_cursor"].as_str().unwrap();
    for other in [
        format!("{SEARCH}?limit=1&sort=start&cursor={cursor}"),
        format!("{SEARCH}?limit=1&sort=-duration&cursor={cursor}"),
        format!("{SEARCH}?limit=1&q=span&cursor={cursor}"),
        format!("/api/v1/logs/search?limit=1&cursor={cursor}"),
        format!("/api/v1/traces/search?limit=1&cursor={cursor}"),
    ] {
        server.get(&other).await.error(400, "bad_cursor");
    }
    // Page size may change from page to page.
    let path = format!("{SEARCH}?limit=2&cursor={cursor}");
    assert_eq!(names(&server.get(&path).await.json()), ["span 2", "span 1"]);
    let hinted = server.get(&format!("{SEARCH}?order=asc")).await.json();
    let hint = hinted["hints"][0].as_str().unwrap();
    assert!(hint.starts_with("there is no parameter `order`"), "{hint}");
}
