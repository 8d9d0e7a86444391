//! The routes on a real port, before the store is open: what is refused whatever is stored, byte by byte.
//! What is answered from a store is tested where store and API are joined, in the program's own tests.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod server;

use clearspan_ui::{AllowedHosts, Config};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use server::{Answer, Server};

const ID: &str = "0123456789abcdef0123456789ABCDEF";

#[tokio::test]
async fn before_the_store_is_open() {
    let server = Server::start(Config::default()).await;
    let live = server.get("/livez").await;
    assert_eq!(
        (live.status, live.body.as_str()),
        (200, r#"{"status":"live"}"#)
    );
    server.get("/readyz").await.is_error(503, "not_ready");
    for path in [
        "/api/v1/logs/search?q=a&from=now-15m&to=now&limit=10000&order=asc&count=exact",
        "/api/v1/traces/search?min_duration=5ms&max_duration=1.5s&sort=-duration",
        &format!("/api/v1/traces/{ID}?format=protobuf"),
        &format!("/api/v1/traces/{ID}/logs"),
        &format!("/api/v1/traces/{ID}/skeleton"),
        &format!("/api/v1/traces/{ID}/export"),
        "/api/v1/logs/export?q=a&from=0&to=now&format=csv",
        "/api/v1/traces/export?q=a&format=otlp",
        "/api/v1/services?from=0&to=1",
        "/api/v1/status",
    ] {
        let answer = server.get(path).await;
        answer.is_error(503, "not_ready");
        assert!(answer.head.contains("retry-after: 1"), "{}", answer.head);
    }
    server.api.drain();
    let draining = server.get("/readyz").await;
    draining.is_error(503, "not_ready");
    assert!(draining.body.contains("shutting down"), "{}", draining.body);
    assert_eq!(server.get("/livez").await.status, 200);
}

#[tokio::test]
async fn paths_and_methods() {
    let server = Server::start(Config::default()).await;
    for path in [
        "/api",
        "/api/v1",
        "/api/v1/",
        "/api/v1/unknown",
        "/api/v1/logs",
        "/api/v1/traces",
        "/api/v1/traces/",
        "/api/v1/status/",
        "/api/v1//status",
        "/API/v1/status",
        "/api/v1/traces/a/b",
        "/api/v2/status",
        "/livez/",
        "/%00",
        "/é",
        "/api/v1/../status",
    ] {
        for method in ["GET", "POST", "DELETE"] {
            server
                .send(method, path, "", "")
                .await
                .is_error(404, "unknown_path");
        }
    }
    for path in ["/%", "/%f", "/%zz", "/%ff", "/api/v1/status%"] {
        server.get(path).await.is_error(400, "bad_encoding");
    }
    for (method, path) in [
        ("DELETE", "/api/v1/logs/search"),
        ("PUT", "/api/v1/services"),
        ("POST", "/api/v1/status"),
        ("POST", "/livez"),
        ("OPTIONS", "/api/v1/logs/search"),
        ("BREW", "/readyz"),
    ] {
        let answer = server.send(method, path, "", "").await;
        answer.is_error(405, "method_not_allowed");
        assert!(answer.head.contains("allow: get,head"), "{}", answer.head);
    }
    let head = server.send("HEAD", "/api/v1/unknown", "", "").await;
    assert_eq!((head.status, head.body.as_str()), (404, ""));
}

#[tokio::test]
async fn parameters_that_are_wrong() {
    let server = Server::start(Config::default()).await;
    let logs = "/api/v1/logs/search";
    for (query, code) in [
        ("limit=", "bad_limit"),
        ("limit=abc", "bad_limit"),
        ("limit=-1", "bad_limit"),
        ("limit=1.5", "bad_limit"),
        ("limit=1&limit=1", "repeated_parameter"),
        ("from=yesterday", "bad_time"),
        ("to=2026-13-01T00:00:00Z", "bad_time"),
        ("to=now-5y", "bad_time"),
        ("order=up", "bad_parameter"),
        ("count=about", "bad_parameter"),
        ("q=%", "bad_encoding"),
        ("q=%ff%fe", "bad_encoding"),
        ("q=%c3%28", "bad_encoding"),
        ("q=\u{fffd}%", "bad_encoding"),
    ] {
        server
            .get(&format!("{logs}?{query}"))
            .await
            .is_error(400, code);
    }
    for (query, code) in [
        ("min_duration=5", "bad_duration"),
        ("max_duration=5KB", "bad_duration"),
        ("sort=name", "bad_parameter"),
        ("sort=--start", "bad_parameter"),
    ] {
        server
            .get(&format!("/api/v1/traces/search?{query}"))
            .await
            .is_error(400, code);
    }
    for path in ["logs/export?format=xml", "traces/export?format=csv"] {
        let answer = server.get(&format!("/api/v1/{path}")).await;
        answer.is_error(400, "bad_parameter");
    }
    for (body, code) in [
        ("", "bad_body"),
        ("[]", "bad_body"),
        ("{\"q\":", "bad_body"),
        ("{\"q\":{\"a\":1}}", "bad_parameter"),
        ("{\"q\":5}", "bad_parameter"),
        ("{\"limit\":true}", "bad_parameter"),
        ("{\"limit\":\"ten\"}", "bad_limit"),
        ("{\"from\":[]}", "bad_parameter"),
        ("{\"q\":\"a\",\"q\":\"b\"}", "repeated_parameter"),
    ] {
        server.post(logs, body).await.is_error(400, code);
    }
    server
        .post(logs, &"{\"a\":".repeat(50_000))
        .await
        .is_error(400, "bad_body");
    let form = "content-type: application/x-www-form-urlencoded\r\n";
    server
        .send("POST", logs, form, "{}")
        .await
        .is_error(400, "bad_content_type");
}

#[tokio::test]
async fn ids_that_are_none() {
    let server = Server::start(Config::default()).await;
    let long = "a".repeat(33);
    for id in [
        "a",
        &ID[..31],
        &long,
        "0123456789abcdef0123456789abcdeg",
        "%20",
        "0123456789abcdef-123456789abcdef",
        "%00",
        "é",
        "..%2f",
    ] {
        for rest in ["", "/logs", "/skeleton", "/export", "?format=protobuf"] {
            server
                .get(&format!("/api/v1/traces/{id}{rest}"))
                .await
                .is_error(400, "bad_id");
        }
    }
    server
        .get("/api/v1/traces/%ff")
        .await
        .is_error(400, "bad_encoding");
    server
        .get(&format!("/api/v1/traces/{ID}?format=xml"))
        .await
        .is_error(400, "bad_parameter");
    server
        .get(&format!("/api/v1/traces/%30{}", &ID[1..]))
        .await
        .is_error(503, "not_ready");
}

/// From 8 KB on, whoever notices first: the guard, hyper's own limit for a URL, or that of its buffer.
#[tokio::test]
async fn urls_of_any_length() {
    let server = Server::start(Config::default()).await;
    let url = |bytes: usize| {
        let path = "/api/v1/logs/search?q=";
        format!("{path}{}", "a".repeat(bytes - path.len()))
    };
    server.get(&url(8 * 1024)).await.is_error(503, "not_ready");
    for bytes in [
        8 * 1024 + 1,
        10_000,
        60_000,
        65_533,
        65_534,
        65_535,
        70_000,
        300_000,
        1_000_000,
        8_000_000,
    ] {
        server.get(&url(bytes)).await.is_error(414, "url_too_long");
    }
    server
        .get(&format!("/{}", "a/".repeat(5000)))
        .await
        .is_error(414, "url_too_long");
    server
        .post(&url(9000), "{}")
        .await
        .is_error(414, "url_too_long");
    // Behind good requests on the same connection, too.
    let good = "GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(good.as_bytes()).await.unwrap();
    let mut first = [0; 12];
    stream.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    stream
        .write_all(format!("GET {} HTTP/1.1\r\nhost: localhost\r\n\r\n", url(100_000)).as_bytes())
        .await
        .unwrap();
    let mut rest = String::new();
    stream.read_to_string(&mut rest).await.unwrap();
    let second = rest.split_once("{\"status\":\"live\"}").unwrap().1;
    Answer::parse(second.as_bytes()).is_error(414, "url_too_long");
}

#[tokio::test]
async fn bodies_of_any_length() {
    let server = Server::start(Config::default()).await;
    let logs = "/api/v1/logs/search";
    let body = |bytes: usize| format!(r#"{{"q":"{}"}}"#, "a".repeat(bytes - 8));
    server
        .post(logs, &body(512 * 1024))
        .await
        .is_error(503, "not_ready");
    for bytes in [512 * 1024 + 1, 5_000_000] {
        server
            .post(logs, &body(bytes))
            .await
            .is_error(413, "body_too_large");
    }
}

#[tokio::test]
async fn what_is_no_http() {
    let server = Server::start(Config::default()).await;
    for request in [
        &b"\0\0\0\0\r\n\r\n"[..],
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /a b HTTP/1.1\r\n\r\n",
        b"GET /\x01 HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nbad header\r\n\r\n",
        b"GET / HTTP/1.1\r\ncontent-length: x\r\n\r\n",
    ] {
        server.raw(request).await.is_error(400, "bad_request");
    }
    // An HTTP/1.0 client names no host.
    assert_eq!(server.raw(b"GET /livez HTTP/1.0\r\n\r\n").await.status, 200);
}

#[tokio::test]
async fn foreign_hosts_and_pages() {
    let server = Server::start(Config::default()).await;
    let status = "/api/v1/status";
    server
        .send("GET", status, "host: evil.test\r\n", "")
        .await
        .is_error(403, "host_not_allowed");
    server
        .send("GET", status, "host: 127.0.0.1:4320\r\n", "")
        .await
        .is_error(503, "not_ready");
    let search = "/api/v1/logs/search";
    let json = "content-type: application/json\r\n";
    for origin in [
        "http://evil.test",
        "null",
        "http://localhost:1",
        "https://localhost.evil.test",
        "localhost",
    ] {
        let headers = format!("{json}origin: {origin}\r\n");
        server
            .send("POST", search, &headers, "{}")
            .await
            .is_error(403, "origin_not_allowed");
    }
    let own = format!("{json}origin: http://localhost\r\n");
    server
        .send("POST", search, &own, "{}")
        .await
        .is_error(503, "not_ready");

    let named = Config {
        hosts: AllowedHosts::Named(vec!["clearspan.example.test".into()]),
    };
    for config in [
        named,
        Config {
            hosts: AllowedHosts::Any,
        },
    ] {
        let server = Server::start(config).await;
        let answer = server
            .send("GET", status, "host: clearspan.example.test\r\n", "")
            .await;
        answer.is_error(503, "not_ready");
    }
}

#[tokio::test]
async fn shutdown_closes_what_is_idle() {
    let server = Server::start(Config::default()).await;
    let mut idle = TcpStream::connect(server.address).await.unwrap();
    idle.write_all(b"GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .await
        .unwrap();
    let mut first = [0; 12];
    idle.read_exact(&mut first).await.unwrap();
    server.stop.send(()).unwrap();
    server.served.await.unwrap().unwrap();
    let mut rest = Vec::new();
    idle.read_to_end(&mut rest).await.unwrap();
    assert!(TcpStream::connect(server.address).await.is_err());
}
