//! The simulated disk must really lose what was not synced, and nothing else.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::io::ErrorKind;

use super::*;

const A: &str = "/a";

fn a() -> &'static Path {
    Path::new(A)
}

/// A file whose first 2,000 bytes (ones) and whose name are durable, followed by 2,000 that are not.
fn half_synced() -> SimVfs {
    let disk = SimVfs::new();
    let mut file = disk.create_new(a()).unwrap();
    file.write_all(&[1; 2_000]).unwrap();
    file.sync_data().unwrap();
    disk.sync_dir(Path::new("/")).unwrap();
    file.write_all(&[2; 2_000]).unwrap();
    disk
}

#[test]
fn synced_bytes_survive_and_others_in_sectors() {
    let mut sizes = BTreeSet::new();
    let mut holes = 0;
    for seed in 0..200 {
        let disk = half_synced();
        disk.power_loss(seed);
        let left = disk.read(a()).unwrap();
        assert_eq!(left[..2_000], [1; 2_000]);
        assert!(left.len() <= 4_000);
        assert!(left[2_000..].iter().all(|byte| [0, 2].contains(byte)));
        holes += u32::from(left[2_000..].contains(&0));
        sizes.insert(left.len());
    }
    assert!(sizes.contains(&2_000) && sizes.contains(&4_000));
    assert!(sizes.len() > 4, "torn at several places: {sizes:?}");
    assert!(holes > 10, "sectors are lost one by one: {holes}");
}

#[test]
fn the_same_seed_leaves_the_same() {
    let left = |seed| {
        let disk = half_synced();
        disk.power_loss(seed);
        disk.read(a()).unwrap()
    };
    assert!((0..50).all(|seed| left(seed) == left(seed)));
}

#[test]
fn a_kill_loses_nothing_but_makes_nothing_durable() {
    let disk = half_synced();
    disk.kill();
    assert_eq!(disk.read(a()).unwrap().len(), 4_000);
    let lost = (0..50).any(|seed| {
        let disk = half_synced();
        disk.kill();
        disk.power_loss(seed);
        disk.read(a()).unwrap().len() == 2_000
    });
    assert!(lost);
}

#[test]
fn an_entry_needs_its_folder_synced() {
    let survivors = (0..100).filter(|&seed| {
        let disk = SimVfs::new();
        let mut file = disk.create_new(a()).unwrap();
        file.write_all(b"x").unwrap();
        file.sync_all().unwrap();
        disk.power_loss(seed);
        disk.exists(a()).unwrap()
    });
    let survivors = survivors.count();
    assert!((1..100).contains(&survivors), "{survivors}");
}

#[test]
fn a_rename_is_there_or_not() {
    let mut outcomes = BTreeSet::new();
    for seed in 0..100 {
        let disk = SimVfs::new();
        for name in ["/old", "/new"] {
            let mut file = disk.create_new(Path::new(name)).unwrap();
            file.write_all(name.as_bytes()).unwrap();
            file.sync_all().unwrap();
        }
        disk.sync_dir(Path::new("/")).unwrap();
        disk.rename(Path::new("/new"), Path::new("/old")).unwrap();
        disk.power_loss(seed);
        let old = disk.read(Path::new("/old")).unwrap();
        outcomes.insert((old, disk.exists(Path::new("/new")).unwrap()));
    }
    let expected = [("/new".into(), false), ("/old".into(), true)];
    assert_eq!(outcomes, BTreeSet::from(expected));
}

#[test]
fn a_removal_may_be_undone() {
    let back = (0..50).filter(|&seed| {
        let disk = half_synced();
        disk.remove_file(a()).unwrap();
        disk.power_loss(seed);
        disk.exists(a()).unwrap()
    });
    assert!((1..50).contains(&back.count()));
}

#[test]
fn a_sync_after_a_failed_one_proves_nothing() {
    let lost = (0..50).filter(|&seed| {
        let disk = half_synced();
        let mut file = disk.open_append(a()).unwrap();
        disk.inject(Fault::once(Operation::SyncFile, FaultKind::Io));
        file.sync_data().unwrap_err();
        file.sync_data().unwrap();
        disk.power_loss(seed);
        disk.read(a()).unwrap().len() < 4_000
    });
    assert!(lost.count() > 5);
}

#[test]
fn faults_strike_where_and_when_they_are_planned() {
    let disk = half_synced();
    disk.inject(Fault {
        path_contains: "a".into(),
        after: 1,
        ..Fault::once(Operation::Read, FaultKind::Io)
    });
    let mut other = disk.create_new(Path::new("/b")).unwrap();
    other.write_all(b"x").unwrap();
    disk.read(Path::new("/b")).unwrap();
    disk.read(a()).unwrap();
    assert_eq!(disk.read(a()).unwrap_err().raw_os_error(), Some(5));
    disk.read(a()).unwrap();
}

#[test]
fn a_full_disk_takes_what_fits() {
    let disk = half_synced();
    disk.set_capacity(4_500);
    let mut file = disk.open_append(a()).unwrap();
    let error = file.write_all(&[3; 1_000]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::StorageFull);
    assert_eq!(file.size().unwrap(), 4_500);
    assert_eq!(disk.space(a()).unwrap().available_bytes, 0);
    disk.remove_file(a()).unwrap();
    assert_eq!(disk.space(Path::new("/")).unwrap().available_bytes, 4_500);
}

#[test]
fn a_halt_stops_everything_until_the_next_life() {
    let disk = half_synced();
    let mut file = disk.open_append(a()).unwrap();
    disk.halt_after(1);
    file.write_all(b"1").unwrap();
    file.write_all(b"23").unwrap_err();
    file.sync_data().unwrap_err();
    disk.kill();
    file.write_all(b"4").unwrap_err();
    assert_eq!(disk.read(a()).unwrap().len(), 4_002);
}
