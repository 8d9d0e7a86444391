//! The fields that are columns of their own: how many rows of a batch have each, which is what `field:*` finds.

use arrow::array::{Array, Int32Array, RecordBatch};
use arrow::buffer::BooleanBuffer;
use clearspan_schema::any::AnyRef;
use clearspan_schema::{Signal, columns, logs, spans};

use super::fields::Types;
use super::remembered::Remembered;
use crate::QueryError;
use crate::language::Field;

const OF_LOGS: [&str; 8] = [
    logs::SERVICE,
    logs::SEVERITY_NUMBER,
    logs::SEVERITY_TEXT,
    logs::BODY,
    logs::BODY_VALUE,
    logs::TRACE_ID,
    logs::SPAN_ID,
    logs::EVENT_NAME,
];
const OF_SPANS: [&str; 8] = [
    spans::SERVICE,
    spans::NAME,
    spans::KIND,
    spans::STATUS_CODE,
    spans::DURATION_NS,
    spans::TRACE_ID,
    spans::SPAN_ID,
    spans::EVENTS,
];

/// A field, the rows that have it, and the types of their values.
type KnownRows = (Field, usize, Types);

/// Counts them.
#[derive(Debug)]
pub(super) struct KnownFields {
    signal: Signal,
    severity_texts: Remembered<bool>,
    event_names: Remembered<bool>,
}

impl KnownFields {
    pub(super) fn new(signal: Signal) -> Self {
        KnownFields {
            signal,
            severity_texts: Remembered::default(),
            event_names: Remembered::default(),
        }
    }

    /// The columns it reads.
    pub(super) fn columns(&self) -> &'static [&'static str] {
        match self.signal {
            Signal::Logs => &OF_LOGS,
            Signal::Spans => &OF_SPANS,
        }
    }

    /// Each but `event.name`, which may be an attribute too. A field may come more than once.
    pub(super) fn rows(&mut self, batch: &RecordBatch) -> Result<Vec<KnownRows>, QueryError> {
        let rows = batch.num_rows();
        let services = columns::text_dictionary(batch, logs::SERVICE)?;
        let trace_ids = columns::id(batch, logs::TRACE_ID)?;
        let span_ids = columns::id(batch, logs::SPAN_ID)?;
        let text = |field, nulls| (field, rows - nulls, Types::STRING);
        let mut known = vec![
            text(Field::Service, services.keys().null_count()),
            text(Field::TraceId, trace_ids.null_count()),
            text(Field::SpanId, span_ids.null_count()),
        ];
        match self.signal {
            Signal::Logs => self.add_of_logs(batch, &mut known)?,
            Signal::Spans => add_of_spans(batch, &mut known)?,
        }
        Ok(known)
    }

    /// The rows that have the name of an event in its own place.
    pub(super) fn with_events(&mut self, batch: &RecordBatch) -> Result<BooleanBuffer, QueryError> {
        let mut has_event = Vec::with_capacity(batch.num_rows());
        match self.signal {
            Signal::Logs => {
                let events = columns::text_dictionary(batch, logs::EVENT_NAME)?;
                let is_named = self.event_names.of(events.values());
                for row in 0..batch.num_rows() {
                    has_event.push(match events.key(row) {
                        Some(key) => *is_named.get(key, || is_text(events.values().value(key)))?,
                        None => false,
                    });
                }
            }
            Signal::Spans => {
                let events = columns::events(batch)?;
                has_event.extend((0..batch.num_rows()).map(|row| events.row(row).len() > 0));
            }
        }
        Ok(has_event.into())
    }

    fn add_of_logs(
        &mut self,
        batch: &RecordBatch,
        known: &mut Vec<KnownRows>,
    ) -> Result<(), QueryError> {
        let bodies = columns::text(batch, logs::BODY)?;
        let texts = bodies.len() - bodies.null_count();
        known.push((Field::Body, texts, Types::STRING));
        let values = columns::binary(batch, logs::BODY_VALUE)?;
        let values = values.iter().flatten().filter_map(AnyRef::decode);
        known.extend(values.map(|value| (Field::Body, 1, Types::of(value))));
        let numbers = columns::int32(batch, logs::SEVERITY_NUMBER)?;
        let texts = columns::text_dictionary(batch, logs::SEVERITY_TEXT)?;
        let has_text = self.severity_texts.of(texts.values());
        let mut severities = 0;
        for row in 0..batch.num_rows() {
            let is_there = numbers.value(row) != 0
                || match texts.key(row) {
                    Some(key) => *has_text.get(key, || is_text(texts.values().value(key)))?,
                    None => false,
                };
            severities += usize::from(is_there);
        }
        known.push((Field::Severity, severities, Types::STRING));
        Ok(())
    }
}

fn add_of_spans(batch: &RecordBatch, known: &mut Vec<KnownRows>) -> Result<(), QueryError> {
    let rows = batch.num_rows();
    let names = columns::text_dictionary(batch, spans::NAME)?;
    let durations = columns::int64(batch, spans::DURATION_NS)?;
    let set = |codes: &Int32Array| codes.iter().flatten().filter(|&code| code != 0).count();
    let kinds = set(columns::int32(batch, spans::KIND)?);
    let statuses = set(columns::int32(batch, spans::STATUS_CODE)?);
    known.extend([
        (Field::Name, rows - names.keys().null_count(), Types::STRING),
        (Field::Kind, kinds, Types::STRING),
        (Field::Status, statuses, Types::STRING),
        (Field::Duration, rows - durations.null_count(), Types::INT),
    ]);
    Ok(())
}

fn is_text(text: &str) -> Result<bool, QueryError> {
    Ok(!text.is_empty())
}
