//! What holds for gRPC.

use std::convert::Infallible;

use bytes::Bytes;
use clearspan_collector::Config;
use clearspan_proto::otlp::{Encoding, WireSignal};
use futures::StreamExt;
use http_body::Frame;
use http_body_util::StreamBody;

use crate::grpc_client::{
    GrpcAnswer, INVALID_ARGUMENT, OK, RESOURCE_EXHAUSTED, UNIMPLEMENTED, call, call_with, frame,
    path,
};
use crate::payload;
use crate::server::{Mood, Server};

const LOGS: &str = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";

fn logs(records: usize) -> Vec<u8> {
    payload::request(WireSignal::Logs, Encoding::Protobuf, records)
}

/// A body that begins with `chunks` and never ends.
fn endless(
    chunks: Vec<Vec<u8>>,
) -> impl http_body::Body<Data = Bytes, Error = Infallible> + Unpin + Send {
    let chunks = futures::stream::iter(chunks).chain(futures::stream::pending());
    StreamBody::new(chunks.map(|chunk| Ok(Frame::data(Bytes::from(chunk)))))
}

#[tokio::test]
async fn a_success_is_a_message_and_the_status_ok() {
    let server = Server::start().await;
    for signal in payload::SIGNALS {
        let body = frame(false, b"");
        let answer = call(server.grpc, path(signal), &[], body).await;
        assert_eq!(answer.code(), OK);
        assert_eq!(answer.message, Some(Bytes::new()));
        assert_eq!(answer.header("content-type"), "application/grpc");
    }
}

#[tokio::test]
async fn a_message_may_come_in_any_pieces() {
    let server = Server::start().await;
    let body = frame(false, &logs(3));
    let pieces = body
        .chunks(1)
        .map(|byte| Ok::<_, Infallible>(Frame::data(Bytes::copy_from_slice(byte))));
    let pieces = StreamBody::new(futures::stream::iter(pieces.collect::<Vec<_>>()));
    let answer = call_with(server.grpc, LOGS, &[], pieces).await;
    assert_eq!(answer.code(), OK);
    assert_eq!(server.store.rows(), 3);
}

#[tokio::test]
async fn a_message_that_is_not_marked_as_compressed_is_not() {
    let server = Server::start().await;
    let answer = call(
        server.grpc,
        LOGS,
        &[("grpc-encoding", "gzip")],
        frame(false, &logs(3)),
    )
    .await;
    assert_eq!(answer.code(), OK);
    assert_eq!(server.store.rows(), 3);
}

#[tokio::test]
async fn broken_framing_is_an_invalid_argument() {
    let server = Server::start().await;
    let whole = frame(false, &logs(3));
    let mut flag = whole.clone();
    flag[0] = 2;
    let bodies = [
        ("nothing", Vec::new()),
        ("half a head", whole[..3].to_vec()),
        ("a head alone", whole[..5].to_vec()),
        ("a byte missing", whole[..whole.len() - 1].to_vec()),
        ("a byte too many", [&whole[..], b"x"].concat()),
        ("two messages", [&whole[..], &whole[..]].concat()),
        ("an unknown flag", flag),
        ("compressed by nothing", frame(true, &logs(3))),
    ];
    for (what, body) in bodies {
        let answer = call(server.grpc, LOGS, &[], body).await;
        assert_eq!(answer.code(), INVALID_ARGUMENT, "{what}");
        assert_eq!(answer.retry_delay(), None, "{what}");
    }
    assert_eq!(server.store.batches(), 0);
}

#[tokio::test]
async fn a_length_that_lies_costs_no_memory() {
    let server = Server::start().await;
    let claims = [&[0][..], &(60_u32 << 20).to_be_bytes(), b"short"].concat();
    let answer = call(server.grpc, LOGS, &[], claims).await;
    assert_eq!(answer.code(), INVALID_ARGUMENT);
    assert_eq!(server.status().in_flight_bytes, 0);
}

#[tokio::test]
async fn a_message_that_claims_to_be_too_large_is_refused_before_it_is_read() {
    let server = Server::start().await;
    for claimed in [(64_u32 << 20) + 1, u32::MAX] {
        for flag in [0, 1] {
            let head = [&[flag][..], &claimed.to_be_bytes()].concat();
            let answer = call_with(
                server.grpc,
                LOGS,
                &[("grpc-encoding", "gzip")],
                endless(vec![head]),
            )
            .await;
            assert_eq!(answer.code(), RESOURCE_EXHAUSTED);
            assert_eq!(answer.retry_delay(), None);
        }
    }
}

#[tokio::test]
async fn more_than_the_message_is_not_read() {
    let server = Server::start().await;
    let body = endless(vec![frame(false, &logs(1)), vec![0; 100]]);
    assert_eq!(
        call_with(server.grpc, LOGS, &[], body).await.code(),
        INVALID_ARGUMENT
    );
}

#[tokio::test]
async fn an_unknown_encoding_is_unimplemented_and_the_known_ones_are_named() {
    let server = Server::start().await;
    for encoding in ["snappy", "br", "gzip, gzip"] {
        let answer = call(
            server.grpc,
            LOGS,
            &[("grpc-encoding", encoding)],
            frame(true, b"x"),
        )
        .await;
        assert_eq!(answer.code(), UNIMPLEMENTED);
        assert_eq!(
            answer.header("grpc-accept-encoding"),
            "identity, gzip, zstd, deflate"
        );
    }
}

#[tokio::test]
async fn an_unknown_method_is_unimplemented() {
    let server = Server::start().await;
    for path in [
        "/opentelemetry.proto.collector.logs.v1.LogsService/Import",
        "/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export",
        "/v1/logs",
        "/",
    ] {
        let answer = call(server.grpc, path, &[], frame(false, b"")).await;
        assert_eq!(
            (answer.http.as_u16(), answer.code()),
            (200, UNIMPLEMENTED),
            "{path}"
        );
    }
}

#[tokio::test]
async fn another_content_type_is_refused_by_http_itself() {
    let server = Server::start().await;
    for content_type in [
        "application/json",
        "application/grpc+json",
        "application/grpc-web",
        "text/plain",
    ] {
        let answer = call(
            server.grpc,
            LOGS,
            &[("content-type", content_type)],
            frame(false, b""),
        )
        .await;
        assert_eq!(answer.http, 415, "{content_type}");
    }
    for content_type in [
        "application/grpc",
        "application/grpc+proto",
        "Application/GRPC; charset=utf-8",
    ] {
        let answer = call(
            server.grpc,
            LOGS,
            &[("content-type", content_type)],
            frame(false, b""),
        )
        .await;
        assert_eq!(answer.code(), OK, "{content_type}");
    }
}

#[tokio::test]
async fn a_compressed_message_longer_than_the_limit_is_too_large() {
    let server = Server::with(Config::new(100), Mood::Keep).await;
    // Stored, not deflated: longer than what it holds.
    let mut body = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    std::io::Write::write_all(&mut body, &payload::logs_of_bytes(Encoding::Protobuf, 100)).unwrap();
    let body = frame(true, &body.finish().unwrap());
    let answer: GrpcAnswer = call(server.grpc, LOGS, &[("grpc-encoding", "gzip")], body).await;
    assert_eq!(answer.code(), RESOURCE_EXHAUSTED);
}
