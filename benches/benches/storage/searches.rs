//! The texts that are looked for in bodies of logs.

use std::collections::BTreeMap;

use arrow::array::{Array, FixedSizeBinaryArray, StringArray};
use clearspan_schema::ids::hex;
use clearspan_schema::{columns, logs};
use clearspan_storage::scan::{Snapshot, TextSearch};
use clearspan_storage::text::TextPattern;

use crate::corpus::spread;

/// Rows from which texts are taken.
const SAMPLE: u64 = 400;

/// The shortest word that is taken from a body: shorter ones say little.
const WORD_BYTES_MIN: usize = 4;

/// The longest number in a phrase: longer ones are ids, of which there is a search apart.
const NUMBER_BYTES_MAX: usize = 8;

/// A text, and what it stands for in the names of benches.
pub(crate) struct Search {
    pub(crate) name: &'static str,
    pub(crate) text: String,
}

impl Search {
    /// One that knows of no segment yet: a search remembers what templates say of it.
    pub(crate) fn fresh(&self) -> TextSearch {
        TextSearch::new([TextPattern::new(self.text.as_str())], true)
    }
}

/// The two texts of the bar, one that is nowhere, one that could stand in any UUID, and those that a sample of bodies has: the rarest word,
/// a word with a number behind it, an id.
pub(crate) fn searches(snapshot: &Snapshot) -> Vec<Search> {
    let sample = snapshot.take(&spread(snapshot, SAMPLE), &[logs::BODY, logs::TRACE_ID]);
    let sample = sample.unwrap();
    let bodies = columns::text(&sample, logs::BODY).unwrap();
    let ids = columns::id(&sample, logs::TRACE_ID).unwrap();
    let found = [
        ("word", Some("error".to_owned())),
        ("phrase", Some("Route ID".to_owned())),
        ("nowhere", Some("quetzalcoatlus".to_owned())),
        ("like a part of an id", Some("dead".to_owned())),
        ("rare word", rarest_word(bodies)),
        ("phrase with a variable", phrase(bodies)),
        ("id", id(ids, bodies)),
    ];
    let found = found.into_iter();
    let found = found.filter_map(|(name, text)| Some(Search { name, text: text? }));
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
