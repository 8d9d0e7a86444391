//! The writer itself: what it leaves behind, and that folders of an earlier program still open.

use clearspan_schema::columns;

use super::*;
use crate::segment::conformance::plan_of;
use crate::vfs::sim::{Fault, FaultKind, Operation};
use crate::vfs::{SimVfs, is_disk_full};

fn new_segment(dir: &Path) -> NewSegment {
    NewSegment {
        id: 5,
        tenant: TenantId::default(),
        signal: Signal::Spans,
        partition: "odd".into(),
        signal_dir: dir.into(),
        arrival_ns: (1, 2),
        formulas: crate::derived::Formulas::default(),
    }
}

/// A writer whose plan knows `rows`.
fn create(
    disk: &SimVfs,
    new: &NewSegment,
    container: Container,
    rows: &RecordBatch,
) -> Result<SegmentWriter, SegmentError> {
    let plan = plan_of(new.signal, rows);
    SegmentWriter::create(&crate::testing::shared(disk), new.clone(), container, plan)
}

fn disk() -> SimVfs {
    let disk = SimVfs::new();
    disk.create_dir(Path::new("/data")).unwrap();
    disk
}

fn some_spans() -> RecordBatch {
    let span = |at: u8| Span::new(at / 2, at, None, 1_000 + u64::from(at));
    stored_spans(&(0..100).map(span).collect::<Vec<_>>(), 0)
}

/// Entries of the partition's folder.
fn left_behind(disk: &SimVfs) -> usize {
    let partition = names::segments_dir(Path::new("/data")).join("odd");
    disk.list(&partition).map_or(0, |entries| entries.len())
}

#[test]
fn a_writer_that_is_given_up_leaves_nothing() {
    for container in [Container::Arrow, Container::Parquet] {
        let disk = disk();
        let new = new_segment(Path::new("/data"));
        let mut writer = create(&disk, &new, container, &some_spans()).unwrap();
        writer.push(&some_spans()).unwrap();
        assert_eq!(left_behind(&disk), 1);
        drop(writer);
        assert_eq!(left_behind(&disk), 0);

        let empty = create(&disk, &new, container, &some_spans()).unwrap();
        assert!(matches!(empty.finish(), Err(SegmentError::Encoding { .. })));
        assert_eq!(left_behind(&disk), 0);
    }
}

#[test]
fn whichever_operation_of_the_disk_fails_nothing_is_left_and_the_fault_is_told() {
    let operations = [
        Operation::Create,
        Operation::Write,
        Operation::SyncFile,
        Operation::SyncDir,
        Operation::Rename,
    ];
    for container in [Container::Arrow, Container::Parquet] {
        for operation in operations {
            let mut failures = 0;
            loop {
                let disk = disk();
                disk.inject(Fault {
                    after: failures,
                    ..Fault::once(operation, FaultKind::NoSpace)
                });
                let new = new_segment(Path::new("/data"));
                let written =
                    create(&disk, &new, container, &some_spans()).and_then(|mut writer| {
                        writer.push(&some_spans())?;
                        writer.finish()
                    });
                match written {
                    Ok(_) => break,
                    Err(SegmentError::Io { source, .. }) => assert!(is_disk_full(&source)),
                    Err(other) => panic!("{container:?} {operation:?}: {other:?}"),
                }
                assert_eq!(
                    left_behind(&disk),
                    0,
                    "{container:?} {operation:?} {failures}"
                );
                failures += 1;
            }
            assert!(failures > 0, "{operation:?} never failed");
        }
    }
}

#[test]
fn spans_of_a_trace_must_stand_together() {
    let disk = disk();
    let new = new_segment(Path::new("/data"));
    let spans = [1, 2, 1].map(|trace| Span::new(trace, 1, None, 1_000));
    for container in [Container::Arrow, Container::Parquet] {
        let mut writer = create(&disk, &new, container, &stored_spans(&spans, 0)).unwrap();
        writer.push(&stored_spans(&spans, 0)).unwrap();
        assert!(matches!(
            writer.finish(),
            Err(SegmentError::Encoding { .. })
        ));
    }
}

/// Folders of format 1 are held to `storage/tests/fixtures`.
#[test]
fn a_folder_of_an_unknown_format_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let written = log_segment(dir.path(), 100);
    let path = written.dir.join(names::META);
    let meta = String::from_utf8(OsVfs.read(&path).unwrap().to_vec()).unwrap();
    for (format, opens) in [(0, false), (1, true), (2, true), (3, false)] {
        let meta = meta.replace("\"format\":2,", &format!("\"format\":{format},"));
        assert!(meta.contains(&format!("\"format\":{format},")));
        replace(&path, meta.as_bytes());
        let written = WrittenSegment {
            dir: written.dir.clone(),
            meta: written.meta.clone(),
            meta_crc32c: crc32c::crc32c(meta.as_bytes()),
            bytes: written.bytes,
        };
        let opened = open(Signal::Logs, &written);
        assert_eq!(opened.is_ok(), opens, "format {format}");
    }
}

#[test]
fn a_parquet_segment_answers_as_an_arrow_segment() {
    let rows = crate::segment::conformance::rows::random_rows(Signal::Spans, 21, 2_000);
    let open = |container| {
        let disk = disk();
        let new = new_segment(Path::new("/data"));
        let mut writer = create(&disk, &new, container, &rows).unwrap();
        writer.push(&rows).unwrap();
        let written = writer.finish().unwrap();
        let cache = Arc::new(SegmentCache::of_bytes(1 << 20));
        let disk: Arc<dyn Vfs> = Arc::new(disk);
        let (dir, crc) = (written.dir, written.meta_crc32c);
        Segment::open(Signal::Spans, dir, crc, disk, cache).unwrap()
    };
    let (arrow, parquet) = (open(Container::Arrow), open(Container::Parquet));
    parquet.verify().unwrap();
    assert_eq!(
        arrow.trace_directory().unwrap(),
        parquet.trace_directory().unwrap()
    );
    let services = |segment: &Segment| {
        let batch = segment.service_batch().unwrap();
        let services = columns::text_dictionary(&batch, spans::SERVICE).unwrap();
        let mut names: Vec<String> = services
            .values()
            .iter()
            .flatten()
            .map(str::to_owned)
            .collect();
        names.sort();
        names
    };
    assert_eq!(services(&arrow), services(&parquet));
    let (arrow, parquet) = (
        snapshot(Signal::Spans, arrow),
        snapshot(Signal::Spans, parquet),
    );
    let columns = Signal::Spans.stored_columns();
    let some = columns::id(&rows, spans::TRACE_ID).unwrap();
    for row in [0, 77, 1_999] {
        let id = some.value(row).try_into().unwrap();
        let (a, b) = (
            arrow.trace(id, columns).unwrap(),
            parquet.trace(id, columns).unwrap(),
        );
        let schema = Signal::Spans.stored_schema();
        let joined = |batches: &[RecordBatch]| clearspan_schema::concat::concat(&schema, batches);
        assert!(a.iter().map(RecordBatch::num_rows).sum::<usize>() > 0);
        assert_eq!(joined(&a).unwrap(), joined(&b).unwrap());
    }
}

#[test]
fn a_lost_trace_directory_is_made_anew_from_parquet_rows() {
    let rows = crate::segment::conformance::rows::random_rows(Signal::Spans, 22, 3_000);
    let dir = tempfile::tempdir().unwrap();
    let written = write_in(Container::Parquet, dir.path(), Signal::Spans, &rows);
    let kept = open(Signal::Spans, &written).unwrap().trace_directory();
    OsVfs.remove_file(&written.dir.join(names::TRACES)).unwrap();
    let made = open(Signal::Spans, &written).unwrap().trace_directory();
    assert_eq!(kept.unwrap(), made.unwrap());
}

#[test]
fn the_number_of_templates_is_told_without_opening_them() {
    let dir = tempfile::tempdir().unwrap();
    let written = log_segment(dir.path(), 3_000);
    let segment = open(Signal::Logs, &written).unwrap();
    let shape = segment.shape().unwrap().unwrap();
    let templates = shape.templates().len() as u64;
    assert!(templates > 0);
    assert_eq!(segment.templates_told(), Some(templates));
    let totals = snapshot(Signal::Logs, segment).totals();
    assert_eq!(
        (totals.templates_total, totals.templates_untold),
        (templates, false)
    );

    // An earlier program did not tell.
    let path = written.dir.join(names::META);
    let meta = String::from_utf8(OsVfs.read(&path).unwrap().to_vec()).unwrap();
    let earlier = meta.replace(&format!("\"templates\":{templates},"), "");
    assert_ne!(earlier, meta);
    replace(&path, earlier.as_bytes());
    let written = WrittenSegment {
        meta_crc32c: crc32c::crc32c(earlier.as_bytes()),
        ..written
    };
    let totals = snapshot(Signal::Logs, open(Signal::Logs, &written).unwrap()).totals();
    assert_eq!((totals.templates_total, totals.templates_untold), (0, true));

    let dir = tempfile::tempdir().unwrap();
    let spans = write(dir.path(), Signal::Spans, &some_spans());
    assert_eq!(spans.meta.templates, None);
    assert_eq!(
        open(Signal::Spans, &spans).unwrap().templates_told(),
        Some(0)
    );
}
