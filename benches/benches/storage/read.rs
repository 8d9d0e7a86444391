//! Rows by place and by id: granules, scattered rows, all bodies, traces. Always the next of many places, so that no answer is at hand from
//! the time before.

use std::hint::black_box;
use std::time::Duration;

use clearspan_schema::{Signal, TraceId, columns, logs, spans};
use clearspan_storage::scan::{
    Predicate, RowAddress, RowSelection, ScanStats, Snapshot, TimeRange,
};
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput};

use crate::corpus::{Corpus, scattered, spread};

/// Rows of a granule.
const GRANULE_ROWS: u32 = 128;

/// Places that are asked for in turn.
const PLACES: usize = 256;

/// Rows that are read one by one: a page of answers to a rare search.
const SCATTERED: usize = 100;

/// Times a scan of all bodies is measured: it takes long.
const SCAN_SAMPLES: usize = 10;
const SCAN_TIME: Duration = Duration::from_secs(10);

pub(crate) fn run(criterion: &mut Criterion, corpus: &Corpus) {
    for signal in Signal::ALL {
        let Some(snapshot) = corpus.snapshot(signal) else {
            continue;
        };
        let text = match signal {
            Signal::Logs => logs::BODY,
            Signal::Spans => spans::NAME,
        };
        let mut group = criterion.benchmark_group(format!("read {signal}/{}", corpus.name));
        granules(&mut group, &snapshot, "one granule, text", &[text]);
        granules(
            &mut group,
            &snapshot,
            "one granule, all columns",
            signal.stored_columns(),
        );
        rows(&mut group, &snapshot);
        trace(&mut group, &snapshot);
        scan(&mut group, &snapshot, text);
        group.finish();
    }
}

fn granules(
    group: &mut BenchmarkGroup<'_, WallTime>,
    snapshot: &Snapshot,
    name: &str,
    columns: &[&'static str],
) {
    let mut places = scattered(snapshot, PLACES, 1).into_iter().cycle();
    let read = |place: RowAddress| {
        let part = &snapshot.parts()[place.part as usize];
        let first = place.row - place.row % GRANULE_ROWS;
        let mut selection = RowSelection::none();
        selection.push(first..part.rows().min(first + GRANULE_ROWS));
        let mut stats = ScanStats::default();
        for run in part.read(columns, &selection, &mut stats) {
            black_box(run.unwrap());
        }
    };
    group.throughput(Throughput::Elements(GRANULE_ROWS.into()));
    group.bench_function(name, |bencher| {
        bencher.iter(|| places.next().map(read));
    });
}

fn rows(group: &mut BenchmarkGroup<'_, WallTime>, snapshot: &Snapshot) {
    let columns = snapshot.signal().stored_columns();
    let places = scattered(snapshot, PLACES * SCATTERED, 2);
    let mut places = places.chunks(SCATTERED).cycle();
    group.throughput(Throughput::Elements(SCATTERED as u64));
    group.bench_function("100 scattered rows", |bencher| {
        bencher.iter(|| snapshot.take(places.next().unwrap(), columns).unwrap());
    });
    let newest: Vec<RowAddress> = (0..SCATTERED as u32)
        .map(|row| RowAddress { part: 0, row })
        .collect();
    group.bench_function("the 100 newest rows", |bencher| {
        bencher.iter(|| snapshot.take(&newest, columns).unwrap());
    });
}

fn trace(group: &mut BenchmarkGroup<'_, WallTime>, snapshot: &Snapshot) {
    let columns = snapshot.signal().stored_columns();
    let ids = trace_ids(snapshot);
    let mut each = ids.iter().cycle();
    let mut rows = 0;
    for id in &ids {
        let found = snapshot.trace(*id, columns).unwrap();
        rows += found.iter().map(|batch| batch.num_rows()).sum::<usize>();
    }
    if ids.is_empty() {
        return;
    }
    println!(
        "{} of a trace, in the mean of those asked for: {:.1}",
        snapshot.signal(),
        rows as f64 / ids.len() as f64
    );
    group.throughput(Throughput::Elements((rows / ids.len()) as u64));
    group.bench_function("one trace by id", |bencher| {
        bencher.iter(|| snapshot.trace(*each.next().unwrap(), columns).unwrap());
    });
}

/// The traces of rows at equal distances.
fn trace_ids(snapshot: &Snapshot) -> Vec<TraceId> {
    // Of logs and of spans the column has the same name.
    let taken = snapshot
        .take(&spread(snapshot, PLACES as u64), &[logs::TRACE_ID])
        .unwrap();
    let ids = columns::id(&taken, logs::TRACE_ID).unwrap();
    (0..taken.num_rows())
        .filter_map(|row| columns::id_at(ids, row))
        .collect()
}

fn scan(group: &mut BenchmarkGroup<'_, WallTime>, snapshot: &Snapshot, text: &'static str) {
    let scan = || {
        let mut stats = ScanStats::default();
        for part in snapshot.parts() {
            let all = part
                .select(&Predicate::All, TimeRange::ALL, &mut stats)
                .unwrap();
            for run in part.read(&[text], &all, &mut stats) {
                black_box(run.unwrap());
            }
        }
        assert_eq!(stats.rows_decoded, snapshot.rows());
    };
    group.sample_size(SCAN_SAMPLES).measurement_time(SCAN_TIME);
    group.throughput(Throughput::Elements(snapshot.rows()));
    group.bench_function("scan of all texts", |bencher| bencher.iter(scan));
}
