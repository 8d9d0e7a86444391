//! Listening: connections, their age, and draining at the end. The same for both transports.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::door::Door;
use crate::limits;

/// What a port speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// HTTP/2 from the first byte, as gRPC has it.
    Http2,
    /// HTTP/1.1, or HTTP/2 for whoever begins with it.
    Any,
}

/// Serves `routes` until `shutdown` completes. Then
///
/// 1. no connection is accepted, idle ones are closed, and the others are told to finish;
/// 2. after the time for draining, requests that are still there are refused retryably;
/// 3. a second later whatever is left is cut off, which a sender takes as a reason to try again.
pub(crate) async fn serve(
    listener: TcpListener,
    protocol: Protocol,
    routes: Router,
    door: &Door,
    shutdown: impl Future<Output = ()>,
) {
    let places = Arc::new(Semaphore::new(limits::CONNECTIONS));
    let draining = CancellationToken::new();
    let service = TowerToHyperService::new(routes);
    let age = door.config.max_connection_age;
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            biased;
            () = &mut shutdown => break,
            Some(_) = connections.join_next() => {}
            (stream, peer, place) = accept(&listener, &places) => {
                let age = spread(age, peer);
                let connection = attend(stream, builder(protocol), service.clone(), age, draining.clone());
                connections.spawn(async move {
                    connection.await;
                    drop(place);
                });
            }
        }
    }
    drop(listener);
    draining.cancel();
    if timeout(door.config.drain_time, all(&mut connections))
        .await
        .is_err()
    {
        door.closed.cancel();
        let _ = timeout(limits::LAST_WORDS_TIME, all(&mut connections)).await;
    }
    connections.shutdown().await;
}

async fn all(connections: &mut JoinSet<()>) {
    while connections.join_next().await.is_some() {}
}

/// The next connection, once there is a place for it.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> (TcpStream, SocketAddr, Option<OwnedSemaphorePermit>) {
    let place = Arc::clone(places).acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => return (stream, peer, place),
            Err(error) => {
                tracing::warn!(%error, "connection not accepted");
                sleep(limits::ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Up to a tenth less than `age`, so that connections opened together are not closed together.
fn spread(age: Duration, peer: SocketAddr) -> Duration {
    age - age / 1_000 * u32::from(peer.port() % 100)
}

fn builder(protocol: Protocol) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .max_buf_size(limits::HEAD_BYTES)
        .header_read_timeout(limits::HEAD_TIME);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits::STREAMS)
        .max_pending_accept_reset_streams(limits::PENDING_RESETS)
        .max_local_error_reset_streams(limits::LOCAL_RESETS)
        .max_header_list_size(limits::HEADER_LIST_BYTES)
        .keep_alive_interval(limits::PING_INTERVAL)
        .keep_alive_timeout(limits::PING_TIME);
    match protocol {
        Protocol::Http2 => builder.http2_only(),
        Protocol::Any => builder,
    }
}

/// Sees a connection through: to its end, or to its age, or to the server's end.
async fn attend(
    stream: TcpStream,
    builder: Builder<TokioExecutor>,
    service: TowerToHyperService<Router>,
    age: Duration,
    draining: CancellationToken,
) {
    let _ = stream.set_nodelay(true);
    let speaks = tokio::select! {
        readable = timeout(limits::FIRST_BYTE_TIME, stream.readable()) => matches!(readable, Ok(Ok(()))),
        () = draining.cancelled() => false,
    };
    if !speaks {
        return;
    }
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    tokio::select! {
        ended = connection.as_mut() => return note(ended),
        () = sleep(age) => {}
        () = draining.cancelled() => {}
    }
    connection.as_mut().graceful_shutdown();
    if let Ok(ended) = timeout(limits::OLD_CONNECTION_TIME, connection).await {
        note(ended);
    }
}

/// A connection that broke is the sender's affair, and common.
fn note<E: std::fmt::Display>(ended: Result<(), E>) {
    if let Err(error) = ended {
        tracing::debug!(%error, "connection broke");
    }
}
