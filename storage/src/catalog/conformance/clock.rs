//! The clock, and catalogs of the version before it was kept.

use super::*;
use crate::catalog::checksum::Row as _;

pub(super) fn row(wait_ns: u64) -> ClockRow {
    ClockRow {
        seen_ns: -7,
        silence_ns: Some(i64::MIN),
        wait_ns,
    }
}

#[test]
fn the_clock_has_one_row() {
    on_both(|catalog| {
        assert_eq!(catalog.state().clock, None);
        for row in [row(0), row(u64::MAX), row(u64::MAX)] {
            catalog.commit(Change::KeepClock(row.clone())).unwrap();
            assert_eq!(catalog.state().clock, Some(row));
        }
        let steady = ClockRow {
            silence_ns: None,
            ..row(0)
        };
        let change = Change::KeepClock(steady.clone());
        catalog.commit(change).unwrap();
        assert_eq!(catalog.state().clock, Some(steady));
    });
}

/// Makes of the catalog what version 2 would have written.
pub(super) fn back_to_version_2(path: &Path) {
    let second = Meta {
        format_version: 2,
        ..open(path).unwrap().state().meta
    };
    let connection = rusqlite::Connection::open(path).unwrap();
    let without = "DROP TABLE clock; DELETE FROM digests WHERE name = 'clock';";
    connection.execute_batch(without).unwrap();
    let meta = "UPDATE meta SET format_version = 2, crc = ?";
    connection.execute(meta, [second.crc()]).unwrap();
}

#[test]
fn a_catalog_of_version_2_gains_the_clock_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("catalog.db");
    let mut expected = filled(&path);
    back_to_version_2(&path);
    let catalog = open(&path).unwrap();
    expected.clock = None;
    assert_eq!(catalog.state(), expected);
    catalog.commit(Change::KeepClock(row(9))).unwrap();
    drop(catalog);
    assert_eq!(open(&path).unwrap().state().clock, Some(row(9)));
}
