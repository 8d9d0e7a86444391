//! `/traces` by root: the fields of the form, and the URL that holds them.

use super::super::api::server::{Server, Stored};
use super::html::Html;
use super::trace::{of, says, span};

const RANGE: &str = "from=2023-11-14T22:00:00Z";

async fn server() -> Server {
    let server = Server::with_figures(Stored {
        spans: 4,
        logs: 0,
        ahead_ns: -1_000_000_000,
    })
    .await;
    server.send_spans(&of("shop", &[span(1, 1, None, "GET \"/buy\"", 0, 100)]));
    server.send_spans(&of("pay", &[span(1, 2, Some(1), "charge", 10, 60)]));
    server.send_spans(&of("shop", &[span(2, 3, None, "GET /", 20, 5)]));
    server.send_spans(&of("pay", &[span(3, 4, None, "charge", 20, 5)]));
    server
}

#[tokio::test(flavor = "multi_thread")]
async fn the_form_asks_for_the_root_and_keeps_it() {
    let server = server().await;
    for (query, traces) in [
        ("root_service=shop", "2 traces"),
        ("root_service=shop&root_name=GET+%22%2Fbuy%22", "1 trace"),
        ("root_name=charge", "1 trace"),
        ("root_service=shop&q=charge", "1 trace"),
        ("root_service=&root_name=", "3 traces"),
        ("root_service=Shop", "0 traces"),
    ] {
        let html = Html::good(&server, &format!("/traces?{RANGE}&{query}")).await;
        assert!(says(&html, traces), "{query}: {}", html.words());
    }
    let path =
        format!("/traces?{RANGE}&root_service=shop&root_name=GET+%22%2Fbuy%22&sort=-duration");
    let html = Html::good(&server, &path).await;
    // What is typed stands in the fields, and nowhere hidden beside them.
    let value = |name: &str| html.all(&format!("name=\"{name}\""), "value");
    assert!(
        html.all("name=\"root_service\"", "value")
            .contains(&"shop".to_owned())
    );
    assert_eq!(value("root_name").len(), value("root_service").len());
    assert!(value("root_name").contains(&"GET \"/buy\"".to_owned()));
    // Every order keeps them, and so does the form when it turns its other fields into the query.
    let orders = html.all("href=\"/traces?", "href");
    let sorted = orders.iter().filter(|link| link.contains("sort="));
    assert!(sorted.clone().count() >= 3);
    for link in sorted {
        assert!(link.contains("root_service=shop"), "{link}");
    }
    let step = Html::get(&server, &format!("{path}&service=pay&operation=")).await;
    assert_eq!(step.status, 303);
    let to = step.location().unwrap();
    assert!(
        to.contains("root_service=shop") && to.contains("q=service%3Apay"),
        "{to}"
    );
    assert!(says(&Html::good(&server, &to).await, "1 trace"));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_root_is_so_each_condition_can_be_dropped() {
    let server = server().await;
    let path = format!("/traces?{RANGE}&root_service=shpo&root_name=charge");
    let html = Html::good(&server, &path).await;
    assert!(says(&html, "all 2 conditions"), "{}", html.words());
    assert!(says(&html, "without root service shpo"));
    assert!(says(&html, "did you mean `shop`?"));
    let links = html.all("class=\"link\"", "href");
    let without = links
        .iter()
        .find(|link| !link.contains("root_service") && link.contains("root_name"));
    assert!(says(
        &Html::good(&server, without.unwrap()).await,
        "1 trace"
    ));
}
