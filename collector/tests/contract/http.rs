//! What holds for HTTP.

use clearspan_collector::Config;
use clearspan_proto::otlp::{Encoding, WireSignal, read_status};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::http_client::{answer, path, post, post_http2, request, send};
use crate::server::{Mood, Server};
use crate::{payload, raw};

const JSON: (&str, &str) = ("content-type", "application/json");
const PROTOBUF: (&str, &str) = ("content-type", "application/x-protobuf");

#[tokio::test]
async fn a_content_type_may_have_parameters_and_any_case() {
    let server = Server::start().await;
    for (content_type, body) in [
        ("application/json; charset=utf-8", &b"{}"[..]),
        ("Application/JSON", b"{}"),
        (" application/json ;x=y", b"{}"),
        ("application/x-protobuf;messageType=x", b""),
        ("APPLICATION/X-PROTOBUF", b""),
    ] {
        let answer = post(
            server.http,
            "/v1/logs",
            &[("content-type", content_type)],
            body,
        )
        .await;
        assert_eq!(answer.status, 200, "{content_type}");
    }
}

#[tokio::test]
async fn another_content_type_is_refused_in_json() {
    let server = Server::start().await;
    let types = [
        "",
        "text/plain",
        "application/protobuf",
        "application/json2",
        "application/grpc",
        "é",
    ];
    for content_type in types {
        for signal in payload::SIGNALS {
            let answer = post(
                server.http,
                path(signal),
                &[("content-type", content_type)],
                "{}",
            )
            .await;
            assert_eq!(answer.status, 415, "{content_type}");
            assert!(answer.json_status().1.contains("application/x-protobuf"));
        }
    }
    for headers in [&[][..], &[JSON, PROTOBUF]] {
        assert_eq!(
            post(server.http, "/v1/logs", headers, "{}").await.status,
            415
        );
    }
    assert_eq!(server.store.batches(), 0);
}

#[tokio::test]
async fn an_unknown_content_encoding_is_refused_and_the_known_ones_are_named() {
    let server = Server::start().await;
    for encoding in ["br", "gzip, gzip", "gzip,identity", "snappy", "*"] {
        let answer = post(
            server.http,
            "/v1/logs",
            &[JSON, ("content-encoding", encoding)],
            "{}",
        )
        .await;
        assert_eq!(answer.status, 415, "{encoding}");
        assert_eq!(
            answer.header("accept-encoding"),
            "identity, gzip, zstd, deflate"
        );
        assert!(answer.json_status().1.contains("gzip"));
    }
    let twice = [
        PROTOBUF,
        ("content-encoding", "gzip"),
        ("content-encoding", "gzip"),
    ];
    let answer = post(server.http, "/v1/logs", &twice, "").await;
    assert_eq!(answer.status, 415);
    assert_eq!(answer.header("content-type"), "application/x-protobuf");
}

#[tokio::test]
async fn an_encoding_has_its_old_name_and_any_case() {
    let server = Server::start().await;
    let body = payload::compress("gzip", b"{}");
    for encoding in ["x-gzip", "GZIP", " gzip "] {
        let headers = [JSON, ("content-encoding", encoding)];
        assert_eq!(
            post(server.http, "/v1/logs", &headers, body.clone())
                .await
                .status,
            200,
            "{encoding}"
        );
    }
    for encoding in ["", "identity", "Identity"] {
        let headers = [JSON, ("content-encoding", encoding)];
        assert_eq!(
            post(server.http, "/v1/logs", &headers, "{}").await.status,
            200,
            "{encoding}"
        );
    }
}

#[tokio::test]
async fn another_method_is_refused_and_the_right_one_named() {
    let server = Server::start().await;
    for method in ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "MADEUP"] {
        for signal in payload::SIGNALS {
            let answer = send(server.http, method, path(signal), &[], "").await;
            assert_eq!(answer.status, 405, "{method}");
            assert_eq!(answer.header("allow"), "POST");
            assert!(answer.json_status().1.contains(method));
        }
    }
    let answer = send(server.http, "PUT", "/v1/logs", &[PROTOBUF], "").await;
    assert_eq!(answer.header("content-type"), "application/x-protobuf");
    assert!(
        read_status(&answer.body, Encoding::Protobuf)
            .unwrap()
            .contains("PUT")
    );
}

#[tokio::test]
async fn an_unknown_path_is_not_found() {
    let server = Server::start().await;
    for path in [
        "/",
        "/v1",
        "/v1/logs/",
        "/v1/profiles",
        "/v1/LOGS",
        "/api/v1/logs/search",
    ] {
        let answer = post(server.http, path, &[], "").await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.json_status().1.contains("/v1/traces"));
    }
    let answer = post(server.http, "/x", &[PROTOBUF], "").await;
    assert_eq!(answer.header("content-type"), "application/x-protobuf");
    assert!(
        !read_status(&answer.body, Encoding::Protobuf)
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn a_refusal_has_the_code_that_grpc_would_have() {
    let server = Server::with(Config::new(100), Mood::Keep).await;
    let answer = post(server.http, "/v1/logs", &[JSON], "{").await;
    assert_eq!((answer.status.as_u16(), answer.json_status().0), (400, 3));
    let answer = post(server.http, "/v1/logs", &[JSON], "x".repeat(101)).await;
    assert_eq!((answer.status.as_u16(), answer.json_status().0), (413, 8));
}

#[tokio::test]
async fn http2_without_asking_first_works_as_well() {
    let server = Server::start().await;
    let body = payload::request(WireSignal::Logs, Encoding::Protobuf, 2);
    let answer = post_http2(server.http, "/v1/logs", &[PROTOBUF], body).await;
    assert_eq!((answer.status.as_u16(), server.store.rows()), (200, 2));
    let answer = post_http2(server.http, "/v1/logs", &[PROTOBUF], vec![0; 65 << 20]).await;
    assert_eq!(answer.status, 413);
}

#[tokio::test]
async fn an_announced_length_beyond_the_limit_is_refused_before_anything_is_sent() {
    let server = Server::start().await;
    let head = raw::head("content-length: 67108865\r\n");
    assert!(
        raw::exchange(server.http, &[&head])
            .await
            .starts_with("HTTP/1.1 413 ")
    );
}

#[tokio::test]
async fn a_client_that_sends_everything_before_it_reads_gets_its_refusal() {
    let server = Server::start().await;
    let mib = vec![b'x'; 1 << 20];
    let mut announced = vec![raw::head(&format!("content-length: {}\r\n", 65 << 20))];
    announced.extend(vec![mib.clone(); 65]);
    let mut chunked = vec![raw::head("transfer-encoding: chunked\r\n")];
    let chunk = [&b"100000\r\n"[..], &mib, b"\r\n"].concat();
    chunked.extend(vec![chunk; 65]);
    chunked.push(b"0\r\n\r\n".to_vec());
    for parts in [announced, chunked] {
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        let answer = raw::exchange(server.http, &parts).await;
        assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    }
    let wrong_type = "POST /v1/logs HTTP/1.1\r\nhost: x\r\ncontent-length: 1048576\r\n\r\n";
    let answer = raw::exchange(server.http, &[wrong_type.as_bytes(), &mib]).await;
    assert!(answer.starts_with("HTTP/1.1 415 "), "{answer}");
    let wrong_path = wrong_type.replace("logs", "lags");
    let answer = raw::exchange(server.http, &[wrong_path.as_bytes(), &mib]).await;
    assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
}

#[tokio::test]
async fn a_refused_body_is_read_to_its_end_and_the_connection_kept() {
    let server = Server::with(Config::new(100_000), Mood::Keep).await;
    let stream = TcpStream::connect(server.http).await.unwrap();
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    for (bytes, status) in [(150_000, 413), (0, 200), (250_000, 413), (0, 200)] {
        sender.ready().await.unwrap();
        let request = request(
            server.http,
            "POST",
            "/v1/logs",
            &[PROTOBUF],
            vec![0; bytes].into(),
        );
        let answer = answer(sender.send_request(request).await.unwrap()).await;
        assert_eq!(answer.status, status);
    }
}

#[tokio::test]
async fn whoever_asks_first_is_told_to_go_on_or_refused() {
    let server = Server::start().await;
    let body = payload::request(WireSignal::Logs, Encoding::Protobuf, 1);
    let mut stream = TcpStream::connect(server.http).await.unwrap();
    let head = raw::head(&format!(
        "expect: 100-continue\r\ncontent-length: {}\r\n",
        body.len()
    ));
    stream.write_all(&head).await.unwrap();
    assert_eq!(
        raw::read_head(&mut stream).await,
        "HTTP/1.1 100 Continue\r\n\r\n"
    );
    stream.write_all(&body).await.unwrap();
    assert!(
        raw::read_head(&mut stream)
            .await
            .starts_with("HTTP/1.1 200 ")
    );

    let head = raw::head("expect: 100-continue\r\ncontent-length: 100000000\r\n");
    assert!(
        raw::exchange(server.http, &[&head])
            .await
            .starts_with("HTTP/1.1 413 ")
    );
}

#[tokio::test]
async fn a_connection_is_kept_for_the_next_request() {
    let server = Server::start().await;
    let body = payload::request(WireSignal::Logs, Encoding::Protobuf, 1);
    let request = [
        raw::head(&format!("content-length: {}\r\n", body.len())),
        body,
    ]
    .concat();
    let mut stream = TcpStream::connect(server.http).await.unwrap();
    for rows in 1..4 {
        stream.write_all(&request).await.unwrap();
        let answer = raw::read_head(&mut stream).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        assert!(answer.contains("content-length: 0\r\n"), "{answer}");
        assert_eq!(server.store.rows(), rows);
    }
}

#[tokio::test]
async fn a_broken_chunk_is_refused_for_good() {
    let server = Server::start().await;
    let head = raw::head("transfer-encoding: chunked\r\n");
    let answer = raw::exchange(server.http, &[&head, b"not a length\r\n"]).await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
}

#[tokio::test]
async fn a_head_beyond_all_measure_is_refused() {
    let server = Server::start().await;
    let head = raw::head(&format!("x-long: {}\r\n", "x".repeat(70_000)));
    let answer = raw::exchange(server.http, &[&head]).await;
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
}
