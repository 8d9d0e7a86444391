//! The batches that flow through Clearspan: Arrow schemas for spans and logs, typed builders and
//! readers over them, and the encoding of OpenTelemetry's `AnyValue`.
//!
//! One *canonical* schema per signal is used from the decoder to the segment file. It is fixed and
//! narrow: whatever keys a sender invents, the number of columns stays the same, because a record's
//! attributes are one binary column of encoded key-value pairs. What is the same for many records
//! (resource, scope, service, operation name) is dictionary-encoded, so that a filter looks at it
//! once per distinct value instead of once per row.
//!
//! | file | what it holds |
//! |---|---|
//! | `any.rs` | the encoding of `AnyValue` and of attribute lists, writer and zero-copy reader |
//! | `group.rs` | resource and scope, as stored in their dictionary columns |
//! | `dictionary.rs` | building dictionary columns, and looking at them value by value |
//! | `columns.rs` | typed access to a batch's columns by name |
//! | `time.rs` | how OTLP's unsigned times become columns, and where a record is placed |
//! | `logs.rs`, `logs/` | the log schema, its builder and reader |
//! | `spans.rs`, `spans/` | the span schema, its builder and reader |
//! | `nested.rs` | span events and links: the list columns |
//! | `concat.rs` | joining batches under one dictionary per column |
//! | `json.rs` | a value as JSON text, as it is shown and searched |
//! | `ids.rs` | trace and span ids |
//! | `error.rs` | what can be wrong with a batch |
//!
//! This crate knows Arrow and nothing else: no wire format, no file, no semantic convention.

pub mod any;
pub mod columns;
pub mod concat;
pub mod dictionary;
pub mod error;
pub mod group;
pub mod ids;
pub mod json;
pub mod logs;
pub mod nested;
pub mod spans;
pub mod time;

use std::sync::LazyLock;

pub use error::SchemaError;
pub use ids::{SpanId, TraceId};
pub use logs::LogsBatch;
pub use spans::SpansBatch;

/// The two kinds of telemetry that are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Signal {
    /// Log records.
    Logs,
    /// Spans of traces.
    Spans,
}

impl Signal {
    /// Both, in a fixed order.
    pub const ALL: [Signal; 2] = [Signal::Logs, Signal::Spans];

    /// The lower-case name, as it stands in paths and in the API.
    pub fn name(self) -> &'static str {
        match self {
            Signal::Logs => "logs",
            Signal::Spans => "spans",
        }
    }

    /// The schema of a batch before it is committed, without sequence numbers.
    pub fn schema(self) -> arrow::datatypes::SchemaRef {
        match self {
            Signal::Logs => logs::schema(),
            Signal::Spans => spans::schema(),
        }
    }

    /// The schema of stored rows: [`SEQ`] first, then the columns of [`Signal::schema`].
    pub fn stored_schema(self) -> arrow::datatypes::SchemaRef {
        match self {
            Signal::Logs => logs::stored_schema(),
            Signal::Spans => spans::stored_schema(),
        }
    }

    /// The names of all stored columns, in the order of [`Signal::stored_schema`].
    pub fn stored_columns(self) -> &'static [&'static str] {
        static LOGS: LazyLock<Vec<&'static str>> = LazyLock::new(logs::stored_names);
        static SPANS: LazyLock<Vec<&'static str>> = LazyLock::new(spans::stored_names);
        match self {
            Signal::Logs => &LOGS,
            Signal::Spans => &SPANS,
        }
    }
}

impl std::fmt::Display for Signal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// `UInt64`, not null: the row's sequence number, given at WAL commit. Unique and ascending within
/// one signal of one tenant; the row's identity in the API and the tie-break of every order.
pub const SEQ: &str = "seq";
