//! `/map` and `/service/{name}`: what is drawn and where it leads, large maps, names of any kind.

use serde_json::json;

use super::super::api::server::{Server, Stored};
use super::html::Html;
use super::trace::{of, says, span, text};

const RANGE: &str = "from=2023-11-14T22:00:00Z&to=2023-11-14T23:00:00Z";

fn map(query: &str) -> String {
    format!("/map?{RANGE}&{query}")
}

/// A server whose figures say that spans have come.
async fn holding_spans() -> Server {
    Server::with_figures(Stored {
        spans: 1,
        ..Stored::default()
    })
    .await
}

/// A shop that calls a till, which fails once and has a database; a lone service.
async fn shop() -> Server {
    let server = holding_spans().await;
    server.send_spans(&of(
        "shop",
        &[
            span(1, 1, None, "GET /buy", 0, 100),
            span(2, 1, None, "GET /buy", 0, 50),
        ],
    ));
    server.flush();
    let mut failing = span(1, 2, Some(1), "charge", 10, 60);
    failing["status"] = json!({"code": 2});
    let mut query = span(1, 3, Some(2), "SELECT", 20, 5);
    query["kind"] = json!(3);
    query["attributes"] = json!([{"key": "db.namespace", "value": {"stringValue": "money"}}]);
    server.send_spans(&of(
        "till",
        &[failing, query, span(2, 2, Some(1), "charge", 5, 20)],
    ));
    server.send_spans(&of("alone", &[span(3, 1, None, "tick", 0, 1)]));
    server
}

#[tokio::test(flavor = "multi_thread")]
async fn who_calls_whom_is_drawn_and_leads_on() {
    let server = shop().await;
    let html = Html::good(&server, &map("")).await;
    assert!(
        says(&html, "3 services, 1 connection, 1 own database"),
        "{}",
        html.words()
    );
    // The database stands within the service that alone uses it.
    assert_eq!(html.all("data-node", "href").len(), 3);
    let drawn = |class: &str| html.text.matches(&format!("class=\"{class}\"")).count();
    assert_eq!(drawn("hit"), 1);
    // And in the key.
    assert_eq!(drawn("db"), 2);
    let labels = html.all("data-node", "aria-label");
    assert!(
        labels
            .iter()
            .any(|label| label.contains("till") && label.contains("a database of its own")),
        "{labels:?}"
    );
    assert!(says(&html, "without calls to or from others"));
    let till = html
        .all("data-node", "href")
        .into_iter()
        .find(|link| link.contains("sel=s%3Atill"));
    let panel = Html::good(&server, &till.unwrap()).await;
    for words in ["Called by", "shop", "Own database", "money", "50.0 %"] {
        assert!(says(&panel, words), "{words}: {}", panel.words());
    }
    let edge = Html::good(&server, &map("sel=s%3Ashop&callee=s%3Atill")).await;
    assert!(
        says(&edge, "2 calls in this range, 1 with errors"),
        "{}",
        edge.words()
    );
    let trace = edge
        .all("class=\"link\"", "href")
        .into_iter()
        .find(|link| link.starts_with("/trace/"));
    assert!(says(
        &Html::good(&server, &trace.unwrap()).await,
        "GET /buy"
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_table_has_every_edge() {
    let server = shop().await;
    let html = Html::good(&server, &map("view=table&sort=-error_rate")).await;
    let rows: Vec<&str> = html.pieces("<tr").into_iter().skip(1).collect();
    assert_eq!(rows.len(), 2);
    assert!(
        rows[0].contains("till") && rows[0].contains("50.0"),
        "{}",
        rows[0]
    );
    assert!(rows[1].contains("money"));
    assert!(
        says(&html, "Without calls to or from others alone"),
        "{}",
        html.words()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_map_begins_at_a_part_and_says_so() {
    let server = holding_spans().await;
    // Every service calls the next two; one of them fails.
    for n in 1..=100_u64 {
        let mut answer = span(1, n, Some(n / 2), "GET /", 0, 10);
        if n == 40 {
            answer["status"] = json!({"code": 2});
        }
        server.send_spans(&of(&format!("s{n:03}"), &[answer]));
    }
    let html = Html::good(&server, &map("")).await;
    assert!(
        says(&html, "100 services, 99 connections"),
        "{}",
        html.words()
    );
    assert!(says(&html, "around s040"), "{}", html.words());
    assert_eq!(html.all("data-node", "href").len(), 4);
    let all = Html::good(&server, &map("hops=all")).await;
    assert_eq!(all.all("data-node", "href").len(), 100);
    let found = Html::good(&server, &map("q=S10")).await;
    assert!(
        found
            .all("data-node", "aria-label")
            .iter()
            .any(|label| label.contains("s100"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_and_went_is_told() {
    let server = shop().await;
    let before = Html::good(
        &server,
        "/map?from=2023-11-14T23:00:00Z&to=2023-11-15T00:00:00Z&than=before",
    )
    .await;
    assert!(says(&before, "gone"), "{}", before.words());
    let now = Html::good(&server, &map("than=before&view=table")).await;
    assert!(says(&now, "new"), "{}", now.words());
}

/// A service and its database, which thirty calls of half an hour reach in 10 ms each, and thirty of the next in 90 ms.
#[tokio::test(flavor = "multi_thread")]
async fn nodes_tell_that_they_are_slower_than_before() {
    const HALF_HOUR_MS: i64 = 30 * 60 * 1_000;
    let server = holding_spans().await;
    for n in 0..60_u64 {
        let (start, ms) = if n < 30 {
            (1 - HALF_HOUR_MS, 10)
        } else {
            (1, 90)
        };
        let trace = u8::try_from(n + 1).unwrap();
        server.send_spans(&of("shop", &[span(trace, 1, None, "GET /buy", start, 100)]));
        let mut query = span(trace, 3, Some(2), "SELECT", start, ms);
        query["kind"] = json!(3);
        query["attributes"] = json!([text("db.namespace", "money")]);
        let answer = span(trace, 2, Some(1), "charge", start, ms);
        server.send_spans(&of("till", &[answer, query]));
    }
    let range = "from=2023-11-14T22:13:20Z&to=2023-11-14T22:43:20Z&than=before";
    for chosen in ["s%3Atill", "d%3Amoney", "s%3Atill&callee=d%3Amoney"] {
        let panel = Html::good(&server, &format!("/map?{range}&sel={chosen}")).await;
        for words in ["p95 10.0 ms", "p95 10.0 ms → 90.0 ms"] {
            assert!(says(&panel, words), "{chosen}: {}", panel.words());
        }
    }
    let same = Html::good(&server, &format!("/map?{range}&sel=s%3Ashop")).await;
    assert!(
        says(&same, "before: 0.017/s, p95 100 ms") && !says(&same, "100 ms →"),
        "{}",
        same.words()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_names_stay_names() {
    let server = holding_spans().await;
    let names = [
        "\"><script>alert(1)</script>",
        "a/b c%2F?#",
        "\u{202e}drow",
        "..",
        &"long".repeat(500),
    ];
    for (n, name) in (1..).zip(names) {
        server.send_spans(&of(name, &[span(1, n, Some(n - 1), "GET \"<b>", 0, 10)]));
    }
    let html = Html::good(&server, &map("")).await;
    for link in html.all("data-node", "href") {
        let panel = Html::good(&server, &link).await;
        let page = panel.link("title=\"The page of this service\"").unwrap();
        assert!(
            says(&Html::good(&server, &page).await, "GET \"<b>"),
            "{page}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_a_service_leads_to_traces() {
    let server = shop().await;
    let html = Html::good(&server, &format!("/service/till?{RANGE}")).await;
    for words in [
        "1 of 2 in all, 50.0 %",
        "Answered",
        "charge",
        "Called by this service",
        "SELECT",
        "Called by",
        "shop",
        "money",
    ] {
        assert!(says(&html, words), "{words}: {}", html.words());
    }
    let cells = html.pieces("class=\"h-").len();
    assert!(cells >= 2, "a heatmap and its key");
    let one = Html::good(
        &server,
        &format!("/service/till?{RANGE}&operation=SELECT&kind=client"),
    )
    .await;
    assert!(says(&one, "0 of 1 in all"), "{}", one.words());
    // Of the calls, whatever the traces took: both took 50 ms and more, the calls 60 and 20.
    for (asked, found) in [
        ("min_duration=30ms&max_duration=", "trace/01"),
        ("min_duration=&max_duration=30ms", "trace/02"),
    ] {
        let form = Html::get(&server, &format!("/service/till?{RANGE}&{asked}")).await;
        assert_eq!(form.status, 303, "{asked}");
        let traces = Html::good(&server, &form.location().unwrap()).await;
        assert!(says(&traces, "1 trace"), "{asked}: {}", traces.words());
        assert!(traces.text.contains(found), "{asked}: {}", traces.text);
    }
    let unknown = Html::good(&server, &format!("/service/nobody?{RANGE}")).await;
    assert!(says(&unknown, "No service of this name has sent anything"));
    for wrong in ["kind=x", "page=0", "from=yesterday", "min_duration=abc"] {
        assert_eq!(
            Html::get(&server, &format!("/service/till?{wrong}"))
                .await
                .status,
            400
        );
    }
}
