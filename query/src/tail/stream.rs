//! The events of a tail, as they come.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;

use super::Positions;
use crate::{LogRecord, LogRows};

/// What a tail tells.
#[derive(Debug)]
pub enum TailEvent {
    /// Records that match, in the order of their commits.
    Rows(TailRows),
    /// Records that match, or may, and are not given.
    Gap(TailGap),
    /// The tail stands, and how far it is.
    Beat(TailBeat),
}

/// Some rows. The memory they take is given back when this is dropped.
#[derive(Debug)]
pub struct TailRows {
    rows: LogRows,
    positions: Positions,
    _waiting: Waiting,
}

impl TailRows {
    pub(super) fn new(rows: LogRows, positions: Positions, waiting: Waiting) -> Self {
        TailRows {
            rows,
            positions,
            _waiting: waiting,
        }
    }

    /// The rows.
    pub fn rows(&self) -> &LogRows {
        &self.rows
    }

    /// The position behind one of them.
    pub fn position(&self, record: &LogRecord<'_>) -> String {
        self.positions.text(record.id.seq.saturating_add(1))
    }
}

/// Records that are not given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TailGap {
    /// How many matched, exactly.
    pub count: u64,
    /// How many were not held against the query, besides.
    pub unexamined: u64,
    /// When the first of them was left out, in nanoseconds since 1970; `None` when that was before this tail began.
    pub since_ns: Option<i64>,
    /// The position behind all of them.
    pub position: String,
}

/// How far a tail is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TailBeat {
    /// Records that were held against the query since the tail began.
    pub examined: u64,
    /// The position behind them.
    pub position: String,
}

/// Bytes of all rows that wait for one client.
#[derive(Debug, Default)]
pub(super) struct WaitingBytes {
    bytes: AtomicUsize,
    fewer: Notify,
}

impl WaitingBytes {
    pub(super) fn get(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    pub(super) fn add(self: &Arc<Self>, bytes: usize) -> Waiting {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        let all = Arc::clone(self);
        Waiting { all, bytes }
    }

    /// Done when some were read, be it since this was last asked.
    pub(super) async fn fewer(&self) {
        self.fewer.notified().await;
    }
}

/// Bytes of some of them; given back when dropped.
#[derive(Debug)]
pub(super) struct Waiting {
    all: Arc<WaitingBytes>,
    bytes: usize,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.all.bytes.fetch_sub(self.bytes, Ordering::Relaxed);
        self.all.fewer.notify_one();
    }
}

/// A tail that runs. It stops when this is dropped.
pub struct Tail {
    events: mpsc::Receiver<TailEvent>,
    /// `None` once its end has been told.
    following: Option<JoinHandle<()>>,
}

impl fmt::Debug for Tail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tail").finish_non_exhaustive()
    }
}

impl Tail {
    pub(crate) fn new(events: mpsc::Receiver<TailEvent>, following: JoinHandle<()>) -> Self {
        Tail {
            events,
            following: Some(following),
        }
    }

    /// The next event; `None` when the store has been closed.
    pub async fn next(&mut self) -> Option<TailEvent> {
        let event = self.events.recv().await;
        if event.is_none()
            && let Some(following) = self.following.take()
            && let Err(error) = following.await
        {
            tracing::error!(%error, "a tail broke off");
        }
        event
    }
}

impl Drop for Tail {
    fn drop(&mut self) {
        if let Some(following) = &self.following {
            following.abort();
        }
    }
}
