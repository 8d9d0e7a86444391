//! The texts that are looked for in bodies of logs.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, FixedSizeBinaryArray, StringArray};
use clearspan_schema::any::AnyRef;
use clearspan_schema::ids::hex;
use clearspan_schema::{columns, logs};
use clearspan_storage::scan::{FormCondition, Snapshot, TextCondition, TextSearch, ValueCondition};
use clearspan_storage::text::{Expression, Pieces, TextForm, TextPattern};
use regex::Regex;

use crate::corpus::spread;

/// Rows from which texts are taken.
const SAMPLE: u64 = 400;

/// The shortest word that is taken from a body: shorter ones say little.
const WORD_BYTES_MIN: usize = 4;

/// The longest number in a phrase: longer ones are ids, of which there is a search apart.
const NUMBER_BYTES_MAX: usize = 8;

/// Characters of a body's start that are looked for.
const START_CHARS: usize = 12;

/// A text, and what it stands for in the names of benches.
pub(crate) struct Search {
    pub(crate) name: &'static str,
    pub(crate) text: String,
    kind: Kind,
}

#[derive(Clone, Copy)]
enum Kind {
    Words,
    Expression,
    Start,
}

impl Search {
    /// One that knows of no segment yet: a search remembers what templates say of it.
    pub(crate) fn fresh(&self) -> TextSearch {
        let text = self.text.clone();
        let form = match self.kind {
            Kind::Words => return TextSearch::new([TextPattern::new(text)], true),
            Kind::Expression => TextForm::Expression(Expression::new(Regex::new(&text).unwrap())),
            Kind::Start => TextForm::Pieces(Pieces::new([text, String::new()])),
        };
        let condition = FormCondition::new(form, Arc::new(OfNone));
        TextSearch::new([TextCondition::Form(condition)], true)
    }
}

/// Holds of no body that is no text.
#[derive(Debug)]
struct OfNone;

impl ValueCondition for OfNone {
    fn holds(&self, _: AnyRef<'_>) -> bool {
        false
    }
}

/// The two texts of the bar, one that is nowhere, one that could stand in any UUID, and those that a sample of bodies has: the rarest word,
/// a word with a number behind it, and with a number of one digit, an id; regular expressions of such, and how a body begins.
pub(crate) fn searches(snapshot: &Snapshot) -> Vec<Search> {
    let sample = snapshot.take(&spread(snapshot, SAMPLE), &[logs::BODY, logs::TRACE_ID]);
    let sample = sample.unwrap();
    let bodies = columns::text(&sample, logs::BODY).unwrap();
    let ids = columns::id(&sample, logs::TRACE_ID).unwrap();
    let rarest = rarest_word(bodies);
    let word = phrase(bodies).and_then(|phrase| Some(phrase.split_once(' ')?.0.to_owned()));
    let word = word.as_deref();
    let start = bodies.iter().flatten().next();
    let start = start.map(|body| body.chars().take(START_CHARS).collect());
    let either = |rarest: &String| format!("{rarest}|quetzalcoatlus");
    let found = [
        ("word", Kind::Words, Some("error".to_owned())),
        ("phrase", Kind::Words, Some("Route ID".to_owned())),
        ("nowhere", Kind::Words, Some("quetzalcoatlus".to_owned())),
        ("like a part of an id", Kind::Words, Some("dead".to_owned())),
        ("rare word", Kind::Words, rarest.clone()),
        ("phrase with a variable", Kind::Words, phrase(bodies)),
        (
            "phrase with a digit",
            Kind::Words,
            word.map(|word| format!("{word} 3")),
        ),
        ("id", Kind::Words, id(ids, bodies)),
        ("expression", Kind::Expression, rarest.as_ref().map(either)),
        (
            "expression with a number",
            Kind::Expression,
            word.map(|word| format!(r"{word} 8\d+")),
        ),
        (
            "expression of classes",
            Kind::Expression,
            Some(r"[A-Z]\w+ \d{4}$".to_owned()),
        ),
        ("start", Kind::Start, start),
    ];
    let found = found.into_iter();
    let found = found.filter_map(|(name, kind, text)| {
        Some(Search {
            name,
            text: text?,
            kind,
        })
    });
    found.collect()
}

fn rarest_word(bodies: &StringArray) -> Option<String> {
    let mut counts = BTreeMap::<&str, u64>::new();
    for body in bodies.iter().flatten() {
        let words = body.split(|c: char| !c.is_ascii_alphanumeric());
        // In parts of UUIDs there are many that nobody would call words.
        let is_word = |word: &&str| {
            word.len() >= WORD_BYTES_MIN
                && word.bytes().all(|byte| byte.is_ascii_alphabetic())
                && word.bytes().any(|byte| !byte.is_ascii_hexdigit())
        };
        words
            .filter(is_word)
            .for_each(|word| *counts.entry(word).or_default() += 1);
    }
    let rarest = counts.into_iter().min_by_key(|(_, count)| *count);
    rarest.map(|(word, _)| word.to_owned())
}

/// The first word of a body that a number follows, with the number.
fn phrase(bodies: &StringArray) -> Option<String> {
    let mut bodies = bodies.iter().flatten();
    bodies.find_map(|body| {
        let places = body.match_indices(' ').map(|(place, _)| place);
        let mut phrases = places.filter_map(|blank| {
            let (before, after) = (&body[..blank], &body[blank + 1..]);
            let is_end = |c: char| !c.is_alphanumeric();
            let word = before.trim_end_matches(|c: char| !is_end(c)).len();
            let number = after.find(is_end).unwrap_or(after.len());
            let (word, number) = (&before[word..], &after[..number]);
            let fits = word.len() >= WORD_BYTES_MIN
                && word.bytes().all(|byte| byte.is_ascii_alphabetic())
                && (1..=NUMBER_BYTES_MAX).contains(&number.len())
                && number.bytes().all(|byte| byte.is_ascii_digit());
            fits.then(|| format!("{word} {number}"))
        });
        phrases.next()
    })
}

/// The first trace id that stands in its record's body.
fn id(ids: &FixedSizeBinaryArray, bodies: &StringArray) -> Option<String> {
    let rows = 0..bodies.len();
    let mut both = rows.filter(|&row| ids.is_valid(row) && bodies.is_valid(row));
    both.find_map(|row| {
        let id = hex(ids.value(row));
        bodies.value(row).contains(&id).then_some(id)
    })
}
