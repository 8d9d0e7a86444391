//! `/api/v1/traces/...`, `/api/v1/services` and `/api/v1/dependencies`.

use clearspan_proto::otlp::{Encoding, decode_traces};
use serde_json::{Value, json};

use super::server::{NOW_NS, Server};

const SEARCH: &str = "/api/v1/traces/search";
pub(super) const MS: i64 = 1_000_000;

pub(super) fn id(n: u8) -> String {
    format!("{n:02x}").repeat(16)
}

pub(super) fn span(
    trace: u8,
    span: u8,
    parent: Option<u8>,
    name: &str,
    start_ms: i64,
    end_ms: i64,
) -> Value {
    json!({
        "traceId": id(trace), "spanId": format!("{span:02x}").repeat(8),
        "parentSpanId": parent.map_or_else(String::new, |parent| format!("{parent:02x}").repeat(8)),
        "name": name, "kind": 2,
        "startTimeUnixNano": (NOW_NS + start_ms * MS).to_string(), "endTimeUnixNano": (NOW_NS + end_ms * MS).to_string()
    })
}

pub(super) fn of(service: &str, spans: &[Value]) -> Value {
    json!({"resourceSpans": [{
        "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": service}}]},
        "scopeSpans": [{"scope": {"name": "lib"}, "spans": spans}]
    }]})
}

/// Trace 1 takes 100 ms in two services and fails, trace 2 takes 5 ms, trace 3 has a span without times.
async fn server() -> Server {
    let server = Server::start().await;
    let mut failing = span(1, 2, Some(1), "charge", 10, 100);
    failing["status"] = json!({"code": 2});
    server.send_spans(&of("shop", &[span(1, 1, None, "GET /buy", 0, 90)]));
    server.send_spans(&of("pay", &[failing]));
    server.flush();
    server.send_spans(&of("shop", &[span(2, 3, None, "GET /", 20, 25)]));
    let mut timeless = span(3, 4, None, "odd", 0, 0);
    timeless["startTimeUnixNano"] = json!("0");
    timeless["endTimeUnixNano"] = json!("0");
    server.send_spans(&json!({"resourceSpans": [{"scopeSpans": [{"spans": [timeless]}]}]}));
    server
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_and_their_values() {
    let server = server().await;
    let answer = server.get("/api/v1/traces/fields?q=-name:odd").await.json();
    let field = |name, of, count| json!({"name": name, "type": of, "count": count});
    assert_eq!(
        answer["fields"],
        json!([
            field("duration", "int", 3),
            field("kind", "string", 3),
            field("name", "string", 3),
            field("service", "string", 3),
            field("service.name", "string", 3),
            field("span_id", "string", 3),
            field("trace_id", "string", 3),
            field("status", "string", 1),
        ])
    );
    assert_eq!(
        (&answer["matched"], &answer["distinct"]),
        (&json!(3), &json!(8))
    );
    let path = "/api/v1/traces/fields/service.name/values?q=kind:server";
    let answer = server.get(path).await.json();
    let services = json!([{"value": "shop", "count": 2}, {"value": "pay", "count": 1}]);
    assert_eq!(answer["values"], services);
    let path = "/api/v1/traces/facets?fields=status,duration&limit=1";
    let answer = server.get(path).await.json();
    assert_eq!(
        answer["facets"],
        json!([
            {"field": "status", "values": [{"value": "UNSET", "count": 3}], "distinct": 2},
            {"field": "duration", "values": [{"value": 90_000_000, "count": 2}], "distinct": 2},
        ])
    );
    // Of single spans groups are brackets.
    for (query, matched) in [("{service:pay}", 1), ("{service:pay} {name:odd}", 0)] {
        let path = format!("/api/v1/traces/fields?q={query}").replace(' ', "+");
        assert_eq!(server.get(&path).await.json()["matched"], json!(matched));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn search() {
    let server = server().await;
    let answer = server
        .get(&format!("{SEARCH}?q=charge&to=now%2B1h"))
        .await
        .json();
    assert_eq!(answer["matched"], json!(1));
    assert_eq!(
        answer["traces"],
        json!([{
            "trace_id": id(1), "root_service": "shop", "root_name": "GET /buy", "start_ns": NOW_NS.to_string(),
            "duration_ns": "100000000", "span_count": 2, "error_count": 1,
            "services": [{"name": "pay", "spans": 1}, {"name": "shop", "spans": 1}]
        }])
    );
    let timeless = server.get(&format!("{SEARCH}?q=odd")).await.json();
    let timeless = &timeless["traces"][0];
    assert_eq!(
        (
            &timeless["start_ns"],
            &timeless["duration_ns"],
            &timeless["root_service"]
        ),
        (&Value::Null, &Value::Null, &Value::Null)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn search_by_duration_in_any_order() {
    let server = server().await;
    for (query, expected) in [
        ("min_duration=100ms", vec![1]),
        ("max_duration=0.005s", vec![2]),
        (
            "min_duration=5ms&max_duration=100ms&sort=duration",
            vec![2, 1],
        ),
        ("min_duration=100.1ms", vec![]),
        ("sort=-error_count&q=GET", vec![1, 2]),
        ("sort=span_count&q=GET", vec![2, 1]),
        ("sort=start&q=GET", vec![1, 2]),
        ("q=GET", vec![2, 1]),
    ] {
        let mut found = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = server
                .get(&format!("{SEARCH}?{query}&limit=1{cursor}"))
                .await
                .json();
            assert_eq!(page["matched"], json!(expected.len()), "{query}");
            let traces = page["traces"].as_array().unwrap();
            found.extend(
                traces
                    .iter()
                    .map(|trace| trace["trace_id"].as_str().unwrap().to_owned()),
            );
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(
            found,
            expected.into_iter().map(id).collect::<Vec<_>>(),
            "{query}"
        );
    }
    for limit in ["0", "10001"] {
        server
            .get(&format!("{SEARCH}?limit={limit}"))
            .await
            .error(400, "bad_limit");
    }
    server
        .get(&format!("{SEARCH}?from=2&to=1"))
        .await
        .error(400, "bad_range");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_trace_in_each_format() {
    let server = server().await;
    let path = format!("/api/v1/traces/{}", id(0xa1));
    server.send_spans(&of("shop", &[span(0xa1, 5, None, "x", 0, 1)]));
    let json = server.get(&path).await;
    assert!(json.head.contains("content-type: application/json\r\n"));
    let spans = &json.json()["resourceSpans"][0]["scopeSpans"][0]["spans"];
    assert_eq!(
        (spans[0]["traceId"].as_str(), spans[0]["name"].as_str()),
        (Some(id(0xa1).as_str()), Some("x"))
    );
    let otlp = server.get(&format!("{path}?format=otlp")).await;
    assert_eq!(otlp.body, json.body);
    let upper = server
        .get(
            &path
                .to_uppercase()
                .replace("/API/V1/TRACES", "/api/v1/traces"),
        )
        .await;
    assert_eq!(upper.body, json.body);
    let posted = server.post(&path, &json!({"format": "protobuf"})).await;
    assert!(
        posted
            .head
            .contains("content-type: application/x-protobuf\r\n")
    );
    assert_eq!(
        server.get(&format!("{path}?format=protobuf")).await.body,
        posted.body
    );
    let rows = |body: &[u8], encoding| decode_traces(body, encoding, NOW_NS).unwrap().batch.rows();
    assert_eq!(
        (
            rows(&json.body, Encoding::Json),
            rows(&posted.body, Encoding::Protobuf)
        ),
        (1, 1)
    );
    assert_eq!(
        rows(
            &server.get(&format!("/api/v1/traces/{}", id(1))).await.body,
            Encoding::Json
        ),
        2
    );
    server
        .get(&format!("/api/v1/traces/{}", id(0xee)))
        .await
        .error(404, "unknown_trace");
    server
        .get(&format!("/api/v1/traces/{}", id(0)))
        .await
        .error(404, "unknown_trace");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_logs_of_a_trace() {
    let server = server().await;
    let record = |trace: u8, body: &str, ms: i64| json!({"traceId": id(trace), "body": {"stringValue": body}, "timeUnixNano": (NOW_NS + ms * MS).to_string()});
    server.send_logs(&json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [
        record(0xb1, "second", 2), record(0xb2, "other", 0), record(0xb1, "first", 1)
    ]}]}]}));
    let answer = server
        .get(&format!("/api/v1/traces/{}/logs", id(0xb1).to_uppercase()))
        .await
        .json();
    let bodies: Vec<_> = answer["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["body"].as_str().unwrap())
        .collect();
    assert_eq!(
        (bodies, &answer["matched"], answer.get("partial")),
        (vec!["first", "second"], &json!(2), None)
    );
    let none = server
        .get(&format!("/api/v1/traces/{}/logs", id(1)))
        .await
        .json();
    assert_eq!(none["rows"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn services() {
    let server = server().await;
    let answer = server
        .get("/api/v1/services?from=now-1h&to=now%2B1h")
        .await
        .json();
    let services = answer["services"].as_array().unwrap();
    let shop = services
        .iter()
        .find(|service| service["name"] == "shop")
        .unwrap();
    let mut shop = shop.clone();
    assert!(shop["rate_per_s"].take().is_f64());
    assert_eq!(
        shop,
        json!({
            "name": "shop", "namespace": null, "environment": null, "spans": 2, "calls": 2, "errors": 0,
            "p50_ns": "5000000", "p95_ns": "90000000", "p99_ns": "90000000", "rate_per_s": null,
            "last_seen_ns": (NOW_NS + 20 * MS).to_string()
        })
    );
    let posted = server
        .post(
            "/api/v1/services",
            &json!({"from": "now-1h", "to": "now+1h"}),
        )
        .await
        .json();
    assert_eq!(posted["services"], answer["services"]);
    server
        .get("/api/v1/services?from=2&to=1")
        .await
        .error(400, "bad_range");
}

#[tokio::test(flavor = "multi_thread")]
async fn dependencies() {
    let server = server().await;
    let mut query = span(2, 5, Some(3), "SELECT", 21, 24);
    query["kind"] = json!(3);
    query["attributes"] = json!([{"key": "db.name", "value": {"stringValue": "shop"}}]);
    server.send_spans(&of("shop", &[query]));
    let path = "/api/v1/dependencies";
    let answer = server
        .get(&format!("{path}?from=now-1h&to=now%2B1h"))
        .await
        .json();
    let node = |name: &str, kind: &str, calls: u64, errors: u64| json!({"name": name, "kind": kind, "calls": calls, "errors": errors});
    // What is placed by its arrival has no service.
    let nodes = [
        node("", "service", 1, 0),
        node("pay", "service", 1, 1),
        node("shop", "service", 2, 0),
        node("shop", "database", 1, 0),
    ];
    assert_eq!(answer["nodes"], json!(nodes));
    let edge = |callee: &str, kind: &str, errors: u64, ns: &str, trace: u8| {
        json!({
            "caller": "shop", "callee": callee, "callee_kind": kind, "calls": 1, "errors": errors,
            "p50_ns": ns, "p95_ns": ns, "p99_ns": ns, "exemplar_trace_id": id(trace)
        })
    };
    let edges = [
        edge("pay", "service", 1, "90000000", 1),
        edge("shop", "database", 0, "3000000", 2),
    ];
    assert_eq!(answer["edges"], json!(edges));
    // The parent starts before the range, its child in it.
    let body = json!({"from": (NOW_NS + 5 * MS) as f64 / 1e6, "to": "now+1h"});
    let posted = server.post(path, &body).await.json();
    assert_eq!(posted["edges"], answer["edges"]);
    let refused = server.get(&format!("{path}?from=2&to=1")).await;
    refused.error(400, "bad_range");
    let hinted = server.get(&format!("{path}?form=1")).await.json();
    assert!(hinted["hints"][0].as_str().unwrap().contains("form"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_skeleton_of_a_trace() {
    let server = server().await;
    let path = format!("/api/v1/traces/{}/skeleton", id(1).to_uppercase());
    let answer = server.get(&path).await;
    assert_eq!(answer.status, 200);
    let content_type = "\r\ncontent-type: application/vnd.clearspan.skeleton\r\n";
    assert!(answer.head.contains(content_type), "{}", answer.head);
    let number = |at: usize| u32::from_le_bytes(answer.body[at..at + 4].try_into().unwrap());
    assert_eq!((&answer.body[..4], number(4)), (&b"CSSK"[..], 1));
    assert_eq!([8, 12, 16, 20, 24].map(number), [2, 2, 2, 0, 0]);
    assert!(answer.body.len().is_multiple_of(8));
    let text = String::from_utf8_lossy(&answer.body);
    assert!(text.contains("shoppayGET /buycharge"), "{text}");
    for unknown in [id(9), "0".repeat(32)] {
        let answer = server
            .get(&format!("/api/v1/traces/{unknown}/skeleton"))
            .await;
        answer.error(404, "unknown_trace");
    }
    let malformed = server.get("/api/v1/traces/xyz/skeleton").await;
    malformed.error(400, "bad_id");
}
