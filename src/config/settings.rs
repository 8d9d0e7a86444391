//! The settings as values. A room's own limits and their defaults live in that room's `Config`; here they get a name.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Everything that can be configured.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Settings {
    pub(crate) server: Server,
    pub(crate) storage: Storage,
    pub(crate) collector: Collector,
    pub(crate) query: Query,
    pub(crate) log: Log,
}

/// `[server]`: where the data lies and where the ports open.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Server {
    /// The data folder, of this process alone.
    pub(crate) data_dir: PathBuf,
    /// OTLP over gRPC.
    pub(crate) otlp_grpc: SocketAddr,
    /// OTLP over HTTP.
    pub(crate) otlp_http: SocketAddr,
    /// API and pages.
    pub(crate) http: SocketAddr,
    /// Whether an address may be reachable from other machines although nobody is asked who they are.
    pub(crate) allow_public: bool,
    /// After SIGTERM, requests in flight get this long before their connections are closed.
    pub(crate) drain_timeout_ms: u64,
}

impl Default for Server {
    fn default() -> Self {
        let loopback = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Self {
            data_dir: PathBuf::from("./clearspan-data"),
            otlp_grpc: loopback(4317),
            otlp_http: loopback(4318),
            http: loopback(4320),
            allow_public: false,
            drain_timeout_ms: 10_000,
        }
    }
}

/// `[storage]`: when a batch is durable and when a memtable becomes a segment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Storage {
    /// A memtable of this size is flushed.
    pub(crate) flush_bytes: u64,
    /// A memtable of this age is flushed.
    pub(crate) flush_interval_ms: u64,
    /// When the WAL is synced to disk.
    pub(crate) fsync: Fsync,
}

impl Default for Storage {
    fn default() -> Self {
        Self {
            flush_bytes: 64 << 20,
            flush_interval_ms: 300_000,
            fsync: Fsync::Always,
        }
    }
}

/// When the WAL is synced to disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Fsync {
    /// Before each acknowledgement.
    Always,
    /// Once a second; a power loss may take what was acknowledged since.
    Interval,
    /// When the operating system likes.
    Never,
}

/// `[collector]`: what a sender may do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Collector {
    /// Size limit of one request, counted after decompression.
    pub(crate) max_request_bytes: u64,
    /// Origins whose pages may send OTLP/HTTP from a browser; `*` is any.
    pub(crate) cors_allowed_origins: Vec<String>,
    /// A connection of this age is closed politely, so that a load balancer can spread its clients.
    pub(crate) max_connection_age_ms: u64,
}

impl Default for Collector {
    fn default() -> Self {
        Self {
            max_request_bytes: 64 << 20,
            cors_allowed_origins: Vec::new(),
            max_connection_age_ms: 600_000,
        }
    }
}

/// `[query]`: what one question may cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Query {
    /// A question that takes longer is given up.
    pub(crate) timeout_ms: u64,
    /// Memory of all questions together.
    pub(crate) memory_bytes: u64,
}

impl Default for Query {
    fn default() -> Self {
        Self {
            timeout_ms: 30_000,
            memory_bytes: 512 << 20,
        }
    }
}

/// `[log]`: the program's own log, on stderr.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Log {
    /// `error`, `warn`, `info`, `debug`, `trace`, or a list such as `info,clearspan_storage=debug`.
    pub(crate) level: String,
    /// For people or for machines.
    pub(crate) format: LogFormat,
}

impl Default for Log {
    fn default() -> Self {
        Self {
            level: "info".to_owned(),
            format: LogFormat::Text,
        }
    }
}

/// How the program's own log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// One line of text for each event.
    Text,
    /// One JSON object for each event.
    Json,
}
