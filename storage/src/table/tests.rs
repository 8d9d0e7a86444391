#![allow(clippy::unwrap_used, clippy::panic)]

mod compaction;
mod compaction_faults;
mod feed;
mod hostile;
mod lab;
mod memory;
mod retention;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use clearspan_schema::spans::SpansReader;
use clearspan_schema::{SEQ, Signal, columns, logs, spans as span_columns};

use crate::background::{ManualClock, ManualRunner};
use crate::catalog::{Catalog, MemCatalog};
use crate::scan::{Predicate, ScanStats, Snapshot, TimeRange};
use crate::testing::{ARRIVAL_NS, Span, logs as log_batch, spans as span_batch};
use crate::vfs::sim::{Fault, FaultKind, Operation};
use crate::vfs::{OsVfs, SimVfs, Vfs};
use crate::{Config, Environment, Incoming, Storage, TenantId};

/// A store whose loops run when told.
struct House {
    storage: Storage,
    runner: Arc<ManualRunner>,
    clock: Arc<ManualClock>,
}

fn open(dir: &Path) -> House {
    open_on(dir, Arc::new(OsVfs))
}

fn open_on(dir: &Path, vfs: Arc<dyn Vfs>) -> House {
    let clock = Arc::new(ManualClock::new(ARRIVAL_NS));
    let runner = Arc::new(ManualRunner::new(clock.clone()));
    let environment = Environment {
        vfs,
        clock: clock.clone(),
        runner: runner.clone(),
        catalog: None,
        formulas: crate::derived::tests::formulas(),
        store_id: 1,
    };
    let storage = Storage::open(Config::new(dir.to_path_buf()), environment).unwrap();
    House {
        storage,
        runner,
        clock,
    }
}

impl House {
    fn append(&self, records: Incoming) {
        let tenant = TenantId::default();
        self.finish(self.storage.append(&tenant, records)).unwrap();
        self.runner.run_until_idle(1_000);
    }

    /// Lets the loops run until `work` is done.
    fn finish<T>(&self, work: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        runtime.block_on(async {
            let mut work = std::pin::pin!(work);
            loop {
                tokio::select! {
                    biased;
                    done = &mut work => return done,
                    () = std::future::ready(()) => { self.runner.run_until_idle(1_000); }
                }
            }
        })
    }

    fn snapshot(&self, signal: Signal) -> Snapshot {
        self.storage.snapshot(&TenantId::default(), signal).unwrap()
    }

    fn segments(&self) -> usize {
        let snapshot = self.snapshot(Signal::Logs);
        snapshot
            .parts()
            .iter()
            .filter(|part| part.is_segment())
            .count()
    }

    fn stop(self) {
        self.storage.shutdown();
    }
}

/// Every log as (seq, body), by sequence number.
pub(super) fn read_logs(snapshot: &Snapshot) -> BTreeMap<u64, String> {
    let mut found = BTreeMap::new();
    for part in snapshot.parts() {
        let mut stats = ScanStats::default();
        let selection = part
            .select(&Predicate::All, TimeRange::ALL, &mut stats)
            .unwrap();
        for run in part.read(&[SEQ, logs::BODY], &selection, &mut stats) {
            let batch = run.unwrap().batch;
            let (seqs, bodies) = (
                columns::uint64(&batch, SEQ).unwrap(),
                columns::text(&batch, logs::BODY).unwrap(),
            );
            for row in 0..batch.num_rows() {
                let earlier = found.insert(seqs.value(row), bodies.value(row).to_owned());
                assert_eq!(earlier, None, "row {} stands twice", seqs.value(row));
            }
        }
    }
    found
}

#[test]
fn rows_keep_their_numbers_over_flush_and_restart() {
    let dir = tempfile::tempdir().unwrap();
    let house = open(dir.path());
    house.append(Incoming::Logs(log_batch(&[
        (5_000, "first"),
        (4_000, "second"),
    ])));
    let before = read_logs(&house.snapshot(Signal::Logs));
    assert_eq!(before.values().collect::<Vec<_>>(), ["first", "second"]);
    assert!(!house.snapshot(Signal::Logs).parts()[0].is_segment());
    house.stop();

    let house = open(dir.path());
    assert!(house.snapshot(Signal::Logs).parts()[0].is_segment());
    assert_eq!(read_logs(&house.snapshot(Signal::Logs)), before);
    house.append(Incoming::Logs(log_batch(&[(6_000, "third")])));
    let after = read_logs(&house.snapshot(Signal::Logs));
    assert_eq!(after.len(), 3);
    assert_eq!(after.last_key_value().unwrap().1, "third");
    house.stop();
}

#[test]
fn a_store_that_was_not_closed_replays_its_log() {
    let dir = tempfile::tempdir().unwrap();
    let house = open(dir.path());
    house.append(Incoming::Logs(log_batch(&[(5_000, "kept")])));
    let before = read_logs(&house.snapshot(Signal::Logs));
    // As after a crash: nothing is flushed or closed, only the lock goes with the process.
    drop(house);

    let house = open(dir.path());
    assert_eq!(read_logs(&house.snapshot(Signal::Logs)), before);
    assert_eq!(
        house
            .storage
            .status(&TenantId::default())
            .unwrap()
            .wal_findings,
        Vec::<String>::new()
    );
    house.stop();
}

#[test]
fn an_identical_span_is_dropped_wherever_the_first_one_is() {
    let dir = tempfile::tempdir().unwrap();
    let span = Span::new(1, 2, None, 1_000);
    let other_name = Span {
        name: "other",
        ..span
    };
    let count = |house: &House| house.snapshot(Signal::Spans).rows();
    let duplicates = |house: &House| {
        house.storage.status(&TenantId::default()).unwrap().tables[1]
            .1
            .duplicates
    };

    let house = open(dir.path());
    house.append(Incoming::Spans(span_batch(&[span, span, other_name])));
    assert_eq!(
        (count(&house), duplicates(&house)),
        (2, 1),
        "within one request"
    );
    house.append(Incoming::Spans(span_batch(&[span, other_name])));
    assert_eq!(
        (count(&house), duplicates(&house)),
        (2, 3),
        "in the memtable"
    );
    drop(house);

    let house = open(dir.path());
    assert_eq!(
        (count(&house), duplicates(&house)),
        (2, 3),
        "after a replay"
    );
    house.stop();

    let house = open(dir.path());
    house.append(Incoming::Spans(span_batch(&[
        other_name,
        Span {
            error: true,
            ..span
        },
        span,
    ])));
    assert_eq!((count(&house), duplicates(&house)), (3, 2), "in a segment");
    house.stop();
}

#[test]
fn spans_of_a_trace_stand_together_in_a_segment() {
    let dir = tempfile::tempdir().unwrap();
    let house = open(dir.path());
    let spans: Vec<Span> = (0..60u8)
        .map(|at| Span::new(at % 3, at, None, 1_000 + u64::from(at)))
        .collect();
    house.append(Incoming::Spans(span_batch(&spans)));
    house.stop();

    let house = open(dir.path());
    let snapshot = house.snapshot(Signal::Spans);
    let directory = snapshot.parts()[0].trace_directory().unwrap();
    for trace in 0..3u8 {
        let rows: Vec<u32> = directory.rows_of([trace; 16]).collect();
        assert_eq!(rows.len(), 20);
        assert!(rows.windows(2).all(|pair| pair[1] == pair[0] + 1));
    }
    let schema = span_columns::stored_schema();
    let all: Vec<&'static str> = Box::leak(Box::new(schema))
        .fields()
        .iter()
        .map(|f| f.name().as_str())
        .collect();
    let batches = snapshot.trace([2; 16], &all).unwrap();
    let starts: Vec<u64> = batches
        .iter()
        .flat_map(|batch| {
            let reader = SpansReader::new(batch).unwrap();
            (0..reader.rows())
                .map(|row| reader.row(row).start_time)
                .collect::<Vec<_>>()
        })
        .collect();
    assert!(starts.is_sorted(), "{starts:?}");
    house.stop();
}

#[test]
fn logs_of_a_trace_are_found_before_and_after_the_flush() {
    let dir = tempfile::tempdir().unwrap();
    for flushed in [false, true] {
        let house = open(dir.path());
        if !flushed {
            house.append(Incoming::Logs(log_batch(&[(5_000, "a"), (4_000, "b")])));
        }
        let found = house
            .snapshot(Signal::Logs)
            .trace([7; 16], &[logs::BODY])
            .unwrap();
        assert_eq!(found.iter().map(|batch| batch.num_rows()).sum::<usize>(), 2);
        assert!(
            house
                .snapshot(Signal::Logs)
                .trace([8; 16], &[logs::BODY])
                .unwrap()
                .is_empty()
        );
        house.stop();
    }
}

#[test]
fn a_second_process_is_kept_out() {
    let dir = tempfile::tempdir().unwrap();
    let house = open(dir.path());
    let error =
        Storage::open(Config::new(dir.path().to_path_buf()), Environment::system()).unwrap_err();
    assert!(matches!(error, crate::OpenError::InUse { .. }), "{error}");
    house.stop();
}

#[test]
fn a_lost_segment_is_said_and_the_rest_is_served() {
    let dir = tempfile::tempdir().unwrap();
    let house = open(dir.path());
    // Two hours, two segments.
    house.append(Incoming::Logs(log_batch(&[
        (5_000, "old"),
        (3_600_000_000_000 * 5, "new"),
    ])));
    house.stop();
    let segments = dir
        .path()
        .join("tenants/default/logs/segments/1970-01-01T00");
    OsVfs.remove_dir_all(&segments).unwrap();

    let house = open(dir.path());
    let snapshot = house.snapshot(Signal::Logs);
    assert_eq!(
        read_logs(&snapshot).into_values().collect::<Vec<_>>(),
        ["new"]
    );
    let [missing] = snapshot.missing() else {
        panic!("{:?}", snapshot.missing())
    };
    assert_eq!((missing.rows, missing.min_time_ns), (1, 5_000));
    house.stop();
}

#[test]
fn small_commits_are_joined_into_few_chunks() {
    let dir = tempfile::tempdir().unwrap();
    let house = open(dir.path());
    for at in 0..200 {
        house.append(Incoming::Logs(log_batch(&[(1_000 + at, "x")])));
    }
    let snapshot = house.snapshot(Signal::Logs);
    assert!(snapshot.parts().len() <= 9, "{}", snapshot.parts().len());
    assert_eq!(read_logs(&snapshot).len(), 200);
    house.stop();
}

#[test]
fn a_lost_catalog_is_refused_and_nothing_is_removed() {
    let dir = tempfile::tempdir().unwrap();
    let house = open(dir.path());
    house.append(Incoming::Logs(log_batch(&[(5_000, "kept")])));
    house.stop();
    let catalog = dir.path().join("catalog.sqlite");
    let sound = OsVfs.read(&catalog).unwrap();
    for empty in [false, true] {
        OsVfs.remove_file(&catalog).unwrap();
        if empty {
            OsVfs.create_new(&catalog).unwrap();
        }
        let error = Storage::open(Config::new(dir.path().to_path_buf()), Environment::system())
            .unwrap_err();
        assert!(
            matches!(error, crate::OpenError::CatalogLost { .. }),
            "{error}"
        );
        let _ = OsVfs.remove_file(&catalog);
        OsVfs
            .create_new(&catalog)
            .unwrap()
            .write_all(&sound)
            .unwrap();
    }
    let house = open(dir.path());
    assert_eq!(read_logs(&house.snapshot(Signal::Logs)).len(), 1);
    house.stop();
}

#[test]
fn an_old_memtable_is_flushed_however_small() {
    let dir = tempfile::tempdir().unwrap();
    let house = open(dir.path());
    house.runner.run_until_idle(1_000);
    for round in 1..=2 {
        house.append(Incoming::Logs(log_batch(&[(5_000, "kept")])));
        assert_eq!(house.segments(), round - 1);
        house.clock.advance(Duration::from_secs(301));
        house.runner.run_until_idle(1_000);
        assert_eq!(house.segments(), round);
    }
    house.stop();
}

#[test]
fn a_flush_that_fails_leaves_nothing_behind_and_is_tried_again() {
    let disk = SimVfs::new();
    let catalog: Arc<dyn Catalog> = Arc::new(MemCatalog::new());
    let clock = Arc::new(ManualClock::new(ARRIVAL_NS));
    let runner = Arc::new(ManualRunner::new(clock.clone()));
    let environment = Environment {
        vfs: Arc::new(disk.clone()),
        clock: clock.clone(),
        runner: runner.clone(),
        catalog: Some(catalog),
        formulas: crate::derived::tests::formulas(),
        store_id: 1,
    };
    let storage = Storage::open(Config::new("/data".into()), environment).unwrap();
    let house = House {
        storage,
        runner,
        clock,
    };
    house.append(Incoming::Logs(log_batch(&[
        (5_000, "old"),
        (3_600_000_000_000 * 5, "new"),
    ])));
    disk.inject(Fault::always(Operation::Rename, FaultKind::Io));
    for _ in 0..5 {
        house.clock.advance(Duration::from_secs(301));
        house.runner.run_until_idle(1_000);
    }
    let root = Path::new("/data/tenants/default/logs/segments");
    for partition in disk.list(root).unwrap() {
        assert_eq!(disk.list(&root.join(partition.name)).unwrap(), []);
    }
    assert_eq!(read_logs(&house.snapshot(Signal::Logs)).len(), 2);
    disk.clear_faults();
    house.clock.advance(Duration::from_secs(301));
    house.runner.run_until_idle(1_000);
    assert_eq!(house.segments(), 2);
    assert_eq!(read_logs(&house.snapshot(Signal::Logs)).len(), 2);
}

#[test]
fn many_spans_of_one_id_are_kept_and_their_repeats_found_in_one_pass() {
    let dir = tempfile::tempdir().unwrap();
    let spans: Vec<Span> = (0..5_000)
        .map(|at| Span::new(1, 2, None, 1_000 + at))
        .collect();
    let house = open(dir.path());
    house.append(Incoming::Spans(span_batch(&spans)));
    house.append(Incoming::Spans(span_batch(&spans)));
    assert_eq!(house.snapshot(Signal::Spans).rows(), 5_000);
    house.stop();

    let house = open(dir.path());
    house.append(Incoming::Spans(span_batch(&spans)));
    assert_eq!(house.snapshot(Signal::Spans).rows(), 5_000);
    house.stop();
}
