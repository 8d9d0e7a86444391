//! `/api/v1/traces/search` by root, and `/api/v1/traces/scatter`.

use serde_json::{Value, json};

use super::server::{NOW_NS, Server};
use super::traces::{MS, id, of, span};

const SEARCH: &str = "/api/v1/traces/search";
const SCATTER: &str = "/api/v1/traces/scatter";

/// Traces 1 and 2 begin in shop, 3 in pay; what 4 begins with was never sent, and its two spans lie in two parts; 5 names no service.
async fn server() -> Server {
    let server = Server::start().await;
    server.send_spans(&of("pay", &[span(1, 2, Some(1), "charge", 10, 20)]));
    server.send_spans(&of("cart", &[span(4, 6, Some(5), "POST /buy", 40, 50)]));
    server.flush();
    // The root arrives after its child.
    server.send_spans(&of("shop", &[span(1, 1, None, "GET /buy", 0, 90)]));
    server.send_spans(&of("shop", &[span(2, 3, None, "GET /", 20, 25)]));
    server.send_spans(&of("pay", &[span(3, 4, None, "GET /", 30, 35)]));
    server.send_spans(&of("pay", &[span(4, 7, Some(6), "charge", 39, 45)]));
    let unnamed = span(5, 8, None, "tick", 50, 51);
    server.send_spans(&json!({"resourceSpans": [{"scopeSpans": [{"spans": [unnamed]}]}]}));
    server
}

async fn found(server: &Server, query: &str) -> Vec<u8> {
    let answer = server.get(&format!("{SEARCH}?sort=start&{query}")).await;
    let answer = answer.json();
    let traces = answer["traces"].as_array().unwrap();
    assert_eq!(answer["matched"], json!(traces.len()), "{query}");
    let number = |trace: &Value| (1..9).find(|&n| trace["trace_id"] == json!(id(n)));
    traces.iter().map(|trace| number(trace).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn service_and_name_of_the_root_are_asked_with_all_else() {
    let server = server().await;
    for flushed in [false, true] {
        if flushed {
            server.flush();
        }
        for (query, expected) in [
            ("root_service=shop", vec![1, 2]),
            ("root_name=GET+%2F", vec![2, 3]),
            ("root_service=shop&root_name=GET+%2F", vec![2]),
            ("root_service=cart&root_name=POST+%2Fbuy", vec![4]),
            ("root_service=pay", vec![3]),
            ("root_service=", vec![5]),
            ("root_service=Shop", vec![]),
            ("root_name=GET", vec![]),
            ("root_service=shop&q=charge", vec![1]),
            ("root_service=shop&q=service:pay", vec![1]),
            ("root_service=shop&max_duration=5ms", vec![2]),
            ("root_service=shop&q=service:cart", vec![]),
        ] {
            assert_eq!(found(&server, query).await, expected, "{query}");
        }
        let body = json!({"root_service": "shop", "root_name": "GET /buy", "q": "charge"});
        let posted = server.post(SEARCH, &body).await.json();
        assert_eq!(posted["traces"][0]["trace_id"], json!(id(1)));
        assert_eq!(posted["matched"], json!(1));
    }
    let hinted = server.get(&format!("{SEARCH}?root_service=shpo")).await;
    let hints = hinted.json()["hints"].to_string();
    assert!(hints.contains("did you mean `shop`?"), "{hints}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_goes_on_with_the_same_root_alone() {
    let server = server().await;
    let first = format!("{SEARCH}?root_service=shop&limit=1");
    let page = server.get(&first).await.json();
    assert_eq!(page["traces"][0]["trace_id"], json!(id(2)));
    let cursor = page["next_cursor"].as_str().unwrap();
    let next = server.get(&format!("{first}&cursor={cursor}")).await.json();
    assert_eq!(next["traces"][0]["trace_id"], json!(id(1)));
    assert_eq!(
        (&next["next_cursor"], &next["matched"]),
        (&Value::Null, &json!(2))
    );
    for other in [
        "root_service=pay",
        "root_service=shop&root_name=GET+%2F",
        "",
    ] {
        let path = format!("{SEARCH}?limit=1&cursor={cursor}&{other}");
        server.get(&path).await.error(400, "bad_cursor");
    }
    let wrong = server
        .post(SEARCH, &json!({"root_service": ["shop"]}))
        .await;
    wrong.error(400, "bad_parameter");
}

#[tokio::test(flavor = "multi_thread")]
async fn traces_as_points() {
    let server = server().await;
    let mut failing = span(2, 9, Some(3), "charge", 21, 30);
    failing["status"] = json!({"code": 2});
    server.send_spans(&of("pay", &[failing]));
    let mut timeless = span(6, 10, None, "odd", 0, 0);
    timeless["startTimeUnixNano"] = json!("0");
    timeless["endTimeUnixNano"] = json!("0");
    server.send_spans(&of("odd", &[timeless]));

    let answer = server
        .get(&format!("{SCATTER}?root_service=shop"))
        .await
        .json();
    let start = |ms: i64| (NOW_NS + ms * MS).to_string();
    let points = json!([
        {"start_ns": start(0), "duration_ns": "90000000", "span_count": 2, "error": false, "trace_id": id(1)},
        {"start_ns": start(20), "duration_ns": "10000000", "span_count": 2, "error": true, "trace_id": id(2)},
    ]);
    assert_eq!(answer["points"], points);
    assert_eq!(
        (&answer["matched"], &answer["matched_errors"]),
        (&json!(2), &json!(1))
    );
    assert!(answer["stats"]["rows_total"].is_u64() && answer.get("partial").is_none());
    let unknown = server
        .get(&format!("{SCATTER}?root_service=odd"))
        .await
        .json();
    let point = &unknown["points"][0];
    assert_eq!(
        (&point["start_ns"], &point["duration_ns"]),
        (&Value::Null, &Value::Null)
    );

    // The one with an error is kept before all others.
    for (query, matched) in [
        ("points=1", 6),
        ("points=1&min_duration=10ms&max_duration=11ms", 2),
    ] {
        let answer = server.get(&format!("{SCATTER}?{query}")).await.json();
        assert_eq!(answer["points"].as_array().unwrap().len(), 1, "{query}");
        assert_eq!(answer["points"][0]["trace_id"], json!(id(2)), "{query}");
        assert_eq!(answer["matched"], json!(matched), "{query}");
    }
    let posted = server
        .post(SCATTER, &json!({"q": "status:error", "points": 10_000}))
        .await
        .json();
    assert_eq!(
        (
            &posted["matched"],
            posted["points"].as_array().unwrap().len()
        ),
        (&json!(1), 1)
    );
    let hinted = server
        .get(&format!("{SCATTER}?point=5&q=nothing"))
        .await
        .json();
    assert!(
        hinted["hints"]
            .to_string()
            .contains("did you mean `points`?")
    );
    assert_eq!(hinted["points"], json!([]));
    for (query, code) in [
        ("points=0", "bad_limit"),
        ("points=10001", "bad_limit"),
        ("points=99999999999999999999999", "bad_limit"),
        ("points=-1", "bad_limit"),
        ("points=1.5", "bad_limit"),
        ("points=", "bad_limit"),
        ("points=1&points=2", "repeated_parameter"),
        ("q=%22", "bad_query"),
        ("from=2&to=1", "bad_range"),
        ("min_duration=5", "bad_duration"),
    ] {
        server
            .get(&format!("{SCATTER}?{query}"))
            .await
            .error(400, code);
    }
}
