//! The rows of one trace, from every part that has some.

use clearspan_schema::TraceId;
use clearspan_storage::scan::TimeRange;

use super::TraceSpans;
use crate::QueryError;
use crate::engine::Session;
use crate::exec::{fault, own_bytes, unread};
use crate::limits::{TRACE_ROWS_PER_READ, TRACE_SPANS_MAX};

/// All spans of a trace, with `columns` of the stored schema. Memory is taken for them `copies` times, for what is made of them. Rows of a damaged segment are left out, as
/// far as they cannot be read. At least one can, else the trace is unknown.
pub(crate) async fn read(
    session: &Session,
    id: TraceId,
    columns: &[&'static str],
    copies: usize,
) -> Result<TraceSpans, QueryError> {
    let memory = session.plans.reservation("spans of one trace");
    let mut batches = Vec::new();
    let mut faults = Vec::new();
    let mut count = 0;
    for part in session.snapshot.parts() {
        let rows: Vec<u32> = match part.trace_directory() {
            Ok(directory) => directory.rows_of(id).collect(),
            Err(error) => {
                faults.push(fault(part, &error)?);
                continue;
            }
        };
        count += rows.len() as u64;
        if count > TRACE_SPANS_MAX {
            return Err(QueryError::MemoryLimit {
                limit: TRACE_SPANS_MAX,
                unit: "spans of one trace",
            });
        }
        for rows in rows.chunks(TRACE_ROWS_PER_READ) {
            match part.take(rows, columns) {
                Ok(read) => {
                    let bytes = read.iter().map(own_bytes).sum::<usize>();
                    let taken = memory.try_grow(bytes * copies);
                    taken.map_err(|error| session.plans.query_error(&error))?;
                    batches.extend(read);
                }
                Err(error) => {
                    faults.push(fault(part, &error)?);
                    break;
                }
            }
            tokio::task::yield_now().await;
        }
    }
    let missing = unread(&session.snapshot, TimeRange::ALL, faults);
    if batches.is_empty() {
        return Err(QueryError::unknown_trace(id, &missing));
    }
    Ok(TraceSpans {
        batches,
        missing,
        _memory: memory,
    })
}
