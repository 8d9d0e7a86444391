//! A store whose loops run when told, and filling it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use clearspan_schema::Signal;
use clearspan_storage::background::{Clock, ManualClock, ManualRunner};
use clearspan_storage::scan::Snapshot;
use clearspan_storage::vfs::OsVfs;
use clearspan_storage::{Config, Environment, Formulas, Incoming, Storage, TenantId};

use super::Mood;
use super::random::Random;
use super::records::{self, Stage};

/// When the sample begins: an hour's first minute, 2023-01-29T08:00 in UTC.
pub(crate) const START_NS: i64 = 1_674_979_200_000_000_000;

const HOUR_S: u64 = 3_600;
/// Longer than rows wait in memory, and than an hour has to be quiet before it is merged.
const FLUSH_S: u64 = 301;
const QUIET_S: u64 = 900;

/// Far more turns than all loops need.
const TURNS: usize = 100_000;

/// A store whose time is set by hand.
pub(crate) struct House {
    storage: Storage,
    runner: Arc<ManualRunner>,
    clock: Arc<ManualClock>,
}

impl House {
    /// Opens the store in `dir` at the time `now_ns`.
    pub(crate) fn open(dir: &Path, now_ns: i64) -> Self {
        let clock = Arc::new(ManualClock::new(now_ns));
        let runner = Arc::new(ManualRunner::new(Arc::clone(&clock)));
        let environment = Environment {
            vfs: Arc::new(OsVfs),
            clock: Arc::clone(&clock) as _,
            runner: Arc::clone(&runner) as _,
            catalog: None,
            formulas: Formulas::default(),
            store_id: 1,
        };
        let storage = Storage::open(Config::new(dir.to_path_buf()), environment).unwrap();
        House {
            storage,
            runner,
            clock,
        }
    }

    /// Makes records durable and visible.
    pub(crate) fn append(&self, records: Incoming) {
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.enable_time().build().unwrap();
        let tenant = TenantId::default();
        runtime.block_on(async {
            let mut append = std::pin::pin!(self.storage.append(&tenant, records));
            loop {
                tokio::select! {
                    biased;
                    result = &mut append => break result.unwrap(),
                    () = std::future::ready(()) => self.turn(),
                };
            }
        });
        self.turn();
    }

    /// Lets time pass, and everything happen that is then due.
    pub(crate) fn wait(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
        self.turn();
    }

    fn turn(&self) {
        let turns = self.runner.run_until_idle(TURNS);
        assert!(turns < TURNS, "the loops do not come to rest");
        assert_eq!(self.storage.failed_loops(), Vec::<&str>::new());
    }

    /// Lets an hour end and be quiet, so that its segments are merged.
    pub(crate) fn settle(&self) {
        let past = self.now_ns().rem_euclid(HOUR_S as i64 * 1_000_000_000);
        self.wait(HOUR_S - past as u64 / 1_000_000_000);
        self.wait(QUIET_S);
    }

    pub(crate) fn snapshot(&self, signal: Signal) -> Snapshot {
        self.storage.snapshot(&TenantId::default(), signal).unwrap()
    }

    /// The time, in nanoseconds since 1970.
    pub(crate) fn now_ns(&self) -> i64 {
        self.clock.now().unix_ns
    }

    /// Ends as a process does that is killed: what is in memory alone is lost.
    pub(crate) fn kill(self) {
        self.runner.kill();
    }

    /// Ends as it should.
    pub(crate) fn shut_down(self) {
        self.storage.shutdown();
    }

    fn append_both(&self, random: &mut Random, mood: Mood, rows: usize) {
        let stage = Stage {
            mood,
            rows,
            around_ns: self.now_ns() as u64,
        };
        self.append(Incoming::Logs(records::logs(random, stage)));
        self.append(Incoming::Spans(records::spans(random, stage)));
    }
}

/// What a store is filled with, each part with so many rows of each signal.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    pub(crate) seed: u64,
    pub(crate) rows: usize,
    /// Hours of two flushes each, which are over.
    pub(crate) hours: &'static [Mood],
    /// Flushes of the hour that follows.
    pub(crate) flushes: &'static [Mood],
    /// Appends that follow, of half as many rows.
    pub(crate) appends: &'static [Mood],
}

impl Sample {
    /// What fixtures are made of: something of everything in a small folder.
    pub(crate) const FIXTURE: Sample = Sample {
        seed: 4,
        rows: 16,
        hours: &[Mood::Wild],
        flushes: &[Mood::Calm],
        appends: &[Mood::Wild],
    };

    /// Records of either mood in whatever can hold them.
    pub(crate) fn of_everything(seed: u64, rows: usize) -> Sample {
        Sample {
            seed,
            rows,
            hours: &[Mood::Wild, Mood::Calm],
            flushes: &[Mood::Wild, Mood::Calm],
            appends: &[Mood::Wild, Mood::Calm],
        }
    }

    /// Fills a new store in `dir`. Before each of its last flushes the process dies, and finds those rows in the log.
    pub(crate) fn fill(self, dir: &Path) -> House {
        let mut random = Random(self.seed);
        let mut house = House::open(dir, START_NS);
        for mood in self.hours {
            for _ in 0..2 {
                house.append_both(&mut random, *mood, self.rows);
                house.wait(FLUSH_S);
            }
            house.settle();
        }
        for mood in self.flushes {
            house.append_both(&mut random, *mood, self.rows);
            let now_ns = house.now_ns();
            house.kill();
            house = House::open(dir, now_ns);
            house.wait(FLUSH_S);
        }
        for mood in self.appends {
            house.append_both(&mut random, *mood, self.rows / 2);
        }
        house
    }
}
