//! The catalog in SQLite.
//!
//! `journal_mode=TRUNCATE` with `synchronous=FULL`: a commit is on disk when it returns, in the main file.
//! Not `DELETE`, which would need `EXTRA`: under `FULL` it does not sync the folder after unlinking the
//! journal, and a power loss could bring the journal back and undo the commit. Not `WAL`, whose log is cut
//! off in silence at the first frame with a flipped bit, commits behind it included. Commits are rare (a
//! flush, a new WAL file), so that the few syncs more than with `WAL` do not matter.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::{Mutex, RwLock, RwLockReadGuard};
use rusqlite::Connection;

use super::Catalog;
use super::change::{Change, RowChange};
use super::error::CatalogError;
use super::invariants;
use super::rows::{SegmentId, TableKey, TableRow, WalFileRow};
use super::sqlite_clock as clock;
use super::sqlite_rows as sql;
use super::sqlite_services as services;
use super::state::{CatalogState, FORMAT_VERSION};
use crate::vfs::Vfs;

/// How many segment ids one commit reserves; the rest of a block is given up at a restart.
const SEGMENT_ID_BLOCK: u64 = 64;

/// How long a commit waits for somebody who looks at the file with SQLite's own tools. A new WAL file is registered on
/// the way to an acknowledgement, for which senders wait five seconds.
const BUSY_TIMEOUT_MS: u64 = 1_000;

/// The catalog in a SQLite file.
#[derive(Debug)]
pub struct SqliteCatalog {
    database: Mutex<Database>,
    state: RwLock<CatalogState>,
    /// The outcome of a commit is unknown: the rows are to be read anew. Only changed by who holds `database`.
    in_doubt: AtomicBool,
    created: bool,
}

#[derive(Debug)]
struct Database {
    connection: Connection,
    next_segment_id: u64,
}

impl SqliteCatalog {
    /// Opens the catalog at `path` and checks every row of it; creates it, for a store with the random
    /// identity `store_id`, when there is none or an empty file. `vfs` syncs the folder that holds it.
    pub fn open(path: &Path, vfs: &dyn Vfs, store_id: u128) -> Result<Self, CatalogError> {
        let mut connection = Connection::open(path).map_err(sql::failed("open"))?;
        configure(&connection)?;
        let created = is_new(&connection, path, vfs)?;
        if created {
            sql::create(&mut connection, &CatalogState::new(store_id))?;
        }
        if let Some(folder) = path.parent() {
            vfs.sync_dir(folder)?;
        }
        sql::check_pages(&connection)?;
        check_size(&connection, path, vfs)?;
        services::migrate(&mut connection)?;
        clock::migrate(&mut connection)?;
        let state = load(&connection)?;
        let database = Database {
            connection,
            next_segment_id: state.meta.next_segment_id,
        };
        Ok(Self {
            database: Mutex::new(database),
            state: RwLock::new(state),
            in_doubt: AtomicBool::new(false),
            created,
        })
    }

    /// Whether it was created just now: there was no file, or an empty one. In a data folder that holds
    /// segments or WAL files this means that the catalog was lost.
    pub fn created(&self) -> bool {
        self.created
    }

    fn commit_to(&self, database: &mut Database, change: Change) -> Result<(), CatalogError> {
        self.settle(database)?;
        let before = self.state.read().clone();
        let rows = before.plan(change)?;
        let mut after = before;
        for row in rows.iter().cloned() {
            after.apply(row);
        }
        if cfg!(debug_assertions) {
            invariants::check(&after)?;
        }
        let written = write(&mut database.connection, &rows, &after);
        self.conclude(database, written, after)
    }

    /// After a failure the database itself says whether the change was made.
    fn conclude(
        &self,
        database: &Database,
        written: Result<(), CatalogError>,
        after: CatalogState,
    ) -> Result<(), CatalogError> {
        let Err(error) = written else {
            *self.state.write() = after;
            return Ok(());
        };
        self.in_doubt.store(true, Ordering::Release);
        match self.settle(database) {
            Ok(()) if *self.state.read() == after => Ok(()),
            Ok(()) => Err(error),
            Err(_) => Err(CatalogError::InDoubt {
                source: Box::new(error),
            }),
        }
    }

    fn settle(&self, database: &Database) -> Result<(), CatalogError> {
        if self.in_doubt.load(Ordering::Acquire) {
            *self.state.write() = load(&database.connection)?;
            self.in_doubt.store(false, Ordering::Release);
        }
        Ok(())
    }

    /// The state, and the truth if it can be told.
    fn settled(&self) -> RwLockReadGuard<'_, CatalogState> {
        if self.in_doubt.load(Ordering::Acquire) {
            // When it still cannot be told, the next change fails for it.
            let _ = self.settle(&self.database.lock());
        }
        self.state.read()
    }
}

fn configure(connection: &Connection) -> Result<(), CatalogError> {
    let failed = sql::failed("configure");
    let timeout = std::time::Duration::from_millis(BUSY_TIMEOUT_MS);
    connection.busy_timeout(timeout).map_err(&failed)?;
    for (name, value) in [("journal_mode", "TRUNCATE"), ("synchronous", "FULL")] {
        let update = connection.pragma_update(None, name, value);
        update.map_err(&failed)?;
    }
    // Not every setting is always taken; durability hangs on these two.
    let mode = connection.pragma_query_value(None, "journal_mode", |row| row.get::<_, String>(0));
    let mode = mode.map_err(&failed)?;
    let level = connection.pragma_query_value(None, "synchronous", |row| row.get::<_, i64>(0));
    let synchronous = level.map_err(&failed)?;
    if !mode.eq_ignore_ascii_case("truncate") || synchronous != 2 {
        let detail = format!("journal_mode {mode}, synchronous {synchronous}");
        return Err(CatalogError::Refused { detail });
    }
    Ok(())
}

/// Only a file of length 0 is new: one whose tables are out of sight is damaged.
fn is_new(connection: &Connection, path: &Path, vfs: &dyn Vfs) -> Result<bool, CatalogError> {
    if sql::has_tables(connection)? {
        return Ok(false);
    }
    match vfs.exists(path)? && vfs.open_read(path)?.size()? > 0 {
        false => Ok(true),
        true => Err(CatalogError::Damaged {
            detail: "no tables".to_owned(),
        }),
    }
}

/// SQLite reads what is missing of a file's last page as zeros; a file that was cut is damaged all the same.
fn check_size(connection: &Connection, path: &Path, vfs: &dyn Vfs) -> Result<(), CatalogError> {
    let (expected, found) = (sql::size(connection)?, vfs.open_read(path)?.size()?);
    match expected == found {
        true => Ok(()),
        false => Err(CatalogError::Damaged {
            detail: format!("the file has {found} bytes, its pages {expected}"),
        }),
    }
}

fn load(connection: &Connection) -> Result<CatalogState, CatalogError> {
    let meta = sql::read_meta(connection)?;
    if meta.format_version != FORMAT_VERSION {
        return Err(CatalogError::Version {
            found: meta.format_version,
            expected: FORMAT_VERSION,
        });
    }
    let mut state = CatalogState::new(0);
    state.apply(RowChange::PutMeta(meta));
    let tables = sql::read_all(connection)?.into_iter();
    tables.for_each(|row| state.apply(RowChange::PutTable(row)));
    let wal_files = sql::read_all(connection)?.into_iter();
    wal_files.for_each(|row| state.apply(RowChange::PutWalFile(row)));
    let segments = sql::read_all(connection)?.into_iter();
    segments.for_each(|row| state.apply(RowChange::PutSegment(row)));
    let services = sql::read_all(connection)?.into_iter();
    services.for_each(|row| state.apply(RowChange::PutService(row)));
    let clock = sql::read_all(connection)?.into_iter();
    clock.for_each(|row| state.apply(RowChange::PutClock(row)));
    sql::check_digests(connection, &state.digests())?;
    Ok(state)
}

fn write(
    connection: &mut Connection,
    rows: &[RowChange],
    after: &CatalogState,
) -> Result<(), CatalogError> {
    let transaction = connection.transaction().map_err(sql::failed("begin"))?;
    for row in rows {
        sql::write_change(&transaction, row)?;
    }
    sql::write_digests(&transaction, &after.digests())?;
    transaction.commit().map_err(sql::failed("commit"))
}

impl Catalog for SqliteCatalog {
    fn state(&self) -> CatalogState {
        self.settled().clone()
    }

    fn table(&self, key: &TableKey) -> TableRow {
        self.settled().table(key)
    }

    fn wal_files(&self, key: &TableKey) -> Vec<WalFileRow> {
        self.settled().wal_files_of(key).cloned().collect()
    }

    fn commit(&self, change: Change) -> Result<(), CatalogError> {
        self.commit_to(&mut self.database.lock(), change)
    }

    fn allocate_segment_id(&self) -> Result<SegmentId, CatalogError> {
        let mut database = self.database.lock();
        let id = database.next_segment_id;
        if id >= self.state.read().meta.next_segment_id {
            let next_segment_id = id + SEGMENT_ID_BLOCK;
            self.commit_to(&mut database, Change::ReserveSegmentIds { next_segment_id })?;
        }
        database.next_segment_id = id + 1;
        Ok(SegmentId(id))
    }
}
