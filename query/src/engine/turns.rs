//! Turns: so many questions of a lane are worked on at once, so many may wait for theirs, and each ends at its time limit or when whoever
//! asked has gone.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use clearspan_schema::Signal;
use clearspan_storage::TenantId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;

use super::lanes::Lane;
use super::{QueryEngine, Session};
use crate::QueryError;

impl QueryEngine {
    /// Pins a snapshot and works on it; see [`QueryEngine::take_turn`].
    pub(super) async fn ask<T, Work, Answer>(
        &self,
        lane: &Lane,
        question: &'static str,
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
        self.take_turn(question, lane, time_limit, move |turn| async move {
            let _turn = turn;
            work(inner.session(&tenant, signal)?).await
        })
        .await
    }

    /// Takes a turn, or a place among those who wait for one. The snapshot is pinned when the turn has
    /// come, so that a waiting question sees what arrived meanwhile. Then the work goes on until the
    /// answer, the time limit, or until this future is dropped; how long that took is counted under the question's name.
    pub(super) async fn take_turn<T, Work, Answer>(
        &self,
        question: &'static str,
        lane: &Lane,
        limit: Duration,
        work: Work,
    ) -> Result<T, QueryError>
    where
        T: Send + 'static,
        Work: FnOnce(OwnedSemaphorePermit) -> Answer + Send + 'static,
        Answer: Future<Output = Result<T, QueryError>> + Send + 'static,
    {
        let measured = self.0.metrics.begin(question, Arc::clone(&self.0.clock));
        let answer = self.worked_on(lane, limit, work).await;
        measured.end(answer)
    }

    async fn worked_on<T, Work, Answer>(
        &self,
        lane: &Lane,
        limit: Duration,
        work: Work,
    ) -> Result<T, QueryError>
    where
        T: Send + 'static,
        Work: FnOnce(OwnedSemaphorePermit) -> Answer + Send + 'static,
        Answer: Future<Output = Result<T, QueryError>> + Send + 'static,
    {
        let turns = Arc::clone(&lane.turns);
        let queue = lane.enter_queue(self.0.config.waiting_max)?;
        let task = lane.runtime.spawn(async move {
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

impl Lane {
    fn enter_queue(&self, waiting_max: usize) -> Result<Queued, QueryError> {
        if let Ok(turn) = Arc::clone(&self.turns).try_acquire_owned() {
            return Ok(Queued::Turn(turn));
        }
        let place = Place(Arc::clone(&self.waiting));
        let waiting = self.waiting.fetch_add(1, Ordering::Relaxed);
        if waiting >= waiting_max {
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
