//! Services: who sent spans in a range, how many, how fast.
//!
//! Spans are taken by their start. Calls, errors and percentiles are over SERVER and CONSUMER spans; an
//! error is a span with status ERROR. Percentiles are nearest rank: of `n` durations in ascending order
//! the one at position `ceil(p * n)`, from 1. Spans without a duration are calls, but in no percentile.
//! Spans whose resource has no `service.name` are listed under the empty name, so that the spans of
//! all services add up to the spans of the range.

use clearspan_storage::scan::{MissingSegment, ScanStats};

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
    /// Median of their durations, in nanoseconds; `None` when none has one.
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
}
