//! Tests of group commit.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod modes;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::{Array, ArrayRef, RecordBatch, UInt64Array};
use arrow::compute::concat_batches;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use clearspan_schema::{SchemaError, Signal};
use parking_lot::Mutex;

use super::*;
use crate::background::{ManualClock, ManualRunner, Runner};
use crate::catalog::{MemCatalog, TableKey};
use crate::vfs::sim::{Fault, FaultKind, Operation};
use crate::vfs::{SimVfs, Vfs};
use crate::wal::{FsyncMode, WalConfig, WalError, WalPlace, WalWriter, replay};

fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![Field::new("id", DataType::UInt64, false)]))
}

fn batch(ids: impl IntoIterator<Item = u64>) -> RecordBatch {
    let ids: ArrayRef = Arc::new(UInt64Array::from_iter_values(ids));
    RecordBatch::try_new(schema(), vec![ids]).unwrap()
}

fn ids(batch: &RecordBatch) -> Vec<u64> {
    let ids = batch.column(0).as_any().downcast_ref::<UInt64Array>();
    ids.unwrap().values().to_vec()
}

/// Refuses id 666 and panics at 667, as a faulty join might.
fn join(batches: &[RecordBatch]) -> Result<RecordBatch, SchemaError> {
    let joined = concat_batches(&schema(), batches)?;
    match ids(&joined).iter().find(|id| [666, 667].contains(*id)) {
        None => Ok(joined),
        Some(667) => panic!("planned"),
        Some(_) => Err(SchemaError::TooLarge {
            limit: 1,
            unit: "rows",
        }),
    }
}

type Groups = Arc<Mutex<Vec<(u64, Vec<u64>)>>>;

struct World {
    disk: SimVfs,
    place: WalPlace,
    clock: Arc<ManualClock>,
    runner: ManualRunner,
    queue: CommitQueue,
    visible: Groups,
}

impl World {
    fn new(config: CommitConfig, fsync: FsyncMode) -> Self {
        let disk = SimVfs::new();
        disk.create_dir(Path::new("/wal")).unwrap();
        disk.sync_dir(Path::new("/")).unwrap();
        let place = WalPlace {
            vfs: Arc::new(disk.clone()),
            catalog: Arc::new(MemCatalog::new()),
            key: TableKey::new("default", Signal::Logs),
            folder: "/wal".into(),
        };
        let clock = Arc::new(ManualClock::new(5));
        let world = Self {
            disk,
            place,
            runner: ManualRunner::new(Arc::clone(&clock)),
            clock,
            queue: CommitQueue::new(config),
            visible: Groups::default(),
        };
        let committer = world.committer(fsync);
        let waker = world.queue.waker();
        world
            .runner
            .start("commit", waker, Box::new(committer))
            .unwrap();
        world.run();
        world
    }

    fn committer(&self, fsync: FsyncMode) -> Committer {
        let config = WalConfig {
            fsync,
            ..WalConfig::default()
        };
        let wal = WalWriter::new(self.place.clone(), schema(), 0, config).unwrap();
        let visible = Arc::clone(&self.visible);
        let sink = move |group: CommittedBatch| {
            assert_eq!(group.arrival_ns, 5);
            visible.lock().push((group.base_seq, ids(&group.batch)));
        };
        Committer::new(
            self.queue.clone(),
            wal,
            &self.place,
            Arc::new(ManualClock::new(5)),
            Box::new(join),
            Box::new(sink),
        )
    }

    fn run(&self) {
        self.runner.run_until_idle(1_000);
    }

    fn append(&self, first: u64, rows: u64) -> Pending {
        self.queue.append(batch(first..first + rows)).unwrap()
    }

    fn durable(&self) -> Vec<u64> {
        let mut rows = Vec::new();
        replay::<WalError>(&self.place, &schema(), |frame| {
            rows.extend(ids(&frame.batch));
            Ok(())
        })
        .unwrap();
        rows
    }
}

fn always() -> World {
    World::new(CommitConfig::default(), FsyncMode::Always)
}

fn committed(base_seq: u64, rows: u64) -> Result<Committed, AppendError> {
    Ok(Committed { base_seq, rows })
}

#[test]
fn what_is_queued_goes_as_one_group_in_order() {
    let world = always();
    let answers =
        [(10, 3), (20, 1), (30, 0), (40, 2)].map(|(first, rows)| world.append(first, rows));
    let before = world.disk.operations();
    world.run();
    let operations = world.disk.operations() - before;
    let answers = answers.map(Pending::wait);
    let expected = [
        committed(0, 3),
        committed(3, 1),
        committed(4, 0),
        committed(4, 2),
    ];
    assert_eq!(answers, expected);
    let group = vec![10, 11, 12, 20, 40, 41];
    assert_eq!(*world.visible.lock(), [(0, group.clone())]);
    assert!(operations < 15, "one frame, one sync: {operations}");
    let stats = world.queue.stats();
    assert_eq!(
        (stats.appends, stats.rows, stats.groups, stats.queued_bytes),
        (4, 6, 1, 0)
    );
    world.disk.power_loss(1);
    assert_eq!(world.durable(), group);
}

#[test]
fn the_answer_comes_after_the_sync() {
    let world = always();
    world.append(1, 1);
    world.run();
    let waiting = world.append(2, 1);
    world
        .disk
        .inject(Fault::always(Operation::SyncFile, FaultKind::Io));
    world.run();
    let refused = waiting.wait().unwrap_err();
    assert!(matches!(refused, AppendError::Io { .. }) && refused.is_retryable());
    world.disk.clear_faults();
    let again = world.append(3, 1);
    world.run();
    assert_eq!(again.wait(), committed(1, 1));
    assert_eq!(world.visible.lock().len(), 2);
    world.disk.power_loss(2);
    assert_eq!(world.durable(), [1, 3], "what was refused is not there");
}

#[test]
fn one_failed_sync_is_not_noticed_by_the_sender() {
    let world = always();
    world.append(1, 1);
    world.run();
    world
        .disk
        .inject(Fault::once(Operation::SyncFile, FaultKind::Io));
    let answer = world.append(2, 2);
    world.run();
    assert_eq!(answer.wait(), committed(1, 2));
    world.disk.power_loss(3);
    assert_eq!(world.durable(), [1, 2, 3]);
}

#[test]
fn a_full_disk_refuses_and_resumes_unaided() {
    let world = always();
    world.append(1, 1);
    world.run();
    world
        .disk
        .inject(Fault::always(Operation::Write, FaultKind::NoSpace));
    for _ in 0..3 {
        let refused = world.append(2, 1);
        world.run();
        assert!(matches!(refused.wait(), Err(AppendError::DiskFull { .. })));
    }
    world.disk.clear_faults();
    let early = world.append(3, 1);
    world.run();
    assert!(matches!(early.wait(), Err(AppendError::DiskFull { .. })));
    world.clock.advance(Duration::from_secs(1));
    world.clock.set_unix_ns(5);
    let resumed = world.append(4, 1);
    world.run();
    assert_eq!(resumed.wait(), committed(1, 1));
    assert_eq!(world.durable(), [1, 4]);
}

#[test]
fn a_disk_in_use_by_nine_tenths_refuses() {
    let world = always();
    world.append(1, 1);
    world.run();
    let used = u64::MAX - world.disk.space(Path::new("/")).unwrap().available_bytes;
    world.disk.set_capacity(used * 10 / 9);
    world.clock.advance(Duration::from_secs(1));
    let refused = world.append(2, 1);
    world.run();
    let Err(AppendError::DiskFull { detail, .. }) = refused.wait() else {
        panic!("not refused")
    };
    assert_eq!(detail, "90% in use, the limit is 90%");
}

#[test]
fn a_queue_takes_so_much_and_no_more() {
    let small = batch(0..100).get_array_memory_size();
    let config = CommitConfig {
        queue_bytes_max: small * 5 / 2,
        ..CommitConfig::default()
    };
    let world = World::new(config, FsyncMode::Always);
    let too_large = world.queue.append(batch(0..1_000)).unwrap_err();
    assert!(matches!(too_large, AppendError::TooLarge { .. }) && !too_large.is_retryable());
    let taken = [world.append(0, 100), world.append(100, 100)];
    let refused = world.queue.append(batch(0..100)).unwrap_err();
    assert!(matches!(refused, AppendError::Overloaded { .. }) && refused.is_retryable());
    world.run();
    assert_eq!(
        taken.map(Pending::wait),
        [committed(0, 100), committed(100, 100)]
    );
    world.append(200, 100);
    assert_eq!(world.queue.stats().refused, 2);
}

#[test]
fn a_group_takes_so_much_and_one_batch_at_least() {
    let config = CommitConfig {
        group_bytes_max: batch(0..100).get_array_memory_size() * 2,
        ..CommitConfig::default()
    };
    let world = World::new(config, FsyncMode::Always);
    for (first, rows) in [(0, 100), (100, 100), (200, 100), (300, 1_000), (1_300, 1)] {
        world.append(first, rows);
    }
    world.run();
    let groups: Vec<_> = world
        .visible
        .lock()
        .iter()
        .map(|(seq, ids)| (*seq, ids.len()))
        .collect();
    assert_eq!(groups, [(0, 200), (200, 100), (300, 1_000), (1_300, 1)]);
}

#[test]
fn one_bad_batch_does_not_spoil_the_others() {
    for bad in [666, 667] {
        let world = always();
        let answers = [1, 2, bad, 3].map(|id| world.append(id, 1));
        let other = RecordBatch::new_empty(Arc::new(Schema::empty()));
        let foreign = world.queue.append(other).unwrap();
        world.run();
        let answers = answers.map(Pending::wait);
        // Alone it needs no joining, and is as good as any.
        assert!(answers.iter().all(Result::is_ok), "{answers:?}");
        assert!(matches!(foreign.wait(), Err(AppendError::Encoding(_))));
        assert_eq!(world.durable(), [1, 2, bad, 3]);
    }
}

#[test]
fn closing_commits_what_is_queued_and_refuses_the_rest() {
    for by_runner in [true, false] {
        let world = always();
        let queued = world.append(1, 2);
        world.queue.close();
        assert_eq!(
            world.queue.append(batch([9])).unwrap_err(),
            AppendError::ShuttingDown
        );
        match by_runner {
            true => world.runner.stop(),
            false => world.run(),
        }
        assert_eq!(queued.wait(), committed(0, 2));
        let files = world.place.catalog.wal_files(&world.place.key);
        assert!(
            files[0].end().is_some_and(|end| end.seq == 2),
            "its end is noted"
        );
    }
}

#[test]
fn a_committer_that_dies_refuses_what_is_queued() {
    let world = always();
    let queued = world.append(1, 1);
    world.runner.kill();
    assert_eq!(queued.wait(), Err(AppendError::ShuttingDown));
    assert_eq!(
        world.queue.append(batch([2])).unwrap_err(),
        AppendError::ShuttingDown
    );
}
