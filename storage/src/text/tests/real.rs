//! Real logs: how many bytes the index takes, and how many granules words keep.
//!
//! Slow, and skipped without the data. `cargo test -p clearspan-storage text::tests::real -- --ignored --nocapture`
#![allow(clippy::print_stderr, reason = "a measurement says what it found")]

use std::collections::BTreeMap;

use super::*;
use crate::template::{
    CandidateLimits, Keep, SPAN_REFERENCE, Splitter, TRACE_REFERENCE, TemplateBuilder,
    TemplateDictionary,
};
use crate::testing::real::{RealLog, real_logs};

const HOUR_NS: u64 = 3_600_000_000_000;

/// Logs as segments of an hour each, newest first.
fn segments(file: &str, whole: bool) -> Vec<Vec<RealLog>> {
    let mut hours: BTreeMap<u64, Vec<RealLog>> = BTreeMap::new();
    real_logs(file, usize::MAX, |log| {
        let hour = if whole { 0 } else { log.time_ns / HOUR_NS };
        hours.entry(hour).or_default().push(log);
    });
    let mut segments: Vec<_> = hours.into_values().collect();
    for segment in &mut segments {
        segment.sort_by_key(|log| std::cmp::Reverse(log.time_ns));
    }
    segments
}

struct Split {
    dictionary: TemplateDictionary,
    /// Each log's template and variables.
    rows: Vec<Option<(u32, String)>>,
}

fn split(logs: &[RealLog]) -> Split {
    let mut splitter = Splitter::default();
    let mut builder = TemplateBuilder::new(CandidateLimits::default());
    let rows: Vec<_> = logs
        .iter()
        .map(|log| {
            let split = splitter.split(&log.body, log.ids)?;
            Some((builder.add(split)?, split.variables.to_owned()))
        })
        .collect();
    let dictionary = builder.finish(Keep::default());
    let ids = rows
        .into_iter()
        .map(|row| row.and_then(|(row, variables)| Some((dictionary.id(row)?, variables))));
    Split {
        rows: ids.collect(),
        dictionary,
    }
}

fn keys(log: &RealLog) -> (Option<u64>, Option<u64>) {
    let trace = log.ids.trace_id.map(|id| id_key_of_bytes(&id));
    (trace, log.ids.span_id.map(|id| id_key_of_bytes(&id)))
}

fn whole(logs: &[RealLog], granule_rows: usize) -> TextIndexBuilder {
    let mut builder = TextIndexBuilder::new(granule_rows);
    for log in logs {
        let (trace, span) = keys(log);
        trace
            .into_iter()
            .chain(span)
            .for_each(|key| builder.add_id(key));
        builder.add_text(&log.body);
        builder.end_row();
    }
    builder
}

fn by_templates(logs: &[RealLog], split: &Split, granule_rows: usize) -> TextIndexBuilder {
    let mut builder = TextIndexBuilder::with_templates(granule_rows, &split.dictionary);
    for (log, row) in logs.iter().zip(&split.rows) {
        let (trace, span) = keys(log);
        trace
            .into_iter()
            .chain(span)
            .for_each(|key| builder.add_id(key));
        match row {
            Some((id, variables)) if builder.add_template(*id) => {
                builder.add_text(variables);
                for (key, reference) in [(trace, TRACE_REFERENCE), (span, SPAN_REFERENCE)] {
                    if let Some(key) = key.filter(|_| variables.contains(reference)) {
                        builder.add_reference(key);
                    }
                }
            }
            _ => builder.add_text(&log.body),
        }
        builder.end_row();
    }
    builder
}

#[test]
#[ignore = "measures real logs"]
fn bytes_of_real_logs() {
    for (file, one) in [
        ("trainticket-logs.otlp.jsonl.zst", false),
        ("trainticket-logs.otlp.jsonl.zst", true),
        ("onlineboutique-logs.otlp.jsonl.zst", false),
    ] {
        let segments = segments(file, one);
        let rows: usize = segments.iter().map(Vec::len).sum();
        eprintln!("{file}: {rows} logs, {} segments", segments.len());
        let splits: Vec<Split> = segments.iter().map(|logs| split(logs)).collect();
        for granule_rows in [64, 128, 256, 512, 1024] {
            let mut sums = [0; 6];
            for (logs, split) in segments.iter().zip(&splits) {
                let old = whole(logs, granule_rows)
                    .finish(FilterBits::default())
                    .unwrap();
                let new = by_templates(logs, split, granule_rows)
                    .finish(FilterBits::default())
                    .unwrap();
                assert_eq!(old.filters, new.filters);
                let packed = |bytes: &[u8]| zstd::bulk::compress(bytes, 3).unwrap().len();
                for (sum, bytes) in sums.iter_mut().zip([
                    old.terms.len(),
                    packed(&old.terms),
                    new.terms.len(),
                    packed(&new.terms),
                    new.filters.len(),
                    packed(&new.filters),
                ]) {
                    *sum += bytes;
                }
            }
            let each = sums.map(|sum| format!("{:.2}", sum as f64 / rows as f64));
            eprintln!(
                "  {granule_rows}: old {} ({} packed), new {} ({} packed), filters {} ({} packed)",
                each[0], each[1], each[2], each[3], each[4], each[5]
            );
        }
    }
}
