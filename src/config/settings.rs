//! The settings as values. A room's own limits and their defaults live in that room's `Config`; here they get a name.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Everything that can be configured.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Settings {
    pub(crate) server: Server,
    pub(crate) storage: Storage,
    pub(crate) retention: Retention,
    pub(crate) collector: Collector,
    pub(crate) query: Query,
    pub(crate) memory: Memory,
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
    /// Names, besides addresses and `localhost`, under which a browser may ask for pages and API; `*` is any.
    pub(crate) allowed_hosts: Vec<String>,
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
            allowed_hosts: Vec::new(),
            drain_timeout_ms: millis(clearspan_collector::Config::default().drain_time),
        }
    }
}

/// `[storage]`: when a batch is durable and when a memtable becomes a segment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Storage {
    /// A memtable of this size is flushed.
    pub(crate) flush_bytes: usize,
    /// A memtable of this age is flushed.
    pub(crate) flush_interval_ms: u64,
    /// When the write-ahead log is synced to disk.
    pub(crate) fsync: Fsync,
    /// How often, where `fsync` is `interval`.
    pub(crate) fsync_interval_ms: u64,
}

impl Default for Storage {
    fn default() -> Self {
        let room = clearspan_storage::Config::new(PathBuf::new());
        Self {
            flush_bytes: room.flush_bytes,
            flush_interval_ms: room.flush_interval_ms,
            fsync: Fsync::Always,
            fsync_interval_ms: 1_000,
        }
    }
}

/// When the write-ahead log is synced to disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Fsync {
    /// Before each acknowledgement.
    Always,
    /// At intervals; a power loss may take what was acknowledged since.
    Interval,
    /// When the operating system likes.
    Never,
}

/// `[retention]`: how long records are kept. 0 is for good.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Retention {
    /// Hours after which logs are deleted.
    pub(crate) logs_hours: u64,
    /// Bytes of logs on disk beyond which the oldest are deleted.
    pub(crate) logs_bytes: u64,
    /// Hours after which spans are deleted.
    pub(crate) spans_hours: u64,
    /// Bytes of spans on disk beyond which the oldest are deleted.
    pub(crate) spans_bytes: u64,
}

/// `[collector]`: what senders may do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Collector {
    /// Size limit of one request, counted after decompression.
    pub(crate) max_request_bytes: u64,
    /// Bytes that all requests in flight may hold together, where the memory budget has them.
    pub(crate) max_in_flight_bytes: u64,
    /// Origins whose pages may send OTLP/HTTP from a browser; `*` is any.
    pub(crate) cors_allowed_origins: Vec<String>,
    /// A connection of this age is closed politely, so that a load balancer can spread its clients.
    pub(crate) max_connection_age_ms: u64,
}

impl Default for Collector {
    fn default() -> Self {
        let room = clearspan_collector::Config::default();
        Self {
            max_request_bytes: room.max_request_bytes,
            max_in_flight_bytes: room.max_in_flight_bytes,
            cors_allowed_origins: room.cors_allowed_origins,
            max_connection_age_ms: millis(room.max_connection_age),
        }
    }
}

/// `[query]`: what questions may cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Query {
    /// A question that takes longer, waiting included, is given up.
    pub(crate) time_limit_ms: u64,
    /// Questions worked on at once; the others wait.
    pub(crate) concurrent_max: usize,
    /// Memory of all questions together, for sorting, joining and counting, where the memory budget has it.
    pub(crate) memory_bytes: usize,
    /// Where more rows may have to be looked at to know how many match, a search answers first without that.
    pub(crate) count_rows_max: u64,
    /// Rows of one answer to SQL.
    pub(crate) sql_rows_max: usize,
    /// A question in SQL that takes longer, waiting included, is given up.
    pub(crate) sql_time_limit_ms: u64,
}

impl Default for Query {
    fn default() -> Self {
        let room = clearspan_query::Config::default();
        Self {
            time_limit_ms: millis(room.time_limit),
            concurrent_max: room.concurrent_max,
            memory_bytes: room.memory_bytes,
            count_rows_max: room.count_rows_max,
            sql_rows_max: room.sql_rows_max,
            sql_time_limit_ms: millis(room.sql_time_limit),
        }
    }
}

/// `[memory]`: one budget for everything.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Memory {
    /// Bytes of requests in flight, memtables, caches and queries together.
    pub(crate) total_bytes: usize,
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            total_bytes: clearspan_storage::Config::MEMORY_BYTES,
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

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
