//! One reader's place in a feed.

use std::fmt;
use std::sync::Arc;

use tokio::sync::watch;

use super::{FedBatch, Feed};

/// What comes next.
#[derive(Debug, Clone)]
pub enum Fed {
    /// The rows of the next commit.
    Batch(FedBatch),
    /// This reader was too slow, and these are not kept any more.
    Lost {
        /// How many commits.
        batches: u64,
        /// How many rows they had.
        rows: u64,
        /// Behind their last sequence number.
        end_seq: u64,
    },
}

/// Gives every batch that becomes visible after it was made, in order, or says what it has lost.
pub struct Subscription {
    feed: Arc<Feed>,
    news: watch::Receiver<()>,
    /// The next batch, and the rows that were published before it.
    number: u64,
    rows: u64,
    start_seq: u64,
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription")
            .field("number", &self.number)
            .field("start_seq", &self.start_seq)
            .finish_non_exhaustive()
    }
}

impl Subscription {
    pub(super) fn new(
        feed: Arc<Feed>,
        news: watch::Receiver<()>,
        number: u64,
        rows: u64,
        start_seq: u64,
    ) -> Self {
        Subscription {
            feed,
            news,
            number,
            rows,
            start_seq,
        }
    }

    /// Rows below this sequence number are in every snapshot that is taken from now on; all others will be given here.
    pub fn start_seq(&self) -> u64 {
        self.start_seq
    }

    /// What comes next; `None` when the store is closed. Nothing is lost when this is dropped before it is done.
    pub async fn next(&mut self) -> Option<Fed> {
        loop {
            // Before the look: what is published after it is then news.
            self.news.mark_unchanged();
            match self.look() {
                Look::Found(fed) => return Some(fed),
                Look::Closed => return None,
                Look::Nothing => {}
            }
            self.news.changed().await.ok()?;
        }
    }

    fn look(&mut self) -> Look {
        let state = self.feed.state.lock();
        let kept = state
            .ring
            .as_ref()
            .and_then(|ring| ring.at_or_after(self.number));
        let (batches, rows, end_seq) = match kept {
            Some(batch) if batch.number == self.number => {
                let batch = batch.clone();
                drop(state);
                self.number = batch.number + 1;
                self.rows = batch.rows_before + batch.rows.num_rows() as u64;
                return Look::Found(Fed::Batch(batch));
            }
            Some(next) => (next.number, next.rows_before, next.base_seq),
            None if self.number < state.batches => (state.batches, state.rows, state.end_seq),
            None if state.closed => return Look::Closed,
            None => return Look::Nothing,
        };
        drop(state);
        let lost = Fed::Lost {
            batches: batches - self.number,
            rows: rows - self.rows,
            end_seq,
        };
        (self.number, self.rows) = (batches, rows);
        Look::Found(lost)
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.feed.unsubscribe();
    }
}

enum Look {
    Found(Fed),
    Nothing,
    Closed,
}
