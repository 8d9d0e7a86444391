//! The parts of `/logs`: its chart, values, panel, and what it says when there is nothing.

use serde_json::json;

use super::super::api::server::{NOW_NS, Server, Stored};
use super::html::Html;
use super::logs::{logs, request};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

/// Thirty records over five minutes: every third a warning, every tenth an error, of two services.
async fn filled() -> Server {
    let server = Server::start().await;
    fill(&server);
    server
}

fn fill(server: &Server) {
    let severity = |n: i64| match n {
        n if n % 10 == 0 => 17,
        n if n % 3 == 0 => 13,
        _ => 9,
    };
    for (service, rest) in [("cart", 0), ("price", 1)] {
        let records = (0..30).filter(|n| n % 2 == rest);
        let records: Vec<_> = records
            .map(|n| (1_000 + n * 10_000, severity(n), "it goes on"))
            .collect();
        server.send_logs(&logs(service, &records));
    }
}

fn sum(html: &Html, attribute: &str) -> u64 {
    html.all("data-label", attribute)
        .iter()
        .map(|n| n.parse::<u64>().unwrap())
        .sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chart_counts_what_the_page_finds() {
    let server = filled().await;
    for path in ["/logs?chart=1", "/logs/chart"] {
        let page = Html::good(&server, path).await;
        assert_eq!(
            (
                sum(&page, "data-errors"),
                sum(&page, "data-warnings"),
                sum(&page, "data-others")
            ),
            (3, 9, 18)
        );
        assert!(
            page.says("3error") && page.says("9warn") && page.says("18info"),
            "{}",
            page.words()
        );
        // Each bar leads to its records, as the table does.
        let bars = page.all("data-label", "href");
        let counts = page.all("data-label", "data-others");
        let (link, _) = bars
            .iter()
            .zip(&counts)
            .find(|(_, others)| *others != "0")
            .unwrap();
        let found = Html::good(&server, link).await;
        assert!(found.says("1 record"), "{link}: {}", found.words());
        assert!(page.text.contains("class=\"b-gap\""));
    }
    let errors = Html::good(&server, "/logs?q=severity%3Aerror&chart=1").await;
    assert!(errors.says("3 of 30 records"), "{}", errors.words());
}

#[tokio::test(flavor = "multi_thread")]
async fn values_narrow_and_widen() {
    let server = filled().await;
    let page = Html::good(&server, "/logs?facets=1").await;
    let part = Html::good(&server, "/logs/facets").await;
    assert_eq!(
        part.all("data-include", "href").len(),
        page.all("data-include", "href").len()
    );
    let links = part.all("data-include", "href");
    assert!(
        links.iter().any(|link| link.contains("severity%3AERROR")),
        "{links:?}"
    );
    // Among errors alone: 0, 10 and 20 are all of the first service.
    assert!(part.says("service.name · errors cart3"), "{}", part.words());
    for (path, expected) in [
        ("/logs?q=service.name%3Aprice", "15 of 30 records"),
        (
            "/logs?q=-service.name%3Aprice+severity%3Awarn",
            "4 of 30 records",
        ),
    ] {
        assert!(Html::good(&server, path).await.says(expected), "{path}");
    }
    for link in part.all("data-exclude", "href") {
        assert!(
            link.contains("-service.name") || link.contains("-severity"),
            "{link}"
        );
        Html::good(&server, &link).await;
    }
    let narrowed = Html::good(&server, "/logs/facets?q=service.name%3Aprice+OR+x").await;
    let link = narrowed
        .all("data-include", "href")
        .into_iter()
        .find(|link| link.contains("service.name"));
    assert!(
        link.is_some_and(|link| link.contains("q=%28service.name%3Aprice+OR+x%29+")),
        "an OR keeps its meaning"
    );
    let one = Html::good(&server, "/logs/facet?field=service.name").await;
    assert_eq!(one.all("data-include", "href").len(), 2);
    let added = server
        .get("/logs?q=a&cursor=x&add=-service.name%3Aprice")
        .await;
    assert!(
        added
            .head
            .contains("location: /logs?q=a+-service.name%3Aprice\r\n"),
        "{}",
        added.head
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_that_tell_much_have_a_group() {
    let server = Server::start().await;
    let record = |n: i64| {
        let attribute =
            |key: &str, value: String| json!({"key": key, "value": {"stringValue": value}});
        json!({
            "timeUnixNano": (NOW_NS - n * 1_000_000).to_string(),
            "attributes": [
                attribute("node", format!("node-{}", n % 3)), attribute("same", "always".into()),
                attribute("id", format!("id-{n}")), attribute("zone", format!("zone-{}", n % 8))
            ]
        })
    };
    server.send_logs(&request("cart", &(0..200).map(record).collect::<Vec<_>>()));
    let part = Html::good(&server, "/logs/facets").await;
    let words = part.words();
    assert!(
        words.contains("node-0") && !words.contains("zone-7") && words.contains("2 more"),
        "{words}"
    );
    assert!(
        !words.contains("always") && !words.contains("id-1"),
        "{words}"
    );
    let more = part.all("data-part", "data-part");
    let all = Html::good(&server, &more[0]).await;
    assert!(
        (0..8).all(|zone| all.says(&format!("zone-{zone}"))),
        "{}",
        all.words()
    );
    let page = part.all("data-part", "href");
    assert!(Html::good(&server, &page[0]).await.says("zone-7"));
    let fields = Html::good(&server, "/logs/fields?cols=node").await;
    assert!(fields.all("<a", "href").is_empty());
    assert!(
        fields.text.contains("cols=node%2Czone") && fields.text.contains("aria-current"),
        "{}",
        fields.text
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_panel_shows_a_record_whole() {
    let server = Server::start().await;
    let span = |id: &str, parent: &str, start: i64, length: i64| {
        json!({
            "traceId": TRACE, "spanId": id, "parentSpanId": parent, "name": "work", "kind": 2,
            "startTimeUnixNano": (NOW_NS - start).to_string(), "endTimeUnixNano": (NOW_NS - start + length).to_string()
        })
    };
    let spans = [
        span("00f067aa0ba902b7", "", 9_000_000, 8_000_000),
        span("00f067aa0ba902b8", "00f067aa0ba902b7", 7_000_000, 1_000_000),
    ];
    server.send_spans(&json!({"resourceSpans": [{
        "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "cart"}}]}, "scopeSpans": [{"spans": spans}]
    }]}));
    let text = format!("{}\nthe end", "line of text\n".repeat(10_000));
    let record = |age: i64, text: &str| {
        json!({
            "timeUnixNano": (NOW_NS - age).to_string(), "severityNumber": 17, "traceId": TRACE, "spanId": "00f067aa0ba902b8",
            "body": {"stringValue": text},
            "attributes": [{"key": "k", "value": {"intValue": "7"}}, {"key": "severity", "value": {"stringValue": "own"}}]
        })
    };
    server.send_logs(&request(
        "cart",
        &[
            record(6_500_123, &text),
            record(6_000_000, "second"),
            record(1, "third"),
        ],
    ));
    let list = Html::good(&server, "/logs").await;
    let links = list.all("class=\"msg\"", "href");
    let page = Html::good(&server, &links[2]).await;
    for words in ["ERROR", "499877 ns"] {
        assert!(
            page.says(words),
            "{words}: {}",
            page.words().split_off(10_000)
        );
    }
    assert!(
        page.says("Show the text up to 1 MiB, of 131 KB") && !page.says("the end"),
        "{}",
        page.words()
    );
    assert!(
        page.says("2 spans, 8.00 ms") && page.says("Trace logs3"),
        "{}",
        page.words()
    );
    let trace = format!("/trace/{TRACE}?span=00f067aa0ba902b8");
    assert!(page.all("ctl edge", "href").contains(&trace));
    let includes = page.all("data-include", "href");
    assert!(
        includes.iter().any(|link| link.contains("q=k%3A7")),
        "{includes:?}"
    );
    assert!(
        includes
            .iter()
            .any(|link| link.contains("q=attributes.severity%3Aown")),
        "{includes:?}"
    );
    assert!(page.all("data-step=\"-1\"", "href")[0].contains("sel="));
    assert!(page.all("data-step=\"1\"", "href").is_empty());
    let full = Html::good(&server, &format!("{}&full=1", links[2])).await;
    assert!(full.says("the end"));
    let part = Html::good(&server, &links[2].replace("/logs?", "/logs/record?")).await;
    assert!(
        part.says("499877 ns")
            && !part.text.contains("<!doctype")
            && part.text.contains("data-step=\"1\"")
    );
    let id = links[2].split("sel=").nth(1).unwrap();
    let alone = Html::good(
        &server,
        &format!("/logs/trace?sel={id}&trace={TRACE}&span=00f067aa0ba902b8"),
    )
    .await;
    assert!(
        alone.says("2 spans, 8.00 ms") && alone.says("second") && alone.says("third"),
        "{}",
        alone.words()
    );
    let closed = page.all("data-close", "href");
    assert_eq!(closed[0], "/logs");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_kinds_of_nothing_are_told_apart() {
    let empty = Server::start().await;
    let page = Html::good(&empty, "/logs").await;
    assert!(
        page.says("Nothing has ever arrived here"),
        "{}",
        page.words()
    );
    let spans_only = Server::with_figures(Stored {
        spans: 5,
        logs: 0,
        ahead_ns: -1_000_000_000,
    })
    .await;
    let page = Html::good(&spans_only, "/logs").await;
    assert!(
        page.says("Spans have arrived, log records never"),
        "{}",
        page.words()
    );
    let server = Server::with_figures(Stored {
        spans: 0,
        logs: 30,
        ahead_ns: -1_000_000_000,
    })
    .await;
    fill(&server);
    let says = |path: &'static str, words: &'static str| {
        let server = &server;
        async move {
            let page = Html::good(server, path).await;
            assert!(page.says(words), "{path}: {}", page.words());
            page
        }
    };
    let elsewhere = says("/logs?from=1&to=2", "No records in this range").await;
    let newest = elsewhere.all("class=\"link\"", "href");
    let newest = newest.iter().find(|link| link.contains("2023")).unwrap();
    assert!(Html::good(&server, newest).await.says("30 records"));
    let narrow = says(
        "/logs?q=nosuchword+severity%3Aerror",
        "Nothing matches all 2 conditions",
    )
    .await;
    for words in ["without nosuchword 3", "without severity:error 0", "22:13"] {
        assert!(narrow.says(words), "{words}: {}", narrow.words());
    }
    let links = narrow.all("class=\"link\"", "href");
    assert!(
        links.contains(&"/logs?q=severity%3Aerror".to_owned()),
        "{links:?}"
    );
    says("/logs?q=nosuchword", "Nothing in this range matches").await;
    says("/logs?q=nosuchword&chart=1", "No records").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_given_out_in_other_forms() {
    let server = filled().await;
    let page = Html::good(&server, "/logs?q=severity%3Aerror&cols=k&wrap=1").await;
    let links = page.all(" download", "href");
    assert_eq!(links.len(), 3);
    for (link, lines) in links.iter().zip([1, 3, 4]) {
        assert!(
            link.contains("q=severity%3Aerror")
                && link.contains("from=now-15m")
                && !link.contains("cols"),
            "{link}"
        );
        let answer = server.get(link).await;
        let text = String::from_utf8(answer.body).unwrap();
        assert_eq!(answer.status, 200, "{text}");
        assert!(text.lines().count() >= lines, "{link}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn records_from_the_future_are_counted_and_told_and_drawn_when_asked_for() {
    const DAYS_NS: i64 = 40 * 86_400 * 1_000_000_000;
    let stored = Stored {
        spans: 0,
        logs: 32,
        ahead_ns: DAYS_NS,
    };
    let server = Server::with_figures(stored).await;
    fill(&server);
    server.send_logs(&logs(
        "clock",
        &[
            (-DAYS_NS / 1_000_000, 9, "ahead"),
            (-DAYS_NS / 1_000_000 + 1_000, 17, "ahead"),
        ],
    ));
    let page = Html::good(&server, "/logs?from=now-1h&chart=1").await;
    assert!(page.says("2 records lie later"), "{}", page.words());
    assert_eq!(
        (sum(&page, "data-errors"), sum(&page, "data-others")),
        (3, 18)
    );
    // The totals are those of the heading: 30 records in the chart, two behind it.
    for words in ["32 records", "4error", "9warn"] {
        assert!(page.says(words), "{words}: {}", page.words());
    }
    let there = page.link("class=\"link\" href=\"/logs?").unwrap();
    let shown = Html::good(&server, &there).await;
    assert!(!shown.says("lie later"), "{}", shown.words());
    assert_eq!(
        (sum(&shown, "data-errors"), sum(&shown, "data-others")),
        (1, 1)
    );
}
