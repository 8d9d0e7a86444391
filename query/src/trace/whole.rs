//! One trace with all its spans; its logs.

use clearspan_schema::ids::hex;
use clearspan_schema::{Signal, TraceId};
use clearspan_storage::scan::{ScanStats, TimeRange};

use super::TraceSpans;
use crate::QueryError;
use crate::engine::Session;
use crate::exec::{TopRows, fault, fetch, read_rows, top_rows, unread};
use crate::language::{Expr, Field, Query, Test, Value};
use crate::limits::{TRACE_LOGS_MAX, TRACE_SPANS_MAX};
use crate::logs::{LogRows, LogsAnswer, Order};

pub(crate) async fn spans(session: Session, id: TraceId) -> Result<Option<TraceSpans>, QueryError> {
    let mut batches = Vec::new();
    let mut faults = Vec::new();
    let mut count = 0;
    let mut stats = ScanStats::default();
    for part in session.snapshot.parts() {
        let read = part.trace_directory().and_then(|directory| {
            count += directory
                .get(id)
                .map_or(0, |entry| u64::from(entry.spans()));
            if count > TRACE_SPANS_MAX {
                return Ok(Vec::new());
            }
            read_rows(
                part,
                directory.rows_of(id),
                Signal::Spans.stored_columns(),
                &mut stats,
            )
        });
        match read {
            Ok(read) => batches.extend(read),
            Err(error) => faults.push(fault(part, &error)?),
        }
        if count > TRACE_SPANS_MAX {
            return Err(QueryError::MemoryLimit {
                limit: TRACE_SPANS_MAX,
                unit: "spans of one trace",
            });
        }
        tokio::task::yield_now().await;
    }
    let missing = unread(&session.snapshot, TimeRange::ALL, faults);
    Ok((!batches.is_empty()).then_some(TraceSpans { batches, missing }))
}

pub(crate) async fn logs(session: Session, id: TraceId) -> Result<LogsAnswer, QueryError> {
    let is_of_trace = Expr::Field(Field::TraceId, Test::Equals(Value::Text(hex(&id))));
    let query = Query::new(Signal::Logs, is_of_trace);
    let wanted = TopRows {
        order: Order::Ascending,
        after: None,
        fetch: TRACE_LOGS_MAX,
    };
    let Session {
        snapshot, plans, ..
    } = &session;
    let (found, mut tally) = top_rows(plans, snapshot, &query, TimeRange::ALL, wanted).await?;
    let addresses: Vec<_> = found.iter().map(|row| row.address).collect();
    let rows = LogRows::new(fetch(snapshot, &addresses, &mut tally.faults)?);
    Ok(LogsAnswer {
        rows,
        next_cursor: None,
        matched: tally.matched,
        stats: session.stats(&tally.stats),
        missing: unread(snapshot, TimeRange::ALL, tally.faults),
        hints: Vec::new(),
    })
}
