//! When work gives way: about every millisecond, not after every step. Giving way wakes another thread and asks the system what else there is to do, which
//! takes as long as a short step.

use tokio::time::Instant;

use crate::limits::WORK_TIME_MAX;

/// The pace of one piece of work.
#[derive(Debug)]
pub(crate) struct Pace {
    since: Instant,
}

impl Pace {
    /// Of work that begins.
    pub(crate) fn new() -> Self {
        Pace {
            since: Instant::now(),
        }
    }

    /// A step was done. Here it stops if nobody waits for it any more.
    pub(crate) async fn step(&mut self) {
        if self.since.elapsed() >= WORK_TIME_MAX {
            tokio::task::yield_now().await;
            self.since = Instant::now();
        }
    }
}
