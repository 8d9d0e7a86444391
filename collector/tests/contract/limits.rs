//! Overload, slow senders, faults of our own.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use clearspan_collector::Config;
use clearspan_proto::otlp::WireSignal;
use clearspan_storage::AppendError;
use clearspan_storage::memory::{MemoryBudget, Purpose};
use futures::StreamExt;
use futures::future::join;
use http_body::Frame;
use http_body_util::StreamBody;

use crate::grpc_client::{
    self, INVALID_ARGUMENT, PERMISSION_DENIED, RESOURCE_EXHAUSTED, UNAVAILABLE,
};
use crate::sender::{Fate, TRANSPORTS, Transport};
use crate::server::{Mood, Server};
use crate::{http_client, payload, raw};

async fn send_logs(server: &Server, transport: Transport) -> Fate {
    let body = payload::request(WireSignal::Logs, transport.encoding(), 2);
    transport.send(server, WireSignal::Logs, "", &body).await
}

#[tokio::test]
async fn what_the_store_refuses_for_now_is_retryable_and_for_good_is_not() {
    let retry_after = Duration::from_millis(1_500);
    let detail = String::new();
    let errors = [
        (
            AppendError::Overloaded { retry_after },
            Some(429),
            "overloaded",
        ),
        (
            AppendError::DiskFull {
                retry_after,
                detail: detail.clone(),
            },
            Some(503),
            "disk_full",
        ),
        (
            AppendError::Io {
                retry_after,
                detail,
            },
            Some(503),
            "storage_failed",
        ),
        (AppendError::ShuttingDown, Some(503), "shutting_down"),
        (
            AppendError::TooLarge {
                bytes: 2,
                bytes_max: 1,
            },
            None,
            "too_large",
        ),
        (AppendError::Encoding("x".to_owned()), None, "unstorable"),
        (
            AppendError::UnknownTenant("x".to_owned()),
            None,
            "unknown_tenant",
        ),
    ];
    for (error, http, kind) in errors {
        let for_good = |transport: Transport| match kind {
            "too_large" => transport.refused(RESOURCE_EXHAUSTED, 413),
            "unstorable" => transport.refused(INVALID_ARGUMENT, 400),
            _ => transport.refused(PERMISSION_DENIED, 403),
        };
        let server = Server::with(Config::default(), Mood::Refuse(error)).await;
        for transport in TRANSPORTS {
            let expected =
                http.map_or_else(|| for_good(transport), |http| transport.retryable(http));
            assert_eq!(send_logs(&server, transport).await, expected, "{kind}");
        }
        let status = server.status().logs;
        assert_eq!(status.refused, BTreeMap::from([(kind, 3)]));
        assert_eq!((status.requests, status.accepted), (3, 0));
    }
}

#[tokio::test]
async fn a_refused_sender_is_told_when_to_come_back() {
    let retry_after = Duration::from_millis(1_500);
    let server = Server::with(
        Config::default(),
        Mood::Refuse(AppendError::Overloaded { retry_after }),
    )
    .await;
    let body = payload::request(WireSignal::Logs, Transport::Protobuf.encoding(), 1);
    let path = grpc_client::path(WireSignal::Logs);
    let answer = grpc_client::call(server.grpc, path, &[], grpc_client::frame(false, &body)).await;
    assert_eq!(
        (answer.code(), answer.retry_delay()),
        (UNAVAILABLE, Some(retry_after))
    );
    let headers = [("content-type", "application/x-protobuf")];
    let answer = http_client::post(server.http, "/v1/logs", &headers, body).await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("retry-after")),
        (429, "2")
    );
}

#[tokio::test]
async fn rejected_records_are_not_counted_when_the_rest_comes_again() {
    let server = Server::with(Config::default(), Mood::Refuse(AppendError::ShuttingDown)).await;
    let mixed = payload::traces(Transport::Json.encoding(), &[([0; 16], 1), ([7; 16], 1)]);
    Transport::Json
        .send(&server, WireSignal::Traces, "", &mixed)
        .await;
    assert_eq!(server.status().traces.rejected, BTreeMap::new());
}

#[tokio::test]
async fn one_request_more_than_allowed_at_once_is_told_to_come_back() {
    let config = Config {
        max_in_flight_requests: 2,
        ..Config::default()
    };
    let server = Server::with(config, Mood::Wait).await;
    for transport in TRANSPORTS {
        let waiting = join(send_logs(&server, transport), send_logs(&server, transport));
        let one_more = async {
            server.store.arrived(2).await;
            let fate = send_logs(&server, transport).await;
            server.store.release(2);
            fate
        };
        let (taken, refused) = join(waiting, one_more).await;
        assert_eq!(taken, (Fate::whole(), Fate::whole()));
        assert_eq!(refused, transport.retryable(429));
    }
    assert_eq!(server.store.batches(), 6);
    assert_eq!(server.status().in_flight_bytes, 0);
}

#[tokio::test]
async fn more_bytes_than_allowed_at_once_are_told_to_come_back() {
    let config = Config {
        max_in_flight_bytes: 30_000,
        ..Config::new(10_000)
    };
    for transport in TRANSPORTS {
        for coding in ["", "gzip"] {
            let server = Server::with(config.clone(), Mood::Wait).await;
            let body = payload::logs_of_bytes(transport.encoding(), 9_000);
            let send = || transport.send(&server, WireSignal::Logs, coding, &body);
            let waiting = async {
                // One after the other: while it is decoded, a request holds twice its size.
                let first = send();
                let then = async {
                    server.store.arrived(1).await;
                    let next = async {
                        server.store.arrived(1).await;
                        let refused = send().await;
                        server.store.release(2);
                        refused
                    };
                    join(send(), next).await
                };
                join(first, then).await
            };
            let (first, (second, refused)) = waiting.await;
            assert_eq!((first, second), (Fate::whole(), Fate::whole()));
            assert_eq!(refused, transport.retryable(429), "{transport:?} {coding}");
            assert_eq!(server.status().in_flight_bytes, 0);
            server.store.release(1);
            assert_eq!(send().await, Fate::whole());
        }
    }
}

/// One request of full size finds room whatever questions hold, and more of them what is left.
#[tokio::test]
async fn what_questions_hold_is_not_what_requests_need() {
    let config = Config {
        max_in_flight_bytes: 100_000,
        ..Config::new(10_000)
    };
    let memory = MemoryBudget::new(40_000);
    let server = Server::with_memory(config, Mood::Wait, &memory).await;
    let queries = memory.account(Purpose::Queries, 0, usize::MAX).unwrap();
    let mut question = queries.hold();
    assert!(question.grow(10_001).is_err());
    question.grow(10_000).unwrap();
    for transport in TRANSPORTS {
        let body = payload::logs_of_bytes(transport.encoding(), 9_000);
        let send = || transport.send(&server, WireSignal::Logs, "", &body);
        // Two hold their rows; a third would need twice its size while it is decoded.
        let others = async {
            server.store.arrived(1).await;
            let after_the_first = async {
                server.store.arrived(1).await;
                let refused = send().await;
                question.resize(0).unwrap();
                let taken = async {
                    server.store.arrived(1).await;
                    server.store.release(3);
                };
                let (taken, ()) = join(send(), taken).await;
                question.resize(10_000).unwrap();
                (refused, taken)
            };
            join(send(), after_the_first).await
        };
        let (first, (second, (refused, taken))) = join(send(), others).await;
        assert_eq!(
            (first, second, taken),
            (Fate::whole(), Fate::whole(), Fate::whole())
        );
        assert_eq!(refused, transport.retryable(429), "{transport:?}");
        assert_eq!(server.status().in_flight_bytes, 0);
    }
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let config = Config {
        body_time: Duration::from_millis(100),
        ..Config::default()
    };
    let server = Server::with(config, Mood::Keep).await;
    let head = raw::head("content-length: 1000\r\n");
    let answer = raw::exchange(server.http, &[&head, b"a few bytes"]).await;
    assert!(
        answer.starts_with("HTTP/1.1 503 ") && answer.contains("retry-after: 1\r\n"),
        "{answer}"
    );

    let start =
        futures::stream::iter([vec![0, 0, 0, 3, 232, 1, 2, 3]]).chain(futures::stream::pending());
    let body =
        StreamBody::new(start.map(|chunk| Ok::<_, Infallible>(Frame::data(Bytes::from(chunk)))));
    let answer =
        grpc_client::call_with(server.grpc, grpc_client::path(WireSignal::Logs), &[], body).await;
    assert_eq!(answer.code(), UNAVAILABLE);
    assert!(answer.retry_delay().is_some());
    assert_eq!(
        server.status().logs.refused,
        BTreeMap::from([("too_slow", 2)])
    );
    assert_eq!(server.status().in_flight_bytes, 0);
}

#[tokio::test]
async fn a_panic_is_a_fault_for_now_and_the_server_goes_on() {
    let server = Server::with(Config::default(), Mood::Panic).await;
    for transport in [TRANSPORTS, TRANSPORTS].concat() {
        assert_eq!(
            send_logs(&server, transport).await,
            transport.retryable(503)
        );
    }
    assert_eq!(server.status().logs.refused, BTreeMap::from([("fault", 6)]));
    assert_eq!(server.status().in_flight_bytes, 0);
}

#[tokio::test]
async fn a_sender_that_leaves_takes_nothing_along() {
    let server = Server::with(Config::default(), Mood::Wait).await;
    for transport in TRANSPORTS {
        tokio::select! {
            _ = send_logs(&server, transport) => panic!("answered"),
            () = server.store.arrived(1) => {}
        }
    }
    // What the ones that left held is free again once their connections are seen to be gone.
    while server.status().in_flight_bytes > 0 {
        tokio::task::yield_now().await;
    }
}
