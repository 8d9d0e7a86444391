//! Background loops, as steps that somebody else drives.
//!
//! A loop that owns its thread and reads the clock cannot be simulated. So each loop (commit, flush, compaction,
//! retention) is a [`Step`]: one piece of work, given the time, that says when it wants to be
//! called next. A [`Runner`] calls it: [`ThreadRunner`] on a thread of its own, [`ManualRunner`] when a
//! test or a simulator says so. Whoever has work for a loop wakes it through its [`Waker`].
//!
//! | file | what it holds |
//! |---|---|
//! | `clock.rs` | the time, real or set by hand |
//! | `waker.rs` | how a loop is woken |
//! | `thread.rs` | one named thread per loop |
//! | `manual.rs` | loops driven by hand |
//! | `priority.rs` | which threads come first |

mod clock;
mod manual;
mod priority;
mod thread;
mod waker;

use std::io;
use std::time::Duration;

pub use clock::{Clock, ManualClock, Now, SystemClock};
pub use manual::ManualRunner;
pub use priority::{Priority, lower_this_thread};
pub use thread::ThreadRunner;
pub use waker::Waker;

/// When a step wants to run again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// At once: there is more to do.
    Again,
    /// After this time, or when woken before.
    After(Duration),
    /// When woken.
    OnWake,
    /// Never: the loop has ended.
    Stop,
}

/// A background loop, one turn at a time.
pub trait Step: Send {
    /// Does one piece of work. `now` is the time at which it was called.
    fn run(&mut self, now: Now) -> Next;

    /// Whether somebody waits for what it does. What nobody waits for runs with the lowest priority.
    fn is_awaited(&self) -> bool {
        true
    }

    /// Called once when the loop is told to stop, in place of further turns: finish what was begun. Not
    /// called after [`Next::Stop`] or a panic.
    fn finish(&mut self, now: Now) {
        let _ = now;
    }
}

/// Work that is done once, under the name its thread would have.
pub type Job<'a> = (&'static str, Box<dyn FnOnce() + Send + 'a>);

/// Drives steps.
pub trait Runner: Send + Sync {
    /// Does all of `jobs` and returns when they are done: side by side where the runner has threads, else one after the other. They
    /// must not wait for each other. A panic in one of them reaches the caller when all have ended.
    fn at_once(&self, jobs: Vec<Job<'_>>) {
        jobs.into_iter().for_each(|(_, job)| job());
    }

    /// Begins to drive `step`, which is woken through `waker`. Its first turn comes without being woken.
    fn start(&self, name: &'static str, waker: &Waker, step: Box<dyn Step>) -> io::Result<()>;

    /// Stops all loops in the order in which they were started, each only when the one before has
    /// finished. So start what feeds others first.
    fn stop(&self);

    /// The loops that have died of a panic.
    fn failed(&self) -> Vec<&'static str>;
}
