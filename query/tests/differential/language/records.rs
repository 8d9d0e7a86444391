//! Records as generated, and the batches that hold them.

use std::rc::Rc;

use clearspan_schema::any::{AnyWriter, KeyValues};
use clearspan_schema::group::{ResourceRef, ScopeRef};
use clearspan_schema::logs::{Body, LogRow, LogsBuilder};
use clearspan_schema::nested::EventRef;
use clearspan_schema::spans::{SpanRow, SpansBuilder};
use clearspan_storage::Incoming;

use super::value::{Attributes, Value, encoded, last};
use crate::store::ARRIVAL_NS;

/// Resource and scope.
#[derive(Debug, Default)]
pub(super) struct Group {
    pub(super) resource: Attributes,
    pub(super) scope: Attributes,
    pub(super) scope_name: String,
    pub(super) scope_version: String,
}

/// A log record or a span; what its signal lacks is unused.
#[derive(Debug, Clone)]
pub(super) struct Record {
    /// The attribute `n` of each record.
    pub(super) number: usize,
    pub(super) group: Rc<Group>,
    pub(super) attributes: Attributes,
    pub(super) body: Option<Value>,
    pub(super) name: String,
    pub(super) severity_number: i32,
    pub(super) severity_text: String,
    /// One of a log, several of a span.
    pub(super) events: Vec<String>,
    pub(super) kind: i32,
    pub(super) status: Option<i32>,
    /// A span's start.
    pub(super) time: u64,
    /// A log's observed time, a span's end.
    pub(super) other_time: u64,
    pub(super) trace_id: Option<[u8; 16]>,
    pub(super) span_id: Option<[u8; 8]>,
}

impl Record {
    /// The service, as the resource names it.
    pub(super) fn service(&self) -> Option<&str> {
        match last(&self.group.resource, "service.name") {
            Some(Value::Text(name)) => Some(name),
            _ => None,
        }
    }

    /// Where it lies in time.
    pub(super) fn log_placed(&self) -> i64 {
        let first_known = if self.time != 0 {
            self.time
        } else {
            self.other_time
        };
        known(first_known).unwrap_or(ARRIVAL_NS)
    }

    pub(super) fn span_placed(&self) -> i64 {
        known(self.time).unwrap_or(ARRIVAL_NS)
    }

    /// A span's end less its start, where both are known.
    pub(super) fn duration(&self) -> Option<i64> {
        Some(known(self.other_time)? - known(self.time)?)
    }
}

/// A time that was sent and that a clock of 63 bits can show.
fn known(time: u64) -> Option<i64> {
    i64::try_from(time).ok().filter(|&time| time != 0)
}

fn with_group(record: &Record, then: impl FnOnce(&ResourceRef<'_>, &ScopeRef<'_>)) {
    let (resource, scope) = (
        encoded(&record.group.resource),
        encoded(&record.group.scope),
    );
    let resource = ResourceRef {
        present: true,
        attributes: KeyValues::new(&resource),
        ..ResourceRef::default()
    };
    let scope = ScopeRef {
        present: true,
        name: &record.group.scope_name,
        version: &record.group.scope_version,
        attributes: KeyValues::new(&scope),
        ..ScopeRef::default()
    };
    then(&resource, &scope);
}

pub(super) fn logs(records: &[Record]) -> Incoming {
    let mut builder = LogsBuilder::new(records.len(), ARRIVAL_NS);
    for record in records {
        with_group(record, |resource, scope| {
            builder.group(resource, scope, record.service())
        });
        let mut value = Vec::new();
        if let Some(body) = &record.body {
            body.write(&mut AnyWriter::new(&mut value));
        }
        let body = match &record.body {
            None => Body::Absent,
            Some(Value::Text(text)) => Body::Text(text),
            Some(_) => Body::Value(&value),
        };
        let attributes = encoded(&record.attributes);
        let row = LogRow {
            time: record.time,
            observed_time: record.other_time,
            severity_number: record.severity_number,
            severity_text: &record.severity_text,
            event_name: record.events.first().map_or("", String::as_str),
            body,
            trace_id: record.trace_id,
            span_id: record.span_id,
            flags: 0,
            attributes: KeyValues::new(&attributes),
            dropped_attributes_count: 0,
        };
        builder.push(&row).unwrap();
    }
    Incoming::Logs(builder.finish().unwrap())
}

pub(super) fn spans(records: &[Record]) -> Incoming {
    let mut builder = SpansBuilder::new(records.len(), ARRIVAL_NS);
    for record in records {
        with_group(record, |resource, scope| {
            builder.group(resource, scope, record.service())
        });
        for name in &record.events {
            builder.event(&EventRef {
                time: record.time,
                name,
                attributes: KeyValues::new(&[]),
                dropped_attributes_count: 0,
            });
        }
        let attributes = encoded(&record.attributes);
        let row = SpanRow {
            trace_id: record.trace_id.unwrap(),
            span_id: record.span_id.unwrap(),
            parent_span_id: None,
            trace_state: "",
            flags: 0,
            name: &record.name,
            kind: record.kind,
            start_time: record.time,
            end_time: record.other_time,
            status: record.status.map(|code| (code, "")),
            attributes: KeyValues::new(&attributes),
            dropped_attributes_count: 0,
            dropped_events_count: 0,
            dropped_links_count: 0,
        };
        builder.push(&row).unwrap();
    }
    Incoming::Spans(builder.finish().unwrap())
}
