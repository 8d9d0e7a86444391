//! What an opening does: take the folder, open the catalog and the tables, start the loops.

use std::path::Path;
use std::sync::Arc;

use clearspan_schema::Signal;
use parking_lot::Mutex;

use crate::background::{Job, Runner};
use crate::catalog::SqliteCatalog;
use crate::error::OpenError;
use crate::services::{KeepStep, ServiceRegister};
use crate::table::{CompactionStep, FlushStep, RetentionStep, Room, Table};
use crate::vfs::{Vfs, VfsLock};
use crate::wal::{Replayed, WalReport};
use crate::{TenantId, names};

pub(super) fn take_folder(vfs: &dyn Vfs, data_dir: &Path) -> Result<Box<dyn VfsLock>, OpenError> {
    let io = |source| OpenError::Io {
        path: data_dir.to_path_buf(),
        source,
    };
    create_all(vfs, data_dir).map_err(io)?;
    vfs.lock(&data_dir.join(names::LOCK))
        .map_err(|source| match source.kind() {
            std::io::ErrorKind::WouldBlock => OpenError::InUse {
                path: data_dir.to_path_buf(),
            },
            _ => io(source),
        })
}

/// A catalog that had to be created beside data was lost, and without it nobody knows which files count.
pub(super) fn open_catalog(
    path: &Path,
    data: &Path,
    vfs: &dyn Vfs,
    store_id: u128,
) -> Result<SqliteCatalog, OpenError> {
    let io = |source| OpenError::Io {
        path: data.to_path_buf(),
        source,
    };
    let holds_data = vfs.exists(&data.join(names::TENANTS)).map_err(io)?;
    let known = vfs.exists(path).map_err(io)?;
    if holds_data && !known {
        return Err(OpenError::CatalogLost {
            path: path.to_path_buf(),
        });
    }
    let catalog = SqliteCatalog::open(path, vfs, store_id)?;
    if holds_data && catalog.created() {
        return Err(OpenError::CatalogLost {
            path: path.to_path_buf(),
        });
    }
    Ok(catalog)
}

/// Creates the data folder with all missing parents, durably.
fn create_all(vfs: &dyn Vfs, data_dir: &Path) -> std::io::Result<()> {
    let mut existing = data_dir;
    while !vfs.exists(existing)? {
        match existing.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => existing = parent,
            _ => {
                existing = Path::new(".");
                break;
            }
        }
    }
    let below = data_dir.strip_prefix(existing).unwrap_or(data_dir);
    crate::vfs::create_dir_durable(vfs, existing, below)
}

/// The tables of one tenant with their WALs replayed, and its services.
pub(super) struct OpenedTenant {
    pub(super) tables: Vec<(Signal, Arc<Table>, Replayed)>,
    pub(super) services: Arc<ServiceRegister>,
}

impl OpenedTenant {
    pub(super) fn open(
        room: &Room,
        tenant: &TenantId,
        runner: &dyn Runner,
    ) -> Result<Self, OpenError> {
        let services = Arc::new(ServiceRegister::new(tenant, Arc::clone(&room.catalog)));
        let open = |signal| Table::open(room.clone(), tenant, signal, Arc::clone(&services));
        let tables: Vec<Arc<Table>> = Signal::ALL
            .into_iter()
            .map(open)
            .collect::<Result<_, _>>()?;
        if services.is_empty() {
            tables.iter().for_each(|table| table.show_services());
            services.keep()?;
        }
        let replayed = replay_all(&tables, runner)?;
        services.opened();
        let tables = Signal::ALL.into_iter().zip(tables).zip(replayed);
        let tables = tables.map(|((signal, table), replayed)| (signal, table, replayed));
        let tables = tables.collect();
        Ok(OpenedTenant { tables, services })
    }
}

/// What the WAL of each table had, side by side: a core has enough to do with one. They flush in turns: a flush holds copies of a whole memtable, and
/// two at once would take a start far beyond what the program needs afterwards.
fn replay_all(tables: &[Arc<Table>], runner: &dyn Runner) -> Result<Vec<Replayed>, OpenError> {
    let mut replayed: Vec<Option<Result<Replayed, OpenError>>> = Vec::new();
    replayed.resize_with(tables.len(), || None);
    let turn = Mutex::new(());
    let turn = &turn;
    let mut jobs: Vec<Job<'_>> = Vec::new();
    for (table, replayed) in tables.iter().zip(&mut replayed) {
        let job = move || *replayed = Some(table.replay(turn));
        jobs.push(("replay", Box::new(job)));
    }
    runner.at_once(jobs);
    replayed.into_iter().flatten().collect()
}

/// Starts the loop that keeps the slots of new services: last, because the tables feed it.
pub(super) fn start_keeping(
    runner: &dyn Runner,
    services: &Arc<ServiceRegister>,
) -> Result<(), OpenError> {
    let step = Box::new(KeepStep(Arc::clone(services)));
    let error = |source| OpenError::Thread {
        what: "services",
        source,
    };
    runner
        .start("services", services.waker(), step)
        .map_err(error)
}

/// Starts a table's loops: what feeds others first, because they stop in that order.
pub(super) fn start_loops(
    runner: &dyn Runner,
    table: &Arc<Table>,
    next_seq: u64,
) -> Result<(), OpenError> {
    table.start_commit(runner, next_seq)?;
    let flush = Box::new(FlushStep(Arc::clone(table)));
    let error = |source| OpenError::Thread {
        what: "flush",
        source,
    };
    runner
        .start("flush", table.flush_waker(), flush)
        .map_err(error)?;
    // Before the compaction, which removes the folders of what it deletes.
    if table.deletes() {
        let retention = Box::new(RetentionStep::new(Arc::clone(table)));
        let error = |source| OpenError::Thread {
            what: "retention",
            source,
        };
        runner
            .start("retention", table.retention_waker(), retention)
            .map_err(error)?;
    }
    let compaction = Box::new(CompactionStep(Arc::clone(table)));
    let error = |source| OpenError::Thread {
        what: "compaction",
        source,
    };
    runner
        .start("compaction", table.compaction_waker(), compaction)
        .map_err(error)
}

pub(super) fn findings(tenant: &TenantId, signal: Signal, report: &WalReport) -> Vec<String> {
    report
        .findings
        .iter()
        .map(|finding| format!("{tenant}/{signal}: {finding}"))
        .collect()
}
