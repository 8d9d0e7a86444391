//! The ways of a row: into the write-ahead log, from memory to a segment, from several segments to one.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::RecordBatch;
use clearspan_schema::Signal;
use clearspan_storage::Incoming;
use clearspan_storage::catalog::{MemCatalog, TableKey};
use clearspan_storage::vfs::{OsVfs, create_dir_durable};
use clearspan_storage::wal::{FsyncMode, WalConfig, WalPlace, WalWriter};
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput};

use crate::corpus::{flushed, records};
use crate::store::{HOUR_NS, Store, copy, temporary};

/// Rows of one frame of the log: what a Collector sends at once.
const FRAME_ROWS: usize = 512;

/// Short, for the log is written as fast as the disk takes it.
const WAL_WARM_UP: Duration = Duration::from_millis(200);
const WAL_TIME: Duration = Duration::from_secs(2);

/// Times a flush and a compaction are measured, each with a store of its own.
const SAMPLES: usize = 10;

pub(crate) fn run(criterion: &mut Criterion) {
    for signal in Signal::ALL {
        let records = records(signal);
        wal(criterion, signal, &records);
        flush(criterion, signal, &records);
        compaction(criterion, signal, &records);
    }
}

fn batch(records: &Incoming) -> RecordBatch {
    match records {
        Incoming::Logs(batch) => batch.inner().clone(),
        Incoming::Spans(batch) => batch.inner().clone(),
    }
}

fn rows(records: &[Incoming]) -> u64 {
    records
        .iter()
        .map(|records| batch(records).num_rows() as u64)
        .sum()
}

fn wal(criterion: &mut Criterion, signal: Signal, records: &[Incoming]) {
    let mut group = criterion.benchmark_group(format!(
        "append {FRAME_ROWS} {signal} to the write-ahead log"
    ));
    group.warm_up_time(WAL_WARM_UP).measurement_time(WAL_TIME);
    group.throughput(Throughput::Elements(FRAME_ROWS as u64));
    let batch = batch(&records[0]).slice(0, FRAME_ROWS);
    for (name, fsync) in [("fsync", FsyncMode::Always), ("no fsync", FsyncMode::Never)] {
        let folder = temporary();
        let mut writer = wal_writer(folder.path(), signal, fsync);
        group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
            bencher.iter(|| {
                let seq = writer.next_seq();
                writer.append(&batch, seq, HOUR_NS as i64).unwrap();
                writer.settle().unwrap();
            });
        });
    }
    group.finish();
}

fn wal_writer(folder: &Path, signal: Signal, fsync: FsyncMode) -> WalWriter {
    create_dir_durable(&OsVfs, folder, Path::new("wal")).unwrap();
    let place = WalPlace {
        vfs: Arc::new(OsVfs),
        catalog: Arc::new(MemCatalog::new()),
        key: TableKey::new("default", signal),
        folder: folder.join("wal"),
    };
    let config = WalConfig {
        fsync,
        ..WalConfig::default()
    };
    WalWriter::new(place, signal.schema(), 0, config).unwrap()
}

fn flush(criterion: &mut Criterion, signal: Signal, records: &[Incoming]) {
    let mut group = criterion.benchmark_group("flush");
    group.sample_size(SAMPLES);
    group.throughput(Throughput::Elements(rows(records)));
    let fill = || {
        let folder = temporary();
        let store = Store::open(folder.path());
        records.iter().for_each(|batch| store.append(batch.clone()));
        (store, folder)
    };
    group.bench_function(BenchmarkId::from_parameter(signal), |bencher| {
        let flush = |filled: (Store, _)| {
            filled.0.flush();
            filled
        };
        bencher.iter_batched(fill, flush, BatchSize::PerIteration);
    });
    group.finish();
}

fn compaction(criterion: &mut Criterion, signal: Signal, records: &[Incoming]) {
    let mut group = criterion.benchmark_group("compaction");
    group.sample_size(SAMPLES);
    group.throughput(Throughput::Elements(rows(records)));
    let flushed = flushed(&[signal]);
    let open = || {
        let folder = temporary();
        copy(flushed.path(), folder.path());
        let store = Store::open(folder.path());
        store.let_time_pass();
        (store, folder)
    };
    group.bench_function(BenchmarkId::from_parameter(signal), |bencher| {
        let compact = |opened: (Store, _)| {
            opened.0.compact();
            assert_eq!(opened.0.snapshot(signal).parts().len(), 1);
            opened
        };
        bencher.iter_batched(open, compact, BatchSize::PerIteration);
    });
    group.finish();
}
