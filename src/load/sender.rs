//! Requests on their way: each is a task of its own, from when it is due until it is taken, refused or given up.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{self, Instant};

use super::limits::{BACKLOG_BYTES_MAX, COMPLAINTS_MAX};
use super::maker::Made;
use super::tally::{Ended, Fate, Tally};
use crate::delivery::{self, Cause, Exporter, Verdict};
use crate::output;

/// How patient the sender is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// With one attempt.
    pub(super) attempt: Duration,
    /// With one request, since it was due.
    pub(super) request: Duration,
    /// With the receiver: requests that are not answered yet.
    pub(super) backlog: usize,
}

/// Sends the requests of one run.
pub(super) struct Sender {
    exporter: Exporter,
    start: Instant,
    patience: Patience,
    /// Requests in flight.
    slots: Semaphore,
    /// Requests that are not answered yet, and their bytes.
    waiting: AtomicUsize,
    waiting_bytes: AtomicUsize,
    tally: Mutex<Tally>,
    complaints: AtomicU64,
}

impl Sender {
    /// `slots` is how many requests are in flight at most.
    pub(super) fn new(
        exporter: Exporter,
        start: Instant,
        patience: Patience,
        slots: usize,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            exporter,
            start,
            patience,
            slots: Semaphore::new(slots),
            waiting: AtomicUsize::new(0),
            waiting_bytes: AtomicUsize::new(0),
            tally: Mutex::new(Tally::new()?),
            complaints: AtomicU64::new(0),
        })
    }

    /// The counts so far.
    pub(super) fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Requests that are not answered yet.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Sends a request that is due, or drops it when too many wait. Never waits itself. `late` is how late it is handed over;
    /// `ongoing` is held until the request has ended.
    pub(super) fn send(
        self: &Arc<Self>,
        made: Made,
        late: Duration,
        runtime: &Handle,
        ongoing: mpsc::Sender<()>,
    ) {
        let bytes = made.export.body.len();
        let is_full = self.waiting() >= self.patience.backlog
            || self.waiting_bytes.load(Ordering::Relaxed) + bytes > BACKLOG_BYTES_MAX;
        if is_full {
            self.tally().drop_request(made.due.records, late);
            return;
        }
        self.tally().offer(made.due.records, late);
        // One thread adds, so what it saw can only have become less.
        self.waiting.fetch_add(1, Ordering::Relaxed);
        self.waiting_bytes.fetch_add(bytes, Ordering::Relaxed);
        let sender = Arc::clone(self);
        runtime.spawn(async move {
            sender.deliver(&made).await;
            sender.waiting.fetch_sub(1, Ordering::Relaxed);
            sender.waiting_bytes.fetch_sub(bytes, Ordering::Relaxed);
            drop(ongoing);
        });
    }

    /// Attempt after attempt, as OTLP has it, until the request's time is up. A request that waits for its next attempt holds
    /// no connection.
    async fn deliver(&self, made: &Made) {
        let give_up_at = self.start + made.due.at + self.patience.request;
        let mut so_far = Attempts::default();
        for number in 0.. {
            let Some(verdict) = self.attempt(made, number, give_up_at, &mut so_far).await else {
                return self.give_up(made, &so_far);
            };
            let (cause, reason, after) = match verdict {
                Verdict::Taken { rejected, message } => {
                    if !message.is_empty() {
                        self.complain(&format!("the receiver says: {message}"));
                    }
                    return self.end(made, Fate::Taken { rejected }, &so_far);
                }
                Verdict::Refused { cause, reason } => {
                    self.not_taken(cause, &reason, &mut so_far);
                    return self.end(made, Fate::Refused, &so_far);
                }
                Verdict::Retry {
                    cause,
                    reason,
                    after,
                } => (cause, reason, after),
            };
            self.not_taken(cause, &reason, &mut so_far);
            let wait = delivery::wait(number, after, delivery::random());
            if Instant::now() + wait >= give_up_at {
                return self.give_up(made, &so_far);
            }
            time::sleep(wait).await;
        }
    }

    /// One attempt, as soon as a connection is free; none when that comes too late.
    async fn attempt(
        &self,
        made: &Made,
        number: u32,
        give_up_at: Instant,
        so_far: &mut Attempts,
    ) -> Option<Verdict> {
        let asked_at = self.start.elapsed();
        let slot = time::timeout_at(give_up_at, self.slots.acquire()).await;
        let _slot = slot.ok()?.ok()?;
        let now = self.start.elapsed();
        so_far.last_at = now;
        self.tally()
            .attempt(made.export.body.len(), number, now.saturating_sub(asked_at));
        let left = give_up_at.saturating_duration_since(Instant::now());
        let timeout = self.patience.attempt.min(left);
        Some(self.exporter.attempt(&made.export, timeout).await)
    }

    fn not_taken(&self, cause: Cause, reason: &str, so_far: &mut Attempts) {
        so_far.in_doubt |= cause.leaves_doubt();
        so_far.last_cause = Some(cause);
        self.tally().not_taken(cause);
        self.complain(reason);
    }

    fn give_up(&self, made: &Made, so_far: &Attempts) {
        let fate = match so_far.last_cause {
            Some(Cause::Http(_) | Cause::Grpc(_)) => Fate::Refused,
            Some(Cause::Disconnected) => Fate::Failed,
            // Without any attempt it has waited for a connection all the time.
            Some(Cause::Unanswered) | None => Fate::TimedOut,
        };
        self.end(made, fate, so_far);
    }

    fn end(&self, made: &Made, fate: Fate, so_far: &Attempts) {
        let ended = Ended {
            at: self.start.elapsed(),
            attempted_at: so_far.last_at,
            in_doubt: so_far.in_doubt,
        };
        self.tally().end(made, fate, &ended);
    }

    /// The first few reasons word for word.
    fn complain(&self, text: &str) {
        if self.complaints.fetch_add(1, Ordering::Relaxed) < COMPLAINTS_MAX {
            output::error(text);
        }
    }
}

/// What is known of the attempts of one request.
#[derive(Debug, Default)]
struct Attempts {
    /// When the last one began.
    last_at: Duration,
    /// Why the last one failed.
    last_cause: Option<Cause>,
    /// Whether one of them may have been taken without our knowing.
    in_doubt: bool,
}
