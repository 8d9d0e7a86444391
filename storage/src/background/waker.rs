//! How a loop is woken.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

/// Wakes one loop, from any thread or async task; never blocks for long. Clones wake the same loop. A wake
/// that comes while the loop is at work is not lost: it will have another turn.
#[derive(Debug, Clone, Default)]
pub struct Waker(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    signals: Mutex<Signals>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Signals {
    woken: bool,
    stopping: bool,
}

impl Waker {
    /// A waker for one loop, to be given to [`Runner::start`](super::Runner::start).
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives the loop another turn.
    pub fn wake(&self) {
        self.0.signals.lock().woken = true;
        self.0.changed.notify_one();
    }

    /// Tells the loop to stop.
    pub(super) fn stop(&self) {
        self.0.signals.lock().stopping = true;
        self.0.changed.notify_one();
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.0.signals.lock().stopping
    }

    /// Whether it was woken since this was last asked.
    pub(super) fn take_wake(&self) -> bool {
        std::mem::take(&mut self.0.signals.lock().woken)
    }

    /// Blocks until woken or stopped, or for `limit`.
    pub(super) fn wait(&self, limit: Option<Duration>) {
        let mut signals = self.0.signals.lock();
        let idle = |signals: &mut Signals| !signals.woken && !signals.stopping;
        match limit {
            None => self.0.changed.wait_while(&mut signals, idle),
            Some(limit) => {
                self.0.changed.wait_while_for(&mut signals, idle, limit);
            }
        }
        signals.woken = false;
    }
}
