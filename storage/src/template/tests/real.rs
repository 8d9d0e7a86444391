//! Real logs: bodies come back, most have a template, verdicts hold.
#![allow(clippy::print_stderr, reason = "a measurement says what it found")]

use super::oracle::stands;
use super::*;
use crate::testing::real::real_logs;
use crate::text::TextPattern;

/// Restores every body, and returns the share of rows that keep a template when all are one segment.
fn share_of_templated(file: &str) -> Option<f64> {
    let mut splitter = Splitter::default();
    let mut builder = TemplateBuilder::new(CandidateLimits::default());
    let mut rows = Vec::new();
    let mut restored = String::new();
    let found = real_logs(file, usize::MAX, |record| {
        let body = &record.body;
        let split = splitter.split(body, record.ids);
        if let Some(split) = split {
            restored.clear();
            restore_into(split.template, split.variables, record.ids, &mut restored).unwrap();
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
    real_logs("trainticket-logs.otlp.jsonl.zst", 10, |record| {
        let body = record.body.as_str();
        let split = splitter.split(body, record.ids).unwrap();
        let mut written = String::new();
        write_out_variables(split.variables, record.ids, &mut written).unwrap();
        rows.push((builder.add(split).unwrap(), body.to_owned(), written));
    });
    let dictionary = builder.finish(Keep::default());
    let alphabets = (0..).map_while(|id| dictionary.alphabet(id));
    let folded = FoldedTemplates::new(
        dictionary.templates().zip(alphabets),
        &SharedTexts::default(),
    );
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
