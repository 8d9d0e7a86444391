//! A store in a temporary folder whose loops are driven by hand.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use clearspan_query::{Config, QueryEngine};
use clearspan_storage::background::{Clock, ManualClock, ManualRunner};
use clearspan_storage::vfs::{OsVfs, Vfs};
use clearspan_storage::{Environment, Incoming, Storage, TenantId};
use tempfile::TempDir;
use tokio::runtime::Handle;

use crate::unsynced::Unsynced;

/// When everything arrives.
pub(crate) const ARRIVAL_NS: i64 = 1_700_000_000_000_000_000;

const TURNS_MAX: usize = 100_000;

pub(crate) struct Store {
    pub(crate) folder: TempDir,
    pub(crate) engine: QueryEngine,
    query_config: Config,
    pub(crate) storage: Storage,
    clock: Arc<ManualClock>,
    runner: Arc<ManualRunner>,
}

impl Store {
    pub(crate) fn new() -> Self {
        Store::with(Store::usual_config())
    }

    fn usual_config() -> Config {
        Config {
            scan_partitions: 3,
            // Few rows are enough that pages are looked for in windows of time.
            count_rows_max: 64,
            ..Config::default()
        }
    }

    pub(crate) fn with(config: Config) -> Self {
        Store::open(tempfile::tempdir().unwrap(), config)
    }

    /// Of a file system that does not wait for the disk.
    pub(crate) fn unsynced() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Store::open_on(Arc::new(Unsynced), folder, Store::usual_config())
    }

    fn open(folder: TempDir, query_config: Config) -> Self {
        Store::open_on(Arc::new(OsVfs), folder, query_config)
    }

    fn open_on(vfs: Arc<dyn Vfs>, folder: TempDir, query_config: Config) -> Self {
        let clock = Arc::new(ManualClock::new(ARRIVAL_NS));
        let runner = Arc::new(ManualRunner::new(Arc::clone(&clock)));
        let environment = Environment {
            vfs,
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            runner: Arc::clone(&runner) as _,
            catalog: None,
            formulas: clearspan_query::formulas(),
            store_id: 7,
        };
        let config = clearspan_storage::Config::new(folder.path().join("data"));
        let storage = Storage::open(config, environment).unwrap();
        let clock_for_queries = Arc::clone(&clock) as Arc<dyn Clock>;
        let engine = QueryEngine::new(
            storage.clone(),
            query_config.clone(),
            clock_for_queries,
            Handle::current(),
        );
        Store {
            folder,
            engine: engine.unwrap(),
            query_config,
            storage,
            clock,
            runner,
        }
    }

    /// Another engine over the same store.
    pub(crate) fn another_engine(&self, config: Config) -> QueryEngine {
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        QueryEngine::new(self.storage.clone(), config, clock, Handle::current()).unwrap()
    }

    /// Appends, and lets the loops run until the records can be found.
    pub(crate) fn append(&self, records: Incoming) {
        let tenant = TenantId::default();
        let mut append = pin!(self.storage.append(&tenant, records));
        let mut context = Context::from_waker(Waker::noop());
        let appended = loop {
            if let Poll::Ready(appended) = append.as_mut().poll(&mut context) {
                break appended;
            }
            self.runner.run_until_idle(TURNS_MAX);
        };
        appended.unwrap();
        self.runner.run_until_idle(TURNS_MAX);
    }

    /// Lets so much time pass that everything is flushed to segments.
    pub(crate) fn flush(&self) {
        self.clock.advance(Duration::from_secs(3600));
        self.runner.run_until_idle(TURNS_MAX);
    }

    /// Lets so much time pass that all segments are merged that will be.
    pub(crate) fn compact(&self) {
        self.clock.advance(Duration::from_secs(26 * 3600));
        self.runner.run_until_idle(TURNS_MAX);
        let status = self.storage.status(&TenantId::default()).unwrap();
        assert_eq!(status.compaction_pending(), 0);
    }

    /// Shuts down in good order and opens again.
    pub(crate) fn restart(self) -> Self {
        self.storage.shutdown();
        self.reopen()
    }

    /// Dies where it stands and opens again.
    pub(crate) fn crash(self) -> Self {
        self.runner.kill();
        self.reopen()
    }

    fn reopen(self) -> Self {
        let Store {
            folder,
            engine,
            query_config,
            storage,
            ..
        } = self;
        drop(engine);
        drop(storage);
        Store::open(folder, query_config)
    }
}
