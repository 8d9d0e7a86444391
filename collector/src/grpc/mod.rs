//! OTLP over gRPC: three services of one unary method each, over raw bytes.
//!
//! tonic's generated services and its codecs would inflate, limit and decode before we see a byte, each in a way
//! that OTLP does not allow (`docs/adr/0005-raw-grpc.md` says which). A unary call is small: one
//! message of five bytes of head and a body in, one out, and a status. So the services are plain routes; from tonic
//! come the status codes and how a status is put on the wire.
//!
//! | file | what it holds |
//! |---|---|
//! | `export.rs` | the method |
//! | `message.rs` | a message's frame, both ways |
//! | `status.rs` | refusals as gRPC statuses |

mod export;
mod message;
mod status;

use axum::Router;
use axum::extract::Request;
use axum::routing::post;
use clearspan_proto::otlp::WireSignal;

use crate::door::Door;

const SERVICES: [(&str, WireSignal); 3] = [
    (
        "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
        WireSignal::Traces,
    ),
    (
        "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
        WireSignal::Logs,
    ),
    (
        "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
        WireSignal::Metrics,
    ),
];

/// All that can be called.
pub(crate) fn routes(door: &Door) -> Router {
    let mut router = Router::new();
    for (path, signal) in SERVICES {
        let door = door.clone();
        let export = move |request: Request| export::export(door, signal, request);
        router = router.route(path, post(export));
    }
    router
        .fallback(status::unknown_method)
        .method_not_allowed_fallback(status::unknown_method)
}
