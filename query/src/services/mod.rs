//! Services: who sent spans in a range, how many, how fast.
//!
//! Spans are taken by their start. Calls, errors and percentiles are over SERVER and CONSUMER spans; an
//! error is a span with status ERROR. Percentiles are nearest rank: of `n` durations in ascending order
//! the one at position `ceil(p * n)`, from 1. Spans without a duration are calls, but in no percentile.
//! Spans whose resource has no `service.name` are listed under the empty name, so that the spans of
//! all services add up to the spans of the range.
//!
//! Whole minutes are added up from derived rows, the rest is read. Few spans are read altogether, so that their percentiles are
//! exact; those of many may be up to 1% off, everything else is exact always.
//!
//! | file | what it holds |
//! |---|---|
//! | `sum.rs` | all services, while rows and sums come in |
//! | `series.rs` | calls over time |
//! | `asked.rs` | which spans a question about one service is over, and reading them |
//! | `operations.rs` | the operations of a service |
//! | `latency/` | calls and durations over time, with an exemplar for each cell of the heatmap |
//! | `exceptions.rs`, `frame.rs` | exceptions by type and top frame |

mod asked;
mod exceptions;
mod frame;
mod latency;
mod operations;
mod series;
mod sum;

pub use exceptions::{ExceptionRow, ExceptionsAnswer};
pub use latency::{LatencyAnswer, LatencyBand, LatencyCell, LatencyPoint, LatencyRequest};
pub use operations::{OperationRow, OperationsAnswer};

pub(crate) use exceptions::exceptions;
pub(crate) use latency::latency;
pub(crate) use operations::operations;

use std::sync::Arc;

use clearspan_schema::{SEQ, Signal, spans};
use clearspan_storage::scan::{MissingSegment, Projection, ScanStats, TimeRange};
use datafusion::execution::memory_pool::MemoryReservation;
use futures::StreamExt;

use crate::derived::{Division, SpanMinutes};
use crate::engine::Session;
use crate::exec::{Emit, Pace, ScanTally, SegmentScan, SegmentScanExec, unread};
use crate::language::Query;
use crate::{AskedRange, QueryError};
use series::Series;
use sum::AllServices;

/// `SpanKind` SERVER and CONSUMER: the spans that are calls.
const CALLS: [i32; 2] = [2, 5];

/// What is read of a span.
const COLUMNS: [&str; 7] = [
    spans::SERVICE,
    spans::KIND,
    spans::STATUS_CODE,
    spans::DURATION_NS,
    spans::PLACED_TIME,
    SEQ,
    spans::RESOURCE,
];

/// The services of a range.
#[derive(Debug)]
pub struct ServicesAnswer {
    /// By name.
    pub services: Vec<ServiceRow>,
    /// What was read.
    pub stats: ScanStats,
    /// Segments that could not be read and may hold spans of the range. Not empty: the answer is partial.
    pub missing: Vec<MissingSegment>,
}

/// One service.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceRow {
    /// Its name; empty for spans whose sender named none.
    pub name: String,
    /// `service.namespace` of its newest span.
    pub namespace: Option<String>,
    /// `deployment.environment.name`, else `deployment.environment`, of its newest span.
    pub environment: Option<String>,
    /// Its spans of any kind.
    pub spans: u64,
    /// Its SERVER and CONSUMER spans.
    pub calls: u64,
    /// Those of them with status ERROR.
    pub errors: u64,
    /// Median of their durations, in nanoseconds; `None` when none has one. This and the others are exact, or within 1% of that where many spans
    /// were added up from sketches.
    pub p50_ns: Option<i64>,
    /// 95th percentile of their durations.
    pub p95_ns: Option<i64>,
    /// 99th percentile of their durations.
    pub p99_ns: Option<i64>,
    /// Calls per second of the range; of a range without ends, from the earliest span in it to the
    /// latest. 0 when that is no time at all.
    pub rate_per_s: f64,
    /// Start of its newest span, in nanoseconds since 1970; its arrival, when it has no start.
    pub last_seen_ns: i64,
    /// Calls and errors in each part of the range, where the request asked for parts.
    pub series: Vec<(u32, u32)>,
}

/// Which services, and how finely.
#[derive(Debug, Clone, Copy, Default)]
pub struct ServicesRequest {
    /// When their spans started.
    pub range: AskedRange,
    /// Also count calls and errors over time, in this many equal parts of the range; one without ends
    /// starts at the oldest span that is stored and ends at the newest.
    pub series: Option<usize>,
}

impl From<AskedRange> for ServicesRequest {
    fn from(range: AskedRange) -> Self {
        ServicesRequest {
            range,
            series: None,
        }
    }
}

pub(crate) async fn services(
    session: Session,
    request: ServicesRequest,
) -> Result<ServicesAnswer, QueryError> {
    let range = request.range.resolve(session.now_ns)?;
    let series = request
        .series
        .map(|parts| Series::new(range, &session.snapshot, parts));
    let cuts = series.iter().flat_map(Series::cuts);
    let division = Division::new(&session, &SpanMinutes, range, cuts).await?;
    let mut all = AllServices::new(series);
    let mut held = session.plans.reservation("services");
    let mut pace = Pace::new();
    for sums in &division.summed {
        all.add_sums(sums, &division.minutes)?;
        take(&session, &mut held, &all)?;
        pace.step().await;
    }
    all.have_seen(division.summed_times);
    let mut tally = ScanTally::default();
    for (snapshot, range) in division.rest {
        let emit = Emit::Columns(Projection::from(&COLUMNS));
        let scan = SegmentScan::new(snapshot, Query::all(Signal::Spans), range, emit)?;
        tally.add_reading(read(&session, scan, &mut all, &mut held).await?);
    }
    Ok(ServicesAnswer {
        services: all.rows(range).await,
        stats: session.stats(&tally.stats),
        missing: unread(&session.snapshot, range, tally.faults),
    })
}

/// Reads spans one by one.
async fn read(
    session: &Session,
    scan: SegmentScan,
    all: &mut AllServices,
    held: &mut MemoryReservation,
) -> Result<ScanTally, QueryError> {
    let plans = &session.plans;
    let leaf = Arc::new(SegmentScanExec::new(scan, plans.partitions()));
    let mut batches = plans.stream(Arc::clone(&leaf) as _)?;
    while let Some(batch) = batches.next().await {
        all.add(&batch.map_err(|error| plans.query_error(&error))?)?;
        take(session, held, all)?;
    }
    Ok(leaf.tally())
}

/// Takes memory of the budget for what `all` has become.
fn take(
    session: &Session,
    held: &mut MemoryReservation,
    all: &AllServices,
) -> Result<(), QueryError> {
    let taken = held.try_resize(all.bytes());
    taken.map_err(|_| session.plans.memory_limit())
}

/// Seconds from one instant to another.
fn seconds(TimeRange { from, to }: TimeRange, (first, last): (i64, i64)) -> f64 {
    let (from, to) = (from.unwrap_or(first), to.unwrap_or(last));
    (i128::from(to) - i128::from(from)) as f64 / 1e9
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_of_all_time_has_a_length() {
        assert!(seconds(TimeRange::ALL, (i64::MIN, i64::MAX)) > 1.8e10);
        assert!(seconds(TimeRange::ALL, (5, 5)).abs() < f64::EPSILON);
    }
}
