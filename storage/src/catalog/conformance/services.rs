//! Services, and catalogs of the version before they were kept.

use std::sync::Arc;

use super::*;
use crate::ServiceSlot;
use crate::catalog::checksum::Row as _;
use crate::catalog::sqlite_rows as sql;

pub(super) fn row(name: &str, colour: u8, round: u16) -> ServiceRow {
    ServiceRow {
        tenant: "default".into(),
        name: name.into(),
        slot: ServiceSlot { colour, round },
    }
}

pub(super) fn keep(services: &[ServiceRow]) -> Change {
    Change::KeepServices {
        services: services.to_vec(),
    }
}

#[test]
fn services_keep_their_slots() {
    on_both(|catalog| {
        let mut elsewhere = row("cart", 19, 0);
        elsewhere.tenant = "other".into();
        let (cart, shop) = (row("cart", 19, 0), row("Shöp\0", 19, 500));
        catalog.commit(keep(&[shop.clone(), elsewhere])).unwrap();
        catalog.commit(keep(&[shop.clone(), cart.clone()])).unwrap();
        let state = catalog.state();
        let mine: Vec<_> = state.services_of("default").collect();
        assert_eq!(mine, [&shop, &cart]);
        assert_eq!(state.services_of("other").count(), 1);
        assert_eq!(state.services_of("defaul").count(), 0);

        for wrong in [row("cart", 18, 0), row("new", 19, 500), row("new", 20, 0)] {
            let change = keep(&[row("fine", 1, 1), wrong]);
            assert!(catalog.commit(change.clone()).is_err(), "{change:?}");
            assert_eq!(catalog.state(), state, "{change:?}");
        }
    });
}

/// Makes of the catalog what version 1 would have written.
pub(crate) fn back_to_version_1(path: &Path) {
    clock::back_to_version_2(path);
    // Not opened any more, which would bring it to this version.
    let connection = rusqlite::Connection::open(path).unwrap();
    let meta = sql::read_meta(&connection).unwrap();
    let first = Meta {
        format_version: 1,
        ..meta
    };
    let without = "DROP TABLE services; DELETE FROM digests WHERE name = 'services';";
    connection.execute_batch(without).unwrap();
    let meta = "UPDATE meta SET format_version = 1, crc = ?";
    connection.execute(meta, [first.crc()]).unwrap();
}

#[test]
fn a_catalog_of_version_1_gains_services_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("catalog.db");
    let mut expected = filled(&path);
    back_to_version_1(&path);
    let catalog = open(&path).unwrap();
    expected.services = Arc::default();
    expected.clock = None;
    assert_eq!(catalog.state(), expected);
    catalog.commit(keep(&[row("cart", 3, 0)])).unwrap();
    drop(catalog);
    assert_eq!(open(&path).unwrap().state().services.len(), 1);
}

#[test]
fn a_catalog_of_a_later_version_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("catalog.db");
    let later = Meta {
        format_version: 4,
        ..filled(&path).meta
    };
    let connection = rusqlite::Connection::open(&path).unwrap();
    let meta = "UPDATE meta SET format_version = 4, crc = ?";
    connection.execute(meta, [later.crc()]).unwrap();
    drop(connection);
    let error = open(&path).unwrap_err();
    assert!(
        matches!(error, CatalogError::Version { found: 4, .. }),
        "{error}"
    );
}
