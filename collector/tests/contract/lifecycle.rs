//! A connection's age, and the end of the server.

use std::time::Duration;

use bytes::Bytes;
use clearspan_collector::Config;
use clearspan_proto::otlp::{Encoding, WireSignal};
use futures::future::{join, join3};
use http_body_util::Full;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;

use crate::sender::{Fate, TRANSPORTS, Transport};
use crate::server::{Mood, Server};
use crate::{grpc_client, http_client, payload};

async fn send_logs(server: &Server, transport: Transport) -> Fate {
    let body = payload::request(WireSignal::Logs, transport.encoding(), 2);
    transport.send(server, WireSignal::Logs, "", &body).await
}

#[tokio::test]
async fn an_old_connection_is_closed_politely() {
    let config = Config {
        max_connection_age: Duration::from_millis(200),
        ..Config::default()
    };
    let server = Server::with(config, Mood::Keep).await;

    let stream = TcpStream::connect(server.grpc).await.unwrap();
    let (mut sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
        .await
        .unwrap();
    let connection = tokio::spawn(connection);
    let body = payload::request(WireSignal::Logs, Encoding::Protobuf, 1);
    let body = Full::<Bytes>::from(grpc_client::frame(false, &body));
    let request = grpc_client::request(server.grpc, grpc_client::path(WireSignal::Logs), &[], body);
    let answer = grpc_client::answer(sender.send_request(request).await.unwrap()).await;
    assert_eq!(answer.code(), grpc_client::OK);
    // The client does nothing more; the server ends it, and not by breaking it.
    connection.await.unwrap().unwrap();

    let stream = TcpStream::connect(server.http).await.unwrap();
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    let connection = tokio::spawn(connection);
    let json = [("content-type", "application/json")];
    let request = http_client::request(server.http, "POST", "/v1/logs", &json, "{}".into());
    let answer = http_client::answer(sender.send_request(request).await.unwrap()).await;
    assert_eq!(answer.status, 200);
    connection.await.unwrap().unwrap();
}

/// Sends over each transport and begins the shutdown when all three wait in the store.
async fn shut_down_meanwhile(server: &Server, release: usize) -> [Fate; 3] {
    let [grpc, protobuf, json] = TRANSPORTS;
    let sending = join3(
        send_logs(server, grpc),
        send_logs(server, protobuf),
        send_logs(server, json),
    );
    let ending = async {
        server.store.arrived(3).await;
        server.begin_shutdown();
        server.store.release(release);
        server.ended().await;
    };
    let ((grpc, protobuf, json), ()) = join(sending, ending).await;
    [grpc, protobuf, json]
}

#[tokio::test]
async fn requests_in_flight_are_finished_before_the_server_ends() {
    let server = Server::with(Config::default(), Mood::Wait).await;
    // Idle connections do not hold it up, whether they have said something or not.
    let _silent = TcpStream::connect(server.http).await.unwrap();
    let stream = TcpStream::connect(server.grpc).await.unwrap();
    let io = TokioIo::new(stream);
    let (_idle, connection) = http2::handshake::<_, _, Full<Bytes>>(TokioExecutor::new(), io)
        .await
        .unwrap();
    tokio::spawn(connection);

    let fates = shut_down_meanwhile(&server, 3).await;
    assert_eq!(fates, [Fate::whole(), Fate::whole(), Fate::whole()]);
    assert_eq!(server.store.rows(), 6);
    for port in [server.grpc, server.http] {
        assert!(TcpStream::connect(port).await.is_err());
    }
}

#[tokio::test]
async fn requests_that_do_not_finish_in_time_are_told_to_come_back() {
    let drain_time = Duration::from_millis(50);
    let config = Config {
        drain_time,
        ..Config::default()
    };
    let server = Server::with(config, Mood::Wait).await;
    let fates = shut_down_meanwhile(&server, 0).await;
    assert_eq!(fates, TRANSPORTS.map(|transport| transport.retryable(503)));
    assert_eq!(server.store.rows(), 0);
}
