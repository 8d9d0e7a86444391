//! Real logs, where they are at hand: files of OTLP/JSON lines beside the checkout.
#![allow(
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a skipped test says so, and its data is a file"
)]

use std::io::{BufRead, BufReader};
use std::path::Path;

use clearspan_schema::ids::parse_hex;
use serde::Deserialize;

use super::oracle::stands;
use super::*;
use crate::text::TextPattern;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    resource_logs: Vec<ResourceLogs>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResourceLogs {
    scope_logs: Vec<ScopeLogs>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ScopeLogs {
    log_records: Vec<Record>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    body: Body,
    #[serde(default)]
    trace_id: String,
    #[serde(default)]
    span_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    string_value: String,
}

impl Record {
    fn ids(&self) -> RecordIds {
        RecordIds {
            trace_id: parse_hex(&self.trace_id),
            span_id: parse_hex(&self.span_id),
        }
    }
}

/// Gives each record of the first `lines` requests of a file to `take`. Says whether the file is there.
fn records(file: &str, lines: usize, mut take: impl FnMut(&Record)) -> bool {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let Ok(file) = std::fs::File::open(folder.join(file)) else {
        eprintln!("skipped: no {file}");
        return false;
    };
    let text = BufReader::new(zstd::Decoder::new(file).unwrap());
    for line in text.split(b'\n').take(lines).map(Result::unwrap) {
        let request: Request = serde_json::from_slice(&line).unwrap();
        let scopes = request.resource_logs.iter().flat_map(|one| &one.scope_logs);
        scopes.flat_map(|one| &one.log_records).for_each(&mut take);
    }
    true
}

/// Restores every body, and returns the share of rows that keep a template when all are one segment.
fn share_of_templated(file: &str) -> Option<f64> {
    let mut splitter = Splitter::default();
    let mut builder = TemplateBuilder::new(CandidateLimits::default());
    let mut rows = Vec::new();
    let mut restored = String::new();
    let found = records(file, usize::MAX, |record| {
        let body = &record.body.string_value;
        let split = splitter.split(body, record.ids());
        if let Some(split) = split {
            restored.clear();
            restore_into(split.template, split.variables, record.ids(), &mut restored).unwrap();
            assert_eq!(&restored, body);
        }
        rows.push(split.and_then(|split| builder.add(split)));
    });
    let dictionary = builder.finish(Keep::default());
    let kept = rows
        .iter()
        .filter(|row| row.is_some_and(|row| dictionary.id(row).is_some()))
        .count();
    let share = kept as f64 / rows.len() as f64;
    eprintln!(
        "{file}: {kept} of {} rows have one of {} templates ({} KB): {:.1}%",
        rows.len(),
        dictionary.len(),
        dictionary.text_bytes() / 1_024,
        share * 100.0
    );
    found.then_some(share)
}

#[test]
fn real_bodies_come_back_and_most_have_a_template() {
    if let Some(share) = share_of_templated("trainticket-logs.otlp.jsonl.zst") {
        assert!(share >= 0.9, "{share}");
    }
    if let Some(share) = share_of_templated("onlineboutique-logs.otlp.jsonl.zst") {
        assert!(share >= 0.9, "{share}");
    }
}

#[test]
fn verdicts_hold_on_real_bodies() {
    let patterns = [
        "error",
        "Route ID",
        "TraceID",
        "exception",
        "no such words",
        "Z1234",
        "tripId=Z1234",
        "shanghai",
        "2023",
    ];
    let judges = patterns.map(|text| {
        let pattern = TextPattern::new(text);
        (Judge::new(&pattern), pattern)
    });
    let mut splitter = Splitter::default();
    let mut builder = TemplateBuilder::new(CandidateLimits::default());
    let mut rows = Vec::new();
    records("trainticket-logs.otlp.jsonl.zst", 10, |record| {
        let body = record.body.string_value.as_str();
        let split = splitter.split(body, record.ids()).unwrap();
        let mut written = String::new();
        write_out_variables(split.variables, record.ids(), &mut written).unwrap();
        rows.push((builder.add(split).unwrap(), body.to_owned(), written));
    });
    let dictionary = builder.finish(Keep::default());
    let alphabets = (0..).map_while(|id| dictionary.alphabet(id));
    let folded = FoldedTemplates::new(dictionary.templates().zip(alphabets));
    let mut counts = [[0_usize; 4]; 9];
    for ((judge, pattern), counts) in judges.iter().zip(&mut counts) {
        let verdicts = judge.verdicts(&folded);
        for (candidate, body, written) in &rows {
            let Some(id) = dictionary.id(*candidate) else {
                continue;
            };
            let verdict = verdicts[id as usize];
            counts[verdict as usize] += 1;
            let found = stands(pattern, body);
            let says = match verdict {
                Verdict::Always => true,
                Verdict::Never => false,
                Verdict::Variables => stands(pattern, written),
                Verdict::Depends => found,
            };
            assert_eq!(found, says, "{verdict:?} {pattern:?}");
        }
    }
    for (pattern, counts) in patterns.iter().zip(counts) {
        eprintln!("{pattern}: {counts:?} rows always, never, by variables, by body");
    }
}
