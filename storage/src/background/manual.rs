//! Loops driven by hand, on the caller's thread: nothing happens but what the caller asks for.

use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use super::{Clock, ManualClock, Next, Runner, Step, Waker};

/// Drives steps when told to, by the time of a [`ManualClock`].
pub struct ManualRunner {
    clock: Arc<ManualClock>,
    loops: Mutex<Vec<Loop>>,
}

struct Loop {
    name: &'static str,
    waker: Waker,
    step: Option<Box<dyn Step>>,
    due: Due,
    failed: bool,
}

#[derive(Clone, Copy)]
enum Due {
    Now,
    /// At this monotonic time.
    At(Duration),
    OnWake,
}

impl ManualRunner {
    /// A runner that goes by `clock`.
    pub fn new(clock: Arc<ManualClock>) -> Self {
        Self {
            clock,
            loops: Mutex::new(Vec::new()),
        }
    }

    /// Gives one turn to the first loop, in the order of their start, that is due; false when none is.
    pub fn turn(&self) -> bool {
        let now = self.clock.now().monotonic;
        let mut loops = self.loops.lock();
        match loops.iter_mut().find(|l| l.is_due(now)) {
            Some(due) => {
                due.turn(&self.clock);
                true
            }
            None => false,
        }
    }

    /// Gives turns until no loop is due, at most `limit` of them; returns how many were given.
    pub fn run_until_idle(&self, limit: usize) -> usize {
        (0..limit).take_while(|_| self.turn()).count()
    }

    /// When the next loop is due that waits for a time.
    pub fn next_due(&self) -> Option<Duration> {
        let loops = self.loops.lock();
        let times = loops.iter().filter_map(|l| match l.due {
            Due::At(time) if l.step.is_some() => Some(time),
            _ => None,
        });
        times.min()
    }

    /// Drops all loops where they stand, without letting them finish: the process has died.
    pub fn kill(&self) {
        self.loops.lock().clear();
    }
}

impl Loop {
    fn is_due(&self, now: Duration) -> bool {
        self.step.is_some()
            && (self.waker.take_wake()
                || match self.due {
                    Due::Now => true,
                    Due::At(time) => time <= now,
                    Due::OnWake => false,
                })
    }

    fn turn(&mut self, clock: &ManualClock) {
        let Some(step) = &mut self.step else { return };
        let now = clock.now();
        match catch_unwind(AssertUnwindSafe(|| step.run(now))) {
            Ok(Next::Again) => self.due = Due::Now,
            Ok(Next::After(wait)) => self.due = Due::At(now.monotonic + wait),
            Ok(Next::OnWake) => self.due = Due::OnWake,
            Ok(Next::Stop) => self.step = None,
            Err(_) => {
                self.failed = true;
                self.step = None;
            }
        }
    }
}

impl fmt::Debug for ManualRunner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.loops.lock().iter().map(|l| l.name).collect();
        f.debug_tuple("ManualRunner").field(&names).finish()
    }
}

impl Runner for ManualRunner {
    fn start(&self, name: &'static str, waker: &Waker, step: Box<dyn Step>) -> io::Result<()> {
        self.loops.lock().push(Loop {
            name,
            waker: waker.clone(),
            step: Some(step),
            due: Due::Now,
            failed: false,
        });
        Ok(())
    }

    fn stop(&self) {
        for l in self.loops.lock().iter_mut() {
            if let Some(mut step) = l.step.take() {
                step.finish(self.clock.now());
            }
        }
    }

    fn failed(&self) -> Vec<&'static str> {
        let loops = self.loops.lock();
        loops.iter().filter(|l| l.failed).map(|l| l.name).collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::super::Now;
    use super::*;

    struct Log {
        name: &'static str,
        seen: Arc<Mutex<Vec<&'static str>>>,
        next: Next,
    }

    impl Step for Log {
        fn run(&mut self, _: Now) -> Next {
            self.seen.lock().push(self.name);
            self.next
        }
    }

    #[test]
    fn turns_come_by_wake_and_by_time() {
        let clock = Arc::new(ManualClock::new(0));
        let runner = ManualRunner::new(Arc::clone(&clock));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let waker = Waker::new();
        let step = |name, next| {
            Box::new(Log {
                name,
                seen: Arc::clone(&seen),
                next,
            })
        };
        runner
            .start("woken", &waker, step("woken", Next::OnWake))
            .unwrap();
        let tick = step("tick", Next::After(Duration::from_secs(1)));
        runner.start("tick", &Waker::new(), tick).unwrap();
        let once = step("once", Next::Stop);
        runner.start("once", &Waker::new(), once).unwrap();

        assert_eq!(runner.run_until_idle(10), 3);
        assert_eq!(*seen.lock(), ["woken", "tick", "once"]);
        assert_eq!(runner.next_due(), Some(Duration::from_secs(1)));
        waker.wake();
        assert_eq!(runner.run_until_idle(10), 1);
        clock.advance(Duration::from_secs(1));
        assert_eq!(runner.run_until_idle(10), 1);
        assert_eq!(*seen.lock(), ["woken", "tick", "once", "woken", "tick"]);
    }
}
