//! What is not kept any more goes, and nothing else does.

use std::collections::BTreeSet;

use super::lab::Lab;
use super::*;
use crate::background::Clock;
use crate::catalog::Fate;
use crate::{Retention, names};

mod clock;

const HOUR_S: u64 = 3_600;
const HOUR_NS: i64 = 3_600_000_000_000;

fn keeping(logs: Retention) -> Lab {
    keeping_in(MemCatalog::new(), logs)
}

fn keeping_in(catalog: MemCatalog, logs: Retention) -> Lab {
    let config = Config {
        logs_retention: logs,
        ..Config::new("/data".into())
    };
    Lab::with(catalog, config)
}

fn for_hours(hours: i64) -> Retention {
    Retention {
        age_ns: Some(hours * HOUR_NS),
        bytes: None,
    }
}

impl Lab {
    /// A log of now.
    fn log(&self, body: &str) {
        let now = u64::try_from(self.house.clock.now().unix_ns).unwrap();
        self.house.append(Incoming::Logs(log_batch(&[(now, body)])));
    }

    /// A log in each of so many hours, each flushed; named by their numbers.
    fn hours(&self, count: usize) {
        for hour in 0..count {
            self.log(&hour.to_string());
            self.wait(HOUR_S);
        }
    }

    fn bodies(&self) -> Vec<String> {
        let mut bodies: Vec<String> = self.rows().0.into_values().collect();
        bodies.sort();
        bodies
    }

    /// Lets time pass as it does, minute by minute.
    fn pass(&self, minutes: u64) {
        (0..minutes).for_each(|_| self.wait(60));
    }
}

#[test]
fn whole_hours_go_by_age_and_their_folders_with_them() {
    let mut lab = keeping(for_hours(3));
    let span = Span::new(1, 1, None, 1_000);
    lab.house.append(Incoming::Spans(span_batch(&[span])));
    lab.hours(4);
    lab.pass(2);
    assert_eq!(lab.bodies(), ["2", "3"]);
    lab.log("late");
    lab.pass(58);
    assert_eq!(lab.bodies(), ["2", "3", "late"]);
    lab.crash(Some(1));
    lab.pass(3);
    assert_eq!(lab.bodies(), ["3", "late"]);
    lab.pass(60);
    assert_eq!(lab.bodies(), ["late"]);
    lab.pass(24 * 60);
    assert_eq!(lab.bodies(), [""; 0]);
    assert_eq!(lab.rows().1.len(), 1, "spans are kept for good");
    assert_eq!(lab.folders(), lab.named());
    assert_eq!(lab.named().len(), 1);
}

#[test]
fn an_hour_is_not_old_before_all_of_it_is() {
    let lab = keeping(for_hours(3));
    let now = u64::try_from(lab.house.clock.now().unix_ns).unwrap();
    let first = now - now % HOUR_NS as u64;
    let logs = [(first, "first"), (first + 1, "second")];
    lab.house.append(Incoming::Logs(log_batch(&logs[..1])));
    lab.pass(60);
    lab.log("on");
    // Its event is old, but it has just arrived.
    lab.house.append(Incoming::Logs(log_batch(&logs[1..])));
    lab.pass(150);
    assert_eq!(lab.bodies(), ["first", "on", "second"]);
    lab.pass(35);
    assert_eq!(lab.bodies(), [""; 0]);
}

#[test]
fn nothing_arrives_and_the_clock_is_doubted() {
    let lab = keeping(for_hours(40));
    lab.hours(1);
    lab.pass(46 * 60);
    assert_eq!(
        lab.bodies(),
        ["0"],
        "after a day of silence, for another day"
    );
    lab.pass(3 * 60);
    assert_eq!(lab.bodies(), [""; 0]);
}

#[test]
fn by_default_everything_is_kept() {
    let lab = Lab::new();
    lab.hours(3);
    lab.house
        .clock
        .advance(Duration::from_secs(HOUR_S * 24 * 4_000));
    lab.pass(3);
    assert_eq!(lab.bodies(), ["0", "1", "2"]);
}

#[test]
fn the_oldest_hours_go_when_there_is_no_room() {
    let whole = Lab::new();
    whole.hours(6);
    let state = whole.state();
    let sizes = state.segments.values().map(|row| row.bytes);
    let bytes = sizes.max().unwrap() * 3;
    let lab = keeping(Retention {
        age_ns: None,
        bytes: Some(bytes),
    });
    lab.hours(6);
    lab.pass(3);
    let left = lab.bodies();
    assert!((2..6).contains(&left.len()), "{left:?}");
    assert_eq!(left, ["0", "1", "2", "3", "4", "5"][6 - left.len()..]);
    let stored: u64 = lab.state().segments.values().map(|row| row.bytes).sum();
    assert!(stored <= bytes);
    assert_eq!(lab.folders(), lab.named());
}

#[test]
fn who_reads_goes_on_reading() {
    let lab = keeping(for_hours(4));
    lab.hours(3);
    let pinned = lab.house.snapshot(Signal::Logs);
    let seen = read_logs(&pinned);
    assert_eq!(seen.len(), 3);
    lab.log("new");
    lab.pass(3 * 60 + 10);
    assert_eq!(lab.bodies(), ["new"]);
    assert_eq!(read_logs(&pinned), seen);
    assert!(lab.folders().is_superset(&lab.named()) && lab.folders() != lab.named());
    drop(pinned);
    lab.wait(2);
    assert_eq!(lab.folders(), lab.named());
}

#[test]
fn a_merge_of_what_goes_is_given_up() {
    let lab = keeping(for_hours(3));
    for round in 0..3 {
        lab.log(&round.to_string());
        lab.wait(301);
    }
    assert_eq!(lab.levels(), [0, 0, 0]);
    lab.house.clock.advance(Duration::from_secs(HOUR_S + 601));
    // A new segment that the catalog does not name yet.
    let is_merging = || lab.folders() != lab.named();
    while !is_merging() {
        assert!(lab.house.runner.turn());
    }
    // Now all of it is old at once.
    lab.house.clock.advance(Duration::from_secs(3 * HOUR_S));
    lab.pass(3);
    assert_eq!(lab.bodies(), [""; 0]);
    assert_eq!(lab.folders(), lab.named());
    assert!(lab.named().is_empty());
}

#[test]
fn a_segment_that_cannot_be_read_goes_too() {
    let mut lab = keeping(for_hours(2));
    lab.hours(1);
    lab.settle();
    let state = lab.state();
    let (id, row) = state.segments.first_key_value().unwrap();
    let folder = crate::flush::folder_name(row.partition);
    let meta = Path::new("/data/tenants/default/logs/segments")
        .join(folder)
        .join(names::segment_name(id.0))
        .join(names::META);
    lab.disk.flip_bit(&meta, 5, 1).unwrap();
    lab.crash(None);
    let missing = |lab: &Lab| lab.house.snapshot(Signal::Logs).missing().len();
    assert_eq!(missing(&lab), 1);
    lab.log("new");
    lab.pass(110);
    assert_eq!((missing(&lab), lab.named().len()), (0, 1));
    assert_eq!(lab.folders(), lab.named());
}

#[test]
fn a_crash_at_any_operation_leaves_hours_whole() {
    let mut seen = BTreeSet::new();
    for after in 0.. {
        let mut lab = keeping(for_hours(3));
        lab.hours(2);
        lab.log("new");
        lab.wait(301);
        lab.house.clock.advance(Duration::from_secs(HOUR_S));
        lab.disk.halt_after(after);
        let begun = lab.disk.operations();
        lab.pass(3);
        let whole = lab.disk.operations() - begun <= after;
        lab.crash((after % 2 == 0).then_some(after));
        seen.insert(lab.bodies().len());
        assert!(lab.bodies().contains(&"new".to_owned()));
        assert_eq!(lab.folders(), lab.named(), "after {after} operations");
        lab.pass(3);
        assert_eq!(lab.bodies(), ["1", "new"], "after {after} operations");
        if whole {
            break;
        }
    }
    assert!(seen.len() <= 2, "{seen:?}");
}

#[test]
fn a_lost_answer_of_the_catalog_is_asked_for_again() {
    for fate in [Fate::MadeButFails, Fate::Lost] {
        let fates = Arc::new(parking_lot::Mutex::new(Vec::new()));
        let asked = Arc::clone(&fates);
        let catalog = MemCatalog::with_fate(move || asked.lock().pop().unwrap_or(Fate::Made));
        let mut lab = keeping_in(catalog, for_hours(2));
        lab.hours(1);
        lab.log("1");
        lab.settle();
        lab.log("new");
        lab.settle();
        lab.house.clock.advance(Duration::from_secs(45 * 60));
        // What is known of the clock is told first.
        *fates.lock() = vec![fate, Fate::Made];
        while !fates.lock().is_empty() {
            assert!(lab.house.runner.turn());
        }
        assert_eq!(lab.bodies().len(), 3, "{fate:?}: not told yet");
        lab.pass(2);
        assert_eq!(lab.bodies(), ["1", "new"], "{fate:?}");
        assert_eq!(lab.folders(), lab.named(), "{fate:?}");
        lab.crash(Some(3));
        assert_eq!(lab.bodies(), ["1", "new"], "{fate:?}");
    }
}
