//! The whole store on a simulated disk: crashes and power losses at random moments of appends, flushes and
//! compactions. Whatever was acknowledged is there afterwards, once; nothing is there that was not sent. A snapshot
//! reads the same for as long as it is held, whatever is merged or removed meanwhile.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;

use clearspan_schema::{SEQ, Signal, columns, spans};

use super::tests::read_logs;
use crate::background::{ManualClock, ManualRunner};
use crate::catalog::{Catalog, Fate, MemCatalog};
use crate::scan::{Part, PartError, PartId, Predicate, ScanStats, Snapshot, TimeRange};
use crate::testing::{ARRIVAL_NS, Span, logs as log_batch, spans as span_batch};
use crate::vfs::sim::SimRandom;
use crate::vfs::{SimVfs, Vfs};
use crate::{Appended, Config, Environment, Incoming, Storage, TenantId, names};

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
    pinned_checked: usize,
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

/// Snapshots of both signals, and the sequence numbers of their rows, part by part.
struct Pinned {
    snapshots: [Snapshot; 2],
    seqs: Vec<Vec<u64>>,
}

fn read_seqs(snapshot: &Snapshot) -> Result<Vec<u64>, PartError> {
    let mut seqs = Vec::new();
    for part in snapshot.parts() {
        let mut stats = ScanStats::default();
        let all = part.select(&Predicate::All, TimeRange::ALL, &mut stats)?;
        for run in part.read(&[SEQ], &all, &mut stats) {
            seqs.extend(columns::uint64(&run?.batch, SEQ)?.values());
        }
    }
    Ok(seqs)
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
            pinned_checked: 0,
        }
    }

    fn open(&self) -> Result<Life, crate::OpenError> {
        let runner = Arc::new(ManualRunner::new(Arc::clone(&self.clock)));
        let environment = Environment {
            vfs: Arc::new(self.disk.clone()),
            clock: Arc::clone(&self.clock) as _,
            runner: Arc::clone(&runner) as _,
            catalog: Some(Arc::clone(&self.catalog) as _),
            formulas: crate::derived::tests::formulas(),
            store_id: 1,
        };
        let storage = Storage::open(Config::new(PathBuf::from("/data")), environment)?;
        // The loops wait for work before there is any, as on a server that nobody sends to.
        runner.run_until_idle(50);
        Ok(Life { storage, runner })
    }

    fn live(&mut self, life: &Life) {
        let mut pinned = None;
        for _ in 0..self.random.below(16) {
            match self.random.below(8) {
                0 | 1 => self.wait(life, 301),
                // Everything is quiet: compactions are due, of which some turns are given.
                2 => self.wait(life, 601),
                3 => {
                    self.clock.advance(Duration::from_secs(2));
                    for _ in 0..self.random.below(9) {
                        life.runner.turn();
                    }
                }
                4 => {
                    self.check_pinned(pinned.take());
                    pinned = self.pin(life);
                }
                5 | 6 => self.send_spans(life),
                _ => self.send_logs(life),
            }
        }
        self.check_pinned(pinned);
    }

    fn wait(&mut self, life: &Life, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
        let turns = 10 + self.random.below(60) as usize;
        life.runner.run_until_idle(turns);
    }

    /// A snapshot with what it holds; `None` once the process has stopped in the middle of something.
    fn pin(&self, life: &Life) -> Option<Pinned> {
        let tenant = TenantId::default();
        let snapshots = Signal::ALL.map(|signal| life.storage.snapshot(&tenant, signal).unwrap());
        let seqs = snapshots
            .iter()
            .map(read_seqs)
            .collect::<Result<_, _>>()
            .ok()?;
        Some(Pinned { snapshots, seqs })
    }

    fn check_pinned(&mut self, pinned: Option<Pinned>) {
        let Some(Pinned { snapshots, seqs }) = pinned else {
            return;
        };
        for (snapshot, before) in snapshots.iter().zip(seqs) {
            match read_seqs(snapshot) {
                Ok(now) => assert_eq!(now, before),
                Err(error) => assert!(self.is_halted(), "{error}"),
            }
            let ids = snapshot.parts().iter().map(Part::id);
            for id in ids {
                let PartId::Segment(id) = id else { continue };
                let kept = self.folders().contains(&names::segment_name(id));
                assert!(kept || self.is_halted(), "segment {id} is still held");
            }
        }
        self.pinned_checked += 1;
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
        let missing = life.storage.snapshot(&tenant, Signal::Logs).unwrap();
        assert!(missing.missing().is_empty(), "seed {seed}");
        [snapshot, missing]
            .iter()
            .for_each(crate::derived::tests::check);
    }

    fn is_halted(&self) -> bool {
        self.disk.list(Path::new("/")).is_err()
    }

    /// The names of all segment folders.
    fn folders(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for signal in Signal::ALL {
            let dir = names::signal_dir(Path::new("/data"), &TenantId::default(), signal);
            let root = names::segments_dir(&dir);
            for partition in self.disk.list(&root).unwrap_or_default() {
                let folders = self.disk.list(&root.join(partition.name));
                found.extend(
                    folders
                        .unwrap_or_default()
                        .into_iter()
                        .map(|folder| folder.name),
                );
            }
        }
        found
    }

    /// What lies on disk right after a start is what the catalog names.
    fn check_folders(&self, seed: u64) {
        let state = self.catalog.state();
        let named = state.segments.keys().map(|id| names::segment_name(id.0));
        assert_eq!(self.folders(), named.collect(), "seed {seed}");
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
    let (mut flushed, mut merged, mut pinned) = (0, 0, 0);
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
        let segments = world.catalog.state().segments;
        flushed += usize::from(!segments.is_empty());
        merged += usize::from(segments.values().any(|row| row.level > 0));
        pinned += world.pinned_checked;
        world.catalog_fails.store(false, Ordering::Relaxed);
        let life = world
            .open()
            .unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        world.check_folders(seed);
        world.check(&life, seed);
        life.storage.shutdown();
        drop(life);
        let life = world.open().unwrap();
        world.check_folders(seed);
        world.check(&life, seed);
        // Everything that is left is merged, and once more nothing is lost.
        for _ in 0..3 {
            world.clock.advance(Duration::from_secs(25 * 3_600));
            life.runner.run_until_idle(1_000);
        }
        assert!(
            world
                .catalog
                .state()
                .segments
                .values()
                .all(|row| row.level > 0)
        );
        world.check(&life, seed);
        life.storage.shutdown();
        world.check_folders(seed);
    }
    assert!(
        flushed > SEEDS as usize / 2,
        "only {flushed} of {SEEDS} stores flushed on their way"
    );
    assert!(
        merged > SEEDS as usize / 3 && pinned > SEEDS as usize / 2,
        "only {merged} of {SEEDS} stores merged on their way, {pinned} snapshots were held"
    );
}
