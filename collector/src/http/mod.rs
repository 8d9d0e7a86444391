//! OTLP over HTTP: `POST /v1/traces`, `/v1/logs` and `/v1/metrics`, protobuf or JSON.
//!
//! | file | what it holds |
//! |---|---|
//! | `export.rs` | the three routes |
//! | `head.rs` | what the headers say of the body |
//! | `answer.rs` | outcomes and refusals as HTTP answers |
//! | `linger.rs` | reading on after an early refusal |
//! | `cors.rs` | senders in browsers |
//!
//! Every answer of 400 and above that is ours has a `google.rpc.Status` as its body. hyper answers by itself, without
//! one, what it cannot read as HTTP at all.

mod answer;
mod cors;
mod export;
mod head;
mod linger;

use axum::Router;
use axum::extract::Request;
use axum::middleware::from_fn_with_state;
use axum::routing::post;
use clearspan_proto::otlp::WireSignal;

use crate::door::Door;

const ROUTES: [(&str, WireSignal); 3] = [
    ("/v1/traces", WireSignal::Traces),
    ("/v1/logs", WireSignal::Logs),
    ("/v1/metrics", WireSignal::Metrics),
];

/// All that can be asked.
pub(crate) fn routes(door: Door) -> Router {
    let mut router = Router::new();
    for (path, signal) in ROUTES {
        let door = door.clone();
        let export = move |request: Request| export::export(door, signal, request);
        router = router.route(path, post(export));
    }
    let not_found = door.clone();
    let wrong_method = door.clone();
    let router = router
        .fallback(move |request: Request| export::not_found(not_found, request))
        .method_not_allowed_fallback(move |request: Request| {
            export::wrong_method(wrong_method, request)
        });
    if door.config.cors_allowed_origins.is_empty() {
        return router;
    }
    router.layer(from_fn_with_state(door, cors::cors))
}
