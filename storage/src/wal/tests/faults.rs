//! Disks that are full or fail: nothing acknowledged is lost, nothing refused comes back, and it goes on by
//! itself.

use super::*;
use crate::catalog::{Fate, WalFileState};
use crate::vfs::sim::{Fault, FaultKind, Operation};

fn row_state(place: &WalPlace, number: usize) -> WalFileState {
    place.catalog.wal_files(&key())[number - 1].state
}

#[test]
fn a_failed_sync_poisons_and_the_group_goes_to_a_new_file_once() {
    let (disk, place) = place();
    let mut writer = writer(&place, 0, 1 << 20);
    let sound = commit(&mut writer, 2).unwrap();
    disk.inject(Fault::once(Operation::SyncFile, FaultKind::Io));
    commit(&mut writer, 3).unwrap_err();
    let state = row_state(&place, 1);
    let WalFileState::Closed { end, poisoned } = state else {
        panic!("{state:?}")
    };
    assert_eq!((end.offset, end.seq, poisoned), (sound.offset, 2, true));
    assert_eq!(writer.next_seq(), 2);
    let again = commit(&mut writer, 3).unwrap();
    assert_eq!(again.file, 2);
    for seed in 0..20 {
        disk.power_loss(seed);
        let (rows, replayed) = read(&place).unwrap();
        assert_eq!(rows, plain(0..5));
        assert_eq!(replayed.report.findings, []);
    }
}

#[test]
fn a_refused_group_does_not_come_back() {
    for seed in 0..100 {
        let (disk, place) = place();
        let mut writer = writer(&place, 0, 1 << 20);
        commit(&mut writer, 2).unwrap();
        disk.inject(Fault::once(Operation::SyncFile, FaultKind::Io));
        writer.append(&batch(1_000, 3), 2, 0).unwrap();
        writer.settle().unwrap_err();
        // Its sender was told, and nothing else was written before the end.
        disk.power_loss(seed);
        assert_eq!(read(&place).unwrap().0, plain(0..2));
    }
}

#[test]
fn a_full_disk_in_the_middle_of_a_frame_refuses_and_then_resumes() {
    let (disk, place) = place();
    let mut writer = writer(&place, 0, 1 << 20);
    commit(&mut writer, 2).unwrap();
    let used = disk.read(&names::log_file(&place.folder, 1)).unwrap().len() as u64;
    for room in (0..3_000).step_by(100) {
        disk.set_capacity(used + room);
        let seq = writer.next_seq();
        let refused = writer.append(&batch(1_000, 40), seq, 0).unwrap_err();
        assert!(refused.is_disk_full(), "{refused}");
        assert_eq!(writer.next_seq(), 2);
    }
    disk.set_capacity(u64::MAX);
    commit(&mut writer, 3).unwrap();
    disk.power_loss(1);
    let (rows, replayed) = read(&place).unwrap();
    assert_eq!(rows, plain(0..5));
    assert_eq!(replayed.report.rows_lost(), 0);
}

#[test]
fn each_step_of_taking_a_new_file_may_fail() {
    for operation in [
        Operation::Create,
        Operation::Write,
        Operation::SyncFile,
        Operation::SyncDir,
    ] {
        let (disk, place) = place();
        let mut writer = writer(&place, 0, 1);
        commit(&mut writer, 2).unwrap();
        for _ in 0..3 {
            disk.inject(Fault::once(operation, FaultKind::Io));
            commit(&mut writer, 2).unwrap_err();
        }
        commit(&mut writer, 2).unwrap();
        disk.power_loss(3);
        let (rows, replayed) = read(&place).unwrap();
        assert_eq!(rows, plain(0..4), "{operation:?}");
        assert_eq!(replayed.report.findings, [], "{operation:?}");
    }
}

#[test]
fn a_catalog_that_fails_stops_the_acknowledgement() {
    for fate in [Fate::Lost, Fate::MadeButFails] {
        let disk = SimVfs::new();
        let fates = Arc::new(parking_lot::Mutex::new(Vec::new()));
        let planned = Arc::clone(&fates);
        let catalog = MemCatalog::with_fate(move || planned.lock().pop().unwrap_or(Fate::Made));
        let place = place_on(Arc::new(disk.clone()), Arc::new(catalog));
        let mut writer = writer(&place, 0, 1);
        commit(&mut writer, 2).unwrap();
        *fates.lock() = vec![fate, fate];
        for _ in 0..2 {
            assert!(matches!(commit(&mut writer, 2), Err(WalError::Catalog(_))));
        }
        commit(&mut writer, 2).unwrap();
        disk.power_loss(4);
        let (rows, replayed) = read(&place).unwrap();
        assert_eq!(rows, plain(0..4), "{fate:?}");
        let unused = |finding: &WalFinding| matches!(finding, WalFinding::Unused { .. });
        assert!(replayed.report.findings.iter().all(unused));
    }
}

#[test]
fn a_disk_that_cannot_be_read_fails_the_replay_and_changes_nothing() {
    let (disk, place) = place();
    let mut writer = writer(&place, 0, 2_000);
    for _ in 0..5 {
        commit(&mut writer, 2).unwrap();
    }
    disk.kill();
    for after in 0..8 {
        let fault = Fault::once(Operation::Read, FaultKind::Io);
        disk.inject(Fault { after, ..fault });
        assert!(matches!(read(&place), Err(WalError::Io { .. })));
        disk.clear_faults();
    }
    let (rows, replayed) = read(&place).unwrap();
    assert_eq!(rows, plain(0..10));
    assert_eq!(replayed.report.findings, []);
}

#[test]
fn without_sync_before_the_answer_a_failed_sync_keeps_what_was_answered() {
    let (disk, place) = place();
    let config = WalConfig {
        fsync: FsyncMode::Interval(std::time::Duration::from_secs(1)),
        ..WalConfig::default()
    };
    let mut writer = WalWriter::new(place.clone(), schema(), 0, config).unwrap();
    commit(&mut writer, 2).unwrap();
    assert!(writer.is_dirty());
    disk.inject(Fault::once(Operation::SyncFile, FaultKind::Io));
    writer.sync().unwrap_err();
    assert_eq!(commit(&mut writer, 2).unwrap().file, 2);
    writer.sync().unwrap();
    assert!(!writer.is_dirty());
    disk.kill();
    assert_eq!(read(&place).unwrap().0, plain(0..4));
}
