//! Rows to and from SQLite. Unsigned numbers are stored as the signed ones with the same bits.

use clearspan_schema::Signal;
use rusqlite::{Connection, OptionalExtension, Row as SqlRow, Transaction, params};

use super::change::RowChange;
use super::checksum::{Digest, Row};
use super::error::CatalogError;
use super::rows::{
    ClockRow, Meta, SegmentRow, ServiceRow, TableKey, TableRow, WalEnd, WalFileRow, WalFileState,
};
use super::sqlite_clock as clock;
use super::sqlite_segments as segments;
use super::sqlite_services as services;
use super::state::{CatalogState, Digests};

/// The tables that there were from the first. Rows are read in the order of these columns.
const CREATE: &str = include_str!("tables.sql");

/// Names what was being done when SQLite failed.
pub(super) fn failed(action: &'static str) -> impl Fn(rusqlite::Error) -> CatalogError {
    move |source| CatalogError::Sqlite { action, source }
}

pub(super) fn has_tables(connection: &Connection) -> Result<bool, CatalogError> {
    let count = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| {
        row.get::<_, i64>(0)
    });
    Ok(count.map_err(failed("read the schema"))? > 0)
}

pub(super) fn create(
    connection: &mut Connection,
    state: &CatalogState,
) -> Result<(), CatalogError> {
    let transaction = connection.transaction().map_err(failed("begin"))?;
    transaction
        .execute_batch(CREATE)
        .map_err(failed("create tables"))?;
    services::create(&transaction)?;
    clock::create(&transaction)?;
    write_change(&transaction, &RowChange::PutMeta(state.meta.clone()))?;
    write_digests(&transaction, &state.digests())?;
    transaction.commit().map_err(failed("commit"))
}

/// Lets SQLite check the structure of its pages.
pub(super) fn check_pages(connection: &Connection) -> Result<(), CatalogError> {
    let verdict: String = connection
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(failed("check pages"))?;
    match &*verdict {
        "ok" => Ok(()),
        _ => Err(CatalogError::Damaged { detail: verdict }),
    }
}

/// The bytes of all pages.
pub(super) fn size(connection: &Connection) -> Result<u64, CatalogError> {
    let number = |pragma| -> Result<u64, CatalogError> {
        let read = connection.query_row(pragma, [], |row| row.get::<_, i64>(0));
        let read = read.map_err(failed("read the size"))?;
        Ok(u64::try_from(read).unwrap_or(0))
    };
    Ok(number("PRAGMA page_count")?.saturating_mul(number("PRAGMA page_size")?))
}

pub(super) fn write_change(
    transaction: &Transaction<'_>,
    change: &RowChange,
) -> Result<(), CatalogError> {
    let written = match change {
        RowChange::PutMeta(meta) => write_meta(transaction, meta),
        RowChange::PutTable(row) => write_table(transaction, row),
        RowChange::PutWalFile(row) => write_wal_file(transaction, row),
        RowChange::DeleteWalFile(key, file) => transaction.execute(
            "DELETE FROM wal_files WHERE tenant = ? AND signal = ? AND file = ?",
            params![&*key.tenant, key.signal.name(), file.cast_signed()],
        ),
        RowChange::PutSegment(row) => segments::write(transaction, row),
        RowChange::DeleteSegment(id) => segments::delete(transaction, *id),
        RowChange::PutService(row) => services::write(transaction, row),
        RowChange::PutClock(row) => clock::write(transaction, row),
    };
    written.map(drop).map_err(failed("write a row"))
}

fn write_meta(transaction: &Transaction<'_>, meta: &Meta) -> rusqlite::Result<usize> {
    transaction.execute(
        "REPLACE INTO meta VALUES (1, ?, ?, ?, ?)",
        params![
            meta.format_version.cast_signed(),
            meta.store_id,
            meta.next_segment_id.cast_signed(),
            meta.crc()
        ],
    )
}

fn write_table(transaction: &Transaction<'_>, row: &TableRow) -> rusqlite::Result<usize> {
    transaction.execute(
        "REPLACE INTO tables VALUES (?, ?, ?, ?, ?, ?, ?)",
        params![
            &*row.key.tenant,
            row.key.signal.name(),
            row.flushed_seq.cast_signed(),
            row.last_wal_file.cast_signed(),
            row.duplicates.cast_signed(),
            row.rows_lost.cast_signed(),
            row.crc()
        ],
    )
}

fn write_wal_file(transaction: &Transaction<'_>, row: &WalFileRow) -> rusqlite::Result<usize> {
    let state = match row.state {
        WalFileState::Open => "open",
        WalFileState::Closed {
            poisoned: false, ..
        } => "closed",
        WalFileState::Closed { poisoned: true, .. } => "poisoned",
    };
    transaction.execute(
        "REPLACE INTO wal_files VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        params![
            &*row.key.tenant,
            row.key.signal.name(),
            row.file.cast_signed(),
            row.first_seq.cast_signed(),
            row.created_ns,
            row.header_crc,
            state,
            row.end().map(|end| end.offset.cast_signed()),
            row.end().map(|end| end.seq.cast_signed()),
            row.damaged,
            row.rows_lost.cast_signed(),
            row.crc()
        ],
    )
}

/// A row that can be read back.
pub(super) trait Readable: Row + Sized {
    /// Reads the columns in the order in which they were created.
    fn read(row: &SqlRow<'_>) -> Result<Self, String>;

    /// The row's key, for messages.
    fn key(row: &SqlRow<'_>) -> String;
}

/// All rows of a table, each checked against its own checksum, its last column.
pub(super) fn read_all<R: Readable>(connection: &Connection) -> Result<Vec<R>, CatalogError> {
    let action = failed("read rows");
    let mut statement = connection
        .prepare(&format!("SELECT * FROM {}", R::TABLE))
        .map_err(&action)?;
    let crc_column = statement.column_count().saturating_sub(1);
    let mut rows = statement.query([]).map_err(&action)?;
    let mut read = Vec::new();
    while let Some(row) = rows.next().map_err(&action)? {
        read.push(read_checked::<R>(row, crc_column)?);
    }
    Ok(read)
}

fn read_checked<R: Readable>(row: &SqlRow<'_>, crc_column: usize) -> Result<R, CatalogError> {
    let bad = |detail| CatalogError::BadRow {
        table: R::TABLE,
        key: R::key(row),
        detail,
    };
    let read = R::read(row).map_err(bad)?;
    let crc: u32 = get(row, crc_column).map_err(bad)?;
    if crc == read.crc() {
        return Ok(read);
    }
    let actual = read.crc();
    Err(bad(format!("checksum {actual:08x}, written {crc:08x}")))
}

pub(super) fn read_meta(connection: &Connection) -> Result<Meta, CatalogError> {
    let mut rows = read_all::<Meta>(connection)?;
    rows.pop().ok_or_else(|| CatalogError::BadRow {
        table: Meta::TABLE,
        key: "1".to_owned(),
        detail: "missing".to_owned(),
    })
}

pub(super) fn get<T: rusqlite::types::FromSql>(
    row: &SqlRow<'_>,
    column: usize,
) -> Result<T, String> {
    row.get(column).map_err(|error| error.to_string())
}

pub(super) fn unsigned(row: &SqlRow<'_>, column: usize) -> Result<u64, String> {
    get::<i64>(row, column).map(i64::cast_unsigned)
}

/// What stands in a column, whatever its type, for messages.
pub(super) fn show(row: &SqlRow<'_>, column: usize) -> String {
    match row.get::<_, rusqlite::types::Value>(column) {
        Ok(rusqlite::types::Value::Text(text)) => text,
        Ok(rusqlite::types::Value::Integer(number)) => number.to_string(),
        Ok(other) => format!("{other:?}"),
        Err(error) => error.to_string(),
    }
}

pub(super) fn table_key(row: &SqlRow<'_>, column: usize) -> Result<TableKey, String> {
    let tenant: String = get(row, column)?;
    let name: String = get(row, column + 1)?;
    let signal = Signal::ALL.into_iter().find(|s| s.name() == name);
    let signal = signal.ok_or_else(|| format!("unknown signal {name}"))?;
    Ok(TableKey::new(tenant, signal))
}

impl Readable for Meta {
    fn read(row: &SqlRow<'_>) -> Result<Self, String> {
        Ok(Self {
            format_version: unsigned(row, 1)?,
            store_id: get(row, 2)?,
            next_segment_id: unsigned(row, 3)?,
        })
    }

    fn key(row: &SqlRow<'_>) -> String {
        show(row, 0)
    }
}

impl Readable for TableRow {
    fn read(row: &SqlRow<'_>) -> Result<Self, String> {
        Ok(Self {
            key: table_key(row, 0)?,
            flushed_seq: unsigned(row, 2)?,
            last_wal_file: unsigned(row, 3)?,
            duplicates: unsigned(row, 4)?,
            rows_lost: unsigned(row, 5)?,
        })
    }

    fn key(row: &SqlRow<'_>) -> String {
        format!("{}/{}", show(row, 0), show(row, 1))
    }
}

impl Readable for WalFileRow {
    fn read(row: &SqlRow<'_>) -> Result<Self, String> {
        let state: String = get(row, 6)?;
        let state = match &*state {
            "open" => WalFileState::Open,
            "closed" | "poisoned" => WalFileState::Closed {
                end: WalEnd {
                    offset: unsigned(row, 7)?,
                    seq: unsigned(row, 8)?,
                },
                poisoned: state == "poisoned",
            },
            _ => return Err(format!("unknown state {state}")),
        };
        Ok(Self {
            key: table_key(row, 0)?,
            file: unsigned(row, 2)?,
            first_seq: unsigned(row, 3)?,
            created_ns: get(row, 4)?,
            header_crc: get(row, 5)?,
            state,
            damaged: get(row, 9)?,
            rows_lost: unsigned(row, 10)?,
        })
    }

    fn key(row: &SqlRow<'_>) -> String {
        format!("{}/{}/{}", show(row, 0), show(row, 1), show(row, 2))
    }
}

fn named(digests: &Digests) -> [(&'static str, Digest); 5] {
    [
        (TableRow::TABLE, digests.tables),
        (WalFileRow::TABLE, digests.wal_files),
        (SegmentRow::TABLE, digests.segments),
        (ServiceRow::TABLE, digests.services),
        (ClockRow::TABLE, digests.clock),
    ]
}

pub(super) fn write_digests(
    transaction: &Transaction<'_>,
    digests: &Digests,
) -> Result<(), CatalogError> {
    for (name, digest) in named(digests) {
        write_digest(transaction, name, digest)?;
    }
    Ok(())
}

pub(super) fn write_digest(
    transaction: &Transaction<'_>,
    name: &'static str,
    digest: Digest,
) -> Result<(), CatalogError> {
    let (rows, sum) = (digest.rows.cast_signed(), digest.sum.cast_signed());
    let written = transaction.execute(
        "REPLACE INTO digests VALUES (?, ?, ?, ?)",
        params![name, rows, sum, digest.crc()],
    );
    written.map(drop).map_err(failed("write a digest"))
}

/// Compares what was written with what was read.
pub(super) fn check_digests(connection: &Connection, found: &Digests) -> Result<(), CatalogError> {
    for (name, found) in named(found) {
        let expected = read_digest(connection, name)?;
        if expected != found {
            return Err(CatalogError::BadTable {
                table: name,
                expected: expected.rows,
                found: found.rows,
            });
        }
    }
    Ok(())
}

fn read_digest(connection: &Connection, name: &'static str) -> Result<Digest, CatalogError> {
    let bad = |detail| CatalogError::BadRow {
        table: Digest::TABLE,
        key: name.to_owned(),
        detail,
    };
    let query = "SELECT rows, sum, crc FROM digests WHERE name = ?";
    let read = connection.query_row(query, [name], |row| {
        let digest = Digest {
            rows: row.get::<_, i64>(0)?.cast_unsigned(),
            sum: row.get::<_, i64>(1)?.cast_unsigned(),
        };
        Ok((digest, row.get::<_, u32>(2)?))
    });
    match read.optional().map_err(|error| bad(error.to_string()))? {
        None => Err(bad("missing".to_owned())),
        Some((digest, crc)) if crc != digest.crc() => Err(bad("checksum".to_owned())),
        Some((digest, _)) => Ok(digest),
    }
}
