//! The collector: receives telemetry over OTLP, gRPC and HTTP, and answers the sender.
//!
//! There is one journey for all of it, in `ingest.rs`, which reads: bytes → inflate → decode → append → answer. The
//! transports stand around it: they read a body within its limits, and they say the outcome in their own codes.
//! Nothing is acknowledged before storage has made it durable; whatever cannot be kept is either refused for
//! good, so that no sender repeats it for ever, or refused retryably, so that no sender drops it.
//!
//! | file | what it holds |
//! |---|---|
//! | `config.rs`, `limits.rs` | what can be set, and every limit with its reason |
//! | `ingest.rs` | the journey of a request |
//! | `unpack.rs` | from bytes to a batch: inflating and decoding |
//! | `inflate.rs` | the one inflater |
//! | `body.rs` | reading a body, within its limits |
//! | `door.rs` | what stands around every request: counting, shutdown, a caught panic |
//! | `refusal.rs` | why a request was not taken |
//! | `sink.rs` | where batches go |
//! | `counters.rs` | what was received, for the status page |
//! | `serve.rs` | listening: connections, their age, draining |
//! | `grpc/`, `http/` | the transports |
//!
//! This room knows no segment and no search. It names no wire type: those are `clearspan-proto`'s.

mod body;
mod config;
mod counters;
mod door;
mod grpc;
mod http;
mod inflate;
mod ingest;
mod limits;
mod refusal;
mod serve;
mod sink;
mod unpack;

use std::future::Future;
use std::sync::Arc;

use clearspan_storage::TenantId;
use clearspan_storage::background::Clock;
use clearspan_storage::memory::MemoryBudget;
use tokio::net::TcpListener;

pub use config::Config;
pub use counters::{CollectorStatus, SignalStatus};
pub use sink::Sink;

use door::Door;
use ingest::Ingest;

/// Receives telemetry for one tenant and hands it to a [`Sink`].
#[derive(Debug)]
pub struct Collector {
    config: Arc<Config>,
    ingest: Arc<Ingest>,
}

impl Collector {
    /// A collector that nobody can reach yet. Its requests have an account of `memory`, in which one of full size always finds room. The
    /// error is what [`Config::validate`] says, or that `memory` has no such room.
    pub fn new(
        config: Config,
        sink: Arc<dyn Sink>,
        clock: Arc<dyn Clock>,
        tenant: TenantId,
        memory: &MemoryBudget,
    ) -> Result<Self, String> {
        config.validate()?;
        let memory = config.account(memory)?;
        let ingest = Arc::new(Ingest::new(&config, sink, clock, tenant, memory));
        let config = Arc::new(config);
        Ok(Self { config, ingest })
    }

    /// Serves OTLP over gRPC until `shutdown` completes and the requests in flight are answered.
    pub async fn serve_grpc(&self, listener: TcpListener, shutdown: impl Future<Output = ()>) {
        let door = Door::new(Arc::clone(&self.ingest), Arc::clone(&self.config));
        let routes = grpc::routes(&door);
        serve::serve(listener, serve::Protocol::Http2, routes, &door, shutdown).await;
    }

    /// Serves OTLP over HTTP until `shutdown` completes and the requests in flight are answered.
    pub async fn serve_http(&self, listener: TcpListener, shutdown: impl Future<Output = ()>) {
        let door = Door::new(Arc::clone(&self.ingest), Arc::clone(&self.config));
        let routes = http::routes(door.clone());
        serve::serve(listener, serve::Protocol::Any, routes, &door, shutdown).await;
    }

    /// Figures since the start.
    pub fn status(&self) -> CollectorStatus {
        self.ingest.status()
    }
}
