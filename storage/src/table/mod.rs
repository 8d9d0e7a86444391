//! One signal of one tenant: its WAL, memtable and segments, and the journey of a write through them.
//!
//! | file | what it holds |
//! |---|---|
//! | `room.rs` | memory for rows that come |
//! | `apply.rs` | committed rows become visible |
//! | `flush_step.rs` | the loop that turns memtables into segments |
//! | `compaction_step.rs` | the loop that merges segments |
//! | `retention_step.rs` | the loop that deletes what is not kept |
//! | `recover.rs` | what a start finds: segments, leftovers, the WAL |
//! | `status.rs` | figures |

mod apply;
mod compaction_step;
mod flush_step;
mod recover;
mod retention_step;
mod room;
#[cfg(test)]
mod simulation;
mod status;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use arrow::array::RecordBatch;
use clearspan_schema::Signal;
use parking_lot::{Mutex, RwLock};
use tokio::sync::Notify;

use compaction_step::Compacting;
pub(crate) use compaction_step::CompactionStep;
pub(crate) use flush_step::FlushStep;
pub(crate) use retention_step::RetentionStep;
pub use status::TableStatus;

use crate::background::{Clock, Waker};
use crate::catalog::{Catalog, TableKey};
use crate::commit::{CommitQueue, Memory};
use crate::compaction::SetAside;
use crate::derived::Formulas;
use crate::feed::{Feed, Subscription};
use crate::flush::Frozen;
use crate::memory::{Account, Hold, MemoryBudget};
use crate::memtable::Memtable;
use crate::metrics::{Metrics, TableMetrics};
use crate::retention::ClockWatch;
use crate::scan::{MissingSegment, Part, Snapshot};
use crate::segment::{Segment, SegmentCache};
use crate::services::ServiceRegister;
use crate::vfs::Vfs;
use crate::wal::WalPlace;
use crate::{AppendError, Appended, Config, TenantId, limits, names};

/// What a refused sender is told to wait.
const RETRY_AFTER: Duration = Duration::from_millis(limits::RETRY_AFTER_MS);

/// What every table works with.
#[derive(Debug, Clone)]
pub(crate) struct Room {
    pub(crate) config: Arc<Config>,
    pub(crate) vfs: Arc<dyn Vfs>,
    pub(crate) catalog: Arc<dyn Catalog>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) clock_watch: Arc<ClockWatch>,
    pub(crate) cache: Arc<SegmentCache>,
    pub(crate) memory: MemoryBudget,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) formulas: Formulas,
}

/// One signal of one tenant.
#[derive(Debug)]
pub(crate) struct Table {
    room: Room,
    tenant: TenantId,
    signal: Signal,
    services: Arc<ServiceRegister>,
    dir: PathBuf,
    queue: CommitQueue,
    state: RwLock<State>,
    flush_waker: Waker,
    compaction_waker: Waker,
    retention_waker: Waker,
    /// The compaction that goes on; taken for one turn at a time.
    compacting: Mutex<Compacting>,
    set_aside: SetAside,
    /// Memory of the memtables.
    memory: Account,
    /// Whether a batch waits for memory that only a flush can give, however small the memtable is.
    lacks_memory: AtomicBool,
    /// Notified when a flush, or whatever else, has made room.
    room_made: Notify,
    duplicates: AtomicU64,
    /// Told of rows when they are visible.
    feed: Arc<Feed>,
    metrics: TableMetrics,
    /// Why acknowledged rows are not visible, once that has happened.
    broken: OnceLock<String>,
}

/// What a snapshot is taken of.
#[derive(Debug)]
struct State {
    active: Memtable,
    frozen: Option<Frozen>,
    /// What the two have taken of the memory budget.
    active_memory: Hold,
    frozen_memory: Hold,
    segments: Arc<Vec<Arc<Segment>>>,
    missing: Arc<[MissingSegment]>,
}

impl Table {
    /// Commits `batch` durably and returns when it is acknowledged: this is the whole write. `request` is what the sender's request has taken of
    /// the memory budget.
    ///
    /// 1. Take memory for the rows: as they are now, and in the memtable. Wait for the latter, or refuse.
    /// 2. Join the group that commits next: one WAL frame and one `fdatasync` for all of it.
    /// 3. The group's rows become visible in the memtable (see `apply.rs`); the acknowledgement does not
    ///    wait for that.
    pub(crate) async fn append(
        &self,
        batch: RecordBatch,
        request: Option<Hold>,
    ) -> Result<Appended, AppendError> {
        if batch.num_rows() == 0 {
            return Ok(Appended { rows: 0 });
        }
        if let Some(fault) = self.broken.get() {
            let (retry_after, detail) = (RETRY_AFTER, fault.clone());
            return Err(AppendError::Io {
                retry_after,
                detail,
            });
        }
        let bytes = room::bytes_in_memtable(&batch);
        let request = room::counted(bytes, request)?;
        let memtable = Some(self.wait_for_room(bytes).await?);
        let memory = Memory { request, memtable };
        let committed = self.queue.append_counted(batch, memory)?.await;
        if committed.is_err() {
            self.room_made.notify_waiters();
        }
        let committed = committed?;
        Ok(Appended {
            rows: committed.rows,
        })
    }

    /// All rows at this moment.
    pub(crate) fn snapshot(&self) -> Snapshot {
        let state = self.state.read();
        let memtables = state
            .frozen
            .iter()
            .map(AsRef::as_ref)
            .chain([&state.active]);
        let chunks = memtables.flat_map(|memtable| memtable.chunks().iter());
        let chunks = chunks.map(|chunk| Part::chunk(self.signal, Arc::clone(chunk)));
        let segments = state
            .segments
            .iter()
            .map(|segment| Part::segment(self.signal, Arc::clone(segment)));
        Snapshot::new(
            self.signal,
            chunks.chain(segments).collect(),
            Arc::clone(&state.missing),
        )
    }

    /// All rows that become visible from now on.
    pub(crate) fn subscribe(&self) -> Subscription {
        self.feed.subscribe()
    }

    /// Ends all subscriptions, once nothing more will be committed.
    pub(crate) fn close_feed(&self) {
        self.feed.close();
    }

    /// Whether acknowledged rows are not visible.
    pub(crate) fn is_broken(&self) -> bool {
        self.broken.get().is_some()
    }

    pub(crate) fn queue(&self) -> &CommitQueue {
        &self.queue
    }

    pub(crate) fn flush_waker(&self) -> &Waker {
        &self.flush_waker
    }

    pub(crate) fn retention_waker(&self) -> &Waker {
        &self.retention_waker
    }

    /// Whether there is anything that it does not keep for good.
    pub(crate) fn deletes(&self) -> bool {
        !self.room.config.retention(self.signal).keeps_all()
    }

    pub(crate) fn compaction_waker(&self) -> &Waker {
        &self.compaction_waker
    }

    fn key(&self) -> TableKey {
        TableKey::new(self.tenant.as_str(), self.signal)
    }

    fn wal_place(&self) -> WalPlace {
        wal_place(&self.room, self.key(), &self.dir)
    }
}

fn wal_place(room: &Room, key: TableKey, dir: &Path) -> WalPlace {
    WalPlace {
        vfs: Arc::clone(&room.vfs),
        catalog: Arc::clone(&room.catalog),
        key,
        folder: names::wal_dir(dir),
    }
}
