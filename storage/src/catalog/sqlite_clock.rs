//! What version 3 of the catalog added: what is known of the machine's clock. A catalog of version 2 gains the empty table when it is opened; all
//! else in it stays as it was.

use rusqlite::{Connection, Row as SqlRow, Transaction, params};

use super::change::RowChange;
use super::checksum::{Digest, Row};
use super::error::CatalogError;
use super::rows::{ClockRow, Meta};
use super::sqlite_rows::{self as sql, Readable, failed, get, show, unsigned};

/// The version that knew nothing of the clock.
const VERSION_WITHOUT: u64 = 2;

const CREATE: &str = include_str!("tables_3.sql");

pub(super) fn create(transaction: &Transaction<'_>) -> Result<(), CatalogError> {
    let created = transaction.execute_batch(CREATE);
    created.map_err(failed("create the table of the clock"))
}

/// Brings a catalog of version 2 to the next, in one transaction.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), CatalogError> {
    let meta = sql::read_meta(connection)?;
    if meta.format_version != VERSION_WITHOUT {
        return Ok(());
    }
    let transaction = connection.transaction().map_err(failed("begin"))?;
    create(&transaction)?;
    sql::write_digest(&transaction, ClockRow::TABLE, Digest::default())?;
    let meta = Meta {
        format_version: VERSION_WITHOUT + 1,
        ..meta
    };
    sql::write_change(&transaction, &RowChange::PutMeta(meta))?;
    transaction.commit().map_err(failed("commit"))
}

pub(super) fn write(transaction: &Transaction<'_>, row: &ClockRow) -> rusqlite::Result<usize> {
    transaction.execute(
        "REPLACE INTO clock VALUES (1, ?, ?, ?, ?)",
        params![
            row.seen_ns,
            row.silence_ns,
            row.wait_ns.cast_signed(),
            row.crc()
        ],
    )
}

impl Readable for ClockRow {
    fn read(row: &SqlRow<'_>) -> Result<Self, String> {
        Ok(Self {
            seen_ns: get(row, 1)?,
            silence_ns: get(row, 2)?,
            wait_ns: unsigned(row, 3)?,
        })
    }

    fn key(row: &SqlRow<'_>) -> String {
        show(row, 0)
    }
}
