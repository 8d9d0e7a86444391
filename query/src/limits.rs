//! Every limit of this room, each with its reason. Those of the search language stand in
//! [`crate::language::limits`].

use crate::QueryError;

/// Rows or traces of one page. Ten thousand full rows are some tens of megabytes of JSON.
pub const LIMIT_MAX: usize = 10_000;

/// Logs of one trace that are shown at once. A trace with more is a batch job, and its logs are
/// searched by `trace_id:` page by page.
pub const TRACE_LOGS_MAX: usize = 100_000;

/// Spans of one trace that are loaded at once: a gigabyte or so.
pub const TRACE_SPANS_MAX: u64 = 2_000_000;

/// Traces that a search may hold as matching while it runs: 16 bytes each and their table, so about
/// a hundred megabytes.
pub const MATCHING_TRACES_MAX: usize = 4_000_000;

/// Durations that the percentiles of all services together may hold while they are computed: 8 bytes each.
pub const DURATIONS_MAX: usize = 50_000_000;

/// Services that one answer lists. The rest of a sender's inventions would serve nobody.
pub const SERVICES_MAX: usize = 100_000;

/// Batches that wait between a scan and whoever reads it: enough that neither waits long for the other.
pub const SCAN_BATCHES_WAITING: usize = 2;

/// Steps of a long computation between two moments at which it may be stopped: below a millisecond.
pub const STEPS_PER_YIELD: usize = 4_096;

/// Refuses a page size outside of 1 to [`LIMIT_MAX`].
pub(crate) fn check_limit(limit: usize) -> Result<(), QueryError> {
    if (1..=LIMIT_MAX).contains(&limit) {
        Ok(())
    } else {
        Err(QueryError::LimitOutOfRange {
            limit,
            max: LIMIT_MAX,
        })
    }
}
