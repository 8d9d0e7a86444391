//! Spans and log records as the shop makes them, and the export requests that carry them.
//!
//! | file | holds |
//! |---|---|
//! | `mod` | the records |
//! | `attributes` | attributes, encoded as they are set |
//! | `exports` | from records to export requests |

mod attributes;
mod exports;

use std::sync::Arc;

use clearspan_schema::{SpanId, TraceId};

pub(crate) use attributes::{Attributes, Pair, Value, kv};

/// One running copy of a service: a resource in OpenTelemetry's words.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Instance {
    pub(crate) service: &'static str,
    pub(crate) version: &'static str,
    pub(crate) pod: String,
    /// How far its machine's clock is ahead of the others.
    pub(crate) clock_skew_ns: i64,
    pub(crate) resource: Attributes,
}

/// Whose code made a record: an instrumentation library, or a logger.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Scope {
    pub(crate) name: String,
    pub(crate) version: &'static str,
}

/// OpenTelemetry's `SpanKind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Internal = 1,
    Server = 2,
    Client = 3,
    Producer = 4,
    Consumer = 5,
}

/// Something that happened at one moment within a span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) time_ns: u64,
    pub(crate) name: &'static str,
    pub(crate) attributes: Attributes,
}

/// One operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) instance: Arc<Instance>,
    pub(crate) scope: Scope,
    pub(crate) trace_id: TraceId,
    pub(crate) span_id: SpanId,
    pub(crate) parent: Option<SpanId>,
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) start_ns: u64,
    pub(crate) end_ns: u64,
    pub(crate) attributes: Attributes,
    pub(crate) events: Vec<Event>,
    pub(crate) links: Vec<(TraceId, SpanId)>,
    /// The description of an error; none is no error.
    pub(crate) error: Option<String>,
    /// When its service can send it: its end by a clock that is right.
    pub(crate) due_ns: u64,
}

/// OpenTelemetry's severity numbers, by the names of their bands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Severity {
    Debug = 5,
    Info = 9,
    Warn = 13,
    Error = 17,
    Fatal = 21,
}

impl Severity {
    pub(crate) fn text(self) -> &'static str {
        match self {
            Severity::Debug => "DEBUG",
            Severity::Info => "INFO",
            Severity::Warn => "WARN",
            Severity::Error => "ERROR",
            Severity::Fatal => "FATAL",
        }
    }
}

/// What a log record says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Said {
    Text(String),
    /// A structured body, and the name of what happened.
    Map(&'static str, Attributes),
}

impl From<String> for Said {
    fn from(text: String) -> Self {
        Said::Text(text)
    }
}

impl From<&str> for Said {
    fn from(text: &str) -> Self {
        Said::Text(text.to_owned())
    }
}

/// One log record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Log {
    pub(crate) instance: Arc<Instance>,
    pub(crate) scope: Scope,
    pub(crate) time_ns: u64,
    pub(crate) severity: Severity,
    pub(crate) said: Said,
    pub(crate) attributes: Attributes,
    /// The span within which it was written.
    pub(crate) span: Option<(TraceId, SpanId)>,
    /// When its service can send it.
    pub(crate) due_ns: u64,
}

/// Spans and log records together.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Records {
    pub(crate) spans: Vec<Span>,
    pub(crate) logs: Vec<Log>,
}

impl Records {
    pub(crate) fn append(&mut self, mut more: Records) {
        self.spans.append(&mut more.spans);
        self.logs.append(&mut more.logs);
    }

    /// Takes out what can be sent at a moment; the rest stays.
    pub(crate) fn take_due(&mut self, now_ns: u64) -> Records {
        Records {
            spans: self
                .spans
                .extract_if(.., |span| span.due_ns <= now_ns)
                .collect(),
            logs: self
                .logs
                .extract_if(.., |log| log.due_ns <= now_ns)
                .collect(),
        }
    }
}
