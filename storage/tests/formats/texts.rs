//! Conditions on bodies, in whatever form a segment keeps these: counted, and found row by row, they hold of the same rows as of the bodies
//! themselves.

use std::sync::Arc;

use arrow::buffer::BooleanBuffer;
use clearspan_schema::any::AnyRef;
use clearspan_schema::logs::{self, body_at};
use clearspan_schema::{Signal, columns};
use clearspan_storage::scan::{
    FormCondition, Part, Predicate, ScanStats, TextCondition, TextScratch, TextSearch, TimeRange,
    ValueCondition,
};
use clearspan_storage::text::{Expression, Pieces, TextForm};
use regex::Regex;

use crate::sample::House;

/// Bodies that forms are made from.
const SOURCES: usize = 40;

/// Holds of no body that is no text.
#[derive(Debug)]
struct OfNone;

impl ValueCondition for OfNone {
    fn holds(&self, _: AnyRef<'_>) -> bool {
        false
    }
}

/// Asks for forms that some bodies have. How many parts counted by templates is returned.
pub(crate) fn check(house: &House) -> usize {
    let snapshot = house.snapshot(Signal::Logs);
    let parts = snapshot.parts();
    let bodies: Vec<Vec<Option<String>>> = parts.iter().map(bodies).collect();
    let texts = bodies
        .iter()
        .flatten()
        .flatten()
        .filter(|text| !text.is_empty());
    let texts: Vec<&String> = texts.collect();
    let every = (texts.len() / SOURCES).max(1);
    let mut counted = 0;
    for form in texts.iter().step_by(every).flat_map(|text| forms(text)) {
        let condition = FormCondition::new(form.clone(), Arc::new(OfNone));
        let search = TextSearch::new([TextCondition::Form(condition)], true);
        for (part, bodies) in parts.iter().zip(&bodies) {
            let holds = |body: &Option<String>| body.as_ref().is_some_and(|text| form.holds(text));
            let expected = bodies.iter().filter(|body| holds(body)).count() as u64;
            assert_eq!(found(part, &search), expected, "{form:?}");
            let by_templates = part
                .count_text(&search, TimeRange::ALL, &mut ScanStats::default())
                .unwrap();
            assert_eq!(by_templates.unwrap_or(expected), expected, "{form:?}");
            counted += usize::from(by_templates.is_some());
        }
    }
    counted
}

fn forms(text: &str) -> Vec<TextForm> {
    let chars: Vec<char> = text.chars().collect();
    let (third, two_thirds) = (chars.len() / 3, chars.len() * 2 / 3);
    let start: String = chars[..third].iter().collect();
    let middle: String = chars[third..two_thirds].iter().collect();
    let end: String = chars[two_thirds..].iter().collect();
    let [a, b, c] = [&start, &middle, &end].map(|part| regex::escape(part));
    let pieces =
        |pieces: &[&String]| TextForm::Pieces(Pieces::new(pieces.iter().copied().cloned()));
    let expression = |source: String| {
        let regex = Regex::new(&source).unwrap();
        TextForm::Expression(Expression::new(regex))
    };
    vec![
        pieces(&[&text.to_owned()]),
        pieces(&[&start, &end]),
        pieces(&[&String::new(), &middle, &String::new()]),
        expression(b.clone()),
        expression(format!("(?i){b}")),
        expression(format!("^{a}")),
        expression(format!("{c}$")),
        expression(format!(r"\b{b}|{b}\b")),
        expression(format!("(?s){a}.*{c}")),
    ]
}

/// The bodies of all rows that are text.
fn bodies(part: &Part) -> Vec<Option<String>> {
    let mut stats = ScanStats::default();
    let all = part.select(&Predicate::All, TimeRange::ALL, &mut stats);
    let all = all.unwrap();
    let batches = part.read(&[logs::BODY], &all, &mut stats);
    let texts = batches.map(|selected| {
        let batch = selected.unwrap().batch;
        let texts = columns::text(&batch, logs::BODY).unwrap();
        texts
            .iter()
            .map(|text| text.map(str::to_owned))
            .collect::<Vec<_>>()
    });
    texts.flatten().collect()
}

/// How many rows are found, after the index has left some out.
fn found(part: &Part, search: &TextSearch) -> u64 {
    let mut stats = ScanStats::default();
    let candidates = part.select(&search.predicate(), TimeRange::ALL, &mut stats);
    let candidates = candidates.unwrap();
    let mut scratch = TextScratch::default();
    let mut found = 0;
    for selected in part.read(&[logs::BODY, logs::BODY_VALUE], &candidates, &mut stats) {
        let selected = selected.unwrap();
        let rows = selected.batch.num_rows();
        let (text, value) = (
            columns::text(&selected.batch, logs::BODY).unwrap(),
            columns::binary(&selected.batch, logs::BODY_VALUE).unwrap(),
        );
        let by_body = (0..rows)
            .filter(|&row| search.stands_in_body(body_at(text, value, row), &mut scratch))
            .count();
        if let Some(texts) = selected.texts {
            let mask = BooleanBuffer::new_set(rows);
            let matching = texts.matching(search, &mask).unwrap();
            assert_eq!(matching.count_set_bits(), by_body);
        }
        found += by_body as u64;
    }
    found
}
