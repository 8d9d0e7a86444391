//! The engine: every question that may be asked, each on the query runtime, within its limits.
//!
//! A question waits for its turn, pins a snapshot, is worked on, and ends: with an answer, at the
//! time limit, or when whoever asked has gone (the future was dropped). Work gives way after every
//! batch, so that it stops within one batch and no question holds up another.
//!
//! | file | what it holds |
//! |---|---|
//! | `questions.rs`, `trace_questions.rs` | the questions, one method each |
//! | `sql.rs`, `export.rs` | SQL and exports, which have turns of their own |
//! | `tail.rs` | tails, which go on for as long as somebody reads |
//! | `metrics.rs` | how long they take |
//! | `lanes.rs` | needles and scans |
//! | `turns.rs` | turns, waiting, time limits |

mod export;
mod lanes;
mod metrics;
mod questions;
mod sql;
mod tail;
#[cfg(test)]
mod tests;
mod trace_questions;
mod turns;

use std::fmt;
use std::sync::Arc;

use clearspan_schema::Signal;
use clearspan_storage::background::Clock;
use clearspan_storage::memory::Purpose;
use clearspan_storage::scan::{ScanStats, Snapshot};
use clearspan_storage::{ServiceSlots, Storage, TenantId};
use prometheus::core::Collector;
use tokio::sync::Semaphore;

use lanes::Lane;
pub use lanes::{Lanes, QuestionsStatus};
use metrics::QuestionMetrics;

use crate::exec::Plans;
use crate::limits::{EXPORTS_MAX, FIRST_WINDOW_ROWS, NEEDLES_MAX, TAILS_MAX};
use crate::{Config, QueryError};

/// Answers questions. Cheap to clone.
#[derive(Clone)]
pub struct QueryEngine(Arc<Inner>);

struct Inner {
    storage: Storage,
    config: Config,
    clock: Arc<dyn Clock>,
    needles: Lane,
    scans: Lane,
    /// SQL has turns of its own, so that however long it takes, searches find theirs.
    sql: Lane,
    exports: Arc<Semaphore>,
    tails: Arc<Semaphore>,
    /// Exports too: a piece of one may take as long as it takes to read everything.
    export_pieces: Lane,
    plans: Plans,
    metrics: QuestionMetrics,
}

impl fmt::Debug for QueryEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueryEngine")
            .field("config", &self.0.config)
            .finish_non_exhaustive()
    }
}

/// What a question is worked on with: one pinned snapshot.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) plans: Plans,
    pub(crate) now_ns: i64,
    /// As in [`Config::read_rows_max`].
    pub(crate) read_rows_max: u64,
    /// As in [`Config::count_rows_max`].
    pub(crate) count_rows_max: u64,
}

impl Session {
    /// Rows of the first window in which a page of traces is looked for.
    pub(crate) fn first_window_rows(&self) -> u64 {
        FIRST_WINDOW_ROWS.min(self.count_rows_max)
    }

    /// What a question read, of what there was.
    pub(crate) fn stats(&self, read: &ScanStats) -> ScanStats {
        session_stats(&self.snapshot, read)
    }
}

/// What was read of `snapshot`, of what there was.
pub(crate) fn session_stats(snapshot: &Snapshot, read: &ScanStats) -> ScanStats {
    let mut stats = snapshot.totals();
    stats.add(read);
    // A question may scan a part several times, for the count and for the page: what one scan left
    // out another may have read.
    stats.segments_read = stats.segments_read.min(stats.segments_total);
    stats.granules_read = stats.granules_read.min(stats.granules_total);
    bound(
        stats.segments_total - stats.segments_read,
        [
            &mut stats.segments_skipped_by_index,
            &mut stats.segments_skipped_by_templates,
            &mut stats.segments_skipped_by_time,
        ],
    );
    bound(
        stats.granules_total - stats.granules_read,
        [
            &mut stats.granules_skipped_by_index,
            &mut stats.granules_skipped_by_templates,
            &mut stats.granules_skipped_by_time,
        ],
    );
    stats
}

/// What was skipped is `not_read` at most, all reasons together.
fn bound(mut not_read: u64, skipped: [&mut u64; 3]) {
    for skipped in skipped {
        *skipped = (*skipped).min(not_read);
        not_read -= *skipped;
    }
}

impl QueryEngine {
    /// An engine over `storage` that works on `lanes`, with an account of storage's memory budget.
    pub fn new(
        storage: Storage,
        config: Config,
        clock: Arc<dyn Clock>,
        lanes: impl Into<Lanes>,
    ) -> Result<Self, QueryError> {
        let memory = storage
            .memory()
            .account(Purpose::Queries, 0, config.memory_bytes);
        let memory = memory.map_err(|error| QueryError::Internal(error.to_string()))?;
        let plans = Plans::new(config.scan_partitions, memory)?;
        let metrics = QuestionMetrics::new();
        let metrics = metrics.map_err(|error| QueryError::Internal(error.to_string()))?;
        let Lanes { needles, scans } = lanes.into();
        let half = config.concurrent_max.div_ceil(2);
        Ok(QueryEngine(Arc::new(Inner {
            storage,
            clock,
            needles: Lane::new("needles", NEEDLES_MAX, &needles),
            scans: Lane::new("scans", config.concurrent_max, &scans),
            sql: Lane::new("sql", half, &scans),
            exports: Arc::new(Semaphore::new(EXPORTS_MAX)),
            tails: Arc::new(Semaphore::new(TAILS_MAX)),
            export_pieces: Lane::new("exports", half, &scans),
            config,
            plans,
            metrics,
        })))
    }

    /// What a registry of metrics is given of questions.
    pub fn collectors(&self) -> Vec<Box<dyn Collector>> {
        self.0.metrics.collectors()
    }

    /// Questions at this moment.
    pub fn questions(&self) -> QuestionsStatus {
        let Inner {
            needles,
            scans,
            sql,
            export_pieces,
            ..
        } = &*self.0;
        let lanes = [needles, scans, sql, export_pieces];
        QuestionsStatus {
            running: lanes.map(|lane| (lane.name, lane.running())).to_vec(),
            waiting: lanes.map(Lane::waiting).iter().sum(),
        }
    }

    /// The colours of the tenant's services at this moment.
    pub fn service_slots(&self, tenant: &TenantId) -> Arc<ServiceSlots> {
        self.0.storage.service_slots(tenant)
    }
}

impl Inner {
    fn session(&self, tenant: &TenantId, signal: Signal) -> Result<Session, QueryError> {
        let snapshot = self.storage.snapshot(tenant, signal)?;
        let now_ns = self.clock.now().unix_ns;
        Ok(Session {
            snapshot: Arc::new(snapshot),
            plans: self.plans.clone(),
            now_ns,
            read_rows_max: self.config.read_rows_max,
            count_rows_max: self.config.count_rows_max,
        })
    }
}
