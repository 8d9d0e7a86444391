//! The room's face: open, append, snapshot, status, shutdown. What an opening does stands in `storage/opening.rs`.

mod opening;

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;
use std::time::Duration;

use arrow::array::RecordBatch;
use clearspan_schema::{LogsBatch, Signal, SpansBatch};
use parking_lot::Mutex;
use prometheus::core::Collector;

use opening::{OpenedTenant, findings, open_catalog, start_keeping, start_loops, take_folder};

use crate::background::{Clock, Runner, SystemClock, ThreadRunner};
use crate::catalog::Catalog;
use crate::derived::Formulas;
use crate::error::{OpenError, UnknownTenant};
use crate::feed::Subscription;
use crate::memory::{Hold, MemoryBudget, Purpose};
use crate::metrics::Metrics;
use crate::retention::ClockWatch;
use crate::scan::Snapshot;
use crate::segment::SegmentCache;
use crate::services::{ServiceRegister, ServiceSlots};
use crate::table::{Room, Table, TableStatus};
use crate::vfs::{OsVfs, Vfs, VfsLock};
use crate::{AppendError, CompactionError, Config, TenantId, limits, names};

/// What storage needs from outside, apart from settings.
#[derive(Clone)]
pub struct Environment {
    /// The disk.
    pub vfs: Arc<dyn Vfs>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// What drives the background loops.
    pub runner: Arc<dyn Runner>,
    /// The catalog; `None` for the SQLite catalog in the data folder.
    pub catalog: Option<Arc<dyn Catalog>>,
    /// What is derived from rows and kept with them.
    pub formulas: Formulas,
    /// A random number: the identity of the store, should this open create it.
    pub store_id: u128,
}

impl Environment {
    /// The machine's disk and clock, a thread for each loop, and no formula.
    pub fn system() -> Self {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let runner = Arc::new(ThreadRunner::new(Arc::clone(&clock)));
        Environment {
            vfs: Arc::new(OsVfs),
            clock,
            runner,
            catalog: None,
            formulas: Formulas::default(),
            store_id: random_id(),
        }
    }
}

/// The standard library seeds each of its hashers from the system's randomness.
fn random_id() -> u128 {
    let random = || u128::from(std::hash::RandomState::new().build_hasher().finish());
    random() << 64 | random()
}

/// Records of one request.
#[derive(Debug, Clone)]
pub enum Incoming {
    /// Log records.
    Logs(LogsBatch),
    /// Spans.
    Spans(SpansBatch),
}

impl Incoming {
    /// Which of the two.
    pub fn signal(&self) -> Signal {
        match self {
            Incoming::Logs(_) => Signal::Logs,
            Incoming::Spans(_) => Signal::Spans,
        }
    }

    fn into_batch(self) -> RecordBatch {
        match self {
            Incoming::Logs(batch) => batch.into_inner(),
            Incoming::Spans(batch) => batch.into_inner(),
        }
    }
}

/// What an append has made durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// Rows on disk, repeats included.
    pub rows: u64,
}

/// Figures of everything that is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorageStatus {
    /// Per signal.
    pub tables: Vec<(Signal, TableStatus)>,
    /// What was found wrong in write-ahead logs at start, as sentences.
    pub wal_findings: Vec<String>,
    /// Bytes of opened segments in memory: indexes, templates and whatever else is kept of them.
    pub cache_bytes: u64,
    /// How long the process has to run until something is deleted by age again, because its clock is doubted; `None` when it is believed, or
    /// everything is kept.
    pub age_waits: Option<Duration>,
    /// Background loops that have died, and `apply` where committed rows could not be made visible. Only a restart mends it.
    pub failed_loops: Vec<&'static str>,
}

impl StorageStatus {
    /// Rows of all tables that are committed but not yet in a segment.
    pub fn flush_pending(&self) -> u64 {
        self.tables
            .iter()
            .map(|(_, table)| table.flush_pending)
            .sum()
    }

    /// Segments of all tables that a compaction will merge, as in [`TableStatus::compaction_pending`].
    pub fn compaction_pending(&self) -> u64 {
        let tables = self.tables.iter();
        tables.map(|(_, table)| table.compaction_pending).sum()
    }
}

/// The store. Cheap to clone; all clones are the same store.
#[derive(Clone)]
pub struct Storage(Arc<Inner>);

struct Inner {
    id: String,
    tables: HashMap<(TenantId, Signal), Arc<Table>>,
    services: HashMap<TenantId, Arc<ServiceRegister>>,
    runner: Arc<dyn Runner>,
    clock: Arc<dyn Clock>,
    clock_watch: Arc<ClockWatch>,
    cache: Arc<SegmentCache>,
    memory: MemoryBudget,
    metrics: Arc<Metrics>,
    wal_findings: Vec<String>,
    /// Held until the last clone is gone.
    lock: Mutex<Option<Box<dyn VfsLock>>>,
}

impl std::fmt::Debug for Storage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Storage")
            .field("tables", &self.0.tables.len())
            .finish_non_exhaustive()
    }
}

impl Storage {
    /// Opens the data folder, creating it when absent, and returns when every acknowledged record is
    /// searchable again. Blocks while it replays the write-ahead logs.
    pub fn open(config: Config, environment: Environment) -> Result<Storage, OpenError> {
        config.validate().map_err(OpenError::Config)?;
        let vfs = Arc::clone(&environment.vfs);
        let lock = take_folder(vfs.as_ref(), &config.data_dir)?;
        let catalog = match environment.catalog {
            Some(catalog) => catalog,
            None => {
                let path = config.data_dir.join(names::CATALOG);
                Arc::new(open_catalog(
                    &path,
                    &config.data_dir,
                    vfs.as_ref(),
                    environment.store_id,
                )?)
            }
        };
        let memory = MemoryBudget::new(config.memory_bytes);
        let cached = memory.account(Purpose::Cache, 0, limits::CACHE_BYTES);
        let cached = cached.map_err(|error| OpenError::Config(error.to_string()))?;
        let cache = Arc::new(SegmentCache::new(&cached));
        memory.takes_back_from(Arc::downgrade(&cache) as _);
        let metrics = Arc::new(Metrics::new()?);
        let id = catalog.state().meta.store_id;
        let clock = environment.clock;
        let clock_watch = Arc::new(ClockWatch::new(Arc::clone(&catalog)));
        let room = Room {
            config: Arc::new(config),
            vfs,
            catalog,
            clock: Arc::clone(&clock),
            clock_watch: Arc::clone(&clock_watch),
            cache: Arc::clone(&cache),
            memory: memory.clone(),
            metrics: Arc::clone(&metrics),
            formulas: environment.formulas,
        };
        let tenant = TenantId::default();
        let opened = OpenedTenant::open(&room, &tenant, environment.runner.as_ref())?;
        let mut tables = HashMap::new();
        let mut wal_findings = Vec::new();
        for (signal, table, replayed) in opened.tables {
            wal_findings.extend(findings(&tenant, signal, &replayed.report));
            start_loops(environment.runner.as_ref(), &table, replayed.next_seq)?;
            tables.insert((tenant.clone(), signal), table);
        }
        start_keeping(environment.runner.as_ref(), &opened.services)?;
        let services = HashMap::from([(tenant, opened.services)]);
        let lock = Mutex::new(Some(lock));
        Ok(Storage(Arc::new(Inner {
            id,
            tables,
            services,
            runner: environment.runner,
            clock,
            clock_watch,
            cache,
            memory,
            metrics,
            wal_findings,
            lock,
        })))
    }

    /// Makes `records` durable; they are searchable shortly after. All of them or, on error, none.
    pub async fn append(
        &self,
        tenant: &TenantId,
        records: Incoming,
    ) -> Result<Appended, AppendError> {
        self.append_counted(tenant, records, None).await
    }

    /// As [`append`](Self::append). `request` is what was taken of the [memory budget](Self::memory) for the records: it is made as large as they
    /// really are, and given back when they are in a memtable or refused, also when nobody waits for that any more.
    pub async fn append_counted(
        &self,
        tenant: &TenantId,
        records: Incoming,
        request: Option<Hold>,
    ) -> Result<Appended, AppendError> {
        let signal = records.signal();
        let table = self
            .table(tenant, signal)
            .map_err(|unknown| AppendError::UnknownTenant(unknown.0))?;
        table.append(records.into_batch(), request).await
    }

    /// The one memory budget. Whoever holds much on somebody's behalf has an account there.
    pub fn memory(&self) -> &MemoryBudget {
        &self.0.memory
    }

    /// All rows of one signal at this moment.
    pub fn snapshot(&self, tenant: &TenantId, signal: Signal) -> Result<Snapshot, UnknownTenant> {
        Ok(self.table(tenant, signal)?.snapshot())
    }

    /// All rows of one signal that become visible from now on, batch by batch. Replayed rows and repeats are none of them.
    pub fn subscribe(
        &self,
        tenant: &TenantId,
        signal: Signal,
    ) -> Result<Subscription, UnknownTenant> {
        Ok(self.table(tenant, signal)?.subscribe())
    }

    /// What tells this store from any other, as long as it exists.
    pub fn id(&self) -> &str {
        &self.0.id
    }

    /// The colours of the tenant's services at this moment. Of an unknown tenant nobody has taken one.
    pub fn service_slots(&self, tenant: &TenantId) -> Arc<ServiceSlots> {
        let register = self.0.services.get(tenant);
        register.map_or_else(Arc::default, |register| register.slots())
    }

    /// Figures of the tenant's tables and of the room.
    pub fn status(&self, tenant: &TenantId) -> Result<StorageStatus, UnknownTenant> {
        let table = |signal: Signal| Ok((signal, self.table(tenant, signal)?.status()));
        Ok(StorageStatus {
            tables: Signal::ALL
                .into_iter()
                .map(table)
                .collect::<Result<_, UnknownTenant>>()?,
            wal_findings: self.0.wal_findings.clone(),
            cache_bytes: self.0.cache.bytes() as u64,
            age_waits: self.0.clock_watch.waits(),
            failed_loops: self.failed_loops(),
        })
    }

    /// What a registry of metrics is given of the loops: counts and times by signal.
    pub fn collectors(&self) -> Vec<Box<dyn Collector>> {
        self.0.metrics.collectors()
    }

    /// Merges all segments that are due for it at this moment, and returns when that is done: what the loops do by
    /// themselves, without their rests, for tests and measurements.
    pub fn compact_due(&self) -> Result<(), CompactionError> {
        let now = self.0.clock.now();
        let mut tables = self.0.tables.values();
        tables.try_for_each(|table| table.compact_due(now))
    }

    /// Background loops that have died, as in [`StorageStatus::failed_loops`].
    pub fn failed_loops(&self) -> Vec<&'static str> {
        let broken = self.0.tables.values().filter(|table| table.is_broken());
        let mut failed = self.0.runner.failed();
        failed.extend(broken.map(|_| "apply"));
        failed
    }

    /// Refuses further appends (retryably), finishes what was begun, flushes memtables to segments and
    /// lets go of the data folder. Blocks until that is done.
    pub fn shutdown(&self) {
        self.0
            .tables
            .values()
            .for_each(|table| table.queue().close());
        self.0.runner.stop();
        self.0.tables.values().for_each(|table| table.close_feed());
        self.0.lock.lock().take();
    }

    fn table(&self, tenant: &TenantId, signal: Signal) -> Result<&Arc<Table>, UnknownTenant> {
        let key = (tenant.clone(), signal);
        self.0
            .tables
            .get(&key)
            .ok_or_else(|| UnknownTenant(tenant.to_string()))
    }
}
