//! `/logs`: rows, pages of them, what leads where, odd parameters.

use serde_json::{Value, json};

use super::super::api::server::{NOW_NS, Server};
use super::html::Html;

/// Records of one service; each is given by its age in milliseconds, severity, text.
pub(super) fn logs(service: &str, records: &[(i64, i32, &str)]) -> Value {
    let record = |&(age_ms, severity, text): &(i64, i32, &str)| {
        json!({
            "timeUnixNano": (NOW_NS - age_ms * 1_000_000).to_string(),
            "severityNumber": severity,
            "body": {"stringValue": text}
        })
    };
    request(service, &records.iter().map(record).collect::<Vec<_>>())
}

pub(super) fn request(service: &str, records: &[Value]) -> Value {
    json!({"resourceLogs": [{
        "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": service}}]},
        "scopeLogs": [{"logRecords": records}]
    }]})
}

/// Markup, terminal colours, a turned reading order, NUL, line breaks, a long line, deep JSON.
pub(super) fn hostile() -> Vec<String> {
    vec![
        "<script>alert(1)</script><img src=x onerror=alert(1)>".into(),
        "\"><b style=\"color:red\" onclick='x'>&amp;".into(),
        "\u{1b}[31mred\u{1b}[0m \u{7}".into(),
        "right \u{202e}gnp.tiw\u{202c} left".into(),
        "nul \u{0} inside".into(),
        "one\ntwo\r\n\tthree".into(),
        format!("long {}", "x".repeat(1024 * 1024)),
        "[".repeat(5_000) + &"]".repeat(5_000),
    ]
}

/// Texts, names, values and a service that are hostile.
pub(super) fn send_hostile(server: &Server) {
    for (at, text) in (0i64..).zip(hostile()) {
        let short: String = text.chars().take(300).collect();
        let record = json!({
            "timeUnixNano": (NOW_NS - 1_000 - at).to_string(),
            "severityText": short, "eventName": short,
            "body": {"stringValue": text},
            "attributes": [{"key": short, "value": {"stringValue": short}}]
        });
        server.send_logs(&request(&short, &[record]));
    }
}

/// The texts of a page's rows, without what is dimmed or marked.
fn texts(html: &Html) -> Vec<String> {
    html.pieces("class=\"msg\"")
        .into_iter()
        .map(|piece| {
            let cell = piece
                .split_once('>')
                .unwrap()
                .1
                .split_once("</a>")
                .unwrap()
                .0;
            let parts = cell
                .split('<')
                .map(|part| part.split_once('>').map_or(part, |(_, text)| text));
            parts.collect::<String>()
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_text_stays_text_on_every_page() {
    let server = Server::start().await;
    send_hostile(&server);
    let page = Html::good(&server, "/logs?chart=1&facets=1").await;
    assert_eq!(texts(&page).len(), hostile().len());
    assert!(
        page.text.contains("&lt;script&gt;") || page.text.contains("&lt;</i>script<i>&gt;"),
        "{}",
        page.text
    );
    assert!(page.text.len() < 400_000, "{}", page.text.len());
    for link in page.all("class=\"msg\"", "href") {
        Html::good(&server, &link).await;
        Html::good(&server, &format!("{link}&full=1&wrap=1")).await;
        Html::good(&server, &link.replace("/logs?", "/logs/record?")).await;
    }
    // Values lead to conditions that find them, whatever they hold.
    for link in page
        .all("data-include", "href")
        .into_iter()
        .chain(page.all("data-exclude", "href"))
    {
        let found = Html::good(&server, &link).await;
        assert!(!found.says("mistake"), "{link}");
    }
    for add in page.all("data-add", "data-add") {
        let found = Html::get(&server, &format!("/logs?add={add}")).await;
        assert_eq!(found.status, 303, "{add}");
    }
    for query in [
        "%3Cscript%3E",
        "%22%3Cscript%3E%22",
        "%1B",
        "a%00b",
        "%E2%80%AE",
    ] {
        for path in [
            "/logs",
            "/logs/rows",
            "/logs/facets",
            "/logs/chart",
            "/traces",
            "/",
        ] {
            Html::get(&server, &format!("{path}?q={query}")).await;
        }
    }
    for part in [
        "/logs/facet?field=%22%3E%3Cb%3E",
        "/logs/fields",
        "/logs?cols=%22%3E%3Cb%3E,%1B&wrap=1",
    ] {
        Html::good(&server, part).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_row_is_reached_page_by_page_and_back() {
    let server = Server::start().await;
    let bodies: Vec<String> = (0..250).map(|n| format!("row {n:03} here")).collect();
    let records: Vec<_> = (0..)
        .zip(&bodies)
        .map(|(n, body)| (n * 10, 9, body.as_str()))
        .collect();
    server.send_logs(&logs("cart", &records));
    for (order, first, word) in [("", 0, "Older"), ("&order=asc", 249, "Newer")] {
        let mut page = Html::good(&server, &format!("/logs?q=row{order}")).await;
        let mut found = texts(&page);
        assert!(
            page.says("250 of 250 records") && page.says("Rows 1 – 100 of 250, exact"),
            "{}",
            page.words()
        );
        let mut pages = vec![found.clone()];
        while let Some(next) = page.link("rel=\"next\"") {
            assert!(page.says(word));
            page = Html::good(&server, &next).await;
            pages.push(texts(&page));
            found.extend(texts(&page));
        }
        let numbers: Vec<i64> = found
            .iter()
            .map(|text| text.split(' ').nth(1).unwrap().parse().unwrap())
            .collect();
        let expected: Vec<i64> = (0..250).map(|n: i64| (first - n).abs()).collect();
        assert_eq!(numbers, expected);
        assert!(page.says("Rows 201 – 250 of 250"), "{}", page.words());
        for expected in pages.iter().rev().skip(1) {
            let back = page.link("rel=\"prev\"").unwrap();
            page = Html::good(&server, &back).await;
            assert_eq!(&texts(&page), expected);
        }
        assert!(page.says("Rows 1 – 100 of 250"), "{}", page.words());
        assert_eq!(page.link("rel=\"prev\""), None);
        let next = page.link("rel=\"next\"").unwrap();
        assert_eq!(texts(&Html::good(&server, &next).await), pages[1]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_parts_that_scripts_ask_for_are_the_page_s_own_rows() {
    let server = Server::start().await;
    let bodies: Vec<String> = (0..350).map(|n| format!("row {n}")).collect();
    let records: Vec<_> = (0..)
        .zip(&bodies)
        .map(|(n, body)| (n * 10_000, 9, body.as_str()))
        .collect();
    server.send_logs(&logs("cart", &records));
    let page = Html::good(&server, "/logs?from=now-7d").await;
    let part = page.all("data-more", "data-more");
    let rows = Html::good(&server, &part[0]).await;
    assert!(!rows.text.contains("<!doctype"));
    let number = |html: &Html| html.all("class=\"lr ", "aria-rowindex").first().cloned();
    assert_eq!(
        (number(&page), number(&rows)),
        (Some("2".into()), Some("102".into()))
    );
    assert_eq!(texts(&rows)[0], "row 100");
    assert_eq!(texts(&rows).len(), 200);
    // The date stands above already, the pause does not.
    assert!(
        !rows.text.contains("dategroup") && rows.text.contains("10.0\u{a0}s without a record"),
        "{}",
        rows.text
    );
    let again = Html::good(&server, &rows.all("data-own", "data-own")[0]).await;
    assert_eq!(texts(&again), texts(&rows));
    let rest = Html::good(&server, &rows.all("data-more", "data-more")[0]).await;
    assert_eq!(
        (texts(&rest).len(), rest.all("data-more", "data-more").len()),
        (50, 0)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_shows_what_matters() {
    let server = Server::start().await;
    let trace = "6f3cbf058c2765548a39ad724905d6a1";
    let text = format!(
        "22:13:19.900 ERROR s.Cart#1 TraceID: {trace} - it failed: \"no such seat\" {}",
        "and so on ".repeat(300)
    );
    let record = json!({
        "timeUnixNano": (NOW_NS - 100_000_000).to_string(), "severityNumber": 17, "severityText": "ERROR",
        "traceId": trace, "spanId": "576f9c38fc25e197", "body": {"stringValue": text},
        "attributes": [{"key": "http.route", "value": {"stringValue": "/a,b"}}, {"key": "n", "value": {"intValue": "7"}}]
    });
    let map = json!({"kvlistValue": {"values": [{"key": "k", "value": {"boolValue": true}}]}});
    let structured = json!({"timeUnixNano": NOW_NS.to_string(), "body": map});
    let silent = json!({"observedTimeUnixNano": (NOW_NS - 5_000_000_000).to_string(), "eventName": "device.login"});
    server.send_logs(&request("cart", &[record, structured, silent]));
    let page = Html::good(&server, "/logs?cols=http.route,n,service.name,nosuch").await;
    let found = texts(&page);
    assert_eq!(found[0], "{&#34;k&#34;:true}");
    assert!(found[1].starts_with("s.Cart#1it failed: "), "{}", found[1]);
    assert!(
        found[1].len() < 2_300 && found[1].ends_with("more"),
        "{}",
        found[1]
    );
    assert_eq!(found[2], "device.login");
    for words in [
        "/a,b",
        "4.90 s without a record",
        "Tuesday 14 November 2023",
    ] {
        assert!(
            page.says(words),
            "{words}: {}",
            page.words().split_off(3_000)
        );
    }
    assert_eq!(
        page.all("class=\"cell\"", "data-add")
            .last()
            .map(String::as_str),
        Some("service.name%3Acart")
    );
    let marked = Html::good(&server, "/logs?q=%22no%20such%20seat%22%20failed").await;
    assert!(
        marked.text.contains("<mark>no such seat</mark>")
            && marked.text.contains("<mark>failed</mark>")
    );
    let wrapped = Html::good(&server, "/logs?wrap=1").await;
    assert!(wrapped.text.contains("loglist wrapped"));
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_parameters_are_told_clearly() {
    let server = Server::start().await;
    let bodies: Vec<String> = (0..150).map(|n| format!("row {n}")).collect();
    let records: Vec<_> = (0..)
        .zip(&bodies)
        .map(|(n, body)| (n, 9, body.as_str()))
        .collect();
    server.send_logs(&logs("cart", &records));
    let refused = |path: &'static str, status: u16, words: &'static str| {
        let server = &server;
        async move {
            let page = Html::get(server, path).await;
            assert_eq!(page.status, status, "{path}: {}", page.words());
            assert!(page.says(words), "{path}: {}", page.words());
        }
    };
    refused("/logs?from=yesterday", 400, "`yesterday`").await;
    refused("/logs?from=now&to=now-1h", 400, "must not lie after").await;
    refused("/logs?cursor=AAAA", 400, "start again without one").await;
    refused("/logs?cursor=n100_5.AAAA", 400, "start again without one").await;
    refused("/logs?order=up", 400, "asc or desc").await;
    refused("/logs?q=service%3A(", 400, "mistake in the query").await;
    refused("/logs?q=%29a%29", 400, "Also at character 2: nothing was").await;
    refused("/logs?q=a&q=b", 400, "more than once").await;
    refused("/logs?q=%ff", 400, "percent-encoded").await;
    refused("/logs/trace?trace=xyz", 400, "no trace id").await;
    refused("/logs/record?sel=xyz", 404, "No such record").await;
    refused("/logs?sel=xyz", 200, "No such record").await;
    refused("/logs?sel=179790ec0d3c00000", 200, "No such record").await;
    refused(
        "/logs?sel=&cols=&wrap=&order=&cursor=&chart=",
        200,
        "150 records",
    )
    .await;
    refused("/logs?unknown=1&wrap=7&from=&to=", 200, "150 records").await;
    let page = Html::good(&server, "/logs?q=row").await;
    let next = page.link("rel=\"next\"").unwrap();
    let foreign = Html::get(&server, &next.replace("q=row", "q=other")).await;
    assert!(
        foreign.status == 400 && foreign.says("start again without one"),
        "{}",
        foreign.words()
    );
    let reversed = Html::get(&server, &format!("{next}&order=asc")).await;
    assert_eq!(reversed.status, 400);
    let pasted = Html::get(&server, "/logs?q=6F3CBF058C2765548A39AD724905D6A1").await;
    assert_eq!(pasted.status, 303);
}
