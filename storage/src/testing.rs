//! Batches for this crate's tests.

#![allow(clippy::unwrap_used)]

pub(crate) mod real;

use std::sync::Arc;

use arrow::array::RecordBatch;
use clearspan_schema::any::{AnyWriter, KeyValues};
use clearspan_schema::concat::with_seq;
use clearspan_schema::group::{ResourceRef, ScopeRef};
use clearspan_schema::logs::{Body, LogRow, LogsBuilder};
use clearspan_schema::spans::{SpanRow, SpansBuilder};
use clearspan_schema::{LogsBatch, SpansBatch, logs, spans};

use crate::vfs::{SimVfs, Vfs};

/// The simulated disk, as storage takes it.
pub(crate) fn shared(disk: &SimVfs) -> Arc<dyn Vfs> {
    Arc::new(disk.clone())
}

/// When everything in these tests arrives.
pub(crate) const ARRIVAL_NS: i64 = 1_700_000_000_000_000_000;

/// Log records with these times and bodies, of service `cart`.
pub(crate) fn logs(rows: &[(u64, &str)]) -> LogsBatch {
    logs_of("cart", rows)
}

/// Log records with these times and bodies.
pub(crate) fn logs_of(service: &str, rows: &[(u64, &str)]) -> LogsBatch {
    let mut builder = LogsBuilder::new(rows.len(), ARRIVAL_NS);
    let resource = ResourceRef {
        present: true,
        ..ResourceRef::default()
    };
    builder.group(&resource, &ScopeRef::default(), Some(service));
    for (at, (time, body)) in rows.iter().enumerate() {
        let mut attributes = Vec::new();
        AnyWriter::new(&mut attributes).key("n").int(at as i64);
        builder
            .push(&LogRow {
                time: *time,
                observed_time: 0,
                severity_number: 9,
                severity_text: "INFO",
                event_name: "",
                body: Body::Text(body),
                trace_id: Some([7; 16]),
                span_id: None,
                flags: 0,
                attributes: KeyValues::new(&attributes),
                dropped_attributes_count: 0,
            })
            .unwrap();
    }
    builder.finish().unwrap()
}

/// A span for a test.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    pub(crate) trace: u8,
    pub(crate) id: u8,
    pub(crate) parent: Option<u8>,
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) name: &'static str,
    pub(crate) service: &'static str,
    pub(crate) error: bool,
}

impl Span {
    pub(crate) fn new(trace: u8, id: u8, parent: Option<u8>, start: u64) -> Self {
        Span {
            trace,
            id,
            parent,
            start,
            end: start + 10,
            name: "GET /",
            service: "cart",
            error: false,
        }
    }
}

/// Spans as a batch.
pub(crate) fn spans(rows: &[Span]) -> SpansBatch {
    let mut builder = SpansBuilder::new(rows.len(), ARRIVAL_NS);
    for span in rows {
        let resource = ResourceRef {
            present: true,
            ..ResourceRef::default()
        };
        builder.group(&resource, &ScopeRef::default(), Some(span.service));
        builder
            .push(&SpanRow {
                trace_id: [span.trace; 16],
                span_id: [span.id; 8],
                parent_span_id: span.parent.map(|parent| [parent; 8]),
                trace_state: "",
                flags: 0,
                name: span.name,
                kind: 2,
                start_time: span.start,
                end_time: span.end,
                status: Some((if span.error { 2 } else { 0 }, "")),
                attributes: KeyValues::new(&[]),
                dropped_attributes_count: 0,
                dropped_events_count: 0,
                dropped_links_count: 0,
            })
            .unwrap();
    }
    builder.finish().unwrap()
}

/// Logs as stored rows from sequence number `seq` on.
pub(crate) fn stored_logs(rows: &[(u64, &str)], seq: u64) -> RecordBatch {
    with_seq(&logs::stored_schema(), logs(rows).inner(), seq).unwrap()
}

/// Spans as stored rows from sequence number `seq` on.
pub(crate) fn stored_spans(rows: &[Span], seq: u64) -> RecordBatch {
    with_seq(&spans::stored_schema(), spans(rows).inner(), seq).unwrap()
}
