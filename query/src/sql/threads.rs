//! Threads of its own for each question of SQL.
//!
//! What an operator of a foreign query does with one batch, and what the planner does with a foreign text,
//! cannot be interrupted and may need much stack. On the query runtime's threads it would hold up searches
//! and the very clock that ends it. So each question gets a small runtime of its own, with large stacks:
//! the one who asked waits on the query runtime, and has the answer, or is told that time is up, on time. What
//! still runs then ends at its next batch; its turn is given back only when its last thread has ended, so
//! that the number of such threads is bounded whatever they do.

use std::future::Future;
use std::sync::Arc;

use clearspan_storage::background::{Priority, lower_this_thread};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::OwnedSemaphorePermit;

use super::limits::STACK_BYTES;
use crate::QueryError;

/// Runs `work` on `threads` threads of its own. Dropping the future ends it.
pub(crate) async fn on_own_threads<T: Send + 'static>(
    threads: usize,
    turn: OwnedSemaphorePermit,
    work: impl Future<Output = Result<T, QueryError>> + Send + 'static,
) -> Result<T, QueryError> {
    let turn = Arc::new(turn);
    let runtime = Builder::new_multi_thread()
        .worker_threads(threads.max(1))
        .thread_name("sql")
        .thread_stack_size(STACK_BYTES)
        .enable_time()
        .on_thread_start(|| lower_this_thread(Priority::Scans))
        // Every thread holds this, and so the turn, until it ends.
        .on_thread_stop(move || drop(Arc::clone(&turn)))
        .build()
        .map_err(|error| QueryError::Internal(format!("no threads for a query: {error}")))?;
    let runtime = Ended(Some(runtime));
    let Some(running) = runtime.0.as_ref().map(|runtime| runtime.spawn(work)) else {
        return Err(QueryError::Internal("no threads for a query".into()));
    };
    match running.await {
        Ok(answer) => answer,
        Err(error) if error.is_panic() => {
            tracing::error!(%error, "a query caused a panic");
            Err(QueryError::Internal("a query caused a panic".into()))
        }
        Err(_) => Err(QueryError::Internal("a query was cut off".into())),
    }
}

/// Ends without waiting: where it is dropped nobody may block.
struct Ended(Option<Runtime>);

impl Drop for Ended {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
