//! Lanes: a question that reads few rows does not wait behind those that read many.
//!
//! Each lane has turns, a queue and threads of its own. What a question is decides its lane, not what it turns out to cost, so that nobody
//! has to be moved: one trace, one span, one record and the newest page read a handful of record batches (needles); all else may
//! read everything (scans). SQL and the pieces of exports have turns of their own beside them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::runtime::Handle;
use tokio::sync::Semaphore;

/// Where questions are worked on. Each must have its timer enabled.
#[derive(Debug, Clone)]
pub struct Lanes {
    /// Questions that read few rows.
    pub needles: Handle,
    /// All others. They give way after every batch, so one thread may have many of them, and nothing else should be there.
    pub scans: Handle,
}

/// One runtime for both, where nobody minds.
impl From<Handle> for Lanes {
    fn from(runtime: Handle) -> Self {
        Lanes {
            needles: runtime.clone(),
            scans: runtime,
        }
    }
}

/// Questions at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuestionsStatus {
    /// Those that are worked on, by lane.
    pub running: Vec<(&'static str, usize)>,
    /// Those that wait for their turn.
    pub waiting: usize,
}

/// Turns, those who wait for one, and the threads on which they are worked on.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) name: &'static str,
    pub(super) turns: Arc<Semaphore>,
    pub(super) waiting: Arc<AtomicUsize>,
    pub(super) runtime: Handle,
    turns_max: usize,
}

impl Lane {
    pub(super) fn new(name: &'static str, turns_max: usize, runtime: &Handle) -> Self {
        Lane {
            name,
            turns: Arc::new(Semaphore::new(turns_max)),
            waiting: Arc::default(),
            runtime: runtime.clone(),
            turns_max,
        }
    }

    /// Questions that have their turn.
    pub(super) fn running(&self) -> usize {
        self.turns_max
            .saturating_sub(self.turns.available_permits())
    }

    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }
}
