//! Calls in numbers, the same in every answer that has them: of a service, an operation, a bucket, an edge.

use serde::Serialize;

/// Counts, and percentiles of durations in nanoseconds; `null` where no call has a duration.
#[derive(Debug, Serialize)]
pub(crate) struct CallsView {
    calls: u64,
    errors: u64,
    p50_ns: Option<String>,
    p95_ns: Option<String>,
    p99_ns: Option<String>,
}

impl CallsView {
    /// `percentiles` are p50, p95 and p99.
    pub(crate) fn new(calls: u64, errors: u64, percentiles: [Option<i64>; 3]) -> Self {
        let [p50_ns, p95_ns, p99_ns] = percentiles.map(ns);
        CallsView {
            calls,
            errors,
            p50_ns,
            p95_ns,
            p99_ns,
        }
    }
}

/// Nanoseconds as all of the API has them.
pub(crate) fn ns(time: Option<impl ToString>) -> Option<String> {
    time.map(|time| time.to_string())
}
