//! Services over the life of a store: what they have stays theirs.

#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::background::{ManualClock, ManualRunner};
use crate::catalog::conformance::back_to_version_1;
use crate::catalog::{Catalog, Fate, MemCatalog};
use crate::testing::{ARRIVAL_NS, Span, logs_of, spans};
use crate::vfs::{OsVfs, SimVfs, Vfs};
use crate::{Config, Environment, Incoming, Storage, TenantId};

/// What outlives the process.
struct World {
    data: PathBuf,
    vfs: Arc<dyn Vfs>,
    catalog: Option<Arc<dyn Catalog>>,
    clock: Arc<ManualClock>,
}

/// A store whose loops run when told.
struct House {
    storage: Storage,
    runner: Arc<ManualRunner>,
    clock: Arc<ManualClock>,
}

impl World {
    fn on_disk(data: &Path) -> Self {
        World {
            data: data.into(),
            vfs: Arc::new(OsVfs),
            catalog: None,
            clock: Arc::new(ManualClock::new(ARRIVAL_NS)),
        }
    }

    fn simulated(disk: &SimVfs, catalog: Arc<dyn Catalog>) -> Self {
        World {
            data: "/data".into(),
            vfs: Arc::new(disk.clone()),
            catalog: Some(catalog),
            clock: Arc::new(ManualClock::new(ARRIVAL_NS)),
        }
    }

    fn open(&self) -> House {
        let runner = Arc::new(ManualRunner::new(Arc::clone(&self.clock)));
        let environment = Environment {
            vfs: Arc::clone(&self.vfs),
            clock: Arc::clone(&self.clock) as _,
            runner: Arc::clone(&runner) as _,
            catalog: self.catalog.clone(),
            formulas: crate::derived::tests::formulas(),
            store_id: 1,
        };
        let storage = Storage::open(Config::new(self.data.clone()), environment).unwrap();
        House {
            storage,
            runner,
            clock: Arc::clone(&self.clock),
        }
    }
}

impl House {
    /// Appends; every loop has nothing left to do afterwards.
    fn append(&self, records: Incoming) {
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
                    result = &mut append => { result.unwrap(); return; }
                    () = std::future::ready(()) => { self.runner.run_until_idle(1_000); }
                }
            }
        });
        self.runner.run_until_idle(1_000);
        self.clock.advance(std::time::Duration::from_millis(1));
    }

    fn logs_of(&self, service: &str) {
        self.append(Incoming::Logs(logs_of(service, &[(5_000, "x")])));
    }

    fn spans_of(&self, services: &[&'static str]) {
        let rows = services.iter().zip(1..).map(|(&service, id)| Span {
            service,
            ..Span::new(1, id, None, 1_000)
        });
        let rows: Vec<Span> = rows.collect();
        self.append(Incoming::Spans(spans(&rows)));
    }

    fn slots(&self) -> Arc<ServiceSlots> {
        self.storage.service_slots(&TenantId::default())
    }
}

/// The slots of services that came in this order.
fn in_order(names: &[&str]) -> ServiceSlots {
    let mut slots = ServiceSlots::default();
    for &name in names {
        slots.take(name.into()).unwrap();
    }
    slots
}

/// 25 services: more than a round.
const MANY: [&str; 25] = [
    "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r", "s",
    "t", "u", "v", "w", "x", "y",
];

#[test]
fn slots_are_taken_in_the_order_of_commits_and_names_over_both_signals() {
    let folder = tempfile::tempdir().unwrap();
    let house = World::on_disk(folder.path()).open();
    assert_eq!(*house.slots(), ServiceSlots::default());
    house.logs_of("zebra");
    house.spans_of(&["lynx", "ape", "zebra", ""]);
    let early = house.slots();
    house.logs_of("ape");
    assert!(Arc::ptr_eq(&early, &house.slots()), "nothing new, no copy");
    house.logs_of("bear");
    assert_eq!(
        *house.slots(),
        in_order(&["zebra", "ape", "lynx", "bear"]),
        "the empty name takes none"
    );
    assert_eq!(early.slot("ape"), house.slots().slot("ape"));
    let unknown = TenantId::new("unknown").unwrap();
    assert_eq!(
        *house.storage.service_slots(&unknown),
        ServiceSlots::default()
    );
    house.storage.shutdown();
}

#[test]
fn a_restart_changes_no_slot() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::on_disk(folder.path());
    let house = world.open();
    let mut backwards = MANY;
    backwards.reverse();
    for name in backwards {
        house.logs_of(name);
    }
    assert_eq!(house.slots().slot("a").round, 1);
    house.storage.shutdown();
    drop(house);

    let house = world.open();
    assert_eq!(*house.slots(), in_order(&backwards));
    house.spans_of(&["new"]);
    let mut all = backwards.to_vec();
    all.push("new");
    assert_eq!(*house.slots(), in_order(&all));
    // As after a crash.
    drop(house);
    assert_eq!(*world.open().slots(), in_order(&all));
}

#[test]
fn a_crash_before_slots_are_kept_gives_them_out_again_as_before() {
    for power_loss in [false, true] {
        let (disk, fails) = (SimVfs::new(), Arc::new(AtomicBool::new(false)));
        let asked = Arc::clone(&fails);
        let catalog = Arc::new(MemCatalog::with_fate(move || {
            match asked.load(Ordering::Relaxed) {
                true => Fate::Lost,
                false => Fate::Made,
            }
        }));
        let world = World::simulated(&disk, Arc::clone(&catalog) as _);
        let house = world.open();
        // The WAL's files are opened while the catalog works.
        house.logs_of("kept");
        house.spans_of(&["kept"]);
        fails.store(true, Ordering::Relaxed);
        house.spans_of(&["z", "m"]);
        house.logs_of("y");
        house.spans_of(&["b"]);
        house.logs_of("a");
        let before = house.slots();
        assert_eq!(*before, in_order(&["kept", "m", "z", "y", "b", "a"]));
        assert_eq!(catalog.state().services.len(), 1);
        house.runner.kill();
        drop(house);
        match power_loss {
            true => disk.power_loss(7),
            false => disk.kill(),
        }

        fails.store(false, Ordering::Relaxed);
        let house = world.open();
        assert_eq!(house.slots(), before);
        house.runner.run_until_idle(1_000);
        assert_eq!(catalog.state().services.len(), 6, "kept soon after");
    }
}

#[test]
fn no_segment_holds_a_service_that_is_not_kept() {
    let (disk, fails) = (SimVfs::new(), Arc::new(AtomicBool::new(false)));
    let asked = Arc::clone(&fails);
    let catalog = Arc::new(MemCatalog::with_fate(move || {
        match asked.load(Ordering::Relaxed) {
            true => Fate::Lost,
            false => Fate::Made,
        }
    }));
    let house = World::simulated(&disk, Arc::clone(&catalog) as _).open();
    house.logs_of("first");
    fails.store(true, Ordering::Relaxed);
    house.logs_of("second");
    house.clock.advance(std::time::Duration::from_secs(301));
    house.runner.run_until_idle(1_000);
    assert!(catalog.state().segments.is_empty());
    fails.store(false, Ordering::Relaxed);
    house.clock.advance(std::time::Duration::from_secs(1));
    house.runner.run_until_idle(1_000);
    assert!(!catalog.state().segments.is_empty());
    assert_eq!(catalog.state().services.len(), 2);
}

#[test]
fn segments_that_are_older_than_the_register_are_asked() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::on_disk(folder.path());
    let house = world.open();
    house.spans_of(&["m", "z"]);
    house.storage.shutdown();
    drop(house);
    let house = world.open();
    house.logs_of("b");
    house.storage.shutdown();
    drop(house);
    back_to_version_1(&folder.path().join("catalog.sqlite"));

    let house = world.open();
    assert_eq!(*house.slots(), in_order(&["m", "z", "b"]));
    // Kept when it was opened: no loop has run.
    drop(house);
    assert_eq!(*world.open().slots(), in_order(&["m", "z", "b"]));
}
