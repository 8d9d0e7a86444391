//! One named thread per loop.

use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{Builder, JoinHandle};

use parking_lot::Mutex;

use super::{Clock, Job, Next, Priority, Runner, Step, Waker, lower_this_thread};

/// Drives each step on an operating system thread of its own, named after it.
pub struct ThreadRunner {
    clock: Arc<dyn Clock>,
    loops: Mutex<Vec<Loop>>,
}

struct Loop {
    name: &'static str,
    waker: Waker,
    failed: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl ThreadRunner {
    /// A runner whose steps are told the time of `clock`. Waiting itself takes real time.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            loops: Mutex::new(Vec::new()),
        }
    }
}

impl fmt::Debug for ThreadRunner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.loops.lock().iter().map(|l| l.name).collect();
        f.debug_tuple("ThreadRunner").field(&names).finish()
    }
}

impl Runner for ThreadRunner {
    fn at_once(&self, jobs: Vec<Job<'_>>) {
        std::thread::scope(|scope| {
            for (name, job) in jobs {
                let job = Arc::new(Mutex::new(Some(job)));
                let run = {
                    let job = Arc::clone(&job);
                    move || {
                        let job = job.lock().take();
                        job.into_iter().for_each(|job| job());
                    }
                };
                // Without a thread to spare the work is done all the same, only later.
                if let Err(error) = Builder::new()
                    .name(name.to_owned())
                    .spawn_scoped(scope, run)
                {
                    tracing::warn!(name, %error, "no thread for a job that could run beside others");
                    let job = job.lock().take();
                    job.into_iter().for_each(|job| job());
                }
            }
        });
    }

    fn start(&self, name: &'static str, waker: &Waker, step: Box<dyn Step>) -> io::Result<()> {
        let failed = Arc::new(AtomicBool::new(false));
        let thread = Builder::new().name(name.to_owned()).spawn({
            let (clock, waker, failed) =
                (Arc::clone(&self.clock), waker.clone(), Arc::clone(&failed));
            move || {
                let drive = AssertUnwindSafe(|| drive(step, &*clock, &waker));
                if catch_unwind(drive).is_err() {
                    tracing::error!(name, "background loop died of a panic");
                    failed.store(true, Ordering::Release);
                }
            }
        })?;
        self.loops.lock().push(Loop {
            name,
            waker: waker.clone(),
            failed,
            thread: Some(thread),
        });
        Ok(())
    }

    fn stop(&self) {
        // Joined outside the lock: a loop that is finishing may ask for `failed`.
        let mut threads = Vec::new();
        for l in self.loops.lock().iter_mut() {
            threads.extend(l.thread.take().map(|thread| (l.waker.clone(), thread)));
        }
        for (waker, thread) in threads {
            waker.stop();
            // A panic was caught and noted inside the thread.
            let _ = thread.join();
        }
    }

    fn failed(&self) -> Vec<&'static str> {
        let loops = self.loops.lock();
        let failed = loops.iter().filter(|l| l.failed.load(Ordering::Acquire));
        failed.map(|l| l.name).collect()
    }
}

impl Drop for ThreadRunner {
    fn drop(&mut self) {
        self.stop();
    }
}

fn drive(mut step: Box<dyn Step>, clock: &dyn Clock, waker: &Waker) {
    if !step.is_awaited() {
        lower_this_thread(Priority::Background);
    }
    while !waker.is_stopping() {
        match step.run(clock.now()) {
            Next::Again => {}
            Next::After(limit) => waker.wait(Some(limit)),
            Next::OnWake => waker.wait(None),
            Next::Stop => return,
        }
    }
    step.finish(clock.now());
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::time::Duration;

    use super::super::{Now, SystemClock};
    use super::*;

    struct Tell {
        name: &'static str,
        to: Sender<String>,
        next: Next,
    }

    impl Step for Tell {
        fn run(&mut self, _: Now) -> Next {
            self.to.send(format!("{} runs", self.name)).unwrap();
            self.next
        }

        fn finish(&mut self, _: Now) {
            self.to.send(format!("{} ends", self.name)).unwrap();
        }
    }

    fn start(names: &[&'static str], next: Next) -> (ThreadRunner, Vec<Waker>, Receiver<String>) {
        let runner = ThreadRunner::new(Arc::new(SystemClock::new()));
        let (to, told) = channel();
        let start = |&name| {
            let (waker, to) = (Waker::new(), to.clone());
            let step = Tell { name, to, next };
            runner.start(name, &waker, Box::new(step)).unwrap();
            assert_eq!(told.recv().unwrap(), format!("{name} runs"));
            waker
        };
        let wakers = names.iter().map(start).collect();
        (runner, wakers, told)
    }

    #[test]
    fn a_wake_gives_a_turn() {
        let (_runner, wakers, told) = start(&["a"], Next::OnWake);
        for _ in 0..100 {
            wakers[0].wake();
            assert_eq!(told.recv().unwrap(), "a runs");
        }
    }

    #[test]
    fn time_gives_a_turn() {
        let (_runner, _, told) = start(&["a"], Next::After(Duration::from_micros(100)));
        assert_eq!(told.recv().unwrap(), "a runs");
        assert_eq!(told.recv().unwrap(), "a runs");
    }

    #[test]
    fn jobs_run_side_by_side() {
        let runner = ThreadRunner::new(Arc::new(SystemClock::new()));
        // Each waits for the other: one after the other they would never end.
        let meeting = std::sync::Barrier::new(2);
        let done = std::sync::atomic::AtomicUsize::new(0);
        let job = || {
            meeting.wait();
            done.fetch_add(1, Ordering::Relaxed);
        };
        runner.at_once(vec![("a", Box::new(job)), ("b", Box::new(job))]);
        assert_eq!(done.into_inner(), 2);
    }

    #[test]
    fn loops_are_stopped_in_order() {
        let (runner, _, told) = start(&["a", "b", "c"], Next::OnWake);
        runner.stop();
        runner.stop();
        let ends: Vec<_> = told.try_iter().collect();
        assert_eq!(ends, ["a ends", "b ends", "c ends"]);
        assert!(runner.failed().is_empty());
    }

    #[test]
    fn a_panic_ends_one_loop_and_is_noted() {
        struct Fails(Sender<&'static str>);
        impl Step for Fails {
            fn run(&mut self, _: Now) -> Next {
                self.0.send("fails runs").unwrap();
                panic!("planned")
            }
        }
        let (runner, wakers, told) = start(&["a"], Next::OnWake);
        let (to, failing) = channel();
        runner
            .start("fails", &Waker::new(), Box::new(Fails(to)))
            .unwrap();
        // A loop that is stopped before its first turn has none.
        assert_eq!(failing.recv().unwrap(), "fails runs");
        wakers[0].wake();
        assert_eq!(told.recv().unwrap(), "a runs");
        runner.stop();
        assert_eq!(runner.failed(), ["fails"]);
    }
}
