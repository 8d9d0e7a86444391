//! The engine: every question that may be asked, each on the query runtime, within its limits.
//!
//! A question waits for its turn, pins a snapshot, is worked on, and ends: with an answer, at the
//! time limit, or when whoever asked has gone (the future was dropped). Work gives way after every
//! batch, so that it stops within one batch and no question holds up another.
//!
//! | file | what it holds |
//! |---|---|
//! | `questions.rs` | the questions, one method each |
//! | `sql.rs`, `export.rs` | SQL and exports, which have turns of their own |
//! | `metrics.rs` | how long they take |
//! | `turns.rs` | turns, waiting, time limits |

mod export;
mod metrics;
mod questions;
mod sql;
#[cfg(test)]
mod tests;
mod turns;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use clearspan_schema::Signal;
use clearspan_storage::background::Clock;
use clearspan_storage::scan::{ScanStats, Snapshot};
use clearspan_storage::{ServiceSlots, Storage, TenantId};
use prometheus::core::Collector;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use metrics::QuestionMetrics;

use crate::exec::Plans;
use crate::limits::EXPORTS_MAX;
use crate::{Config, QueryError};

/// Answers questions. Cheap to clone.
#[derive(Clone)]
pub struct QueryEngine(Arc<Inner>);

struct Inner {
    storage: Storage,
    config: Config,
    clock: Arc<dyn Clock>,
    runtime: Handle,
    turns: Arc<Semaphore>,
    /// SQL has turns of its own, so that however long it takes, searches find theirs.
    sql_turns: Arc<Semaphore>,
    exports: Arc<Semaphore>,
    /// Exports too: a piece of one may take as long as it takes to read everything.
    export_turns: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
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
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) plans: Plans,
    pub(crate) now_ns: i64,
    /// As in [`Config::read_rows_max`].
    pub(crate) read_rows_max: u64,
}

impl Session {
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
    let mut not_read = stats.granules_total.saturating_sub(stats.granules_read);
    for skipped in [
        &mut stats.granules_skipped_by_index,
        &mut stats.granules_skipped_by_time,
    ] {
        *skipped = (*skipped).min(not_read);
        not_read -= *skipped;
    }
    stats
}

impl QueryEngine {
    /// An engine over `storage` that works on `runtime`, which must have its timer enabled.
    pub fn new(
        storage: Storage,
        config: Config,
        clock: Arc<dyn Clock>,
        runtime: Handle,
    ) -> Result<Self, QueryError> {
        let plans = Plans::new(config.scan_partitions, config.memory_bytes)?;
        let metrics = QuestionMetrics::new();
        let metrics = metrics.map_err(|error| QueryError::Internal(error.to_string()))?;
        let turns = Arc::new(Semaphore::new(config.concurrent_max));
        let half = config.concurrent_max.div_ceil(2);
        let waiting = Arc::new(AtomicUsize::new(0));
        Ok(QueryEngine(Arc::new(Inner {
            storage,
            config,
            clock,
            runtime,
            turns,
            sql_turns: Arc::new(Semaphore::new(half)),
            exports: Arc::new(Semaphore::new(EXPORTS_MAX)),
            export_turns: Arc::new(Semaphore::new(half)),
            waiting,
            plans,
            metrics,
        })))
    }

    /// What a registry of metrics is given of questions.
    pub fn collectors(&self) -> Vec<Box<dyn Collector>> {
        self.0.metrics.collectors()
    }

    /// Questions that wait for their turn.
    pub fn waiting(&self) -> usize {
        self.0.waiting.load(Ordering::Relaxed)
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
        })
    }
}
