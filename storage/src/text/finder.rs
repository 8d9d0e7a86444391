//! Words and phrases: where their text stands in another, ignoring case.
//!
//! 1. Both texts are folded (Unicode simple case folding, character by character), so that finding is a
//!    search for bytes.
//! 2. Where the phrase begins (ends) with a word character, none may stand before (after) a place where
//!    it was found, unless that end is open. If one does, the search goes on one byte further, so that
//!    places which overlap are found.
//! 3. Text that repeats itself could make step 2 quadratic. After a few places where a long phrase did
//!    not hold, the rest is searched by the algorithm of Knuth, Morris and Pratt, which sees all places
//!    in one pass.

use std::ops::Range;

use memchr::memmem::Finder;

use super::fold::fold;
use super::pattern::TextPattern;
use super::token::is_word;

/// Places where a long phrase did not hold before the search changes to the one that is linear in the
/// worst case.
const QUICK_PLACES_MAX: usize = 8;

/// Bytes of a phrase that may be looked at again at each place: a small factor, not a second dimension.
const SHORT_PHRASE_BYTES: usize = 64;

/// One word or phrase.
#[derive(Debug)]
pub struct TextFinder {
    finder: Finder<'static>,
    closed_start: bool,
    closed_end: bool,
}

impl TextFinder {
    /// Prepares the search.
    pub fn new(pattern: &TextPattern) -> Self {
        TextFinder {
            finder: Finder::new(fold(&pattern.text).as_bytes()).into_owned(),
            closed_start: !pattern.open_start && pattern.text.starts_with(is_word),
            closed_end: !pattern.open_end && pattern.text.ends_with(is_word),
        }
    }

    /// Whether it stands in `folded`. Folding keeps word characters, so its ends can be told there.
    pub fn stands_in(&self, folded: &str) -> bool {
        let is_short = self.finder.needle().len() <= SHORT_PHRASE_BYTES;
        let (mut from, mut places) = (0, 0);
        while is_short || places < QUICK_PLACES_MAX {
            let rest = folded.as_bytes().get(from..);
            let Some(found) = rest.and_then(|rest| self.finder.find(rest)) else {
                return false;
            };
            if self.holds_at(folded, from + found) {
                return true;
            }
            from += found + 1;
            places += 1;
        }
        self.stands_after(folded, from)
    }

    /// The first places in `folded` where it stands, at most `max`, from as many tries. The places do not overlap.
    pub fn places(&self, folded: &str, max: usize, tries_max: usize) -> Vec<Range<usize>> {
        let length = self.finder.needle().len();
        let mut places = Vec::new();
        let mut from = 0;
        for _ in 0..tries_max {
            let rest = folded.as_bytes().get(from..);
            let Some(found) = rest.and_then(|rest| self.finder.find(rest)) else {
                break;
            };
            let start = from + found;
            from = start + 1;
            if length > 0 && self.holds_at(folded, start) {
                from = start + length;
                places.push(start..from);
                if places.len() == max {
                    break;
                }
            }
        }
        places
    }

    fn holds_at(&self, folded: &str, start: usize) -> bool {
        let end = start + self.finder.needle().len();
        let before = self.closed_start && folded[..start].ends_with(is_word);
        let after = self.closed_end && folded[end..].starts_with(is_word);
        !before && !after
    }

    /// Step 3 of the module's description, from the byte `from` on.
    fn stands_after(&self, folded: &str, from: usize) -> bool {
        let needle = self.finder.needle();
        let borders = borders(needle);
        let mut matched = 0;
        for (at, &byte) in folded.as_bytes().iter().enumerate().skip(from) {
            while matched > 0 && (matched == needle.len() || needle[matched] != byte) {
                matched = borders[matched - 1];
            }
            matched += usize::from(needle[matched] == byte);
            if matched == needle.len() && self.holds_at(folded, at + 1 - needle.len()) {
                return true;
            }
        }
        false
    }
}

/// For each prefix of `needle`, the length of the longest shorter prefix that it ends with.
fn borders(needle: &[u8]) -> Vec<usize> {
    let mut borders = vec![0; needle.len()];
    let mut length = 0;
    for at in 1..needle.len() {
        while length > 0 && needle[length] != needle[at] {
            length = borders[length - 1];
        }
        length += usize::from(needle[length] == needle[at]);
        borders[at] = length;
    }
    borders
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stands(phrase: &TextPattern, text: &str) -> bool {
        TextFinder::new(phrase).stands_in(&fold(text))
    }

    #[test]
    fn a_phrase_stands_where_its_ends_are_free() {
        let check = |phrase: &str, text: &str, expected: bool| {
            assert_eq!(
                stands(&TextPattern::new(phrase), text),
                expected,
                "{phrase} in {text}"
            );
        };
        check("camera", "film-camera.jpg", true);
        check("film-camera", "film-camera.jpg", true);
        check("cam", "film-camera.jpg", false);
        check("CAMERA", "my Camera", true);
        check("camera", "cameras and a camera", true);
        check("a", "aa_a1", false);
        check("b", "a_b", false);
        check(".jpg", "film.jpg", true);
        check("-", "film-camera", true);
        check("a-a", "a-a-a", true);
        check("a-aa", "a-aaa-aa", false);
        check("a-aa", "a-aaa-a-aa", true);
        check("aa-aa", "aaa-aa-aa", true);
        check("é", "É", true);
        check("e", "é", false);
        check("e", "e\u{301}", true);
        check("straße", "STRAẞE", true);
        check("strasse", "straße", false);
        check("kelvin", "\u{212a}elvin", true);
        check("\u{212a}", "k", true);
        check("ς", "Σ", true);
        check("x", "日x本", false);
        check("日", "日。本", true);
        check("²", "m²", false);
        check("connection refused", "Connection  refused", false);
        check("", "", true);
    }

    #[test]
    fn an_open_end_may_go_on() {
        let text = "film-camera.jpg";
        let phrase = |text: &str, open_start, open_end| TextPattern {
            text: text.into(),
            open_start,
            open_end,
        };
        assert!(stands(&phrase("cam", false, true), text));
        assert!(stands(&phrase("mera", true, false), text));
        assert!(stands(&phrase("mer", true, true), text));
        assert!(!stands(&phrase("mer", true, false), text));
        assert!(!stands(&phrase("mera", false, true), text));
        assert!(!stands(&phrase("cam", true, false), text));
    }

    #[test]
    fn text_that_repeats_itself_is_searched_in_linear_time() {
        let needle = TextPattern::new("ab ".repeat(10_000) + "a");
        let mut text = "ab ".repeat(400_000);
        assert!(!stands(&needle, &text));
        text.push_str("a!");
        assert!(stands(&needle, &text));
        assert!(!stands(
            &TextPattern::new("a".repeat(20_000)),
            &"a".repeat(1_000_000)
        ));
    }
}
