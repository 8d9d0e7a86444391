//! Senders in browsers.

use clearspan_collector::Config;

use crate::http_client::{Answer, send};
use crate::server::{Mood, Server};

const ORIGIN: &str = "https://shop.example";
const JSON: (&str, &str) = ("content-type", "application/json");

async fn server(allowed: &[&str]) -> Server {
    let cors_allowed_origins = allowed.iter().map(ToString::to_string).collect();
    Server::with(
        Config {
            cors_allowed_origins,
            ..Config::default()
        },
        Mood::Keep,
    )
    .await
}

async fn preflight(server: &Server, origin: &str) -> Answer {
    let headers = [
        ("origin", origin),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "content-type,x-team"),
    ];
    send(server.http, "OPTIONS", "/v1/traces", &headers, "").await
}

#[tokio::test]
async fn it_is_off_by_default() {
    let server = server(&[]).await;
    let answer = preflight(&server, ORIGIN).await;
    assert_eq!(
        (
            answer.status.as_u16(),
            answer.header("access-control-allow-origin")
        ),
        (405, "")
    );
    let answer = send(
        server.http,
        "POST",
        "/v1/traces",
        &[JSON, ("origin", ORIGIN)],
        "{}",
    )
    .await;
    assert_eq!(
        (
            answer.status.as_u16(),
            answer.header("access-control-allow-origin")
        ),
        (200, "")
    );
}

#[tokio::test]
async fn an_allowed_origin_may_ask_and_send() {
    for allowed in [&["https://other.example", ORIGIN][..], &["*"]] {
        let server = server(allowed).await;
        let answer = preflight(&server, ORIGIN).await;
        assert_eq!(answer.status, 204);
        assert_eq!(answer.header("access-control-allow-origin"), ORIGIN);
        assert_eq!(answer.header("access-control-allow-methods"), "POST");
        assert_eq!(
            answer.header("access-control-allow-headers"),
            "content-type,x-team"
        );
        assert_eq!(answer.header("access-control-max-age"), "7200");
        assert_eq!(answer.header("vary"), "origin");
        for (body, status) in [("{}", 200), ("{", 400)] {
            let answer = send(
                server.http,
                "POST",
                "/v1/traces",
                &[JSON, ("origin", ORIGIN)],
                body,
            )
            .await;
            assert_eq!(answer.status, status);
            assert_eq!(answer.header("access-control-allow-origin"), ORIGIN);
        }
    }
}

#[tokio::test]
async fn another_origin_gets_no_further_than_the_preflight() {
    let server = server(&[ORIGIN]).await;
    for origin in [
        "https://evil.example",
        "https://shop.example.evil",
        "http://shop.example",
        "null",
    ] {
        let answer = preflight(&server, origin).await;
        assert_eq!(
            (
                answer.status.as_u16(),
                answer.header("access-control-allow-origin")
            ),
            (405, "")
        );
    }
    // OPTIONS that is no preflight is a method like any other.
    let answer = send(
        server.http,
        "OPTIONS",
        "/v1/traces",
        &[("origin", ORIGIN)],
        "",
    )
    .await;
    assert_eq!(answer.status, 405);
}
