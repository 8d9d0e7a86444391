//! The feed of a table: what is committed from now on, for whoever subscribes.
//!
//! A live tail wants each batch once it is durable and visible, and must never hold up the commits that it watches:
//!
//! 1. The thread that commits hands each batch over once ([`Feed::publish`]): one short lock, one wake of each subscriber. Nobody is waited for,
//!    and without a subscriber nothing is kept.
//! 2. The newest batches are kept in one ring for all subscribers, within [`FEED_BYTES_MAX`] of the memory budget. A subscriber has a place in it
//!    and no queue of its own, so that a thousand slow ones hold no more than one.
//! 3. Who is slower than that finds a gap, and is told how many batches and rows lie in it ([`Fed::Lost`]): those counts are exact.
//!
//! Rows that a start replays are not published, for nobody can have subscribed before; spans that were dropped as repeats never are.
//!
//! | file | what it holds |
//! |---|---|
//! | `ring.rs` | the newest batches, bounded in bytes |
//! | `subscription.rs` | [`Subscription`]: one reader's place |

mod ring;
mod subscription;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use arrow::array::RecordBatch;
use parking_lot::Mutex;
use tokio::sync::watch;

use ring::Ring;
pub use subscription::{Fed, Subscription};

use crate::limits::FEED_BYTES_MAX;
use crate::memory::{MemoryBudget, Purpose};

/// Rows of one commit, as they became visible.
#[derive(Debug, Clone)]
pub struct FedBatch {
    /// The rows, in the stored schema, by ascending sequence number. There may be none, when all were repeats.
    pub rows: RecordBatch,
    /// No row of this commit has a lower sequence number.
    pub base_seq: u64,
    /// Behind its last sequence number.
    pub end_seq: u64,
    /// Which batch it is, from the start of the process.
    number: u64,
    /// Rows that were published before it.
    rows_before: u64,
}

/// What a table publishes.
#[derive(Debug)]
pub(crate) struct Feed {
    memory: MemoryBudget,
    state: Mutex<State>,
    /// Changes whenever there is something new.
    news: watch::Sender<()>,
}

#[derive(Debug)]
struct State {
    ring: Option<Ring>,
    subscribers: usize,
    /// Batches and rows that were published since the start of the process.
    batches: u64,
    rows: u64,
    end_seq: u64,
    closed: bool,
}

impl Feed {
    /// The feed of a table in which all rows below `end_seq` are visible.
    pub(crate) fn new(end_seq: u64, memory: MemoryBudget) -> Self {
        let state = State {
            ring: None,
            subscribers: 0,
            batches: 0,
            rows: 0,
            end_seq,
            closed: false,
        };
        Feed {
            memory,
            state: Mutex::new(state),
            news: watch::Sender::new(()),
        }
    }

    /// Tells of rows that are visible by now. Called by one thread at a time, in order of sequence number.
    pub(crate) fn publish(&self, rows: &RecordBatch, base_seq: u64, end_seq: u64) {
        let mut state = self.state.lock();
        let batch = FedBatch {
            rows: rows.clone(),
            base_seq,
            end_seq,
            number: state.batches,
            rows_before: state.rows,
        };
        state.batches += 1;
        state.rows += rows.num_rows() as u64;
        state.end_seq = end_seq;
        let Some(ring) = &mut state.ring else {
            return;
        };
        ring.push(batch);
        drop(state);
        self.news.send_replace(());
    }

    /// A place behind everything that is visible now.
    pub(crate) fn subscribe(self: &Arc<Self>) -> Subscription {
        let news = self.news.subscribe();
        let mut state = self.state.lock();
        state.subscribers += 1;
        if state.ring.is_none() {
            let account = self.memory.account(Purpose::Queries, 0, FEED_BYTES_MAX);
            state.ring = account.ok().map(|account| Ring::new(account.hold()));
        }
        let (number, rows, start_seq) = (state.batches, state.rows, state.end_seq);
        drop(state);
        Subscription::new(Arc::clone(self), news, number, rows, start_seq)
    }

    /// Nothing more will be published.
    pub(crate) fn close(&self) {
        self.state.lock().closed = true;
        self.news.send_replace(());
    }

    fn unsubscribe(&self) {
        let mut state = self.state.lock();
        state.subscribers -= 1;
        if state.subscribers == 0 {
            state.ring = None;
        }
    }
}
