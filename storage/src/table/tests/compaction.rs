//! Compaction of a whole table: what readers see, and what lies on disk.

use super::lab::{Lab, read_spans};
use super::*;

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
fn a_quiet_store_keeps_no_log() {
    let mut lab = Lab::new();
    let logs_of = |lab: &Lab| {
        let folders = ["logs", "spans"].map(|signal| format!("/data/tenants/default/{signal}/wal"));
        let listed = folders.map(|folder| lab.disk.list(Path::new(&folder)).unwrap().len());
        listed.iter().sum::<usize>()
    };
    let row = |time| Incoming::Logs(log_batch(&[(time, "body")]));
    lab.house.append(row(1));
    assert_eq!(logs_of(&lab), 1);
    lab.wait(301);
    assert_eq!((lab.pending().0, logs_of(&lab)), (0, 0));
    // What comes then has a file of its own, and its number is the next.
    lab.house.append(row(2));
    assert_eq!(logs_of(&lab), 1);
    lab.crash(Some(1));
    assert_eq!(lab.rows().0.into_keys().collect::<Vec<_>>(), [0, 1]);
    lab.wait(301);
    assert_eq!(logs_of(&lab), 0);
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
    // A row is acknowledged before it is visible.
    while storage.snapshot(&tenant, Signal::Logs).unwrap().rows() < 240 {
        std::thread::yield_now();
    }
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
    storage.shutdown();
}

#[test]
fn small_hours_of_a_day_become_one_by_the_clock_alone() {
    let lab = Lab::new();
    let hour_s = 3_600;
    for hour in 0..6 {
        let time = hour * hour_s * 1_000_000_000 + 5;
        lab.house
            .append(Incoming::Logs(log_batch(&[(time, "small")])));
    }
    // The memtable is flushed, then its hours are merged, then their day: nothing arrives that would wake a loop.
    for seconds in [301, 601, 601, 601] {
        lab.wait(seconds);
    }
    assert_eq!(lab.levels(), [2]);
    assert_eq!(lab.rows().0.len(), 6);
    assert_eq!(lab.pending(), (0, 0));
    let days = lab
        .disk
        .list(Path::new("/data/tenants/default/logs/segments"));
    let days: Vec<String> = days.unwrap().into_iter().map(|entry| entry.name).collect();
    assert!(days.contains(&"1970-01-01".to_owned()), "{days:?}");
}
