//! What version 2 of the catalog added: services with their slots. A catalog of version 1 gains the
//! empty table when it is opened; all else in it stays as it was.

use std::sync::Arc;

use rusqlite::{Connection, Row as SqlRow, Transaction, params};

use super::change::RowChange;
use super::checksum::{Digest, Row};
use super::error::CatalogError;
use super::rows::{Meta, ServiceRow};
use super::sqlite_rows::{self as sql, Readable, failed, get, show};
use crate::ServiceSlot;

/// The version that knew no services.
const VERSION_WITHOUT: u64 = 1;

const CREATE: &str = include_str!("tables_2.sql");

pub(super) fn create(transaction: &Transaction<'_>) -> Result<(), CatalogError> {
    let created = transaction.execute_batch(CREATE);
    created.map_err(failed("create the table of services"))
}

/// Brings a catalog of version 1 to the next, in one transaction.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), CatalogError> {
    let meta = sql::read_meta(connection)?;
    if meta.format_version != VERSION_WITHOUT {
        return Ok(());
    }
    let transaction = connection.transaction().map_err(failed("begin"))?;
    create(&transaction)?;
    sql::write_digest(&transaction, ServiceRow::TABLE, Digest::default())?;
    let meta = Meta {
        format_version: VERSION_WITHOUT + 1,
        ..meta
    };
    sql::write_change(&transaction, &RowChange::PutMeta(meta))?;
    transaction.commit().map_err(failed("commit"))
}

pub(super) fn write(
    transaction: &Transaction<'_>,
    service: &ServiceRow,
) -> rusqlite::Result<usize> {
    let (colour, round) = (service.slot.colour, service.slot.round);
    transaction.execute(
        "INSERT INTO services VALUES (?, ?, ?, ?, ?)",
        params![
            &*service.tenant,
            &*service.name,
            colour,
            round,
            service.crc()
        ],
    )
}

impl Readable for ServiceRow {
    fn read(row: &SqlRow<'_>) -> Result<Self, String> {
        let (tenant, name): (String, String) = (get(row, 0)?, get(row, 1)?);
        let (colour, round) = (get(row, 2)?, get(row, 3)?);
        Ok(Self {
            tenant: Arc::from(tenant),
            name: Arc::from(name),
            slot: ServiceSlot { colour, round },
        })
    }

    fn key(row: &SqlRow<'_>) -> String {
        format!("{}/{}", show(row, 0), show(row, 1))
    }
}
