//! The exceptions of one service: what events of its spans tell, by type and top frame.
//!
//! An exception is an event with the attribute `exception.type`, or an event named `exception`, whose type is then empty. It is placed by the
//! time of the event, or by its span where the event has none; the range is over the starts of spans, as everywhere.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::RecordBatch;
use clearspan_schema::any::{AnyRef, KeyValues};
use clearspan_schema::columns::{self, id_at};
use clearspan_schema::nested::EventRef;
use clearspan_schema::{SEQ, TraceId, spans};
use clearspan_storage::scan::{MissingSegment, ScanStats};

use super::asked::{each_batch, narrow, spans_of};
use super::frame::{cut, top_frame};
use crate::engine::Session;
use crate::exec::{Emit, RowKey, unread};
use crate::limits::{EXCEPTION_TEXT_BYTES_MAX, EXCEPTIONS_MAX};
use crate::{AskedRange, QueryError};

/// What is read of a span.
const COLUMNS: [&str; 4] = [spans::EVENTS, spans::PLACED_TIME, SEQ, spans::TRACE_ID];

/// The exceptions of a service.
#[derive(Debug)]
pub struct ExceptionsAnswer {
    /// By count, most first; then by type and frame.
    pub exceptions: Vec<ExceptionRow>,
    /// What was read.
    pub stats: ScanStats,
    /// Segments that could not be read and may hold spans of the range. Not empty: the answer is partial.
    pub missing: Vec<MissingSegment>,
}

/// Exceptions of one type, thrown at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExceptionRow {
    /// `exception.type`; empty where the sender named none.
    pub exception_type: String,
    /// The top frame of `exception.stacktrace`, where one was found.
    pub frame: Option<String>,
    /// How many.
    pub count: u64,
    /// When the first was, in nanoseconds since 1970.
    pub first_ns: i64,
    /// When the last was.
    pub last_ns: i64,
    /// `exception.message` of one of the newest span, where it has one.
    pub message: Option<String>,
    /// The trace of the newest span that tells of one.
    pub exemplar_trace_id: TraceId,
}

pub(crate) async fn exceptions(
    session: Session,
    service: String,
    range: AskedRange,
) -> Result<ExceptionsAnswer, QueryError> {
    let range = range.resolve(session.now_ns)?;
    let mut all = Exceptions::default();
    let held = session.plans.reservation("exceptions");
    let add = |batch: &RecordBatch| {
        all.add(batch)?;
        let taken = held.try_resize(all.bytes);
        taken.map_err(|_| session.plans.memory_limit())
    };
    let rows = (Arc::clone(&session.snapshot), range);
    let query = spans_of(&service, None);
    let tally = each_batch(&session, &query, rows, Emit::Columns(narrow(&COLUMNS)), add).await?;
    Ok(ExceptionsAnswer {
        exceptions: all.rows(),
        stats: session.stats(&tally.stats),
        missing: unread(&session.snapshot, range, tally.faults),
    })
}

/// All kinds of exceptions, while spans come in.
#[derive(Debug, Default)]
struct Exceptions {
    kinds: HashMap<(String, Option<String>), Kind>,
    bytes: usize,
}

#[derive(Debug)]
struct Kind {
    count: u64,
    first_ns: i64,
    last_ns: i64,
    newest: RowKey,
    /// Of the newest.
    trace_id: TraceId,
    message: Option<String>,
}

impl Exceptions {
    fn add(&mut self, batch: &RecordBatch) -> Result<(), QueryError> {
        let events = columns::events(batch)?;
        let times = columns::time(batch, spans::PLACED_TIME)?;
        let seqs = columns::uint64(batch, SEQ)?;
        let trace_ids = columns::id(batch, spans::TRACE_ID)?;
        for row in 0..batch.num_rows() {
            let key = RowKey {
                placed_time: times.value(row),
                seq: seqs.value(row),
            };
            for event in events.row(row) {
                let trace_id = || id_at(trace_ids, row).unwrap_or_default();
                self.add_event(&event, key, trace_id)?;
            }
        }
        Ok(())
    }

    fn add_event(
        &mut self,
        event: &EventRef<'_>,
        key: RowKey,
        trace_id: impl FnOnce() -> TraceId,
    ) -> Result<(), QueryError> {
        let exception_type = text(event.attributes, "exception.type");
        if exception_type.is_none() && event.name != "exception" {
            return Ok(());
        }
        let stack = text(event.attributes, "exception.stacktrace");
        let kind = (
            cut(exception_type.unwrap_or_default(), EXCEPTION_TEXT_BYTES_MAX).to_owned(),
            stack.and_then(top_frame).map(str::to_owned),
        );
        let time = i64::try_from(event.time).ok().filter(|&time| time != 0);
        let time = time.unwrap_or(key.placed_time);
        let message = || {
            let message = text(event.attributes, "exception.message")?;
            Some(cut(message, EXCEPTION_TEXT_BYTES_MAX).to_owned())
        };
        if let Some(known) = self.kinds.get_mut(&kind) {
            known.count += 1;
            known.first_ns = known.first_ns.min(time);
            known.last_ns = known.last_ns.max(time);
            if key > known.newest {
                known.newest = key;
                known.trace_id = trace_id();
                known.message = message();
            }
            return Ok(());
        }
        if self.kinds.len() == EXCEPTIONS_MAX {
            return Err(QueryError::MemoryLimit {
                limit: EXCEPTIONS_MAX as u64,
                unit: "kinds of exceptions",
            });
        }
        // Two texts of the greatest length and a message.
        self.bytes += size_of::<((String, Option<String>), Kind)>() + 3 * EXCEPTION_TEXT_BYTES_MAX;
        let first = Kind {
            count: 1,
            first_ns: time,
            last_ns: time,
            newest: key,
            trace_id: trace_id(),
            message: message(),
        };
        self.kinds.insert(kind, first);
        Ok(())
    }

    /// The answer's rows, in order.
    fn rows(self) -> Vec<ExceptionRow> {
        let rows = self.kinds.into_iter();
        let rows = rows.map(|((exception_type, frame), kind)| ExceptionRow {
            exception_type,
            frame,
            count: kind.count,
            first_ns: kind.first_ns,
            last_ns: kind.last_ns,
            message: kind.message,
            exemplar_trace_id: kind.trace_id,
        });
        let mut rows: Vec<ExceptionRow> = rows.collect();
        rows.sort_by(|a, b| {
            let by_kind = || (&a.exception_type, &a.frame).cmp(&(&b.exception_type, &b.frame));
            b.count.cmp(&a.count).then_with(by_kind)
        });
        rows
    }
}

/// An attribute that is text.
fn text<'a>(attributes: KeyValues<'a>, key: &str) -> Option<&'a str> {
    match attributes.get(key)? {
        AnyRef::String(text) => Some(text),
        _ => None,
    }
}
