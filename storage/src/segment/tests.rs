#![allow(clippy::unwrap_used, clippy::panic)]

mod foreign;
mod trace_builder;
mod writer;

use std::path::Path;
use std::sync::Arc;

use arrow::array::RecordBatch;
use clearspan_schema::logs::{Body, LogsReader};
use clearspan_schema::{Signal, spans};
use proptest::prelude::*;

use super::shape::ShapePlan;
use super::writer::{SegmentWriter, WrittenSegment};
use super::*;
use crate::scan::{Part, Predicate, ScanStats, Snapshot, TimeRange};
use crate::testing::{Span, stored_logs, stored_spans};
use crate::text::TextPattern;
use crate::vfs::{OsVfs, Vfs};
use crate::{TenantId, names};

fn write(dir: &Path, signal: Signal, rows: &RecordBatch) -> WrittenSegment {
    write_in(Container::Arrow, dir, signal, rows)
}

fn write_in(
    container: Container,
    dir: &Path,
    signal: Signal,
    rows: &RecordBatch,
) -> WrittenSegment {
    let plan = conformance::plan_of(signal, rows);
    write_planned(container, dir, signal, rows, plan)
}

fn write_planned(
    container: Container,
    dir: &Path,
    signal: Signal,
    rows: &RecordBatch,
    plan: ShapePlan,
) -> WrittenSegment {
    let new = NewSegment {
        id: 5,
        tenant: TenantId::default(),
        signal,
        partition: "odd".into(),
        signal_dir: dir.into(),
        arrival_ns: (1, 2),
        formulas: crate::derived::Formulas::default(),
    };
    let vfs: Arc<dyn Vfs> = Arc::new(OsVfs);
    let mut writer = SegmentWriter::create(&vfs, new, container, plan).unwrap();
    writer.push(rows).unwrap();
    writer.finish().unwrap()
}

fn open(signal: Signal, written: &WrittenSegment) -> Result<Segment, SegmentError> {
    let vfs: Arc<dyn Vfs> = Arc::new(OsVfs);
    let cache = Arc::new(SegmentCache::of_bytes(1 << 20));
    Segment::open(signal, written.dir.clone(), written.meta_crc32c, vfs, cache)
}

fn snapshot(signal: Signal, segment: Segment) -> Snapshot {
    Snapshot::new(
        signal,
        vec![Part::segment(signal, Arc::new(segment))],
        Arc::default(),
    )
}

fn bodies(count: usize) -> Vec<(u64, String)> {
    let body = |at: usize| {
        if at == 2_500 {
            "the needle".into()
        } else {
            format!("line {}", at % 7)
        }
    };
    (0..count)
        .map(|at| (1_000 + (count - at) as u64, body(at)))
        .collect()
}

fn log_segment(dir: &Path, count: usize) -> WrittenSegment {
    let rows = bodies(count);
    let rows: Vec<(u64, &str)> = rows
        .iter()
        .map(|(time, body)| (*time, body.as_str()))
        .collect();
    write(dir, Signal::Logs, &stored_logs(&rows, 100))
}

#[test]
fn rows_read_back_as_they_were_written() {
    let dir = tempfile::tempdir().unwrap();
    let written = log_segment(dir.path(), 3_000);
    let snapshot = snapshot(Signal::Logs, open(Signal::Logs, &written).unwrap());
    let part = &snapshot.parts()[0];
    let mut stats = ScanStats::default();
    let selection = part
        .select(&Predicate::All, TimeRange::ALL, &mut stats)
        .unwrap();
    let columns = Signal::Logs.stored_columns();
    let batches: Vec<RecordBatch> = part
        .read(columns, &selection, &mut stats)
        .map(|run| run.unwrap().batch)
        .collect();
    let read: Vec<(u64, String)> = batches
        .iter()
        .flat_map(|batch| {
            let reader = LogsReader::new(batch).unwrap();
            (0..reader.rows())
                .map(|row| reader.row(row))
                .map(|row| match row.body {
                    Body::Text(text) => (row.time, text.to_owned()),
                    other => panic!("{other:?}"),
                })
                .collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(read, bodies(3_000));
    assert_eq!(
        (stats.rows_scanned, stats.rows_decoded, stats.granules_read),
        (3_000, 3_000, 24)
    );
}

#[test]
fn a_rare_word_reads_one_granule_and_without_the_index_everything() {
    let dir = tempfile::tempdir().unwrap();
    let written = log_segment(dir.path(), 3_000);
    let needle = Predicate::Text(TextPattern::new("needle"));
    for (index, rows) in [(true, 128), (false, 3_000)] {
        if !index {
            OsVfs.remove_file(&written.dir.join(names::TEXT)).unwrap();
        }
        let snapshot = snapshot(Signal::Logs, open(Signal::Logs, &written).unwrap());
        let mut stats = ScanStats::default();
        let selection = snapshot.parts()[0]
            .select(&needle, TimeRange::ALL, &mut stats)
            .unwrap();
        assert_eq!(selection.rows(), rows);
        assert!(
            selection
                .ranges()
                .iter()
                .any(|range| range.contains(&2_500))
        );
    }
}

#[test]
fn time_prunes_by_record_batch() {
    let dir = tempfile::tempdir().unwrap();
    let snapshot = snapshot(
        Signal::Logs,
        open(Signal::Logs, &log_segment(dir.path(), 3_000)).unwrap(),
    );
    let part = &snapshot.parts()[0];
    let mut stats = ScanStats::default();
    let range = TimeRange {
        from: Some(4_000),
        to: None,
    };
    let selection = part.select(&Predicate::All, range, &mut stats).unwrap();
    assert_eq!(selection.ranges(), std::slice::from_ref(&(0..1_024)));
    let beyond = TimeRange {
        from: Some(5_000),
        to: None,
    };
    assert_eq!(
        part.select(&Predicate::All, beyond, &mut stats)
            .unwrap()
            .rows(),
        0
    );
}

#[test]
fn rows_are_taken_by_address_in_the_order_asked_for() {
    use crate::scan::RowAddress;
    let dir = tempfile::tempdir().unwrap();
    let snapshot = snapshot(
        Signal::Logs,
        open(Signal::Logs, &log_segment(dir.path(), 3_000)).unwrap(),
    );
    let asked = [2_999, 0, 1_024, 0, 1_023].map(|row| RowAddress { part: 0, row });
    let taken = snapshot.take(&asked, &[clearspan_schema::SEQ]).unwrap();
    let seqs = clearspan_schema::columns::uint64(&taken, clearspan_schema::SEQ).unwrap();
    assert_eq!(seqs.values().as_ref(), [3_099, 100, 1_124, 100, 1_123]);
    assert_eq!(
        snapshot
            .take(&[], &[clearspan_schema::SEQ])
            .unwrap()
            .num_rows(),
        0
    );
    assert!(
        snapshot
            .take(
                &[RowAddress {
                    part: 0,
                    row: 3_000
                }],
                &[clearspan_schema::SEQ]
            )
            .is_err()
    );
}

#[test]
fn a_trace_is_found_by_its_directory_and_without_the_file_too() {
    let dir = tempfile::tempdir().unwrap();
    let mut rows = Vec::new();
    for trace in 1..=200u8 {
        rows.push(Span::new(trace, 1, None, 1_000));
        rows.push(Span {
            error: true,
            service: "pay",
            ..Span::new(trace, 2, Some(1), 1_005)
        });
    }
    let written = write(dir.path(), Signal::Spans, &stored_spans(&rows, 0));
    for with_file in [true, false] {
        if !with_file {
            OsVfs.remove_file(&written.dir.join(names::TRACES)).unwrap();
        }
        let snapshot = snapshot(Signal::Spans, open(Signal::Spans, &written).unwrap());
        let found = snapshot.trace([9; 16], &[spans::SPAN_ID]).unwrap();
        assert_eq!(found.iter().map(RecordBatch::num_rows).sum::<usize>(), 2);
        let directory = snapshot.parts()[0].trace_directory().unwrap();
        let entry = directory.get([9; 16]).unwrap();
        assert_eq!(
            (entry.spans(), entry.errors(), entry.start(), entry.end()),
            (2, 1, 1_000, 1_015)
        );
        let root = entry.root().unwrap();
        assert_eq!(
            (root.name, root.service, root.parentless, root.seq),
            ("GET /", Some("cart"), true, 16)
        );
        assert_eq!(
            entry.services().collect::<Vec<_>>(),
            [(Some("cart"), 1), (Some("pay"), 1)]
        );
        assert!(directory.get([0; 16]).is_none());
    }
}

#[test]
fn every_flipped_bit_is_noticed() {
    let rows = bodies(300);
    let rows: Vec<(u64, &str)> = rows
        .iter()
        .map(|(time, body)| (*time, body.as_str()))
        .collect();
    for container in [Container::Arrow, Container::Parquet] {
        let dir = tempfile::tempdir().unwrap();
        let written = write_in(
            container,
            dir.path(),
            Signal::Logs,
            &stored_logs(&rows, 100),
        );
        let whole = open(Signal::Logs, &written).unwrap();
        whole.verify().unwrap();
        let rows = container.file_name();
        for name in [names::META, rows, names::TEXT, names::FILTERS] {
            let path = written.dir.join(name);
            let sound = OsVfs.read(&path).unwrap();
            for at in (0..sound.len()).step_by(sound.len() / 97 + 1) {
                let mut damaged = sound.to_vec();
                damaged[at] ^= 1 << (at % 8);
                replace(&path, &damaged);
                let noticed = open(Signal::Logs, &written).and_then(|segment| segment.verify());
                assert!(noticed.is_err(), "{name} at {at}");
            }
            replace(&path, &sound);
        }
        open(Signal::Logs, &written).unwrap().verify().unwrap();
    }
}

#[test]
fn a_damaged_record_batch_is_an_error_and_the_others_still_read() {
    let dir = tempfile::tempdir().unwrap();
    let written = log_segment(dir.path(), 3_000);
    let second = written.meta.batches[1].block.unwrap();
    let path = written.dir.join(names::ROWS_ARROW);
    let mut damaged = OsVfs.read(&path).unwrap().to_vec();
    damaged[second.offset as usize + 100] ^= 0xff;
    replace(&path, &damaged);
    let segment = open(Signal::Logs, &written).unwrap();
    assert!(
        segment
            .read_batch(0, &[0], &crate::scan::AttributeKeys::All)
            .is_ok()
    );
    assert!(matches!(
        segment.read_batch(1_024, &[0], &crate::scan::AttributeKeys::All),
        Err(SegmentError::Checksum { .. })
    ));
    assert!(
        segment
            .read_batch(2_048, &[0], &crate::scan::AttributeKeys::All)
            .is_ok()
    );
}

fn replace(path: &Path, content: &[u8]) {
    OsVfs.remove_file(path).unwrap();
    OsVfs.create_new(path).unwrap().write_all(content).unwrap();
}

proptest! {
    #[test]
    fn a_trace_directory_reads_back_from_its_file(
        rows in proptest::collection::vec((0..6u8, 1..9u8, proptest::option::of(1..9u8), any::<u64>(), any::<bool>()), 1..60)
    ) {
        let mut rows: Vec<Span> = rows
            .into_iter()
            .map(|(trace, id, parent, start, error)| Span {
                error,
                end: start.rotate_left(7),
                service: ["a", "b", "c"][usize::from(id) % 3],
                ..Span::new(trace, id, parent, start % (1 << 60))
            })
            .collect();
        rows.sort_by_key(|span| span.trace);
        let directory = TraceDirectory::build(&stored_spans(&rows, 3)).unwrap();
        let file = trace_codec::write(&directory).unwrap();
        prop_assert_eq!(trace_codec::read(&file).unwrap(), directory);
        for cut in 0..file.len() {
            prop_assert!(trace_codec::read(&file[..cut]).is_none());
        }
    }
}
