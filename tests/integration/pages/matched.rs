//! How many match, where counting takes longer than finding the first rows: rows first, the count behind them.

use clearspan_query::Config;
use serde_json::{Value, json};

use super::super::api::server::Server;
use super::html::Html;
use super::logs::logs;
use super::trace::{of, span, text, trace_id};

const RECORDS: i64 = 3_000;
const RANGE: &str = "from=2023-11-01T00:00:00Z&to=2023-12-01T00:00:00Z";

/// A store that counts little by itself.
async fn store() -> Server {
    let server = Server::with_query(Config {
        count_rows_max: 64,
        ..Config::default()
    })
    .await;
    let ages = 1..=RECORDS;
    let records: Vec<_> = ages.map(|age| (age * 1_000, 9, "a line")).collect();
    server.send_logs(&logs("shop", &records));
    let spans = (1..=RECORDS).map(|n| {
        let mut span = span(1, n.unsigned_abs(), None, "GET /", n * 1_000, 10);
        span["traceId"] = json!(format!("{n:032x}"));
        span["attributes"] = json!([text("basket", "full")]);
        span
    });
    server.send_spans(&of("shop", &spans.collect::<Vec<_>>()));
    server
}

async fn matched(server: &Server, url: &str) -> Value {
    server.get(url).await.json()["matched"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_the_api_again_is_told() {
    let server = store().await;
    for (path, query) in [("logs", "severity:info"), ("traces", "basket:full")] {
        let url = format!("/api/v1/{path}/search?q={query}&limit=5&{RANGE}");
        assert_eq!(matched(&server, &url).await, Value::Null, "{url}");
        assert_eq!(matched(&server, &url).await, json!(RECORDS), "{url}");
        let other = url.replace("limit=5", "limit=6");
        assert_eq!(matched(&server, &other).await, Value::Null, "{other}");
        let counted = url.replace("limit=5", "limit=7") + "&count=exact";
        assert_eq!(matched(&server, &counted).await, json!(RECORDS));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_show_rows_and_ask_for_the_count_behind_them() {
    let server = store().await;
    for (path, query) in [("logs", "severity:info"), ("traces", "basket:full")] {
        let url = format!("/{path}?q={query}&{RANGE}");
        // However often: rows do not wait.
        for _ in 0..2 {
            let page = Html::good(&server, &url).await;
            assert!(page.says("being counted") && !page.says("exact"));
            let part = page.all("id=\"matched\"", "hx-get").remove(0);
            let counted = Html::good(&server, &part).await;
            assert_eq!(counted.words(), "3,0003,000, exact", "{part}");
            assert!(counted.text.contains("id=\"matched-status\" hx-swap-oob"));
        }
        let page = Html::good(&server, &url).await;
        let waiting = page.link("count=1").unwrap();
        let waiting = Html::good(&server, &waiting).await;
        let words = waiting.words();
        assert!(words.contains("of 3,000, exact"), "{words}");
    }
    let known = Html::good(&server, &format!("/logs?q=line&{RANGE}")).await;
    assert!(known.says("of 3,000, exact"), "{}", known.words());
    let wrong = Html::get(&server, "/traces/matched?q=(").await;
    assert_eq!(wrong.status, 400);
    let trace = trace_id(1);
    let none = Html::good(
        &server,
        &format!("/logs/matched?q=trace_id:{trace}&{RANGE}"),
    )
    .await;
    assert_eq!(none.words(), "00, exact");
}
