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

impl Split {
    fn open(&self, files: &TextFiles, layout: Layout) -> TextIndex {
        let templates = folded(&self.dictionary);
        let terms = Some(files.terms.clone().into());
        let filters = Some(files.filters.clone().into());
        TextIndex::open(layout, terms, filters, Some(templates)).unwrap()
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

const TRAINTICKET: &str = "trainticket-logs.otlp.jsonl.zst";

/// Bytes a log.
fn each(bytes: usize, segments: &[Vec<RealLog>]) -> f64 {
    bytes as f64 / segments.iter().map(Vec::len).sum::<usize>() as f64
}

#[test]
#[ignore = "measures real logs"]
fn bytes_of_words_and_granules_that_they_keep() {
    let words = ["error", "Route ID", "database", "timestamp"];
    for (file, whole_file) in [
        (TRAINTICKET, false),
        (TRAINTICKET, true),
        ("onlineboutique-logs.otlp.jsonl.zst", false),
    ] {
        let segments = segments(file, whole_file);
        let splits: Vec<Split> = segments.iter().map(|logs| split(logs)).collect();
        eprintln!("{file}, {} segments", segments.len());
        for granule_rows in [64, 128, 256, 512, 1024] {
            let (mut bytes, mut granules) = ((0, 0), 0);
            let mut kept = words.map(|_| 0);
            for (logs, split) in segments.iter().zip(&splits) {
                let old = whole(logs, granule_rows)
                    .finish(FilterBits::default())
                    .unwrap();
                let new = by_templates(logs, split, granule_rows);
                let new = new.finish(FilterBits::default()).unwrap();
                assert_eq!(old.filters, new.filters);
                bytes.0 += old.terms.len();
                bytes.1 += new.terms.len();
                let layout = Layout {
                    granule_rows,
                    rows: logs.len(),
                };
                let [old, new] = [open(&old, layout), split.open(&new, layout)];
                granules += layout.granules();
                for (word, kept) in words.iter().zip(&mut kept) {
                    let condition = TextPattern::new(*word).condition();
                    let found = new.candidates(&condition);
                    assert_eq!(found, old.candidates(&condition));
                    *kept += found.count();
                }
            }
            let kept: Vec<String> = kept
                .iter()
                .map(|kept| format!("{:.1}%", *kept as f64 * 100.0 / granules as f64))
                .collect();
            eprintln!(
                "  granules of {granule_rows}: whole bodies {:.2} B, templates {:.2} B, {words:?} keep {kept:?} of {granules}",
                each(bytes.0, &segments),
                each(bytes.1, &segments),
            );
        }
    }
}

#[test]
#[ignore = "measures real logs"]
fn bytes_of_filters_and_batches_that_ids_keep() {
    const GRANULE_ROWS: usize = 128;
    let absent: Vec<u64> = (0..20_000).map(|i| id_key(&format!("absent{i}"))).collect();
    let segments = segments(TRAINTICKET, false);
    let builders: Vec<TextIndexBuilder> = segments
        .iter()
        .map(|logs| whole(logs, GRANULE_ROWS))
        .collect();
    for group_granules in [1, 2, 4, 8, 16] {
        for (group, segment) in [(10, 12), (8, 10), (9, 10)] {
            let bits = FilterBits {
                group_granules,
                group,
                segment,
            };
            let (mut bytes, mut passed, mut asked) = (0, 0, 0);
            let (mut batches, mut truly, mut absent_passed) = (0, 0, 0);
            for (logs, builder) in segments.iter().zip(&builders) {
                let files = builder.clone().finish(bits).unwrap();
                bytes += files.filters.len();
                let layout = Layout {
                    granule_rows: GRANULE_ROWS,
                    rows: logs.len(),
                };
                let index = open(&files, layout);
                let batch_count = logs.len().div_ceil(1024);
                for log in logs.iter().step_by(171) {
                    let Some(id) = log.ids.span_id else { continue };
                    let found = index.may_contain_id(id_key_of_bytes(&id));
                    let held: std::collections::BTreeSet<usize> = logs
                        .iter()
                        .enumerate()
                        .filter(|(_, other)| other.ids.span_id == Some(id))
                        .map(|(row, _)| row / 1024)
                        .collect();
                    let read: std::collections::BTreeSet<usize> =
                        found.iter().map(|granule| granule / 8).collect();
                    assert!(held.is_subset(&read));
                    batches += read.len();
                    truly += held.len();
                    asked += batch_count - held.len();
                    passed += read.len() - held.len();
                }
                absent_passed += absent
                    .iter()
                    .filter(|key| !index.may_contain_id(**key).is_empty())
                    .count();
            }
            eprintln!(
                "  groups of {group_granules}, {group}/{segment} bits: {:.2} B; {batches} batches for {truly} with the id, {:.2}% of others; absent ids pass {:.2}% of segments",
                each(bytes, &segments),
                passed as f64 * 100.0 / asked as f64,
                absent_passed as f64 * 100.0 / (absent.len() * segments.len()) as f64
            );
        }
    }
}
