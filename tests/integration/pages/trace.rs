//! `/trace/{id}`: what a trace and its spans say, page by page, without a browser.

use serde_json::{Value, json};

use super::super::api::server::{NOW_NS, Server};
use super::html::Html;

pub(super) const MS: i64 = 1_000_000;
pub(super) const FAR: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

pub(super) fn trace_id(n: u8) -> String {
    format!("{n:02x}").repeat(16)
}

pub(super) fn id(n: u64) -> String {
    format!("{n:016x}")
}

/// A span of trace `trace` from `start_ms` on, for `ms` milliseconds.
pub(super) fn span(
    trace: u8,
    n: u64,
    parent: Option<u64>,
    name: &str,
    start_ms: i64,
    ms: i64,
) -> Value {
    json!({
        "traceId": trace_id(trace), "spanId": id(n), "parentSpanId": parent.map_or_else(String::new, id),
        "name": name, "kind": 2,
        "startTimeUnixNano": (NOW_NS + start_ms * MS).to_string(),
        "endTimeUnixNano": (NOW_NS + (start_ms + ms) * MS).to_string()
    })
}

pub(super) fn of(service: &str, spans: &[Value]) -> Value {
    json!({"resourceSpans": [{
        "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": service}}]},
        "scopeSpans": [{"scope": {"name": "lib", "version": "1.2"}, "spans": spans}]
    }]})
}

pub(super) fn text(key: &str, value: &str) -> Value {
    json!({"key": key, "value": {"stringValue": value}})
}

/// A shop that asks a till, which throws; with an event, a link and two logs.
async fn shop() -> Server {
    let server = Server::start().await;
    server.send_spans(&of("shop", &[span(1, 1, None, "GET /buy", 0, 100)]));
    server.flush();
    let mut failing = span(1, 2, Some(1), "charge", 10, 60);
    failing["status"] = json!({"code": 2, "message": "no\nmoney"});
    failing["attributes"] = json!([
        text("http.route", "/charge"),
        {"key": "code", "value": {"intValue": "402"}},
        {"key": "list", "value": {"arrayValue": {"values": [{"intValue": "1"}]}}},
        text("name", "mine"),
        text("long", &"y".repeat(10_000)),
    ]);
    failing["events"] = json!([{
        "timeUnixNano": (NOW_NS + 30 * MS).to_string(), "name": "exception",
        "attributes": [text("exception.type", "java.lang.Oops"), text("exception.message", "<b>gone</b>"),
            text("exception.stacktrace", "java.lang.Oops\n\tat Till.charge(Till.java:7)"), text("thread", "t-1")]
    }]);
    failing["links"] =
        json!([{"traceId": FAR, "spanId": id(9), "attributes": [text("why", "retry")]}]);
    server.send_spans(&of("till", &[failing]));
    let log = |at_ms: i64, severity: i32, body: &str| {
        json!({"timeUnixNano": (NOW_NS + at_ms * MS).to_string(), "severityNumber": severity,
            "traceId": trace_id(1), "spanId": id(2), "body": {"stringValue": body}})
    };
    server.send_logs(&json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [log(20, 9, "asked"), log(31, 17, "refused <i>")]}]}]}));
    server
}

/// Whether the words stand in the page, whatever is between them.
pub(super) fn says(html: &Html, words: &str) -> bool {
    let close = |text: &str| text.replace(char::is_whitespace, "");
    close(&html.words()).contains(&close(words))
}

pub(super) fn page(trace: u8, query: &str) -> String {
    format!("/trace/{}{query}", trace_id(trace))
}

#[tokio::test(flavor = "multi_thread")]
async fn facts_and_the_table_of_spans() {
    let server = shop().await;
    let html = Html::good(&server, &page(1, "")).await;
    for words in [
        "GET /buy",
        "100 ms",
        "1 error",
        "2 spans",
        "2 services",
        "22:13:20.000",
        "Tue 14 Nov 2023 UTC",
        "Logs 2",
    ] {
        assert!(says(&html, words), "{words}: {}", html.words());
    }
    assert!(says(&html, "1–2 of 2"), "{}", html.words());
    // Self time: 40 of 100 ms in the shop, 60 in the till.
    assert!(
        says(&html, "Self time: till 60 %") && says(&html, "shop 40 %"),
        "{}",
        html.words()
    );
    assert_eq!(
        html.link("download=").unwrap(),
        format!("/api/v1/traces/{}/export", trace_id(1))
    );
    let logs = html
        .all("<a", "href")
        .into_iter()
        .chain(html.all("a ", "href"))
        .find(|link| link.starts_with("/logs?"));
    let logs = logs.unwrap();
    assert!(
        logs.contains(&format!("q=trace_id%3A{}", trace_id(1))),
        "{logs}"
    );
    assert!(
        logs.contains("from=2023-11-14T22%3A12%3A20")
            && logs.contains("to=2023-11-14T22%3A14%3A20"),
        "{logs}"
    );
    assert!(html.text.contains(&format!(
        "data-skeleton=\"/api/v1/traces/{}/skeleton\"",
        trace_id(1)
    )));
    // Ids are taken in either case.
    let upper = format!("/trace/{}", trace_id(0xab).to_uppercase());
    server.send_spans(&of("shop", &[span(0xab, 1, None, "upper", 0, 1)]));
    assert!(says(&Html::good(&server, &upper).await, "upper"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_panel_has_what_the_span_has() {
    let server = shop().await;
    // Without a choice it is about the deepest error; both ways lead to the same.
    for query in [
        "",
        "?span=0000000000000002",
        "?span=0000000000000002&view=table",
    ] {
        let html = Html::good(&server, &page(1, query)).await;
        for words in [
            "charge",
            "60.0 ms",
            "+10.0 ms",
            "ERROR",
            "no money",
            "http.route /charge",
            "code 402",
            "list [1]",
            "5,904 more bytes",
            "parent_id 0000000000000001",
            "service.name till",
            "lib 1.2",
            "java.lang.Oops",
            "<b>gone</b>",
            "at Till.charge(Till.java:7)",
            "thread t-1",
            "why retry",
            "asked",
            "refused <i>",
            "\"spanId\": \"0000000000000002\"",
        ] {
            assert!(says(&html, words), "{query} {words}: {}", html.words());
        }
        assert_eq!(html.pieces("class=\"sel\"").len(), 1, "{query}");
    }
    let none = Html::good(&server, &page(1, "?span=none")).await;
    assert!(!none.text.contains("p-span"), "{}", none.text);
    let absent = Html::good(&server, &page(1, "?span=00000000000000ff")).await;
    assert!(says(
        &absent,
        "There is no span 00000000000000ff in this trace."
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn values_lead_to_traces_that_have_them() {
    let server = shop().await;
    let html = Html::good(&server, &page(1, "?span=0000000000000002")).await;
    let includes = html.all("data-include", "href");
    let excludes = html.all("data-exclude", "href");
    // The list and what is too long for a filter have none.
    assert_eq!((includes.len(), excludes.len()), (4, 4), "{includes:?}");
    for (link, count) in includes
        .iter()
        .map(|link| (link, 1))
        .chain(excludes.iter().map(|link| (link, 1)))
    {
        assert!(
            link.starts_with("/traces?from=2023-11-14T21%3A43"),
            "{link}"
        );
        let found = Html::good(&server, link).await;
        assert!(
            says(&found, &format!("{count} trace")),
            "{link}: {}",
            found.words()
        );
    }
    let found = Html::good(&server, &includes[0]).await;
    assert!(found.text.contains(&format!("/trace/{}", trace_id(1))));
    // A range that the page was asked with is kept.
    let kept = Html::good(&server, &page(1, "?span=0000000000000002&from=0&to=now")).await;
    assert!(kept.all("data-include", "href")[0].starts_with("/traces?from=0&to=now&q="));
    // The span of another trace, and the logs, one by one.
    assert!(
        html.text
            .contains(&format!("href=\"/trace/{FAR}?span=0000000000000009\""))
    );
    let logs = html.all("plog", "href");
    assert_eq!(logs.len(), 2);
    let log = Html::good(&server, &logs[1]).await;
    assert!(says(&log, "refused <i>"), "{}", log.words());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_panel_alone() {
    let server = shop().await;
    let part = |span: &str, query: &str| format!("{}/span/{span}?{query}", page(1, ""));
    let html = Html::good(&server, &part(&id(2), &format!("at={NOW_NS}"))).await;
    assert!(
        !html.text.contains("<html") && says(&html, "+10.0 ms"),
        "{}",
        html.words()
    );
    // A script fills in the self time of the span with these times.
    let times = (
        html.all("p-span", "data-start"),
        html.all("p-span", "data-end"),
    );
    assert_eq!(
        times,
        (
            vec![(NOW_NS + 10 * MS).to_string()],
            vec![(NOW_NS + 70 * MS).to_string()]
        )
    );
    let unplaced = Html::good(&server, &part(&id(2), "")).await;
    assert!(says(&unplaced, "Starts at –"));
    let absent = Html::get(&server, &part(&id(77), "")).await;
    assert_eq!(absent.status, 404);
    assert!(says(&absent, "There is no span"));
    for (span, query) in [
        ("xyz", ""),
        ("1", ""),
        (&*id(2), "at=yesterday"),
        (&*id(2), "at=-1"),
    ] {
        assert_eq!(
            Html::get(&server, &part(span, query)).await.status,
            400,
            "{span} {query}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_traces_and_ids_that_are_none() {
    let server = shop().await;
    let unknown = Html::get(&server, &page(9, "")).await;
    assert_eq!(unknown.status, 404);
    assert!(
        says(&unknown, "there is no trace") && says(&unknown, "it may not have arrived yet"),
        "{}",
        unknown.words()
    );
    for path in [
        "/trace/abc",
        "/trace/%3Cscript%3E",
        "/trace/%00",
        "/trace/zz010101010101010101010101010101",
        "/trace/%ff",
    ] {
        assert_eq!(Html::get(&server, path).await.status, 400, "{path}");
    }
    for query in [
        "?span=1",
        "?span=%3Cb%3E",
        "?page=0",
        "?page=x",
        "?page=-1",
        "?from=yesterday",
        "?page=1&page=2",
    ] {
        assert_eq!(
            Html::get(&server, &page(1, query)).await.status,
            400,
            "{query}"
        );
    }
    // What a client that is no browser may put into a path cannot leave its attribute.
    let quoted = Html::get(&server, "/trace/\"onclick=\"x").await;
    assert_eq!(quoted.status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_whose_segments_cannot_be_read() {
    let server = Server::start().await;
    server.send_spans(&of("shop", &[span(1, 1, None, "one", 0, 1)]));
    server.flush();
    let server = server.restart(super::super::api::damage::damage).await;
    let html = Html::get(&server, &page(1, "")).await;
    assert_eq!(html.status, 404);
    assert!(
        says(&html, "segments that cannot be read: 1"),
        "{}",
        html.words()
    );
    server.send_spans(&of("shop", &[span(1, 2, Some(1), "two", 0, 1)]));
    let html = Html::good(&server, &page(1, "")).await;
    assert!(
        says(
            &html,
            "Partial: 1 segment that may hold more of this trace cannot be read."
        ),
        "{}",
        html.words()
    );
}
