//! OTLP, the OpenTelemetry protocol, as protobuf and as JSON.
//!
//! | file | what it holds |
//! |---|---|
//! | `traces.rs`, `logs.rs` | requests to batches and back |
//! | `metrics.rs` | counting data points, which are not stored yet |
//! | `outcome.rs` | what became of a request: its batch, what was rejected, what was repaired |
//! | `error.rs` | why a request could not be decoded |
//! | `request.rs` | bodies to messages, in either encoding |
//! | `attributes.rs` | attribute lists and values, to and from the batches' encoding |
//! | `groups.rs` | resource and scope, to and from the batches' encoding; records back under them |
//! | `parts.rs` | bounding the messages inside records |
//! | `wire.rs` | counting a protobuf request's records before any message is built |
//! | `response.rs`, `status.rs` | answers to senders |
//! | `answer.rs` | the same answers, as a sender reads them |
//! | `times.rs` | the newest time of a request, and moving all of its times |
//! | `stencil/` | requests that are sent many times, each time as new records |
//! | `frames.rs` | files of length-prefixed messages, as the Collector writes them |
//!
//! A span is bad, and rejected, when its trace or span id has a wrong length, is absent or all zero.
//! Everything else that is odd is kept; what could not be kept as sent is counted in [`Repairs`].

mod answer;
mod attributes;
mod error;
pub mod frames;
mod groups;
mod logs;
mod metrics;
mod outcome;
mod parts;
pub(crate) mod request;
mod response;
mod status;
mod stencil;
#[cfg(test)]
mod tests;
mod times;
mod traces;
mod wire;

pub use answer::{PartialSuccess, read_response, read_retry_delay, read_status};
pub use error::DecodeError;
pub use logs::{decode_logs, encode_logs_json, encode_logs_protobuf};
pub use metrics::count_metric_points;
pub use outcome::{Decoded, Rejections, Repairs};
pub use request::count_records;
pub use response::{logs_response, metrics_response, traces_response};
pub use status::{status, status_with_retry};
pub use stencil::{Label, Stamp, Stencil, stencil_number};
pub use times::{newest_time, shift_times};
pub use traces::{decode_traces, encode_traces_json, encode_traces_protobuf};

/// How a message is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// Protocol Buffers, `application/x-protobuf`.
    Protobuf,
    /// The JSON mapping of OTLP, `application/json`.
    Json,
}

/// The kinds of telemetry that OTLP carries and this room knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WireSignal {
    /// Spans: `ExportTraceServiceRequest`.
    Traces,
    /// Log records: `ExportLogsServiceRequest`.
    Logs,
    /// Metrics: `ExportMetricsServiceRequest`.
    Metrics,
}
