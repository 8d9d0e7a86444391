//! Services over the life of a store: what they have stays theirs.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::path::Path;
use std::sync::Arc;

use super::{ServiceSlot, ServiceSlots};
use crate::background::{ManualClock, ManualRunner};
use crate::testing::{ARRIVAL_NS, Span, spans};
use crate::vfs::OsVfs;
use crate::{Config, Environment, Incoming, Storage, TenantId};

struct House {
    storage: Storage,
    runner: Arc<ManualRunner>,
    clock: Arc<ManualClock>,
}

fn open(dir: &Path) -> House {
    let clock = Arc::new(ManualClock::new(ARRIVAL_NS));
    let runner = Arc::new(ManualRunner::new(clock.clone()));
    let environment = Environment {
        vfs: Arc::new(OsVfs),
        clock: clock.clone(),
        runner: runner.clone(),
        catalog: None,
        store_id: 1,
    };
    House {
        storage: Storage::open(Config::new(dir.to_path_buf()), environment).unwrap(),
        runner,
        clock,
    }
}

impl House {
    /// Sends one span of each service, in one request.
    fn send(&self, services: &[&'static str]) {
        let spans_of: Vec<Span> = services
            .iter()
            .enumerate()
            .map(|(id, &service)| Span {
                service,
                ..Span::new(1, u8::try_from(id).unwrap() + 1, None, 1_000)
            })
            .collect();
        let tenant = TenantId::default();
        let append = self
            .storage
            .append(&tenant, Incoming::Spans(spans(&spans_of)));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        runtime.block_on(async {
            let mut append = std::pin::pin!(append);
            loop {
                tokio::select! {
                    biased;
                    result = &mut append => { result.unwrap(); return; }
                    () = std::future::ready(()) => { self.runner.run_until_idle(1_000); }
                }
            }
        });
        self.clock.advance(std::time::Duration::from_secs(1));
    }

    fn slots(&self) -> Arc<ServiceSlots> {
        self.storage.service_slots(&TenantId::default())
    }
}

fn of(slots: &ServiceSlots, names: &[&str]) -> Vec<ServiceSlot> {
    names.iter().map(|name| slots.slot(name)).collect()
}

/// More services than colours, so that the order in which they came shows.
const MANY: [&str; 25] = [
    "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r", "s",
    "t", "u", "v", "w", "x", "y",
];

#[test]
fn a_new_service_recolours_none() {
    let dir = tempfile::tempdir().unwrap();
    let house = open(dir.path());
    house.send(&MANY[5..]);
    let before = of(&house.slots(), &MANY[5..]);
    house.send(&MANY[..5]);
    assert_eq!(of(&house.slots(), &MANY[5..]), before);
    assert_eq!(house.slots().names(), MANY);
    house.storage.shutdown();
}

#[test]
fn slots_are_those_of_before_after_a_restart_and_after_a_crash() {
    let dir = tempfile::tempdir().unwrap();
    let house = open(dir.path());
    house.send(&MANY[10..]);
    house.send(&MANY[..10]);
    let before = of(&house.slots(), &MANY);
    house.storage.shutdown();

    let house = open(dir.path());
    assert_eq!(of(&house.slots(), &MANY), before, "after a clean end");
    house.send(&["late"]);
    let late = house.slots().slot("late");
    // As after a crash: nothing is flushed or closed, only the lock goes with the process.
    house.runner.kill();
    drop(house);

    let house = open(dir.path());
    assert_eq!(of(&house.slots(), &MANY), before, "after a crash");
    assert_eq!(house.slots().slot("late"), late);
    house.storage.shutdown();
}

#[test]
fn within_one_request_the_name_decides() {
    let dir = tempfile::tempdir().unwrap();
    let house = open(dir.path());
    let mut turned: Vec<&str> = MANY.to_vec();
    turned.reverse();
    house.send(&turned);
    let mut expected = ServiceSlots::default();
    for name in MANY {
        expected.take(name.into());
    }
    assert_eq!(of(&house.slots(), &MANY), of(&expected, &MANY));
    house.storage.shutdown();
}
