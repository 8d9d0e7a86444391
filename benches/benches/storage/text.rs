//! Texts in bodies of logs: how many rows have them, exactly, and how many rows the text index leaves to read.
//!
//! `warm` counts in a store that has answered before, each time with a search that is new; `cold` in a store that was just opened, the opening
//! not counted: templates, counts and indexes are read and checked again.

use std::hint::black_box;

use clearspan_schema::Signal;
use clearspan_storage::scan::{ScanStats, Snapshot, TimeRange};
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput};

use crate::corpus::Corpus;
use crate::searches::{Search, searches};
use crate::store::Store;

pub(crate) fn run(criterion: &mut Criterion, corpus: &Corpus) {
    let Some(snapshot) = corpus.snapshot(Signal::Logs) else {
        return;
    };
    let searches = searches(&snapshot);
    for search in &searches {
        let (rows, stats) = count(&snapshot, search);
        println!(
            "{}: {} {:?}: {rows} rows; {} rows decoded, {} segments read of {}",
            corpus.name,
            search.name,
            search.text,
            stats.rows_decoded,
            stats.segments_read,
            snapshot.parts().len(),
        );
    }
    warm(criterion, corpus, &snapshot, &searches);
    cold(criterion, corpus, &searches);
    candidates(criterion, corpus, &snapshot, &searches);
}

/// The rows with a text, and what was read to count them.
fn count(snapshot: &Snapshot, search: &Search) -> (u64, ScanStats) {
    let text = search.fresh();
    let mut stats = ScanStats::default();
    let count = |part: &clearspan_storage::scan::Part| {
        let counted = part.count_text(&text, TimeRange::ALL, &mut stats).unwrap();
        assert!(
            counted.is_some(),
            "{:?} is no segment with templates",
            part.id()
        );
        counted.unwrap_or(0)
    };
    let rows = snapshot.parts().iter().map(count).sum();
    (rows, stats)
}

fn warm(criterion: &mut Criterion, corpus: &Corpus, snapshot: &Snapshot, searches: &[Search]) {
    let mut group = criterion.benchmark_group(format!("count text warm/{}", corpus.name));
    group.throughput(Throughput::Elements(snapshot.rows()));
    for search in searches {
        group.bench_function(BenchmarkId::from_parameter(search.name), |bencher| {
            bencher.iter(|| count(snapshot, search));
        });
    }
    group.finish();
}

fn cold(criterion: &mut Criterion, corpus: &Corpus, searches: &[Search]) {
    let folder = corpus.data_copy();
    let open = || {
        let store = Store::open(folder.path());
        let snapshot = store.snapshot(Signal::Logs);
        (store, snapshot)
    };
    let mut group = criterion.benchmark_group(format!("count text cold/{}", corpus.name));
    group.sample_size(10);
    for search in searches {
        group.bench_function(BenchmarkId::from_parameter(search.name), |bencher| {
            let count = |(store, snapshot): (Store, Snapshot)| {
                let counted = count(&snapshot, search);
                (counted, snapshot, store)
            };
            bencher.iter_batched(open, count, BatchSize::PerIteration);
        });
    }
    group.finish();
}

fn candidates(
    criterion: &mut Criterion,
    corpus: &Corpus,
    snapshot: &Snapshot,
    searches: &[Search],
) {
    let mut group = criterion.benchmark_group(format!("text index candidates/{}", corpus.name));
    for search in searches {
        let select = || {
            let predicate = search.fresh().predicate();
            let mut stats = ScanStats::default();
            let rows = snapshot.parts().iter().map(|part| {
                let selected = part.select(&predicate, TimeRange::ALL, &mut stats);
                selected.unwrap().rows()
            });
            rows.sum::<u64>()
        };
        println!(
            "{}: {}: {} rows are candidates",
            corpus.name,
            search.name,
            select()
        );
        group.bench_function(BenchmarkId::from_parameter(search.name), |bencher| {
            bencher.iter(|| black_box(select()));
        });
    }
    group.finish();
}
