//! The engine: every question that may be asked, each on the query runtime, within its limits.
//!
//! A question waits for its turn, pins a snapshot, is worked on, and ends: with an answer, at the
//! time limit, or when whoever asked has gone (the future was dropped). Work gives way after every
//! batch, so that it stops within one batch and no question holds up another.

mod export;
mod sql;
#[cfg(test)]
mod tests;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use clearspan_schema::{Signal, SpanId, TraceId};
use clearspan_storage::background::Clock;
use clearspan_storage::scan::{ScanStats, Snapshot};
use clearspan_storage::{ServiceSlots, Storage, TenantId};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;

use crate::exec::Plans;
use crate::limits::EXPORTS_MAX;
use crate::{
    Config, CountedLogs, FacetsAnswer, FacetsRequest, FieldsAnswer, HistogramAnswer, LogId,
    LogRows, LogsAnswer, LogsRequest, QueryError, ServicesAnswer, ServicesRequest, Skeleton,
    SpanRows, TraceSpans, TracesAnswer, TracesRequest, ValuesAnswer, ValuesRequest, count, logs,
    services, trace,
};

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
        })))
    }

    /// A page of the logs that match, and how many do.
    pub async fn search_logs(
        &self,
        tenant: &TenantId,
        request: LogsRequest,
    ) -> Result<LogsAnswer, QueryError> {
        self.ask(tenant, Signal::Logs, |session| {
            logs::search(session, request)
        })
        .await
    }

    /// The logs that match, over time and by severity, in at most `buckets` + 1 buckets.
    pub async fn logs_histogram(
        &self,
        tenant: &TenantId,
        logs: CountedLogs,
        buckets: usize,
    ) -> Result<HistogramAnswer, QueryError> {
        self.ask(tenant, Signal::Logs, move |session| {
            count::histogram(session, logs, buckets)
        })
        .await
    }

    /// The fields of the logs that match; those in the most rows, at most `limit`.
    pub async fn log_fields(
        &self,
        tenant: &TenantId,
        logs: CountedLogs,
        limit: usize,
    ) -> Result<FieldsAnswer, QueryError> {
        self.ask(tenant, Signal::Logs, move |session| {
            count::fields(session, logs, limit)
        })
        .await
    }

    /// The values that a field has in the logs that match.
    pub async fn log_field_values(
        &self,
        tenant: &TenantId,
        request: ValuesRequest,
    ) -> Result<ValuesAnswer, QueryError> {
        self.ask(tenant, Signal::Logs, move |session| {
            count::values(session, request)
        })
        .await
    }

    /// The values of several fields of the logs that match, all from one scan.
    pub async fn log_facets(
        &self,
        tenant: &TenantId,
        request: FacetsRequest,
    ) -> Result<FacetsAnswer, QueryError> {
        self.ask(tenant, Signal::Logs, move |session| {
            count::facets(session, request)
        })
        .await
    }

    /// A page of the traces that match, and how many do.
    pub async fn search_traces(
        &self,
        tenant: &TenantId,
        request: TracesRequest,
    ) -> Result<TracesAnswer, QueryError> {
        self.ask(tenant, Signal::Spans, |session| {
            trace::search(session, request)
        })
        .await
    }

    /// All spans of one trace.
    pub async fn trace(&self, tenant: &TenantId, id: TraceId) -> Result<TraceSpans, QueryError> {
        self.ask(tenant, Signal::Spans, move |session| {
            trace::spans(session, id)
        })
        .await
    }

    /// The logs of one trace, oldest first. More than [`crate::limits::TRACE_LOGS_MAX`] are cut off:
    /// `matched` says how many there are.
    pub async fn trace_logs(
        &self,
        tenant: &TenantId,
        id: TraceId,
    ) -> Result<LogsAnswer, QueryError> {
        self.ask(tenant, Signal::Logs, move |session| {
            trace::logs(session, id)
        })
        .await
    }

    /// What a waterfall draws of one trace.
    pub async fn skeleton(&self, tenant: &TenantId, id: TraceId) -> Result<Skeleton, QueryError> {
        let mut skeleton = self
            .ask(tenant, Signal::Spans, move |session| {
                trace::skeleton(session, id)
            })
            .await?;
        skeleton.colour(&self.service_slots(tenant));
        Ok(skeleton)
    }

    /// The spans of one trace that have this id, with everything they have; mostly one or none.
    pub async fn span(
        &self,
        tenant: &TenantId,
        id: TraceId,
        span_id: SpanId,
    ) -> Result<SpanRows, QueryError> {
        self.ask(tenant, Signal::Spans, move |session| {
            trace::span(session, id, span_id)
        })
        .await
    }

    /// The logs of one span of a trace, oldest first. More than [`crate::limits::SPAN_LOGS_MAX`] are cut
    /// off: `matched` says how many there are.
    pub async fn span_logs(
        &self,
        tenant: &TenantId,
        id: TraceId,
        span_id: SpanId,
    ) -> Result<LogsAnswer, QueryError> {
        self.ask(tenant, Signal::Logs, move |session| {
            trace::span_logs(session, id, span_id)
        })
        .await
    }

    /// One log record by its id, as rows of which there is one; `None` when there is no such record.
    pub async fn log_record(
        &self,
        tenant: &TenantId,
        id: LogId,
    ) -> Result<Option<LogRows>, QueryError> {
        self.ask(tenant, Signal::Logs, move |session| logs::log(session, id))
            .await
    }

    /// The services that sent spans in a range.
    pub async fn services(
        &self,
        tenant: &TenantId,
        request: ServicesRequest,
    ) -> Result<ServicesAnswer, QueryError> {
        self.ask(tenant, Signal::Spans, move |session| {
            services::services(session, request)
        })
        .await
    }

    /// The colours of the tenant's services at this moment.
    pub fn service_slots(&self, tenant: &TenantId) -> Arc<ServiceSlots> {
        self.0.storage.service_slots(tenant)
    }

    /// Pins a snapshot and works on it; see [`QueryEngine::take_turn`].
    async fn ask<T, Work, Answer>(
        &self,
        tenant: &TenantId,
        signal: Signal,
        work: Work,
    ) -> Result<T, QueryError>
    where
        T: Send + 'static,
        Work: FnOnce(Session) -> Answer + Send + 'static,
        Answer: Future<Output = Result<T, QueryError>> + Send + 'static,
    {
        let inner = Arc::clone(&self.0);
        let tenant = tenant.clone();
        let time_limit = self.0.config.time_limit;
        self.take_turn(&self.0.turns, time_limit, move |turn| async move {
            let _turn = turn;
            work(inner.session(&tenant, signal)?).await
        })
        .await
    }

    /// Takes a turn, or a place among those who wait for one. The snapshot is pinned when the turn has
    /// come, so that a waiting question sees what arrived meanwhile. Then the work goes on until the
    /// answer, the time limit, or until this future is dropped.
    async fn take_turn<T, Work, Answer>(
        &self,
        turns: &Arc<Semaphore>,
        limit: Duration,
        work: Work,
    ) -> Result<T, QueryError>
    where
        T: Send + 'static,
        Work: FnOnce(OwnedSemaphorePermit) -> Answer + Send + 'static,
        Answer: Future<Output = Result<T, QueryError>> + Send + 'static,
    {
        let turns = Arc::clone(turns);
        let queue = self.0.enter_queue(&turns)?;
        let task = self.0.runtime.spawn(async move {
            let answer = async { work(queue.turn(&turns).await?).await };
            let limit_ms = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
            tokio::time::timeout(limit, answer)
                .await
                .unwrap_or(Err(QueryError::TimeLimit { limit_ms }))
        });
        match StoppedWhenDropped(task).join().await {
            Ok(answer) => answer,
            Err(error) if error.is_panic() => {
                tracing::error!(%error, "a question caused a panic");
                Err(QueryError::Internal("a question caused a panic".into()))
            }
            Err(_) => Err(QueryError::Internal(
                "the query runtime is shutting down".into(),
            )),
        }
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
        })
    }

    fn enter_queue(&self, turns: &Arc<Semaphore>) -> Result<Queued, QueryError> {
        if let Ok(turn) = Arc::clone(turns).try_acquire_owned() {
            return Ok(Queued::Turn(turn));
        }
        let place = Place(Arc::clone(&self.waiting));
        let waiting = self.waiting.fetch_add(1, Ordering::Relaxed);
        if waiting >= self.config.waiting_max {
            Err(QueryError::Overloaded { waiting })
        } else {
            Ok(Queued::Waits(place))
        }
    }
}

/// A turn, or a place in the queue for one.
enum Queued {
    Turn(OwnedSemaphorePermit),
    Waits(Place),
}

/// Given back when dropped.
struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Queued {
    async fn turn(self, turns: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, QueryError> {
        match self {
            Queued::Turn(turn) => Ok(turn),
            Queued::Waits(_place) => {
                let turn = Arc::clone(turns).acquire_owned().await;
                turn.map_err(|_| QueryError::Internal("no more turns are given".into()))
            }
        }
    }
}

struct StoppedWhenDropped<T>(JoinHandle<T>);

impl<T> StoppedWhenDropped<T> {
    async fn join(mut self) -> Result<T, tokio::task::JoinError> {
        (&mut self.0).await
    }
}

impl<T> Drop for StoppedWhenDropped<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
