//! `/trace/{id}` of traces that are odd, long, deep or hostile.

use serde_json::{Value, json};

use super::super::api::server::{NOW_NS, Server};
use super::html::Html;
use super::logs::hostile;
use super::trace::{FAR, id, of, page, says, span, text};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_odd_is_said() {
    let server = Server::start().await;
    let mut timeless = span(1, 8, Some(2), "timeless", 0, 0);
    (timeless["startTimeUnixNano"], timeless["endTimeUnixNano"]) = (json!("0"), json!("0"));
    server.send_spans(&of(
        "a",
        &[
            span(1, 2, Some(99), "orphan", 0, 100),
            span(1, 3, Some(2), "backwards", 10, -5),
            span(1, 4, Some(2), "twice", 20, 5),
            span(1, 4, Some(2), "twice again", 22, 6),
            span(1, 6, Some(7), "chicken", 30, 5),
            span(1, 7, Some(6), "egg", 31, 5),
            timeless,
        ],
    ));
    let html = Html::good(&server, &page(1, "")).await;
    for words in [
        "The root is missing. 1 span names a parent that is not here",
        "1 circle of parents",
        "2 spans share an id with another",
        "1 span ends before the start",
        "1 span has no start or no end",
        "7 spans",
    ] {
        assert!(says(&html, words), "{words}: {}", html.words());
    }
    // Of one id all spans are shown.
    let twice = Html::good(&server, &page(1, "?span=0000000000000004")).await;
    assert!(
        says(&twice, "1 of 2 spans with this id") && says(&twice, "twice again"),
        "{}",
        twice.words()
    );
    assert_eq!(twice.pieces("class=\"sel\"").len(), 1);
    let backwards = Html::good(&server, &page(1, "?span=0000000000000003")).await;
    assert!(
        says(&backwards, "-5.00 ms") && says(&backwards, "It ends before it starts"),
        "{}",
        backwards.words()
    );
    server.send_spans(&of(
        "a",
        &[
            span(2, 1, None, "root", 0, 9),
            span(2, 2, None, "second", 1, 2),
            span(2, 3, Some(55), "lost", 2, 3),
        ],
    ));
    let html = Html::good(&server, &page(2, "")).await;
    assert!(
        says(&html, "Beside the root 1 span is without a parent.")
            && says(&html, "that they stand at the top"),
        "{}",
        html.words()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_table_page_by_page() {
    let server = Server::start().await;
    let mut spans = vec![span(1, 1, None, "root", 0, 1_000)];
    for n in 0..450i64 {
        let parent = if n % 10 == 0 {
            1
        } else {
            2 + (n - n % 10) as u64
        };
        let mut one = span(1, 2 + n as u64, Some(parent), &format!("span {n:03}"), n, 1);
        if n % 100 == 55 {
            one["status"] = json!({"code": 2});
        }
        spans.push(one);
    }
    server.send_spans(&of("a", &spans[..300]));
    server.send_spans(&of("b", &spans[300..]));
    let mut seen = Vec::new();
    let mut next = Some(page(1, "?span=none"));
    while let Some(path) = next {
        let html = Html::good(&server, &path).await;
        seen.extend(html.pieces("data-open><svg").into_iter().map(|row| {
            row.split("mono cut")
                .nth(1)
                .unwrap()
                .split(['>', '<'])
                .nth(1)
                .unwrap()
                .to_owned()
        }));
        next = html.link("rel=\"next\"");
    }
    let expected: Vec<String> = std::iter::once("root".to_owned())
        .chain((0..450).map(|n| format!("span {n:03}")))
        .collect();
    assert_eq!(seen, expected);
    // The page of the span that was named.
    let named = Html::good(&server, &page(1, &format!("?span={}", id(2 + 420)))).await;
    assert!(says(&named, "401–451 of 451"), "{}", named.words());
    // Errors and services, each with what called them.
    let errors = Html::good(&server, &page(1, "?errors=only&span=none")).await;
    assert!(
        says(&errors, "9 of 451 spans") && says(&errors, "span 050") && !says(&errors, "span 051"),
        "{}",
        errors.words()
    );
    let service = Html::good(&server, &page(1, "?service=b&span=none&page=99")).await;
    assert!(
        says(&service, "153 of 451 spans") && says(&service, "1–153 of 153"),
        "{}",
        service.words()
    );
    let nothing = Html::good(&server, &page(1, "?service=nobody")).await;
    assert!(says(&nothing, "0 of 451 spans"), "{}", nothing.words());
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_text_stays_text() {
    let server = Server::start().await;
    for (n, text_of) in (1u64..).zip(hostile()) {
        let short: String = text_of.chars().take(300).collect();
        let mut one = span(1, n, (n > 1).then_some(1), &text_of, 0, 10);
        one["status"] = json!({"code": 2, "message": text_of});
        one["traceState"] = json!(short);
        one["attributes"] = json!([text(&short, &text_of)]);
        one["events"] = json!([{"timeUnixNano": NOW_NS.to_string(), "name": "exception", "attributes": [text("exception.type", &short),
            text("exception.message", &text_of), text("exception.stacktrace", &text_of), text(&short, &short)]}]);
        one["links"] = json!([{"traceId": FAR, "spanId": id(9), "traceState": short, "attributes": [text(&short, &short)]}]);
        server.send_spans(&of(&short, &[one]));
    }
    for n in 1..=hostile().len() as u64 {
        let html = Html::good(&server, &page(1, &format!("?span={}", id(n)))).await;
        assert!(html.text.len() < 1_500_000, "{n}: {}", html.text.len());
        Html::good(&server, &format!("{}/span/{}", page(1, ""), id(n))).await;
    }
    let script = Html::good(&server, &page(1, &format!("?span={}", id(1)))).await;
    assert!(says(
        &script,
        "<script>alert(1)</script><img src=x onerror=alert(1)>"
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deep_trace_is_shown() {
    let server = Server::start().await;
    let spans: Vec<Value> = (1..=5_000u64)
        .map(|n| {
            span(
                1,
                n,
                (n > 1).then(|| n - 1),
                &format!("level {n}"),
                0,
                10_000 - n as i64,
            )
        })
        .collect();
    server.send_spans(&of("a", &spans));
    let html = Html::good(&server, &page(1, &format!("?span={}", id(5_000)))).await;
    assert!(
        says(&html, "5,000 spans")
            && says(&html, "level 5000")
            && says(&html, "4,801–5,000 of 5,000"),
        "{}",
        html.words()
    );
}
