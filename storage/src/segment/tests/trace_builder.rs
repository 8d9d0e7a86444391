//! The streaming builder against a plain oracle, over random rows in random divisions.

use std::collections::{BTreeMap, BTreeSet};

use clearspan_schema::time::sent_nanos;
use clearspan_schema::{SEQ, columns, spans};

use super::*;
use crate::segment::conformance::rows::random_rows;
use crate::segment::trace_builder::TraceDirectoryBuilder;
use crate::vfs::sim::SimRandom;

/// What a directory says of a trace, in the plainest form.
#[derive(Debug, PartialEq)]
struct Told {
    rows: Vec<u32>,
    start: u64,
    end: u64,
    placed_time: i64,
    errors: u32,
    services: BTreeMap<Option<String>, u32>,
    root: Option<(u64, bool, String, Option<String>)>,
}

fn told(directory: &TraceDirectory) -> BTreeMap<[u8; 16], Told> {
    let one = |entry: TraceEntry<'_>| {
        let told = Told {
            rows: directory.rows_of(entry.trace_id()).collect(),
            start: entry.start(),
            end: entry.end(),
            placed_time: entry.placed_time(),
            errors: entry.errors(),
            services: entry
                .services()
                .map(|(service, spans)| (service.map(str::to_owned), spans))
                .collect(),
            root: entry.root().map(|root| {
                let service = root.service.map(str::to_owned);
                (root.seq, root.parentless, root.name.to_owned(), service)
            }),
        };
        (entry.trace_id(), told)
    };
    directory.entries().map(one).collect()
}

/// The same from all rows of a trace at once.
fn oracle(batch: &RecordBatch) -> BTreeMap<[u8; 16], Told> {
    let mut rows_of: BTreeMap<[u8; 16], Vec<usize>> = BTreeMap::new();
    let traces = columns::id(batch, spans::TRACE_ID).unwrap();
    for row in 0..batch.num_rows() {
        let id = traces.value(row).try_into().unwrap();
        rows_of.entry(id).or_default().push(row);
    }
    let tell = |(id, rows): ([u8; 16], Vec<usize>)| (id, tell(batch, &rows));
    rows_of.into_iter().map(tell).collect()
}

fn tell(batch: &RecordBatch, rows: &[usize]) -> Told {
    let seq = columns::uint64(batch, SEQ).unwrap();
    let placed = columns::time(batch, spans::PLACED_TIME).unwrap();
    let nanos = |time, raw| {
        let (time, raw) = (
            columns::time(batch, time).unwrap(),
            columns::uint64(batch, raw).unwrap(),
        );
        rows.iter()
            .map(|&row| sent_nanos(time, raw, row))
            .filter(|&nanos| nanos != 0)
            .collect::<Vec<_>>()
    };
    let status = columns::int32(batch, spans::STATUS_CODE).unwrap();
    let services = columns::text_dictionary(batch, spans::SERVICE).unwrap();
    let names = columns::text_dictionary(batch, spans::NAME).unwrap();
    let service = |row: usize| services.value(row).map(str::to_owned);
    let span_ids = columns::id(batch, spans::SPAN_ID).unwrap();
    let parents = columns::id(batch, spans::PARENT_SPAN_ID).unwrap();
    let parent = |row: usize| columns::id_at::<8>(parents, row);
    let present: BTreeSet<&[u8]> = rows.iter().map(|&row| span_ids.value(row)).collect();
    let rank = |row: &usize| (placed.value(*row), seq.value(*row));
    let tops = rows.iter().copied().filter(|&row| parent(row).is_none());
    let orphans = rows.iter().copied();
    let orphans =
        orphans.filter(|&row| parent(row).is_some_and(|parent| !present.contains(&parent[..])));
    let root = tops
        .min_by_key(rank)
        .map(|row| (row, true))
        .or(orphans.min_by_key(rank).map(|row| (row, false)));
    let mut counts = BTreeMap::new();
    for &row in rows {
        *counts.entry(service(row)).or_default() += 1;
    }
    let errors = rows.iter().filter(|&&row| {
        arrow::array::Array::is_valid(status, row) && status.value(row) == spans::STATUS_ERROR
    });
    Told {
        rows: rows.iter().map(|&row| row as u32).collect(),
        start: nanos(spans::START_TIME, spans::START_TIME_RAW)
            .into_iter()
            .min()
            .unwrap_or(0),
        end: nanos(spans::END_TIME, spans::END_TIME_RAW)
            .into_iter()
            .max()
            .unwrap_or(0),
        placed_time: rows.iter().map(|&row| placed.value(row)).min().unwrap(),
        errors: errors.count() as u32,
        services: counts,
        root: root.map(|(row, parentless)| {
            let name = names.value(row).unwrap().to_owned();
            (seq.value(row), parentless, name, service(row))
        }),
    }
}

/// Spans of few ids, so that parents are often there, and traces often have no span without a parent.
fn related(seed: u64) -> RecordBatch {
    let mut random = SimRandom::new(seed);
    let mut rows = Vec::new();
    for trace in 1..40 {
        for _ in 0..=random.below(6) {
            let id = random.below(5) as u8 + 1;
            let parent = (!random.one_in(4)).then(|| random.below(7) as u8 + 1);
            rows.push(Span {
                error: random.one_in(3),
                service: ["a", "b", "c"][random.below(3) as usize],
                name: ["GET /", "POST /", "query"][random.below(3) as usize],
                ..Span::new(trace, id, parent, random.below(4))
            });
        }
    }
    stored_spans(&rows, 7)
}

#[test]
fn a_directory_says_what_the_rows_say_however_they_are_divided() {
    for seed in 0..40 {
        let rows = match seed % 2 {
            0 => related(seed),
            _ => random_rows(Signal::Spans, seed, 120),
        };
        let expected = oracle(&rows);
        let mut random = SimRandom::new(seed);
        let mut builder = TraceDirectoryBuilder::default();
        let mut first = 0;
        while first < rows.num_rows() {
            let length = (1 + random.below(9) as usize).min(rows.num_rows() - first);
            builder.push(&rows.slice(first, length)).unwrap();
            first += length;
        }
        assert_eq!(told(&builder.finish().unwrap()), expected, "seed {seed}");
        assert_eq!(told(&TraceDirectory::build(&rows).unwrap()), expected);
    }
}

#[test]
fn rows_that_are_not_grouped_are_found_all_the_same() {
    for seed in 0..10 {
        let rows = related(seed);
        let mut random = SimRandom::new(seed);
        let mut order: Vec<u32> = (0..rows.num_rows() as u32).collect();
        for at in (1..order.len()).rev() {
            order.swap(at, random.below(at as u64 + 1) as usize);
        }
        let order = arrow::array::UInt32Array::from(order);
        let shuffled = arrow::compute::take_record_batch(&rows, &order).unwrap();
        let directory = TraceDirectory::build(&shuffled).unwrap();
        assert_eq!(told(&directory), oracle(&shuffled), "seed {seed}");
    }
}
