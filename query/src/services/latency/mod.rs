//! How long the calls of a service take, over time.
//!
//! 1. The range is divided into buckets of one round width, as those of the histogram of logs. Where an end of the range is absent,
//!    the metadata of the parts says how far spans may reach there; if the spans that are meant turn out to lie much closer
//!    together, they are read again in narrower buckets.
//! 2. The spans of the service or operation are read: what a cell of the heatmap needs is a trace that can be opened, and which one that is
//!    no sum by minute tells. So all counts are those of rows. Percentiles are exact too, unless there are too many durations
//!    to hold them one by one.
//! 3. Each span is counted in its bucket and, if it has a duration, in the cell of its bucket and its band. The exemplar of a cell is its newest
//!    span, of two that start in the same nanosecond the one that arrived later.
//! 4. Which trace that is of is looked up at the end, in the directory of traces: ids of all rows would be a fifth of what is read.
//!
//! | file | what it holds |
//! |---|---|
//! | `sum.rs` | buckets and cells, while rows come in |
//! | `exemplars.rs` | the traces of cells |
//! | `bands.rs` | the bands of durations |

mod bands;
mod exemplars;
mod sum;

use std::sync::Arc;

use arrow::array::RecordBatch;
use clearspan_schema::{SEQ, TraceId, spans};
use clearspan_storage::scan::{MissingSegment, ScanStats, TimeRange};

use super::asked::{each_batch, narrow, spans_of};
use crate::count::{Ends, Grid, TOO_WIDE, between};
use crate::engine::Session;
use crate::exec::{Emit, ScanTally, unread};
use crate::limits::{LIMIT_MAX, check_within};
use crate::{AskedRange, QueryError};
use sum::{Kinds, Latencies};

/// What is read of a span; its kind only where not all are meant.
const COLUMNS: [&str; 5] = [
    spans::STATUS_CODE,
    spans::DURATION_NS,
    spans::PLACED_TIME,
    SEQ,
    spans::KIND,
];

/// Which spans, and how finely.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LatencyRequest {
    /// Whose.
    pub service: String,
    /// Spans with this name, of any kind. Without it the spans are those that are calls: SERVER and CONSUMER.
    pub operation: Option<String>,
    /// Only spans of this kind, as OTLP numbers it; with or without an operation.
    pub kind: Option<i32>,
    /// When they started.
    pub range: AskedRange,
    /// About how many buckets: at most so many and one more.
    pub buckets: usize,
}

/// Calls and durations over time.
#[derive(Debug)]
pub struct LatencyAnswer {
    /// One after the other without a gap, as the buckets of a histogram: the first holds the range's start or, where that is absent, the first span.
    pub points: Vec<LatencyPoint>,
    /// Nanoseconds of each point.
    pub width_ns: i128,
    /// Where the range starts; the start of the first span, where it was asked for without one.
    pub from_ns: Option<i128>,
    /// Where the range ends; one nanosecond after the start of the last span, where it was asked for without an end.
    pub to_ns: Option<i128>,
    /// From the band of the shortest duration to that of the longest, ascending, without a gap.
    pub bands: Vec<LatencyBand>,
    /// The cells that hold spans, by point, then by band.
    pub cells: Vec<LatencyCell>,
    /// What was read.
    pub stats: ScanStats,
    /// Segments that could not be read and may hold spans of the range. Not empty: the answer is partial.
    pub missing: Vec<MissingSegment>,
}

/// One point in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LatencyPoint {
    /// Its start, in nanoseconds since 1970.
    pub start_ns: i128,
    /// Spans that started in it.
    pub calls: u64,
    /// Those of them with status ERROR.
    pub errors: u64,
    /// Median of their durations, in nanoseconds; `None` when none has one. Exact, or within 1% where the answer is over very many spans.
    pub p50_ns: Option<i64>,
    /// 95th percentile of their durations.
    pub p95_ns: Option<i64>,
    /// 99th percentile of their durations.
    pub p99_ns: Option<i64>,
}

/// Durations from `from_ns` to below `to_ns`, in nanoseconds. An absent end is unbounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LatencyBand {
    /// The shortest; `None` in the band of negative durations.
    pub from_ns: Option<i64>,
    /// What is longer than all of it; `None` in the last that there is.
    pub to_ns: Option<i64>,
}

/// Spans of one point and one band.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LatencyCell {
    /// Index into the points.
    pub point: usize,
    /// Index into the bands.
    pub band: usize,
    /// How many spans.
    pub count: u64,
    /// Those of them with status ERROR.
    pub errors: u64,
    /// The trace of the newest.
    pub exemplar_trace_id: TraceId,
}

pub(crate) async fn latency(
    session: Session,
    request: LatencyRequest,
) -> Result<LatencyAnswer, QueryError> {
    check_within("buckets", request.buckets, LIMIT_MAX)?;
    let range = request.range.resolve(session.now_ns)?;
    let ends = Ends::new(request.range, session.now_ns);
    let (first, last) = ends.reach(&session.snapshot, range);
    let grid = Grid::over(first, last, request.buckets);
    let (mut sums, mut tally) = read(&session, &request, grid, range).await?;
    if let Some((first, last)) = ends.of_rows(sums.seen) {
        let narrow = Grid::over(first, last, request.buckets);
        if narrow.width * TOO_WIDE <= grid.width {
            drop(sums);
            let range = between(range, first, last);
            let again = read(&session, &request, narrow, range).await?;
            sums = again.0;
            tally.add_reading(again.1);
        }
    }
    sums.name_exemplars(&session.snapshot, &mut tally.faults)
        .await?;
    Ok(LatencyAnswer {
        stats: session.stats(&tally.stats),
        missing: unread(&session.snapshot, range, tally.faults),
        ..sums.answer(ends)
    })
}

/// Counts the spans that are meant, in the buckets of `grid`.
async fn read(
    session: &Session,
    request: &LatencyRequest,
    grid: Grid,
    range: TimeRange,
) -> Result<(Latencies, ScanTally), QueryError> {
    let kinds = match (request.kind, &request.operation) {
        (Some(kind), _) => Kinds::One(kind),
        (None, Some(_)) => Kinds::All,
        (None, None) => Kinds::Calls,
    };
    let columns = match kinds {
        Kinds::All => &COLUMNS[..COLUMNS.len() - 1],
        _ => &COLUMNS[..],
    };
    let query = spans_of(&request.service, request.operation.as_deref());
    let mut sums = Latencies::new(grid, kinds);
    let held = session.plans.reservation("latency");
    let add = |batch: &RecordBatch| {
        sums.add(batch)?;
        let taken = held.try_resize(sums.bytes());
        taken.map_err(|_| session.plans.memory_limit())
    };
    let rows = (Arc::clone(&session.snapshot), range);
    let tally = each_batch(session, &query, rows, Emit::ColumnsAt(narrow(columns)), add).await?;
    Ok((sums, tally))
}
