//! `/` and `/traces`: services page by page, the form's clauses, the ways out of what cannot be answered.

use serde_json::json;

use super::super::api::server::{Server, Stored};
use super::html::Html;
use super::trace::{of, says, span};

/// One span for each of `count` services, whose names sort by number.
async fn services(count: u64) -> Server {
    let server = Server::with_figures(Stored {
        spans: 1,
        logs: 0,
        ahead_ns: -1_000_000_000,
    })
    .await;
    for n in 0..count {
        server.send_spans(&of(
            &format!("s{n:04}"),
            &[span(1, n + 1, None, "GET /", 0, 10)],
        ));
    }
    server
}

#[tokio::test(flavor = "multi_thread")]
async fn many_services_come_page_by_page() {
    let server = services(501).await;
    let range = "from=2023-11-14T22:00:00Z&to=2023-11-14T23:00:00Z&sort=name";
    let first = Html::good(&server, &format!("/?{range}")).await;
    assert!(says(&first, "501 services") && says(&first, "1–500 of 501"));
    assert_eq!(first.all("data-open", "href").len(), 500);
    assert!(says(&first, "s0000") && !says(&first, "s0500"));
    let next = first.link("rel=\"next\"").unwrap();
    let last = Html::good(&server, &next).await;
    assert!(says(&last, "501–501 of 501") && says(&last, "s0500"));
    assert_eq!(last.all("data-open", "href").len(), 1);
    assert!(last.link("rel=\"next\"").is_none() && last.link("rel=\"prev\"").is_some());
    // Another order and another question start at the first page; a page behind the last one is the last one.
    assert!(last.all("href=\"/?", "href").iter().all(|link| {
        !link.contains("sort=") || link.contains("sort=name") || !link.contains("page=")
    }));
    let behind = Html::good(&server, &format!("/?{range}&page=99")).await;
    assert!(says(&behind, "501–501 of 501"));
    let named = Html::good(&server, &format!("/?{range}&q=S049")).await;
    assert!(says(&named, "10 of 501 services") && named.link("rel=\"next\"").is_none());
    let refused = Html::get(&server, &format!("/?{range}&page=0")).await;
    assert_eq!(refused.status, 400);
    assert!(says(&refused, "a page number from 1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_without_spans_says_so() {
    let server = Server::start().await;
    let html = Html::good(&server, "/traces").await;
    assert!(says(&html, "No span has arrived yet"), "{}", html.words());
    let html = Html::good(&server, "/").await;
    assert!(says(&html, "Nothing has arrived yet"));
    let server = Server::with_figures(Stored {
        spans: 0,
        logs: 1,
        ahead_ns: -1_000_000_000,
    })
    .await;
    let html = Html::good(&server, "/").await;
    assert!(says(&html, "No span has arrived yet"));
    assert!(
        html.all("href=\"/logs\"", "href")
            .contains(&"/logs".to_owned())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_leads_on_without_what_was_wrong() {
    let server = services(1).await;
    for (path, words, way_out) in [
        (
            "/traces?q=GET&min_duration=abc",
            "without the least duration",
            "/traces?q=GET",
        ),
        (
            "/logs?q=a&from=yesterday",
            "without this start",
            "/logs?q=a",
        ),
        (
            "/logs?q=a&from=now&to=now-1h&cursor=x",
            "without these times",
            "/logs?q=a",
        ),
        ("/traces?q=a&cursor=x", "from the first page", "/traces?q=a"),
        ("/?page=x", "without it", "/"),
    ] {
        let html = Html::get(&server, path).await;
        assert_eq!(html.status, 400, "{path}");
        assert!(html.says(words), "{path}: {}", html.words());
        assert_eq!(
            html.link("class=\"link\"").as_deref(),
            Some(way_out),
            "{path}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attribute_of_the_form_is_found_whatever_its_name() {
    let server = Server::start().await;
    let mut tagged = span(1, 1, None, "GET /", 0, 10);
    tagged["attributes"] = json!([
        {"key": "a b:c", "value": {"stringValue": "d e"}},
        {"key": "code", "value": {"intValue": "200"}},
    ]);
    server.send_spans(&of("shop", &[tagged, span(2, 2, None, "GET /", 0, 10)]));
    for (attribute, found) in [
        ("a+b%3Ac+%3D+d+e", 1),
        ("a+b%3Ac", 1),
        ("code%3D200", 1),
        ("code%3D201", 0),
        ("nowhere", 0),
    ] {
        let path = format!("/traces?from=2023-11-14T22:00:00Z&attribute={attribute}");
        let step = server.get(&path).await;
        assert_eq!(step.status, 303, "{attribute}");
        let to = step.header("location").unwrap().to_owned();
        let html = Html::good(&server, &to).await;
        let words = if found == 1 { "1 trace" } else { "0 traces" };
        assert!(says(&html, words), "{attribute}: {}", html.words());
    }
}
