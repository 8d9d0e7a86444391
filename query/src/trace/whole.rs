//! One trace with all its spans; its logs, and those of one of its spans.

use clearspan_schema::ids::hex;
use clearspan_schema::{Signal, SpanId, TraceId};
use clearspan_storage::scan::TimeRange;

use super::{TraceSpans, reading};
use crate::QueryError;
use crate::engine::Session;
use crate::exec::{TopRows, fetch, top_rows, unread};
use crate::language::{Expr, Field, Query, Test, Value};
use crate::limits::{SPAN_LOGS_MAX, TRACE_LOGS_MAX};
use crate::logs::{LogRows, LogsAnswer, Order};

pub(crate) async fn spans(session: Session, id: TraceId) -> Result<TraceSpans, QueryError> {
    // The rows, and the same again as text.
    reading::read(&session, id, Signal::Spans.stored_columns(), 2).await
}

pub(crate) async fn logs(session: Session, id: TraceId) -> Result<LogsAnswer, QueryError> {
    oldest_logs(&session, is_of_trace(id), TRACE_LOGS_MAX).await
}

pub(crate) async fn span_logs(
    session: Session,
    id: TraceId,
    span_id: SpanId,
) -> Result<LogsAnswer, QueryError> {
    let is_of_span = Expr::Field(Field::SpanId, Test::Equals(Value::Text(hex(&span_id))));
    let both = Expr::all_of(vec![is_of_trace(id), is_of_span]);
    oldest_logs(&session, both, SPAN_LOGS_MAX).await
}

fn is_of_trace(id: TraceId) -> Expr {
    Expr::Field(Field::TraceId, Test::Equals(Value::Text(hex(&id))))
}

async fn oldest_logs(
    session: &Session,
    condition: Expr,
    fetch_max: usize,
) -> Result<LogsAnswer, QueryError> {
    let query = Query::new(Signal::Logs, condition);
    let wanted = TopRows {
        order: Order::Ascending,
        after: None,
        fetch: fetch_max,
    };
    let Session {
        snapshot, plans, ..
    } = session;
    let (found, mut tally) = top_rows(plans, snapshot, &query, TimeRange::ALL, wanted).await?;
    let addresses: Vec<_> = found.iter().map(|row| row.address).collect();
    let rows = fetch(snapshot, &addresses, &mut tally.faults)?;
    let rows = LogRows::counted(rows, plans)?;
    Ok(LogsAnswer {
        rows,
        next_cursor: None,
        prev_cursor: None,
        matched: Some(tally.matched),
        stats: session.stats(&tally.stats),
        missing: unread(snapshot, TimeRange::ALL, tally.faults),
        hints: Vec::new(),
    })
}
