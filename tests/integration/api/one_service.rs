//! `/api/v1/services/{name}/...`.

use serde_json::{Value, json};

use super::server::{NOW_NS, Server};
use super::traces::{MS, id, of, span};

/// Two traces of `a/b ü`, of which the second fails, and a span of nobody.
async fn server() -> Server {
    let server = Server::start().await;
    let mut failing = span(2, 3, None, "GET /buy", 20, 26);
    failing["status"] = json!({"code": 2});
    failing["events"] = json!([{
        "name": "exception", "timeUnixNano": (NOW_NS + 25 * MS).to_string(),
        "attributes": [
            {"key": "exception.type", "value": {"stringValue": "Sold"}},
            {"key": "exception.message", "value": {"stringValue": "no such item"}},
            {"key": "exception.stacktrace", "value": {"stringValue": "Sold: no such item\n\tat shop.Cart.add(Cart.java:12)\n"}},
        ]
    }]);
    let mut inner = span(1, 2, Some(1), "query", 0, 2);
    inner["kind"] = json!(3);
    let first = span(1, 1, None, "GET /buy", 0, 2);
    server.send_spans(&of("a/b ü", &[first, inner]));
    server.flush();
    server.send_spans(&of("a/b ü", &[failing]));
    server.send_spans(
        &json!({"resourceSpans": [{"scopeSpans": [{"spans": [span(3, 4, None, "lost", 0, 1)]}]}]}),
    );
    server
}

const SERVICE: &str = "/api/v1/services/a%2Fb%20%C3%BC";
const RANGE: &str = "from=now-1h&to=now%2B1h";

#[tokio::test(flavor = "multi_thread")]
async fn operations() {
    let server = server().await;
    let answer = server.get(&format!("{SERVICE}/operations?{RANGE}")).await;
    let answer = answer.json();
    assert_eq!(
        answer["operations"],
        json!([
            {"name": "GET /buy", "kind": "SERVER", "calls": 2, "errors": 1,
             "p50_ns": "2000000", "p95_ns": "6000000", "p99_ns": "6000000", "impact": 0.8},
            {"name": "query", "kind": "CLIENT", "calls": 1, "errors": 0,
             "p50_ns": "2000000", "p95_ns": "2000000", "p99_ns": "2000000", "impact": 0.2},
        ])
    );
    let body = json!({"from": "now-1h", "to": "now+1h"});
    let posted = server.post(&format!("{SERVICE}/operations"), &body).await;
    assert_eq!(posted.json()["operations"], answer["operations"]);
    let nameless = server.get("/api/v1/services//operations").await.json();
    assert_eq!(nameless["operations"][0]["name"], json!("lost"));
}

#[tokio::test(flavor = "multi_thread")]
async fn latency() {
    let server = server().await;
    let get = async |query: &str| server.get(&format!("{SERVICE}/latency?{query}")).await;
    let answer = get(&format!("{RANGE}&buckets=1")).await.json();
    let all: u64 = sum(&answer["points"], "calls");
    assert_eq!((all, sum(&answer["points"], "errors")), (2, 1));
    let bands = answer["bands"].as_array().unwrap();
    assert_eq!(bands[0], json!({"from_ns": "2000000", "to_ns": "2500000"}));
    assert_eq!(bands[4], json!({"from_ns": "5000000", "to_ns": "6300000"}));
    let point = &answer["cells"][0]["point"];
    let cell = |band: u8, errors: u8, trace: u8| json!({"point": point, "band": band, "count": 1, "errors": errors, "exemplar_trace_id": id(trace)});
    assert_eq!(answer["cells"], json!([cell(0, 0, 1), cell(4, 1, 2)]));

    let of_operation = get(&format!("{RANGE}&operation=query")).await.json();
    assert_eq!(sum(&of_operation["points"], "calls"), 1);
    let of_kind = get(&format!("{RANGE}&kind=client")).await.json();
    assert_eq!(of_kind["points"], of_operation["points"]);
    let none = get("from=0&to=1").await.json();
    assert_eq!(
        (sum(&none["points"], "calls"), &none["cells"]),
        (0, &json!([]))
    );

    get("buckets=0").await.error(400, "bad_limit");
    get("buckets=10001").await.error(400, "bad_limit");
    get("kind=shop").await.error(400, "bad_parameter");
    get("from=2&to=1").await.error(400, "bad_range");
    server
        .get("/api/v1/services/%FF/latency")
        .await
        .error(400, "bad_encoding");
}

#[tokio::test(flavor = "multi_thread")]
async fn exceptions() {
    let server = server().await;
    let answer = server.get(&format!("{SERVICE}/exceptions?{RANGE}")).await;
    let when = (NOW_NS + 25 * MS).to_string();
    assert_eq!(
        answer.json()["exceptions"],
        json!([{
            "type": "Sold", "frame": "shop.Cart.add(Cart.java:12)", "count": 1, "first_ns": when, "last_ns": when,
            "message": "no such item", "exemplar_trace_id": id(2)
        }])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_never_sent_a_span_is_told() {
    let server = server().await;
    for (call, list) in [
        ("operations", "operations"),
        ("latency", "points"),
        ("exceptions", "exceptions"),
    ] {
        let unknown = server
            .get(&format!("/api/v1/services/a%2Fb/{call}"))
            .await
            .json();
        assert_eq!(unknown[list], json!([]), "{call}");
        let hint = unknown["hints"][0].as_str().unwrap();
        assert!(hint.contains("no service `a/b`"), "{hint}");
    }
}

fn sum(points: &Value, field: &str) -> u64 {
    let points = points.as_array().unwrap().iter();
    points.map(|point| point[field].as_u64().unwrap()).sum()
}
