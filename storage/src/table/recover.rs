//! What a start finds: segments, leftovers, and the WAL.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use arrow::array::RecordBatch;
use clearspan_schema::Signal;
use clearspan_schema::concat::concat;
use parking_lot::{Mutex, RwLock};
use tokio::sync::Notify;

use super::{Room, State, Table};
use crate::background::{Runner, Waker};
use crate::catalog::{SegmentId, SegmentRow, TableKey};
use crate::commit::{CommitConfig, CommitQueue, CommitSink, CommittedBatch, Committer};
use crate::compaction::SetAside;
use crate::error::OpenError;
use crate::feed::Feed;
use crate::flush::folder_name;
use crate::memory::Purpose;
use crate::memtable::Memtable;
use crate::scan::{MissingSegment, PartError};
use crate::segment::Segment;
use crate::services::ServiceRegister;
use crate::vfs::create_dir_durable;
use crate::wal::{Replayed, WalConfig, WalWriter, replay};
use crate::{TenantId, names};

impl Table {
    /// Opens the table with its segments; [`replay`](Self::replay) then brings back what the WAL holds
    /// beyond them.
    pub(crate) fn open(
        room: Room,
        tenant: &TenantId,
        signal: Signal,
        services: Arc<ServiceRegister>,
    ) -> Result<Arc<Table>, OpenError> {
        let data = room.config.data_dir.clone();
        let dir = names::signal_dir(&data, tenant, signal);
        let below = dir.strip_prefix(&data).unwrap_or(&dir).join("wal");
        create_dir_durable(room.vfs.as_ref(), &data, &below).map_err(|source| OpenError::Io {
            path: dir.clone(),
            source,
        })?;
        let key = TableKey::new(tenant.as_str(), signal);
        let position = room.catalog.table(&key);
        let guaranteed = room.config.memtable_bytes();
        let memory = room
            .memory
            .account(Purpose::Memtables, guaranteed, usize::MAX);
        let memory = memory.map_err(|_| {
            let total = room.config.memory_bytes;
            OpenError::Config(format!("memory_bytes is {total}, and {guaranteed} for two full memtables of a signal are not left"))
        })?;
        let table = Table {
            queue: CommitQueue::new(CommitConfig::default()),
            feed: Arc::new(Feed::new(position.flushed_seq, room.memory.clone())),
            state: RwLock::new(State {
                active: Memtable::new(signal, position.flushed_seq),
                frozen: None,
                active_memory: memory.hold(),
                frozen_memory: memory.hold(),
                segments: Arc::default(),
                missing: Arc::default(),
            }),
            metrics: room.metrics.of(signal, Arc::clone(&room.clock)),
            room,
            tenant: tenant.clone(),
            signal,
            services,
            dir,
            flush_waker: Waker::new(),
            compaction_waker: Waker::new(),
            retention_waker: Waker::new(),
            compacting: Mutex::default(),
            set_aside: SetAside::default(),
            memory,
            lacks_memory: AtomicBool::new(false),
            room_made: Notify::new(),
            duplicates: AtomicU64::new(0),
            broken: OnceLock::new(),
        };
        table.open_segments();
        table.remove_leftovers();
        Ok(Arc::new(table))
    }

    fn open_segments(&self) {
        let catalog = self.room.catalog.state();
        let key = self.key();
        let (mut segments, mut missing) = (Vec::new(), Vec::new());
        for row in catalog.segments_of(&key) {
            match self.open_segment(row) {
                Ok(segment) => segments.push(segment),
                Err(gone) => missing.push(gone),
            }
        }
        let mut state = self.state.write();
        state.segments = Arc::new(segments);
        state.missing = missing.into();
    }

    /// A segment that the catalog names; when it cannot be opened it is set aside, and every answer
    /// that it could matter to says so.
    pub(super) fn open_segment(&self, row: &SegmentRow) -> Result<Arc<Segment>, MissingSegment> {
        let dir = names::segment_dir(&self.dir, &folder_name(row.partition), row.id.0);
        let checksum = u32::try_from(row.meta_checksum).unwrap_or(0);
        let (vfs, cache) = (Arc::clone(&self.room.vfs), Arc::clone(&self.room.cache));
        Segment::open(self.signal, dir.clone(), checksum, vfs, cache)
            .map(Arc::new)
            .map_err(|error| {
                let path = dir
                    .strip_prefix(&self.room.config.data_dir)
                    .unwrap_or(&dir)
                    .display()
                    .to_string();
                tracing::error!(segment = path, %error, "segment cannot be read");
                MissingSegment {
                    path,
                    fault: error.to_string(),
                    rows: row.rows,
                    min_time_ns: row.min_time_ns,
                    max_time_ns: row.max_time_ns,
                }
            })
    }

    /// Removes what interrupted flushes and compactions have left: temporary folders, and complete ones under an id that
    /// this catalog has given out but does not name. Their rows are in the WAL, or in the segments that were to be merged,
    /// or in those that they were merged into. A folder under an id that was never
    /// given out is not ours to remove: the catalog may be an older copy.
    fn remove_leftovers(&self) {
        let catalog = self.room.catalog.state();
        let root = names::segments_dir(&self.dir);
        for partition in self.folders(&root) {
            let partition = root.join(partition);
            for folder in self.folders(&partition) {
                let path = partition.join(&folder);
                match u64::from_str_radix(&folder, 16) {
                    Ok(id) if catalog.segments.contains_key(&SegmentId(id)) => {}
                    Ok(id) if id >= catalog.meta.next_segment_id => {
                        tracing::warn!(path = %path.display(), "a segment that the catalog has never heard of is left alone");
                    }
                    Ok(_) => self.remove_leftover(&path),
                    Err(_) if folder.ends_with(names::TEMPORARY_SUFFIX) => {
                        self.remove_leftover(&path)
                    }
                    Err(_) => {}
                }
            }
        }
    }

    fn remove_leftover(&self, path: &Path) {
        match self.room.vfs.remove_dir_all(path) {
            Ok(()) => {
                tracing::info!(path = %path.display(), "removed a segment that does not count")
            }
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "cannot remove a segment that does not count")
            }
        }
    }

    fn folders(&self, path: &Path) -> Vec<String> {
        let entries = self.room.vfs.list(path).unwrap_or_default();
        entries
            .into_iter()
            .filter(|entry| entry.is_dir)
            .map(|entry| entry.name)
            .collect()
    }

    /// Shows the services of all segments to the register.
    pub(crate) fn show_services(&self) {
        let segments = Arc::clone(&self.state.read().segments);
        for segment in segments.iter() {
            let shown = segment.service_batch().map_err(PartError::from);
            let arrival_ns = segment.meta().min_arrival_ns;
            let shown = shown.and_then(|batch| Ok(self.services.see_all(&batch, arrival_ns)?));
            if let Err(error) = shown {
                tracing::warn!(segment = segment.id(), %error, "the services of a segment cannot be read");
            }
        }
    }

    /// Puts the WAL's rows back into the memtable, flushing as it fills, so that a long log needs no
    /// more memory than a short one; others that replay hold `turn` while they flush. Returns where the WAL goes on, and what was found wrong in it.
    pub(crate) fn replay(&self, turn: &Mutex<()>) -> Result<Replayed, OpenError> {
        let files = self.room.catalog.wal_files(&self.key()).len();
        let mut rows_so_far = 0;
        let replayed = replay(&self.wal_place(), &self.signal.schema(), |frame| {
            self.apply(&frame.batch, frame.base_seq, frame.arrival_ns, None)?;
            rows_so_far += frame.batch.num_rows();
            if self.state.read().active.bytes() >= self.room.config.flush_bytes {
                let _turn = turn.lock();
                self.flush_all(self.room.clock.now())?;
                tracing::info!(tenant = %self.tenant, signal = %self.signal, rows_so_far, files, "replaying the write-ahead log");
            }
            Ok::<(), OpenError>(())
        })?;
        let rows = replayed.report.rows;
        if rows > 0 {
            tracing::info!(tenant = %self.tenant, signal = %self.signal, rows, "replayed the write-ahead log");
        }
        Ok(replayed)
    }

    /// Starts the loop that commits what is appended.
    pub(crate) fn start_commit(
        self: &Arc<Self>,
        runner: &dyn Runner,
        next_seq: u64,
    ) -> Result<(), OpenError> {
        let place = self.wal_place();
        let config = WalConfig {
            fsync: self.room.config.fsync,
            ..WalConfig::default()
        };
        let wal = WalWriter::new(place.clone(), self.signal.schema(), next_seq, config)?;
        let schema = self.signal.schema();
        let join = Box::new(move |batches: &[RecordBatch]| concat(&schema, batches));
        let sink = Box::new(Sink(Arc::clone(self)));
        let clock = Arc::clone(&self.room.clock);
        let committer = Committer::new(self.queue.clone(), wal, &place, clock, join, sink);
        let failed = |source| OpenError::Thread {
            what: "commit",
            source,
        };
        runner
            .start("commit", self.queue.waker(), Box::new(committer))
            .map_err(failed)
    }
}

/// Hands committed groups to the memtable.
struct Sink(Arc<Table>);

impl CommitSink for Sink {
    fn written(&mut self, rows: usize, taken: Duration) {
        self.0.metrics.commit_seconds.observe(taken.as_secs_f64());
        self.0.metrics.committed_rows.inc_by(rows as u64);
    }

    fn file_left(&mut self) {
        self.0.flush_waker.wake();
    }

    fn committed(&mut self, group: CommittedBatch) {
        let CommittedBatch {
            batch,
            base_seq,
            arrival_ns,
            memory,
            ..
        } = group;
        let apply = || self.0.apply(&batch, base_seq, arrival_ns, memory);
        match catch_unwind(AssertUnwindSafe(apply)) {
            Ok(Ok(())) => {}
            Ok(Err(error)) => self.0.set_broken(error.to_string()),
            Err(_) => self.0.set_broken("applying a commit panicked".into()),
        }
    }
}
