//! What every [`Catalog`] must do, asked of each; and what damage to the database must never do.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods
)]

use std::path::Path;

use clearspan_schema::Signal;

use super::*;
use crate::vfs::OsVfs;

mod clock;
mod compaction;
mod expiry;
mod services;

pub(crate) use services::back_to_version_1;

fn key() -> TableKey {
    TableKey::new("default", Signal::Logs)
}

fn open(path: &Path) -> Result<SqliteCatalog, CatalogError> {
    SqliteCatalog::open(path, &OsVfs, 0xabcd)
}

/// Runs `check` on each; `check` gets a way to reopen the catalog too.
fn on_both(check: impl Fn(&dyn Catalog)) {
    check(&MemCatalog::new());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("catalog.db");
    let catalog = open(&path).unwrap();
    assert!(catalog.created());
    check(&catalog);
    let before = catalog.state();
    drop(catalog);
    let catalog = open(&path).unwrap();
    assert!(!catalog.created());
    assert_eq!(catalog.state(), before, "all is there when opened again");
}

fn new_file(file: u64, first_seq: u64, previous: Option<ClosedWalFile>) -> Change {
    Change::OpenWalFile(NewWalFile {
        key: key(),
        file,
        first_seq,
        created_ns: -5,
        header_crc: 0xffff_fffe,
        previous,
    })
}

fn closed(file: u64, seq: u64, poisoned: bool) -> ClosedWalFile {
    let end = WalEnd {
        offset: seq * 100,
        seq,
    };
    ClosedWalFile {
        file,
        end,
        poisoned,
    }
}

/// A segment of a flush that took these numbers; it holds a few of them, so that others have room.
fn segment(id: SegmentId, partition: Partition, from: u64, to: u64) -> SegmentRow {
    SegmentRow {
        id,
        key: key(),
        partition,
        rows: ((to - from) / 20).max(1),
        bytes: 1,
        min_time_ns: i64::MIN,
        max_time_ns: i64::MAX,
        min_seq: from,
        max_seq: to - 1,
        min_arrival_ns: 0,
        max_arrival_ns: 0,
        wal_from_seq: from,
        wal_to_seq: to,
        level: 0,
        created_ns: 7,
        meta_checksum: u64::MAX,
    }
}

fn flush(segments: Vec<SegmentRow>, flushed_seq: u64) -> Change {
    Change::Flush(FlushCommit {
        key: key(),
        segments,
        flushed_seq,
        duplicates: 3,
    })
}

#[test]
fn a_table_lives_through_files_and_flushes() {
    on_both(|catalog| {
        assert_eq!(catalog.table(&key()), TableRow::new(key()));
        catalog.commit(new_file(1, 0, None)).unwrap();
        let first = closed(1, 100, false);
        catalog.commit(new_file(2, 100, Some(first))).unwrap();
        let files = catalog.wal_files(&key());
        assert_eq!(files[0].end(), Some(first.end));
        assert_eq!(files[1].state, WalFileState::Open);

        let ids = [(); 2].map(|()| catalog.allocate_segment_id().unwrap());
        let hour = segment(ids[0], Partition::Hour(-3), 0, 100);
        let odd = segment(ids[1], Partition::Odd, 0, 100);
        catalog.commit(flush(vec![hour.clone(), odd], 100)).unwrap();
        assert_eq!(catalog.table(&key()).flushed_seq, 100);
        assert_eq!(catalog.table(&key()).duplicates, 3);
        assert_eq!(catalog.state().segments[&ids[0]], hour);
        assert!(catalog.wal_files(&key())[0].is_flushed(100));
        let forget = Change::ForgetWalFiles {
            key: key(),
            files: vec![1],
        };
        catalog.commit(forget.clone()).unwrap();
        catalog.commit(forget).unwrap();
        assert_eq!(catalog.wal_files(&key()).len(), 1);
        assert_eq!(catalog.table(&key()).last_wal_file, 2);
        assert!(violations(&catalog.state()).is_empty());
    });
}

#[test]
fn what_was_lost_is_remembered_beyond_its_file() {
    on_both(|catalog| {
        catalog.commit(new_file(1, 0, None)).unwrap();
        for rows_lost in [4, 9] {
            let mark = Change::MarkWalFileDamaged {
                key: key(),
                file: 1,
                rows_lost,
            };
            catalog.commit(mark).unwrap();
        }
        let closed = closed(1, 10, true);
        catalog
            .commit(Change::CloseWalFile { key: key(), closed })
            .unwrap();
        let row = &catalog.wal_files(&key())[0];
        assert_eq!((row.damaged, row.rows_lost), (true, 9));
        catalog.commit(flush(vec![], 10)).unwrap();
        let forget = Change::ForgetWalFiles {
            key: key(),
            files: vec![1],
        };
        catalog.commit(forget).unwrap();
        assert_eq!(catalog.table(&key()).rows_lost, 9);
    });
}

#[test]
fn a_registration_whose_answer_got_lost_does_no_harm() {
    on_both(|catalog| {
        catalog.commit(new_file(1, 0, None)).unwrap();
        let poisoned = closed(1, 50, true);
        catalog.commit(new_file(2, 50, Some(poisoned))).unwrap();
        catalog.commit(new_file(3, 50, Some(poisoned))).unwrap();
        let ends = catalog.wal_files(&key());
        let ends: Vec<_> = ends
            .iter()
            .map(|row| row.end().map(|end| end.seq))
            .collect();
        assert_eq!(ends, [Some(50), Some(50), None]);
    });
}

#[test]
fn nonsense_is_refused_and_changes_nothing() {
    on_both(|catalog| {
        catalog.commit(new_file(1, 0, None)).unwrap();
        let first = closed(1, 100, false);
        catalog.commit(new_file(2, 100, Some(first))).unwrap();
        let ids = [(); 3].map(|()| catalog.allocate_segment_id().unwrap());
        let hour = |id, from, to| segment(id, Partition::Hour(1), from, to);
        catalog
            .commit(flush(vec![hour(ids[0], 0, 50)], 50))
            .unwrap();
        let before = catalog.state();
        let mut foreign = hour(ids[1], 50, 60);
        foreign.key.signal = Signal::Spans;
        let mut upside_down = hour(ids[1], 50, 60);
        upside_down.min_time_ns = 1;
        upside_down.max_time_ns = 0;
        let forget = |file| Change::ForgetWalFiles {
            key: key(),
            files: vec![file],
        };
        for change in [
            new_file(2, 100, None),
            flush(vec![], 49),
            flush(vec![hour(ids[0], 50, 60)], 60),
            flush(vec![hour(ids[1], 49, 60)], 60),
            flush(vec![hour(ids[1], 50, 60)], 59),
            flush(vec![hour(SegmentId(1_000_000), 50, 60)], 60),
            flush(vec![foreign], 60),
            flush(vec![upside_down], 60),
            forget(1),
            forget(2),
            Change::CloseWalFile {
                key: key(),
                closed: closed(1, 99, false),
            },
            Change::CloseWalFile {
                key: key(),
                closed: closed(9, 99, false),
            },
        ] {
            assert!(catalog.commit(change.clone()).is_err(), "{change:?}");
            assert_eq!(catalog.state(), before, "{change:?}");
        }
    });
}

#[test]
fn segment_ids_are_never_given_twice() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("catalog.db");
    let mut last = None;
    for _ in 0..3 {
        let catalog = open(&path).unwrap();
        for _ in 0..70 {
            let id = Some(catalog.allocate_segment_id().unwrap());
            assert!(id > last);
            last = id;
        }
    }
}

fn filled(path: &Path) -> CatalogState {
    let catalog = open(path).unwrap();
    catalog.commit(new_file(1, 0, None)).unwrap();
    let first = closed(1, 100, true);
    catalog.commit(new_file(2, 100, Some(first))).unwrap();
    let hours = (0..20).map(|hour| {
        let id = catalog.allocate_segment_id().unwrap();
        segment(id, Partition::Hour(1_000_000_000_000 + hour), 0, 100)
    });
    catalog.commit(flush(hours.collect(), 100)).unwrap();
    let kept = [services::row("cart", 3, 0), services::row("shop", 4, 0)];
    catalog.commit(services::keep(&kept)).unwrap();
    catalog.commit(Change::KeepClock(clock::row(5))).unwrap();
    catalog.state()
}

fn damaged_by(statement: &str) -> CatalogError {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("catalog.db");
    filled(&path);
    let connection = rusqlite::Connection::open(&path).unwrap();
    assert!(connection.execute(statement, []).unwrap() > 0);
    drop(connection);
    open(&path).unwrap_err()
}

#[test]
fn an_altered_row_is_named() {
    for (statement, named) in [
        (
            "UPDATE segments SET max_seq = 98 WHERE id = 3",
            "table segments, row 3: checksum",
        ),
        (
            "UPDATE wal_files SET end_seq = 99 WHERE file = 1",
            "table wal_files, row default/logs/1: checksum",
        ),
        (
            "UPDATE wal_files SET state = 'half'",
            "row default/logs/1: unknown state half",
        ),
        (
            "UPDATE tables SET flushed_seq = 0",
            "table tables, row default/logs: checksum",
        ),
        ("UPDATE meta SET next_segment_id = 1", "table meta, row 1"),
        ("UPDATE digests SET sum = 0", "table digests, row tables"),
        (
            "UPDATE services SET round = 1 WHERE name = 'cart'",
            "table services, row default/cart: checksum",
        ),
        (
            "DELETE FROM services WHERE name = 'cart'",
            "table services: 1 rows do not add up to the 2",
        ),
        (
            "UPDATE clock SET wait_ns = 0",
            "table clock, row 1: checksum",
        ),
        ("DELETE FROM clock", "table clock: 0 rows"),
        ("DELETE FROM meta", "table meta, row 1: missing"),
        (
            "DELETE FROM segments WHERE id = 3",
            "19 rows do not add up to the 20",
        ),
        ("DELETE FROM tables", "0 rows do not add up to the 1"),
    ] {
        let error = damaged_by(statement).to_string();
        assert!(error.contains(named), "{statement}: {error}");
    }
}

#[test]
fn a_flipped_bit_is_an_error_or_without_effect() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("catalog.db");
    let expected = filled(&path);
    let sound = std::fs::read(&path).unwrap();
    let mut errors = 0;
    for at in (0..sound.len()).step_by(31) {
        let mut damaged = sound.clone();
        damaged[at] ^= 1 << (at % 8);
        std::fs::write(&path, &damaged).unwrap();
        match open(&path) {
            Err(_) => errors += 1,
            Ok(catalog) => assert_eq!(catalog.state(), expected, "bit flipped in byte {at}"),
        }
        let _ = std::fs::remove_file(folder.path().join("catalog.db-journal"));
    }
    assert!(errors > 50, "{errors}");
}

#[test]
fn an_empty_file_is_a_new_catalog_and_a_cut_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("catalog.db");
    std::fs::write(&path, b"").unwrap();
    assert!(open(&path).unwrap().created());
    filled(&path);
    let sound = std::fs::read(&path).unwrap();
    for size in [1, 100, 4_096, sound.len() - 1] {
        std::fs::write(&path, &sound[..size]).unwrap();
        assert!(open(&path).is_err(), "{size} bytes");
    }
}

#[test]
fn commits_are_lost_or_made_as_planned() {
    let fates = parking_lot::Mutex::new(vec![Fate::MadeButFails, Fate::Lost, Fate::Made]);
    let catalog = MemCatalog::with_fate(move || fates.lock().pop().unwrap());
    catalog.commit(new_file(1, 0, None)).unwrap();
    catalog.commit(new_file(2, 0, None)).unwrap_err();
    assert_eq!(catalog.wal_files(&key()).len(), 1);
    catalog.commit(new_file(3, 0, None)).unwrap_err();
    assert_eq!(catalog.wal_files(&key()).len(), 2);
}
