//! One span with everything it has.

use arrow::array::RecordBatch;
use clearspan_schema::columns::{self, id_at};
use clearspan_schema::group::{ResourceRef, ScopeRef};
use clearspan_schema::nested::{EventRef, LinkRef};
use clearspan_schema::spans::{self, SpanRow, SpansReader};
use clearspan_schema::{SEQ, SchemaError, Signal, SpanId, TraceId};
use clearspan_storage::scan::{MissingSegment, Part, PartError, Predicate, ScanStats, TimeRange};

use crate::QueryError;
use crate::engine::Session;
use crate::exec::{fault, unread};

/// The spans of a trace that have one id: one, unless senders gave it twice.
#[derive(Debug, Clone)]
pub struct SpanRows {
    batches: Vec<RecordBatch>,
    /// Segments that could not be read and may hold more of them.
    pub missing: Vec<MissingSegment>,
}

impl SpanRows {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.batches.is_empty()
    }

    /// The rows with all stored columns, for those who write them in another form.
    pub fn batches(&self) -> &[RecordBatch] {
        &self.batches
    }

    /// The spans in the order in which they arrived.
    pub fn records(&self) -> Result<Vec<SpanRecord<'_>>, SchemaError> {
        let mut records = Vec::new();
        for batch in &self.batches {
            let seq = columns::uint64(batch, SEQ)?;
            let reader = SpansReader::new(batch)?;
            let of_batch =
                (0..reader.rows()).map(|row| SpanRecord::new(&reader, row, seq.value(row)));
            records.extend(of_batch);
        }
        records.sort_by_key(|record: &SpanRecord<'_>| record.seq);
        Ok(records)
    }
}

/// One span, with what was stated for its group.
#[derive(Debug, Clone, PartialEq)]
pub struct SpanRecord<'a> {
    /// Its sequence number: later spans have higher ones.
    pub seq: u64,
    /// The span itself: ids, name, kind, status, attributes, dropped counts. Its times are 0 where the sender knew none.
    pub span: SpanRow<'a>,
    /// Its events, as sent.
    pub events: Vec<EventRef<'a>>,
    /// Its links, as sent.
    pub links: Vec<LinkRef<'a>>,
    /// The service's name.
    pub service: Option<&'a str>,
    /// Its resource.
    pub resource: ResourceRef<'a>,
    /// Its instrumentation scope.
    pub scope: ScopeRef<'a>,
}

impl<'a> SpanRecord<'a> {
    pub(crate) fn new(reader: &SpansReader<'a>, row: usize, seq: u64) -> Self {
        SpanRecord {
            seq,
            span: reader.row(row),
            events: reader.events(row).collect(),
            links: reader.links(row).collect(),
            service: reader.service(row),
            resource: reader.resource(row),
            scope: reader.scope(row),
        }
    }

    /// End less start, negative where the end lies before; `None` where either is unknown.
    pub fn duration_ns(&self) -> Option<i128> {
        let known = |time: u64| (time != 0).then_some(i128::from(time));
        Some(known(self.span.end_time)? - known(self.span.start_time)?)
    }

    /// Whether its status is ERROR.
    pub fn is_error(&self) -> bool {
        self.span
            .status
            .is_some_and(|(code, _)| code == spans::STATUS_ERROR)
    }
}

/// Looks where the trace's rows and the id filters both point, so that a large trace is not read.
pub(crate) async fn span(
    session: Session,
    id: TraceId,
    span_id: SpanId,
) -> Result<SpanRows, QueryError> {
    let mut batches = Vec::new();
    let mut faults = Vec::new();
    for part in session.snapshot.parts() {
        match rows_of(part, id, span_id) {
            Ok(found) => batches.extend(found),
            Err(error) => faults.push(fault(part, &error)?),
        }
        tokio::task::yield_now().await;
    }
    Ok(SpanRows {
        batches,
        missing: unread(&session.snapshot, TimeRange::ALL, faults),
    })
}

fn rows_of(part: &Part, id: TraceId, span_id: SpanId) -> Result<Vec<RecordBatch>, PartError> {
    let mut stats = ScanStats::default();
    let both = Predicate::TraceId(id).and(Predicate::SpanId(span_id));
    let selection = part.select(&both, TimeRange::ALL, &mut stats)?;
    let mut rows = Vec::new();
    for selected in part.read(&[spans::TRACE_ID, spans::SPAN_ID], &selection, &mut stats) {
        let selected = selected?;
        let (trace_ids, span_ids) = (
            columns::id(&selected.batch, spans::TRACE_ID)?,
            columns::id(&selected.batch, spans::SPAN_ID)?,
        );
        let is_it = |&row: &usize| {
            id_at(trace_ids, row) == Some(id) && id_at(span_ids, row) == Some(span_id)
        };
        let found = (0..selected.batch.num_rows()).filter(is_it);
        rows.extend(found.map(|row| selected.first_row + row as u32));
    }
    part.take(&rows, Signal::Spans.stored_columns())
}
