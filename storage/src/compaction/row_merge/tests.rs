//! The merge against a plain sort of all rows.

#![allow(clippy::unwrap_used, clippy::panic)]

use arrow::array::UInt32Array;
use clearspan_schema::concat::{compact, concat};
use clearspan_schema::{SEQ, columns, spans};
use proptest::prelude::*;

use super::*;
use crate::TenantId;
use crate::flush::take_sorted;
use crate::segment::{NewSegment, SegmentCache, write_segment};
use crate::testing::{Span, stored_logs, stored_spans};
use crate::vfs::{SimVfs, Vfs};

/// Segments of the rows of `all` (stored schema) that `input` gives to each, sorted as a flush sorts them. Inputs
/// without rows are left out.
fn segments(signal: Signal, all: &RecordBatch, input: &[u8]) -> Vec<Arc<Segment>> {
    let vfs: Arc<dyn Vfs> = Arc::new(SimVfs::new());
    let cache = Arc::new(SegmentCache::of_bytes(1 << 20));
    let segment = |id: u8| {
        let rows = (0..all.num_rows() as u32).filter(|&row| input[row as usize] == id);
        let rows: Vec<u32> = rows.collect();
        if rows.is_empty() {
            return None;
        }
        let sorted = take_sorted(signal, all, rows).unwrap();
        let new = NewSegment {
            id: u64::from(id),
            tenant: TenantId::default(),
            signal,
            partition: "odd".into(),
            signal_dir: "/".into(),
            arrival_ns: (1, 2),
            formulas: crate::derived::Formulas::default(),
        };
        let written = write_segment(&vfs, new, [Ok(sorted)]).unwrap();
        let (vfs, cache) = (Arc::clone(&vfs), Arc::clone(&cache));
        let opened = Segment::open(signal, written.dir, written.meta_crc32c, vfs, cache);
        Some(Arc::new(opened.unwrap()))
    };
    (0..=u8::MAX).filter_map(segment).collect()
}

fn merged(signal: Signal, segments: Vec<Arc<Segment>>) -> Vec<RecordBatch> {
    let mut merge = RowMerge::new(signal, segments).unwrap();
    std::iter::from_fn(|| merge.next_batch(u64::MAX).unwrap()).collect()
}

/// Holds the merge against the sort of all rows, column by column.
fn check(signal: Signal, all: &RecordBatch, input: &[u8]) {
    let batches = merged(signal, segments(signal, all, input));
    let (last, before) = batches.split_last().unwrap();
    assert!(
        before
            .iter()
            .all(|batch| batch.num_rows() == BATCH_ROWS as usize)
    );
    assert!(last.num_rows() <= BATCH_ROWS as usize);
    let merged = concat(&signal.stored_schema(), &batches).unwrap();
    let everything = (0..all.num_rows() as u32).collect();
    let sorted = take_sorted(signal, all, everything).unwrap();
    assert_eq!(merged, compact(&sorted).unwrap());
}

/// Per row: input, time, text.
fn log_rows() -> impl Strategy<Value = Vec<(u8, u64, u8)>> {
    let few_times = prop::collection::vec((0..5u8, 1..9u64, any::<u8>()), 1..200);
    let many_rows = prop::collection::vec((0..3u8, 1..9_000u64, any::<u8>()), 1_500..3_500);
    // Inputs one behind the other, as flushes of an hour are.
    let apart = prop::collection::vec((0..4u8, 0..50u64, any::<u8>()), 1..900);
    let apart = apart.prop_map(|rows| {
        let apart =
            |(input, time, text): (u8, u64, u8)| (input, 1 + time + u64::from(input) * 40, text);
        rows.into_iter().map(apart).collect()
    });
    prop_oneof![4 => few_times, 1 => many_rows, 3 => apart]
}

/// Per row: input, trace, start.
fn span_rows() -> impl Strategy<Value = Vec<(u8, u8, u64)>> {
    let few_traces = prop::collection::vec((0..5u8, 0..6u8, 1..40u64), 1..200);
    let many = prop::collection::vec((0..4u8, any::<u8>(), 1..4_000u64), 1_500..4_000);
    let one_trace = prop::collection::vec((0..3u8, Just(7u8), 1..9u64), 1_000..2_500);
    prop_oneof![4 => few_traces, 1 => many, 1 => one_trace]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn logs_come_out_as_if_all_were_sorted_at_once(rows in log_rows()) {
        let texts: Vec<String> = rows.iter().map(|(_, _, text)| format!("text {text}")).collect();
        let logs = rows.iter().zip(&texts).map(|((_, time, _), text)| (*time, text.as_str()));
        let all = stored_logs(&logs.collect::<Vec<_>>(), 100);
        let input: Vec<u8> = rows.iter().map(|row| row.0).collect();
        check(Signal::Logs, &all, &input);
    }

    #[test]
    fn spans_come_out_as_if_all_were_sorted_at_once(rows in span_rows()) {
        let services = ["cart", "shop", "a service with a longer name"];
        let span = |(at, &(_, trace, start)): (usize, &(u8, u8, u64))| Span {
            service: services[at % services.len()],
            ..Span::new(trace, at as u8, Some(1), start)
        };
        let all = stored_spans(&rows.iter().enumerate().map(span).collect::<Vec<_>>(), 100);
        let input: Vec<u8> = rows.iter().map(|row| row.0).collect();
        check(Signal::Spans, &all, &input);
    }
}

/// One trace in two inputs, and others around it.
fn two_span_inputs() -> Vec<Arc<Segment>> {
    let spans: Vec<Span> = (0..60u8)
        .map(|at| {
            Span::new(
                at / 10,
                at,
                None,
                1_000 - u64::from(at / 10) * 100 + u64::from(at),
            )
        })
        .collect();
    let input: Vec<u8> = (0..60).map(|at| u8::from(at % 10 < 5)).collect();
    segments(Signal::Spans, &stored_spans(&spans, 1), &input)
}

#[test]
fn a_batch_ends_between_traces_once_enough_rows_are_there() {
    let mut merge = RowMerge::new(Signal::Spans, two_span_inputs()).unwrap();
    let mut sizes = Vec::new();
    while let Some(batch) = merge.next_batch(15).unwrap() {
        assert!(merge.is_boundary());
        let traces = columns::id(&batch, spans::TRACE_ID).unwrap();
        let runs = (1..batch.num_rows()).filter(|&row| traces.value(row) != traces.value(row - 1));
        assert_eq!(runs.count(), 1, "two whole traces");
        sizes.push(batch.num_rows());
    }
    assert_eq!(sizes, [20, 20, 20]);
}

#[test]
fn inputs_that_do_not_overlap_are_opened_one_after_the_other() {
    let rows: Vec<(u64, &str)> = (0..3_000).map(|at| (1 + at, "x")).collect();
    let input: Vec<u8> = (0..3_000).map(|at| (at / 1_000) as u8).collect();
    let inputs = segments(Signal::Logs, &stored_logs(&rows, 1), &input);
    let mut merge = RowMerge::new(Signal::Logs, inputs).unwrap();
    merge.next_batch(500).unwrap().unwrap();
    let opened = merge
        .cursors
        .iter()
        .filter(|cursor| cursor.source.is_some());
    assert_eq!(opened.count(), 1);
}

#[test]
fn rows_out_of_order_name_their_segment() {
    let rows: Vec<(u64, &str)> = (0..10).map(|at| (1 + at, "x")).collect();
    let all = stored_logs(&rows, 1);
    let vfs: Arc<dyn Vfs> = Arc::new(SimVfs::new());
    let cache = Arc::new(SegmentCache::of_bytes(1 << 20));
    // Newest last: no flush writes that.
    let wrong = arrow::compute::take_record_batch(&all, &UInt32Array::from_iter_values(0..10));
    let new = NewSegment {
        id: 9,
        tenant: TenantId::default(),
        signal: Signal::Logs,
        partition: "odd".into(),
        signal_dir: "/".into(),
        arrival_ns: (1, 2),
        formulas: crate::derived::Formulas::default(),
    };
    let written = write_segment(&vfs, new, [Ok(wrong.unwrap())]).unwrap();
    let opened = Segment::open(Signal::Logs, written.dir, written.meta_crc32c, vfs, cache);
    let mut merge = RowMerge::new(Signal::Logs, vec![Arc::new(opened.unwrap())]).unwrap();
    let error = merge.next_batch(u64::MAX).unwrap_err();
    assert_eq!(error.culprit(), Some(9), "{error}");
}

#[test]
fn a_row_that_stands_in_two_inputs_is_not_taken_twice() {
    let all = stored_logs(&[(5, "x"), (6, "y")], 1);
    let both = concat(&Signal::Logs.stored_schema(), &[all.clone(), all]).unwrap();
    let inputs = segments(Signal::Logs, &both, &[0, 0, 1, 1]);
    let mut merge = RowMerge::new(Signal::Logs, inputs).unwrap();
    let error = merge.next_batch(u64::MAX).unwrap_err();
    assert!(matches!(error, CompactionError::Unsorted { .. }), "{error}");
}

#[test]
fn sequence_numbers_break_ties() {
    let all = stored_logs(&[(5, "a"), (5, "b"), (5, "c"), (5, "d")], 1);
    let batches = merged(Signal::Logs, segments(Signal::Logs, &all, &[0, 1, 0, 1]));
    let seqs = columns::uint64(&batches[0], SEQ).unwrap();
    assert_eq!(seqs.values().as_ref(), [4, 3, 2, 1]);
}
