//! Compaction of a whole table: what readers see, what lies on disk, what faults leave behind.

use std::collections::BTreeSet;

use super::*;
use crate::catalog::{CatalogState, Fate};
use crate::limits::{COMPACTION_RETRY_MS_MAX, SET_ASIDE_MS};
use crate::{SegmentMeta, names};

const FOLDERS: [&str; 2] = [
    "/data/tenants/default/logs/segments",
    "/data/tenants/default/spans/segments",
];

/// A store on a simulated disk with what outlives it.
struct Lab {
    disk: SimVfs,
    catalog: Arc<MemCatalog>,
    house: House,
}

impl Lab {
    fn new() -> Self {
        Self::with_catalog(MemCatalog::new())
    }

    fn with_catalog(catalog: MemCatalog) -> Self {
        let (disk, catalog) = (SimVfs::new(), Arc::new(catalog));
        let house = Self::open(&disk, &catalog);
        Lab {
            disk,
            catalog,
            house,
        }
    }

    fn open(disk: &SimVfs, catalog: &Arc<MemCatalog>) -> House {
        let clock = Arc::new(ManualClock::new(ARRIVAL_NS));
        let runner = Arc::new(ManualRunner::new(clock.clone()));
        let environment = Environment {
            vfs: Arc::new(disk.clone()),
            clock: clock.clone(),
            runner: runner.clone(),
            catalog: Some(Arc::clone(catalog) as _),
            store_id: 1,
        };
        let storage = Storage::open(Config::new("/data".into()), environment).unwrap();
        House {
            storage,
            runner,
            clock,
        }
    }

    /// The process dies, its disk as it is, and another one starts.
    fn crash(&mut self, power: Option<u64>) {
        self.house.runner.kill();
        match power {
            Some(seed) => self.disk.power_loss(seed),
            None => self.disk.kill(),
        }
        self.house = Self::open(&self.disk, &self.catalog);
    }

    /// Three flushes of logs into two hours, and of spans of the same traces.
    fn fill(&self) {
        for round in 0..3u8 {
            let time = |at: u8| 1_000 + u64::from(round * 10 + at);
            let texts: Vec<String> = (0..4).map(|at| format!("{round}/{at}")).collect();
            let logs: Vec<(u64, &str)> = (0..4u8)
                .map(|at| {
                    (
                        time(at) + u64::from(at % 2) * 3_600_000_000_000,
                        &*texts[at as usize],
                    )
                })
                .collect();
            self.house.append(Incoming::Logs(log_batch(&logs)));
            let spans: Vec<Span> = (0..4u8)
                .map(|at| Span::new(at % 2, round * 10 + at, None, time(at)))
                .collect();
            self.house.append(Incoming::Spans(span_batch(&spans)));
            self.wait(301);
        }
        assert_eq!(self.levels(), [0; 9]);
    }

    fn wait(&self, seconds: u64) {
        self.house.clock.advance(Duration::from_secs(seconds));
        self.house.runner.run_until_idle(10_000);
    }

    /// Waits until everything is quiet and merged.
    fn settle(&self) {
        self.wait(601);
    }

    fn state(&self) -> CatalogState {
        self.catalog.state()
    }

    fn levels(&self) -> Vec<u32> {
        let mut levels: Vec<u32> = self
            .state()
            .segments
            .values()
            .map(|row| row.level)
            .collect();
        levels.sort_unstable();
        levels
    }

    /// The names of all segment folders, temporary ones included.
    fn folders(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for root in FOLDERS.map(Path::new) {
            for partition in self.disk.list(root).unwrap() {
                let folders = self.disk.list(&root.join(&partition.name)).unwrap();
                found.extend(folders.into_iter().map(|folder| folder.name));
            }
        }
        found
    }

    fn named(&self) -> BTreeSet<String> {
        let state = self.state();
        state
            .segments
            .keys()
            .map(|id| names::segment_name(id.0))
            .collect()
    }

    fn rows(&self) -> (BTreeMap<u64, String>, BTreeSet<(u8, u8)>) {
        let logs = read_logs(&self.house.snapshot(Signal::Logs));
        (logs, read_spans(&self.house.snapshot(Signal::Spans)))
    }

    fn pending(&self) -> (u64, u64) {
        let status = self.house.storage.status(&TenantId::default()).unwrap();
        (status.flush_pending(), status.compaction_pending())
    }
}

/// Every span as (trace, id).
fn read_spans(snapshot: &Snapshot) -> BTreeSet<(u8, u8)> {
    let mut found = BTreeSet::new();
    for trace in 0..2u8 {
        for batch in snapshot
            .trace([trace; 16], &[span_columns::SPAN_ID])
            .unwrap()
        {
            let ids = columns::id(&batch, span_columns::SPAN_ID).unwrap();
            for row in 0..batch.num_rows() {
                assert!(
                    found.insert((trace, ids.value(row)[0])),
                    "a span stands twice"
                );
            }
        }
    }
    found
}

#[test]
fn segments_become_one_an_hour_and_answer_the_same() {
    let mut lab = Lab::new();
    assert_eq!(lab.pending(), (0, 0));
    lab.fill();
    let before = lab.rows();
    assert_eq!((before.0.len(), before.1.len()), (12, 12));
    assert_eq!(lab.pending(), (0, 9));
    lab.settle();
    assert_eq!(lab.levels(), [1, 1, 1]);
    assert_eq!(lab.pending(), (0, 0));
    assert_eq!(lab.rows(), before);
    assert_eq!(lab.folders(), lab.named());
    let snapshot = lab.house.snapshot(Signal::Spans);
    let directory = snapshot.parts()[0].trace_directory().unwrap();
    for trace in 0..2u8 {
        let rows: Vec<u32> = directory.rows_of([trace; 16]).collect();
        assert_eq!(rows, (rows[0]..rows[0] + 6).collect::<Vec<_>>());
    }
    drop(snapshot);
    lab.crash(Some(1));
    assert_eq!(lab.rows(), before);
    // Repeats are found in merged segments as in others.
    let repeat = Span::new(1, 11, None, 1_011);
    lab.house.append(Incoming::Spans(span_batch(&[repeat])));
    assert_eq!(lab.rows(), before);
}

#[test]
fn a_pinned_snapshot_reads_on_and_then_the_folders_go() {
    let lab = Lab::new();
    lab.fill();
    let (logs, spans) = (
        lab.house.snapshot(Signal::Logs),
        lab.house.snapshot(Signal::Spans),
    );
    let before = lab.folders();
    let rows = lab.rows();
    lab.settle();
    assert_eq!(lab.levels(), [1, 1, 1]);
    assert!(lab.folders().is_superset(&before), "what is read stays");
    for _ in 0..3 {
        assert_eq!((read_logs(&logs), read_spans(&spans)), rows);
        lab.wait(2);
    }
    let one_part = spans.parts()[0].clone();
    drop(logs);
    drop(spans);
    lab.wait(2);
    assert_eq!(lab.folders().len(), 4, "one segment of spans is still held");
    assert_eq!(one_part.rows(), 4);
    drop(one_part);
    lab.wait(2);
    assert_eq!(lab.folders(), lab.named());
}

#[test]
fn a_restart_removes_what_a_pinned_snapshot_kept() {
    let mut lab = Lab::new();
    lab.fill();
    let rows = lab.rows();
    let pinned = lab.house.snapshot(Signal::Logs);
    lab.settle();
    assert_ne!(lab.folders(), lab.named());
    drop(pinned);
    lab.crash(None);
    assert_eq!(lab.folders(), lab.named());
    assert_eq!(lab.rows(), rows);
}

#[test]
fn a_crash_at_any_operation_leaves_the_old_or_the_new() {
    let mut halts = 0;
    let (mut old, mut new) = (0, 0);
    for after in 0.. {
        let mut lab = Lab::new();
        lab.fill();
        let rows = lab.rows();
        lab.disk.halt_after(after);
        let begun = lab.disk.operations();
        lab.settle();
        let whole = lab.disk.operations() - begun <= after;
        lab.crash((after % 2 == 0).then_some(after));
        let levels = lab.levels();
        old += usize::from(levels == [0; 9]);
        new += usize::from(levels == [1; 3]);
        assert_eq!(lab.rows(), rows, "after {after} operations");
        assert_eq!(lab.folders(), lab.named(), "after {after} operations");
        lab.settle();
        assert_eq!(lab.levels(), [1, 1, 1], "after {after} operations");
        assert_eq!(lab.rows(), rows, "after {after} operations");
        if whole {
            break;
        }
        halts += 1;
    }
    assert!(halts > 100 && old > 10 && new > 2, "{halts} {old} {new}");
}

#[test]
fn a_stop_between_any_two_turns_leaves_nothing_half_done() {
    let mut stopped = 0;
    for turns in 0.. {
        let mut lab = Lab::new();
        lab.fill();
        let rows = lab.rows();
        lab.house.clock.advance(Duration::from_secs(601));
        let done = lab.house.runner.run_until_idle(turns) < turns;
        lab.house.storage.shutdown();
        assert_eq!(lab.folders(), lab.named(), "after {turns} turns");
        assert_eq!(lab.rows(), rows);
        lab.crash(None);
        assert_eq!(lab.rows(), rows);
        if done {
            break;
        }
        stopped += 1;
    }
    assert!(stopped > 10, "{stopped}");
}

#[test]
fn faults_in_the_middle_leave_nothing_behind_and_are_overcome() {
    let operations = [
        Operation::Create,
        Operation::Write,
        Operation::SyncFile,
        Operation::SyncDir,
        Operation::Rename,
        Operation::Read,
        Operation::Open,
        Operation::Remove,
    ];
    for operation in operations {
        for (kind, after) in [
            (FaultKind::NoSpace, 0),
            (FaultKind::Io, 1),
            (FaultKind::Io, 4),
        ] {
            let lab = Lab::new();
            lab.fill();
            let rows = lab.rows();
            lab.disk.inject(Fault {
                path_contains: "segments".into(),
                after,
                ..Fault::always(operation, kind)
            });
            lab.settle();
            let before = lab.disk.operations();
            for _ in 0..60 {
                lab.wait(1);
            }
            let tried = lab.disk.operations() - before;
            assert!(
                tried < 1_000,
                "{operation:?}: {tried} operations in a minute"
            );
            lab.disk.clear_faults();
            assert_eq!(lab.rows(), rows, "{operation:?} {kind:?}");
            if operation != Operation::Remove {
                assert_eq!(lab.folders(), lab.named(), "{operation:?} {kind:?}");
            }
            lab.wait(SET_ASIDE_MS / 1_000);
            lab.wait(COMPACTION_RETRY_MS_MAX / 1_000);
            lab.wait(2);
            assert_eq!(lab.levels(), [1, 1, 1], "{operation:?} {kind:?} {after}");
            assert_eq!(lab.folders(), lab.named(), "{operation:?} {kind:?}");
            assert_eq!(lab.rows(), rows, "{operation:?} {kind:?}");
        }
    }
}

#[test]
fn without_room_for_both_nothing_is_begun() {
    let lab = Lab::new();
    lab.fill();
    let used: u64 = {
        let space = lab.disk.space(Path::new("/data")).unwrap();
        space.total_bytes - space.available_bytes
    };
    lab.disk.set_capacity(used + 1_000);
    lab.settle();
    assert_eq!(lab.levels(), [0; 9]);
    assert_eq!(lab.folders(), lab.named());
    lab.disk.set_capacity(u64::MAX);
    lab.wait(COMPACTION_RETRY_MS_MAX / 1_000);
    assert_eq!(lab.levels(), [1; 3]);
}

#[test]
fn a_damaged_segment_is_left_alone_and_the_others_are_merged() {
    let lab = Lab::new();
    lab.fill();
    let state = lab.state();
    let damaged = state
        .segments
        .values()
        .find(|row| row.key.signal == Signal::Logs)
        .unwrap();
    let folder = Path::new(FOLDERS[0])
        .join("1970-01-01T00")
        .join(names::segment_name(damaged.id.0));
    let meta = lab.disk.read(&folder.join(names::META)).unwrap();
    let meta: SegmentMeta = serde_json::from_slice(&meta).unwrap();
    let byte = meta.batches[0].block.offset + 900;
    lab.disk
        .flip_bit(&folder.join(names::ROWS), byte, 3)
        .unwrap();
    lab.settle();
    assert_eq!(lab.levels(), [0, 1, 1, 1]);
    let state = lab.state();
    assert_eq!(state.segments.get(&damaged.id), Some(damaged));
    assert_eq!(lab.folders(), lab.named());
    assert_eq!(lab.pending(), (0, 0), "it waits for nothing");
    let before = lab.disk.operations();
    lab.wait(2 * SET_ASIDE_MS / 1_000);
    assert!(
        lab.disk.operations() - before < 100,
        "it is not tried again and again"
    );
}

#[test]
fn a_lost_answer_of_the_catalog_is_followed_up() {
    for fate in [Fate::MadeButFails, Fate::Lost] {
        let fates = Arc::new(parking_lot::Mutex::new(Vec::new()));
        let asked = Arc::clone(&fates);
        let catalog = MemCatalog::with_fate(move || asked.lock().pop().unwrap_or(Fate::Made));
        let mut lab = Lab::with_catalog(catalog);
        lab.fill();
        let rows = lab.rows();
        // An id is reserved for the first new segment; then it is published.
        *fates.lock() = vec![fate, Fate::Made];
        lab.house.clock.advance(Duration::from_secs(601));
        while !fates.lock().is_empty() {
            assert!(lab.house.runner.turn());
        }
        assert_eq!(lab.rows(), rows, "{fate:?}");
        assert!(lab.folders().is_superset(&lab.named()), "{fate:?}");
        lab.wait(2);
        lab.wait(2);
        assert_eq!(lab.levels(), [1, 1, 1], "{fate:?}");
        assert_eq!(lab.folders(), lab.named(), "{fate:?}");
        assert_eq!(lab.rows(), rows, "{fate:?}");
        lab.crash(Some(7));
        assert_eq!(lab.rows(), rows, "{fate:?}");
    }
}

#[test]
fn a_stop_while_the_catalog_keeps_silent_loses_neither_set() {
    for fate in [Fate::MadeButFails, Fate::Lost] {
        let fates = Arc::new(parking_lot::Mutex::new(Vec::new()));
        let asked = Arc::clone(&fates);
        let catalog = MemCatalog::with_fate(move || asked.lock().pop().unwrap_or(Fate::Made));
        let mut lab = Lab::with_catalog(catalog);
        lab.fill();
        let rows = lab.rows();
        *fates.lock() = vec![fate, Fate::Made];
        lab.house.clock.advance(Duration::from_secs(601));
        while !fates.lock().is_empty() {
            assert!(lab.house.runner.turn());
        }
        lab.house.storage.shutdown();
        assert!(lab.folders().is_superset(&lab.named()), "{fate:?}");
        assert_eq!(lab.rows(), rows, "{fate:?}");
        lab.crash(None);
        assert_eq!(lab.rows(), rows, "{fate:?}");
        assert_eq!(lab.folders(), lab.named(), "{fate:?}");
    }
}

#[test]
fn a_flush_while_a_merge_is_under_way_is_not_forgotten() {
    let lab = Lab::new();
    lab.fill();
    lab.house.clock.advance(Duration::from_secs(601));
    // Some turns into the merge, a flush adds a segment of the same hour.
    lab.house.runner.run_until_idle(3);
    lab.house
        .append(Incoming::Logs(log_batch(&[(1_999, "late")])));
    lab.wait(301);
    let (logs, _) = lab.rows();
    assert_eq!(logs.len(), 13);
    assert!(logs.values().any(|body| body == "late"));
    lab.settle();
    lab.settle();
    assert_eq!(lab.rows().0, logs);
    assert_eq!(lab.folders(), lab.named());
}

#[test]
fn all_that_is_due_can_be_merged_at_once() {
    let lab = Lab::new();
    lab.fill();
    let rows = lab.rows();
    lab.house.storage.compact_due().unwrap();
    assert_eq!(lab.levels(), [0; 9], "nothing is due yet");
    lab.house.clock.advance(Duration::from_secs(601));
    lab.house.storage.compact_due().unwrap();
    assert_eq!(lab.levels(), [1, 1, 1]);
    assert_eq!(lab.folders(), lab.named());
    assert_eq!(lab.rows(), rows);
    lab.disk
        .inject(Fault::always(Operation::Create, FaultKind::NoSpace));
    lab.house.storage.compact_due().unwrap();
}

#[test]
fn loops_on_threads_of_their_own_lose_and_double_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let config = Config {
        flush_interval_ms: 1,
        ..Config::new(dir.path().to_path_buf())
    };
    let tenant = TenantId::default();
    let storage = Storage::open(config.clone(), Environment::system()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let mut seen = 0;
    for at in 0..120 {
        let records = Incoming::Logs(log_batch(&[(1_000 + at, "x"), (5_000 - at, "y")]));
        runtime.block_on(storage.append(&tenant, records)).unwrap();
        // No row stands twice, and none goes again.
        let found = read_logs(&storage.snapshot(&tenant, Signal::Logs).unwrap()).len();
        assert!(found >= seen, "{found} after {seen}");
        seen = found;
    }
    let figures = || storage.status(&tenant).unwrap();
    while figures().flush_pending() > 0 || figures().compaction_pending() > 0 {
        std::thread::yield_now();
    }
    let rows = read_logs(&storage.snapshot(&tenant, Signal::Logs).unwrap());
    assert_eq!(rows.len(), 240);
    assert!(figures().failed_loops.is_empty());
    storage.shutdown();
    let storage = Storage::open(config, Environment::system()).unwrap();
    assert_eq!(
        read_logs(&storage.snapshot(&tenant, Signal::Logs).unwrap()),
        rows
    );
    assert!(
        storage
            .snapshot(&tenant, Signal::Logs)
            .unwrap()
            .parts()
            .len()
            <= 40
    );
    storage.shutdown();
}
