//! Loads of a receiver over gRPC that does not take everything at once: calls as they are on the wire.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, Response};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use super::load;

/// A status of gRPC, and the `grpc-status-details-bin` beside it.
type Status = (i32, Option<&'static str>);

/// A `google.rpc.Status` with a `RetryInfo` of 0 s and 10 ms, and without its padding, in base64.
const RETRY_SOON: &str =
    "CA4aMwoodHlwZS5nb29nbGVhcGlzLmNvbS9nb29nbGUucnBjLlJldHJ5SW5mbxIHCgUQgK3iBA";

/// Answers each call with the status that its number gets, until it is dropped.
struct Receiver {
    url: String,
    calls: Arc<AtomicUsize>,
    _runtime: Runtime,
}

impl Receiver {
    fn start(status: fn(usize) -> Status) -> Self {
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let calls = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&calls);
        let routes = Router::new().fallback(move |request: Request| {
            let number = seen.fetch_add(1, Ordering::Relaxed);
            answer(request, status(number))
        });
        runtime.spawn(async move { axum::serve(listener, routes).await });
        Self {
            url,
            calls,
            _runtime: runtime,
        }
    }

    fn load(&self) -> super::Loaded {
        let flags = ["--to", &self.url, "--protocol", "grpc", "--signal", "spans"];
        let ten = [
            "--rate",
            "500",
            "--duration",
            "200ms",
            "--batch",
            "10",
            "--header",
            "x-tenant: one",
        ];
        load(&[&flags[..], &ten].concat()).loaded()
    }
}

async fn answer(request: Request, (code, details): Status) -> Response<Body> {
    let path = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
    assert_eq!(request.uri().path(), path);
    assert_eq!(request.headers()["content-type"], "application/grpc");
    assert_eq!(request.headers()["te"], "trailers");
    assert_eq!(request.headers()["x-tenant"], "one");
    let body = axum::body::to_bytes(request.into_body(), 1 << 24).await;
    let body = body.unwrap();
    let length = u32::from_be_bytes(body[1..5].try_into().unwrap());
    assert_eq!((body[0], length as usize), (0, body.len() - 5));

    let mut response = Response::new(Body::from(Bytes::from_static(&[0; 5])));
    let headers: &mut HeaderMap = response.headers_mut();
    headers.insert("content-type", "application/grpc".parse().unwrap());
    headers.insert("grpc-status", code.into());
    headers.insert("grpc-message", "as the test says".parse().unwrap());
    if let Some(details) = details {
        headers.insert("grpc-status-details-bin", details.parse().unwrap());
    }
    response
}

#[test]
fn unavailable_and_exhausted_with_a_delay_are_tried_again() {
    let receiver = Receiver::start(|number| match number {
        0 => (14, Some(RETRY_SOON)),
        1 => (14, None),
        2 => (8, Some(RETRY_SOON)),
        _ => (0, None),
    });
    let loaded = receiver.load();
    assert_eq!(loaded.code, Some(0), "{} {}", loaded.report, loaded.stderr);
    loaded.assert_adds_up();
    assert_eq!(loaded.records("acknowledged"), 100);
    assert_eq!(loaded.report["retries"], 3);
    assert_eq!(receiver.calls.load(Ordering::Relaxed), 13);
    assert_eq!(loaded.report["not_taken"]["gRPC 14"], 2);
    assert_eq!(loaded.report["not_taken"]["gRPC 8"], 1);
}

#[test]
fn exhausted_without_a_delay_and_invalid_are_refusals() {
    let receiver = Receiver::start(|number| match number {
        0 => (8, None),
        1 => (3, None),
        _ => (0, None),
    });
    let loaded = receiver.load();
    assert_eq!(loaded.code, Some(0), "{} {}", loaded.report, loaded.stderr);
    loaded.assert_adds_up();
    assert_eq!(loaded.records("refused"), 20);
    assert_eq!(loaded.report["retries"], 0);
    let told = "gRPC status 3: as the test says";
    assert!(loaded.stderr.contains(told), "{}", loaded.stderr);
}
