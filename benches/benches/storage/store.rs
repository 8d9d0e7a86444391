//! A store in a folder of its own, whose time is set by hand and whose loops run when told.

use std::fs;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;

use clearspan_schema::Signal;
use clearspan_storage::background::{Clock, ManualClock, ManualRunner};
use clearspan_storage::scan::Snapshot;
use clearspan_storage::vfs::OsVfs;
use clearspan_storage::{Config, Environment, FsyncMode, Incoming, Storage, TenantId};
use tempfile::TempDir;

/// An hour's first minute: 2023-11-14T22:00 in UTC. All made records lie in this hour.
pub(crate) const HOUR_NS: u64 = 1_699_999_200_000_000_000;

/// Longer than rows wait in memory, shorter than an hour has to be quiet before it is merged.
const FLUSH_AFTER: Duration = Duration::from_secs(301);

/// Later than the hour of the records and the time for which it has to be quiet.
const MERGE_AFTER: Duration = Duration::from_secs(2 * 3600);

/// Far more turns than all loops need.
const TURNS_MAX: usize = 100_000;

/// A store on the real disk.
pub(crate) struct Store {
    storage: Storage,
    runner: Arc<ManualRunner>,
    clock: Arc<ManualClock>,
    data: PathBuf,
}

/// A folder for a store, gone with its value. It lies where builds go: the system's temporary folder is often memory.
pub(crate) fn temporary() -> TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

/// Copies a folder with all that is in it.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).unwrap()),
        }
    }
}

impl Store {
    /// Opens the store in `data` at the records' hour. Nothing happens to it but what is asked for.
    pub(crate) fn open(data: &Path) -> Self {
        let clock = Arc::new(ManualClock::new(HOUR_NS as i64));
        let runner = Arc::new(ManualRunner::new(Arc::clone(&clock)));
        let environment = Environment {
            vfs: Arc::new(OsVfs),
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            runner: Arc::clone(&runner) as _,
            catalog: None,
            formulas: clearspan_query::formulas(),
            store_id: 1,
        };
        let config = Config {
            // A flush comes when it is asked for, of all rows.
            flush_bytes: Config::MAX_FLUSH_BYTES,
            memory_bytes: 1 << 32,
            fsync: FsyncMode::Never,
            ..Config::new(data.to_path_buf())
        };
        Store {
            storage: Storage::open(config, environment).unwrap(),
            runner,
            clock,
            data: data.to_path_buf(),
        }
    }

    /// Its folder.
    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    /// Appends, and makes visible.
    pub(crate) fn append(&self, records: Incoming) {
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.enable_time().build().unwrap();
        let _entered = runtime.enter();
        let tenant = TenantId::default();
        let mut append = pin!(self.storage.append(&tenant, records));
        let mut context = Context::from_waker(Waker::noop());
        let mut poll = || append.as_mut().poll(&mut context).map(Result::unwrap);
        while poll().is_pending() {
            self.turn();
        }
        self.turn();
    }

    /// Flushes all that is in memory.
    pub(crate) fn flush(&self) {
        self.clock.advance(FLUSH_AFTER);
        self.turn();
        assert_eq!(
            self.storage
                .status(&TenantId::default())
                .unwrap()
                .flush_pending(),
            0
        );
    }

    /// Lets the hour of the records become quiet, without anything happening.
    pub(crate) fn let_time_pass(&self) {
        self.clock.advance(MERGE_AFTER);
    }

    /// Merges all segments that are due.
    pub(crate) fn compact(&self) {
        self.storage.compact_due().unwrap();
    }

    /// All rows of a signal.
    pub(crate) fn snapshot(&self, signal: Signal) -> Snapshot {
        self.storage.snapshot(&TenantId::default(), signal).unwrap()
    }

    fn turn(&self) {
        let turns = self.runner.run_until_idle(TURNS_MAX);
        assert!(turns < TURNS_MAX, "the loops do not come to rest");
        assert_eq!(self.storage.failed_loops(), Vec::<&str>::new());
    }
}
