//! `/api/v1/traces/search` by root.

use serde_json::{Value, json};

use super::server::Server;
use super::traces::{id, of, span};

const SEARCH: &str = "/api/v1/traces/search";

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
