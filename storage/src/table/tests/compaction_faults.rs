//! Compaction when something fails or ends in the middle of it.

use super::lab::{FOLDERS, Lab};
use super::*;
use crate::catalog::Fate;
use crate::limits::{COMPACTION_RETRY_MS_MAX, SET_ASIDE_MS};
use crate::{SegmentMeta, names};

#[test]
fn a_crash_at_any_operation_leaves_the_old_or_the_new() {
    let mut halts = 0;
    let (mut old, mut new) = (0, 0);
    for after in 0.. {
        let mut lab = Lab::new();
        lab.fill();
        let rows = lab.rows();
        lab.disk.halt_after(after);
        let begun = lab.disk.operations();
        lab.settle();
        let whole = lab.disk.operations() - begun <= after;
        lab.crash((after % 2 == 0).then_some(after));
        let levels = lab.levels();
        old += usize::from(levels == [0; 9]);
        new += usize::from(levels == [1; 3]);
        assert_eq!(lab.rows(), rows, "after {after} operations");
        assert_eq!(lab.folders(), lab.named(), "after {after} operations");
        lab.settle();
        assert_eq!(lab.levels(), [1, 1, 1], "after {after} operations");
        assert_eq!(lab.rows(), rows, "after {after} operations");
        if whole {
            break;
        }
        halts += 1;
    }
    assert!(halts > 100 && old > 10 && new > 2, "{halts} {old} {new}");
}

#[test]
fn a_stop_between_any_two_turns_leaves_nothing_half_done() {
    let mut stopped = 0;
    for turns in 0.. {
        let mut lab = Lab::new();
        lab.fill();
        let rows = lab.rows();
        lab.house.clock.advance(Duration::from_secs(601));
        let done = lab.house.runner.run_until_idle(turns) < turns;
        lab.house.storage.shutdown();
        assert_eq!(lab.folders(), lab.named(), "after {turns} turns");
        assert_eq!(lab.rows(), rows);
        lab.crash(None);
        assert_eq!(lab.rows(), rows);
        if done {
            break;
        }
        stopped += 1;
    }
    assert!(stopped > 10, "{stopped}");
}

#[test]
fn faults_in_the_middle_leave_nothing_behind_and_are_overcome() {
    let operations = [
        Operation::Create,
        Operation::Write,
        Operation::SyncFile,
        Operation::SyncDir,
        Operation::Rename,
        Operation::Read,
        Operation::Open,
        Operation::Remove,
    ];
    for operation in operations {
        for (kind, after) in [
            (FaultKind::NoSpace, 0),
            (FaultKind::Io, 1),
            (FaultKind::Io, 4),
        ] {
            let lab = Lab::new();
            lab.fill();
            let rows = lab.rows();
            lab.disk.inject(Fault {
                path_contains: "segments".into(),
                after,
                ..Fault::always(operation, kind)
            });
            lab.settle();
            let before = lab.disk.operations();
            for _ in 0..60 {
                lab.wait(1);
            }
            let tried = lab.disk.operations() - before;
            assert!(
                tried < 1_000,
                "{operation:?}: {tried} operations in a minute"
            );
            lab.disk.clear_faults();
            assert_eq!(lab.rows(), rows, "{operation:?} {kind:?}");
            if operation != Operation::Remove {
                assert_eq!(lab.folders(), lab.named(), "{operation:?} {kind:?}");
            }
            lab.wait(SET_ASIDE_MS / 1_000);
            lab.wait(COMPACTION_RETRY_MS_MAX / 1_000);
            lab.wait(2);
            assert_eq!(lab.levels(), [1, 1, 1], "{operation:?} {kind:?} {after}");
            assert_eq!(lab.folders(), lab.named(), "{operation:?} {kind:?}");
            assert_eq!(lab.rows(), rows, "{operation:?} {kind:?}");
        }
    }
}

#[test]
fn without_room_for_both_nothing_is_begun() {
    let lab = Lab::new();
    lab.fill();
    let used: u64 = {
        let space = lab.disk.space(Path::new("/data")).unwrap();
        space.total_bytes - space.available_bytes
    };
    lab.disk.set_capacity(used + 1_000);
    lab.settle();
    assert_eq!(lab.levels(), [0; 9]);
    assert_eq!(lab.folders(), lab.named());
    lab.disk.set_capacity(u64::MAX);
    lab.wait(COMPACTION_RETRY_MS_MAX / 1_000);
    assert_eq!(lab.levels(), [1; 3]);
}

#[test]
fn a_damaged_segment_is_left_alone_and_the_others_are_merged() {
    let mut lab = Lab::new();
    lab.fill();
    assert_eq!(lab.set_aside(), 0);
    let state = lab.state();
    let damaged = state
        .segments
        .values()
        .find(|row| row.key.signal == Signal::Logs)
        .unwrap();
    let folder = Path::new(FOLDERS[0])
        .join("1970-01-01T00")
        .join(names::segment_name(damaged.id.0));
    let meta = lab.disk.read(&folder.join(names::META)).unwrap();
    let meta: SegmentMeta = serde_json::from_slice(&meta).unwrap();
    let byte = meta.batches[0].block.unwrap().offset + 900;
    lab.disk
        .flip_bit(&folder.join(names::ROWS_ARROW), byte, 3)
        .unwrap();
    lab.settle();
    assert_eq!(lab.levels(), [0, 1, 1, 1]);
    let state = lab.state();
    assert_eq!(state.segments.get(&damaged.id), Some(damaged));
    assert_eq!(lab.folders(), lab.named());
    assert_eq!(lab.pending(), (0, 0), "it waits for nothing");
    assert_eq!(lab.set_aside(), 1, "it is told");
    let before = lab.disk.operations();
    lab.wait(2 * SET_ASIDE_MS / 1_000);
    assert!(
        lab.disk.operations() - before < 100,
        "it is not tried again and again"
    );
    assert_eq!(lab.set_aside(), 1);
    lab.crash(None);
    assert_eq!(lab.set_aside(), 0, "a start tries it again");
}

#[test]
fn a_lost_answer_of_the_catalog_is_followed_up() {
    for fate in [Fate::MadeButFails, Fate::Lost] {
        let fates = Arc::new(parking_lot::Mutex::new(Vec::new()));
        let asked = Arc::clone(&fates);
        let catalog = MemCatalog::with_fate(move || asked.lock().pop().unwrap_or(Fate::Made));
        let mut lab = Lab::with_catalog(catalog);
        lab.fill();
        let rows = lab.rows();
        // An id is reserved for the first new segment; then it is published.
        *fates.lock() = vec![fate, Fate::Made];
        lab.house.clock.advance(Duration::from_secs(601));
        while !fates.lock().is_empty() {
            assert!(lab.house.runner.turn());
        }
        assert_eq!(lab.rows(), rows, "{fate:?}");
        assert!(lab.folders().is_superset(&lab.named()), "{fate:?}");
        lab.wait(2);
        lab.wait(2);
        assert_eq!(lab.levels(), [1, 1, 1], "{fate:?}");
        assert_eq!(lab.folders(), lab.named(), "{fate:?}");
        assert_eq!(lab.rows(), rows, "{fate:?}");
        lab.crash(Some(7));
        assert_eq!(lab.rows(), rows, "{fate:?}");
    }
}

#[test]
fn a_stop_while_the_catalog_keeps_silent_loses_neither_set() {
    for fate in [Fate::MadeButFails, Fate::Lost] {
        let fates = Arc::new(parking_lot::Mutex::new(Vec::new()));
        let asked = Arc::clone(&fates);
        let catalog = MemCatalog::with_fate(move || asked.lock().pop().unwrap_or(Fate::Made));
        let mut lab = Lab::with_catalog(catalog);
        lab.fill();
        let rows = lab.rows();
        *fates.lock() = vec![fate, Fate::Made];
        lab.house.clock.advance(Duration::from_secs(601));
        while !fates.lock().is_empty() {
            assert!(lab.house.runner.turn());
        }
        lab.house.storage.shutdown();
        assert!(lab.folders().is_superset(&lab.named()), "{fate:?}");
        assert_eq!(lab.rows(), rows, "{fate:?}");
        lab.crash(None);
        assert_eq!(lab.rows(), rows, "{fate:?}");
        assert_eq!(lab.folders(), lab.named(), "{fate:?}");
    }
}
