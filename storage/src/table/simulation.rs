//! The whole store on a simulated disk: crashes and power losses at random moments of appends and
//! flushes. Whatever was acknowledged is there afterwards, once; nothing is there that was not sent.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;

use clearspan_schema::{Signal, columns, spans};

use super::tests::read_logs;
use crate::background::{ManualClock, ManualRunner};
use crate::catalog::{Catalog, Fate, MemCatalog};
use crate::testing::{ARRIVAL_NS, Span, logs as log_batch, spans as span_batch};
use crate::vfs::SimVfs;
use crate::vfs::sim::SimRandom;
use crate::{Appended, Config, Environment, Incoming, Storage, TenantId};

const SEEDS: u64 = 60;
const LIVES: usize = 4;

/// What outlives the process: the disk, the catalog, and what the clients know.
struct World {
    disk: SimVfs,
    catalog: Arc<MemCatalog>,
    clock: Arc<ManualClock>,
    random: SimRandom,
    /// Whether the catalog loses commits, or the answers to them.
    catalog_fails: Arc<AtomicBool>,
    sent: BTreeSet<String>,
    acknowledged: BTreeSet<String>,
    /// Spans by (trace, id): each is sent again and again.
    spans_acknowledged: BTreeSet<(u8, u8)>,
}

/// A catalog of which every tenth commit is lost, or made without an answer, while `fails`.
fn failing_catalog(seed: u64, fails: Arc<AtomicBool>) -> MemCatalog {
    let random = Mutex::new(SimRandom::new(!seed));
    MemCatalog::with_fate(move || match random.lock().below(20) {
        0 if fails.load(Ordering::Relaxed) => Fate::Lost,
        1 if fails.load(Ordering::Relaxed) => Fate::MadeButFails,
        _ => Fate::Made,
    })
}

struct Life {
    storage: Storage,
    runner: Arc<ManualRunner>,
}

impl World {
    fn new(seed: u64) -> Self {
        let catalog_fails = Arc::new(AtomicBool::new(true));
        World {
            disk: SimVfs::new(),
            catalog: Arc::new(failing_catalog(seed, Arc::clone(&catalog_fails))),
            catalog_fails,
            clock: Arc::new(ManualClock::new(ARRIVAL_NS)),
            random: SimRandom::new(seed),
            sent: BTreeSet::new(),
            acknowledged: BTreeSet::new(),
            spans_acknowledged: BTreeSet::new(),
        }
    }

    fn open(&self) -> Result<Life, crate::OpenError> {
        let runner = Arc::new(ManualRunner::new(Arc::clone(&self.clock)));
        let environment = Environment {
            vfs: Arc::new(self.disk.clone()),
            clock: Arc::clone(&self.clock) as _,
            runner: Arc::clone(&runner) as _,
            catalog: Some(Arc::clone(&self.catalog) as _),
            store_id: 1,
        };
        let storage = Storage::open(Config::new(PathBuf::from("/data")), environment)?;
        // The loops wait for work before there is any, as on a server that nobody sends to.
        runner.run_until_idle(50);
        Ok(Life { storage, runner })
    }

    fn live(&mut self, life: &Life) {
        for _ in 0..self.random.below(12) {
            match self.random.below(5) {
                0 => {
                    self.clock.advance(Duration::from_secs(301));
                    life.runner.run_until_idle(50);
                }
                1 | 2 => self.send_spans(life),
                _ => self.send_logs(life),
            }
        }
    }

    fn send_logs(&mut self, life: &Life) {
        let names: Vec<String> = (0..=self.random.below(3))
            .map(|at| format!("record {} {at}", self.sent.len()))
            .collect();
        let rows: Vec<(u64, &str)> = names
            .iter()
            .map(|name| (1 + self.random.below(3) * 3_600_000_000_000, name.as_str()))
            .collect();
        let batch = Incoming::Logs(log_batch(&rows));
        self.sent.extend(names.iter().cloned());
        if life.append(batch).is_some() {
            self.acknowledged.extend(names);
        }
    }

    fn send_spans(&mut self, life: &Life) {
        let ids: Vec<(u8, u8)> = (0..3)
            .map(|_| (self.random.below(3) as u8, 1 + self.random.below(4) as u8))
            .collect();
        let rows: Vec<Span> = ids
            .iter()
            .map(|&(trace, id)| Span::new(trace, id, None, 1_000 + u64::from(id)))
            .collect();
        if life.append(Incoming::Spans(span_batch(&rows))).is_some() {
            self.spans_acknowledged.extend(ids);
        }
    }

    fn check(&self, life: &Life, seed: u64) {
        let tenant = TenantId::default();
        let found = read_logs(&life.storage.snapshot(&tenant, Signal::Logs).unwrap());
        let bodies: BTreeSet<String> = found.values().cloned().collect();
        assert_eq!(
            bodies.len(),
            found.len(),
            "seed {seed}: a record stands twice"
        );
        let lost: Vec<_> = self.acknowledged.difference(&bodies).collect();
        assert!(lost.is_empty(), "seed {seed}: lost {lost:?}");
        let invented: Vec<_> = bodies.difference(&self.sent).collect();
        assert!(invented.is_empty(), "seed {seed}: invented {invented:?}");

        let snapshot = life.storage.snapshot(&tenant, Signal::Spans).unwrap();
        let mut stored = Vec::new();
        for trace in 0..3u8 {
            for batch in snapshot.trace([trace; 16], &[spans::SPAN_ID]).unwrap() {
                let ids = columns::id(&batch, spans::SPAN_ID).unwrap();
                stored.extend((0..batch.num_rows()).map(|row| (trace, ids.value(row)[0])));
            }
        }
        let distinct: BTreeSet<(u8, u8)> = stored.iter().copied().collect();
        assert_eq!(
            stored.len(),
            distinct.len(),
            "seed {seed}: a span stands twice"
        );
        assert!(
            self.spans_acknowledged.is_subset(&distinct),
            "seed {seed}: a span is lost"
        );
        assert!(snapshot.missing().is_empty(), "seed {seed}");
    }
}

impl Life {
    /// Appends and drives the loops by hand; `None` when it was refused.
    fn append(&self, records: Incoming) -> Option<Appended> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        let tenant = TenantId::default();
        runtime.block_on(async {
            let append = self.storage.append(&tenant, records);
            let mut append = std::pin::pin!(append);
            loop {
                tokio::select! {
                    biased;
                    result = &mut append => return result.ok(),
                    () = std::future::ready(()) => { self.runner.run_until_idle(50); }
                }
            }
        })
    }
}

#[test]
fn nothing_acknowledged_is_lost_whenever_the_process_or_the_power_goes() {
    let mut flushed = 0;
    for seed in 0..SEEDS {
        let mut world = World::new(seed);
        for _ in 0..LIVES {
            let halt = 5 + world.random.below(160);
            world.disk.halt_after(halt);
            // The crash may also come while the store is opening.
            let life = world.open().ok();
            if let Some(life) = &life {
                world.live(life);
                life.runner.kill();
            }
            drop(life);
            if world.random.one_in(2) {
                world.disk.power_loss(seed)
            } else {
                world.disk.kill()
            }
        }
        flushed += usize::from(!world.catalog.state().segments.is_empty());
        world.catalog_fails.store(false, Ordering::Relaxed);
        let life = world
            .open()
            .unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        world.check(&life, seed);
        life.storage.shutdown();
        drop(life);
        let life = world.open().unwrap();
        world.check(&life, seed);
    }
    assert!(
        flushed > SEEDS as usize / 2,
        "only {flushed} of {SEEDS} stores flushed on their way"
    );
}
