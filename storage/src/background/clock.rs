//! The time, as it is passed to everything that needs it.

use std::fmt::Debug;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use parking_lot::Mutex;

/// One reading of both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// Nanoseconds since 1970, as the machine's wall clock has it: it may jump, either way.
    pub unix_ns: i64,
    /// Time since some fixed moment in this process's life: it only grows.
    pub monotonic: Duration,
}

/// A source of time.
pub trait Clock: Send + Sync + Debug {
    /// Both clocks.
    fn now(&self) -> Now;
}

/// The machine's clocks.
#[derive(Debug)]
pub struct SystemClock {
    started: Instant,
}

impl SystemClock {
    /// A clock whose monotonic reading starts at 0.
    #[allow(clippy::disallowed_methods, reason = "this is the clock")]
    pub fn new() -> Self {
        Self {
            started: Instant::now(),
        }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "this is the clock")]
    fn now(&self) -> Now {
        let unix_ns = match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_nanos()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |ns| -ns),
        };
        Now {
            unix_ns,
            monotonic: self.started.elapsed(),
        }
    }
}

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub struct ManualClock(Mutex<Now>);

impl ManualClock {
    /// A clock that shows `unix_ns`.
    pub fn new(unix_ns: i64) -> Self {
        Self(Mutex::new(Now {
            unix_ns,
            monotonic: Duration::ZERO,
        }))
    }

    /// Lets time pass on both clocks.
    pub fn advance(&self, by: Duration) {
        let mut now = self.0.lock();
        now.monotonic += by;
        let ns = i64::try_from(by.as_nanos()).unwrap_or(i64::MAX);
        now.unix_ns = now.unix_ns.saturating_add(ns);
    }

    /// Lets the wall clock jump.
    pub fn set_unix_ns(&self, unix_ns: i64) {
        self.0.lock().unix_ns = unix_ns;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Now {
        *self.0.lock()
    }
}
