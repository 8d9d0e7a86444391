//! Where a text has what a query looks for, so that a page can mark it.
//!
//! Only what has to be there is looked for: words, phrases and regular expressions of the text under an even number of
//! `NOT`s. A place is right by the matcher's own finders, but not every place has to be found: this is for people, who look at
//! a screen of text.

use std::ops::Range;

use clearspan_storage::text::TextFinder;
use clearspan_storage::text::fold::{fold_char, fold_into};
use regex::Regex;

use crate::language::ast::{Expr, Field, Query, Test};

/// Words, phrases and regular expressions that are looked for. A query with more is a list that somebody pasted.
const TERMS_MAX: usize = 32;

/// Places that one term is tried at, per text: a phrase that repeats itself could else cost its length at each byte.
const TRIES_MAX: usize = 10_000;

/// Finds in texts what a query looks for.
#[derive(Debug, Default)]
pub struct Highlighter {
    phrases: Vec<TextFinder>,
    patterns: Vec<Regex>,
}

impl Highlighter {
    /// For the texts of the rows that `query` finds.
    pub fn new(query: &Query) -> Self {
        let mut highlighter = Highlighter::default();
        highlighter.gather(query.root(), true);
        highlighter
    }

    /// Whether nothing is looked for.
    pub fn is_empty(&self) -> bool {
        self.phrases.is_empty() && self.patterns.is_empty()
    }

    /// The first places in `text` as ranges of bytes: in order, apart from each other, none empty, about `max` of them.
    pub fn places(&self, text: &str, max: usize) -> Vec<Range<usize>> {
        let mut places = self.phrase_places(text, max);
        for pattern in &self.patterns {
            let found = pattern.find_iter(text).take(max).map(|found| found.range());
            places.extend(found.filter(|place| !place.is_empty()));
        }
        let mut places = apart(places);
        places.truncate(max);
        places
    }

    fn gather(&mut self, expr: &Expr, is_wanted: bool) {
        if self.phrases.len() + self.patterns.len() >= TERMS_MAX {
            return;
        }
        match expr {
            Expr::Text(phrase) if is_wanted => self.phrases.push(TextFinder::new(&phrase.into())),
            Expr::Field(Field::Body, Test::Matches(pattern)) if is_wanted => {
                self.patterns.push(pattern.regex().clone());
            }
            Expr::And(parts) | Expr::Or(parts) => {
                parts.iter().for_each(|part| self.gather(part, is_wanted));
            }
            Expr::Not(inner) => self.gather(inner, !is_wanted),
            Expr::Group(inner) => self.gather(inner, is_wanted),
            Expr::All | Expr::Text(_) | Expr::Field(..) => {}
        }
    }

    fn phrase_places(&self, text: &str, max: usize) -> Vec<Range<usize>> {
        if self.phrases.is_empty() {
            return Vec::new();
        }
        let mut folded = String::with_capacity(text.len());
        fold_into(text, &mut folded);
        let found = self.phrases.iter();
        let found = found.flat_map(|phrase| phrase.places(&folded, max, TRIES_MAX));
        let places = apart(found.collect());
        if text.is_ascii() {
            places
        } else {
            unfolded(text, &places)
        }
    }
}

/// In order, with those that touch or overlap made one.
fn apart(mut places: Vec<Range<usize>>) -> Vec<Range<usize>> {
    places.sort_by_key(|place| place.start);
    let mut apart: Vec<Range<usize>> = Vec::with_capacity(places.len());
    for place in places {
        match apart.last_mut() {
            Some(last) if place.start <= last.end => last.end = last.end.max(place.end),
            _ => apart.push(place),
        }
    }
    apart
}

/// Places in the folded text as places in `text`. Folding goes character by character but may change their lengths.
fn unfolded(text: &str, places: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut ends = places.iter().flat_map(|place| [place.start, place.end]);
    let mut wanted = ends.next();
    let mut found = Vec::with_capacity(places.len() * 2);
    let mut folded_at = 0;
    for (at, c) in text.char_indices() {
        while wanted.is_some_and(|end| end <= folded_at) {
            found.push(at);
            wanted = ends.next();
        }
        if wanted.is_none() {
            break;
        }
        folded_at += fold_char(c).len_utf8();
    }
    found.resize(places.len() * 2, text.len());
    found.chunks(2).map(|ends| ends[0]..ends[1]).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

    use super::*;
    use clearspan_schema::Signal;

    fn check(query: &str, text: &str, expected: &[&str]) {
        let query = Query::parse(query, Signal::Logs).unwrap();
        let places = Highlighter::new(&query).places(text, 100);
        let found: Vec<&str> = places.into_iter().map(|place| &text[place]).collect();
        assert_eq!(found, expected, "{query} in {text}");
    }

    #[test]
    fn what_has_to_be_there_is_found() {
        check("seat", "Seat and seats and a SEAT", &["Seat", "SEAT"]);
        check(
            "seat* OR \"no instances\"",
            "No instances, seats",
            &["No instances", "seat"],
        );
        check("*mera", "film-camera.jpg", &["mera"]);
        check("a service:b severity:error", "a service b error", &["a"]);
        check("a -b", "a b", &["a"]);
        check("NOT (b NOT a)", "a b", &["a"]);
        check("/o+/", "foo bo", &["oo", "o"]);
        check("body:/x*/", "axxb", &["xx"]);
        check("body:whole", "whole", &[]);
        check("", "anything", &[]);
    }

    #[test]
    fn places_are_apart_and_in_order() {
        check("\"b c\" \"a b\"", "a b c a", &["a b c"]);
        check("c a", "a b c", &["a", "c"]);
        check("*a*", "aaa", &["aaa"]);
        let query = Query::parse("*a*", Signal::Logs).unwrap();
        assert_eq!(Highlighter::new(&query).places("a a a a", 2), [0..1, 2..3]);
    }

    #[test]
    fn folding_may_change_lengths() {
        check("kelvin", "ẞ \u{212a}elvin ẞ", &["\u{212a}elvin"]);
        check("straße", "die STRAẞE", &["STRAẞE"]);
        check("é", "ÉÉ É", &["É"]);
    }

    #[test]
    fn a_text_that_repeats_itself_ends() {
        let query = Query::parse(&format!("\"{}b\"", "ab ".repeat(300)), Signal::Logs).unwrap();
        assert!(
            Highlighter::new(&query)
                .places(&"ab ".repeat(300_000), 9)
                .is_empty()
        );
    }
}
