//! Case folding: one character stands for all that differ only in case.
//!
//! The rule is Unicode's *simple* case folding as the `regex` crate's `(?i)` has it, so that a word, a phrase and a regular
//! expression agree on what "ignoring case" means. It goes character by character, never into several (`ß` stays apart
//! from `ss`, `İ` from `i`), but the byte length may change: the Kelvin sign has three bytes, `k` has one.
//!
//! An orbit is a set of characters that fold together, such as `k`, `K` and the Kelvin sign. Its representative is its ASCII
//! lower-case letter where it has one, else its smallest member.

use std::sync::LazyLock;

use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};

/// Characters of a page of the table; pages in which every character stands for itself are not stored.
const PAGE_CHARS: usize = 256;

/// No character from here on has a case: the table ends with the supplementary multilingual plane.
const TABLE_CHARS: u32 = 0x2_0000;

/// Returns the representative of the character's orbit.
#[inline]
pub fn fold_char(c: char) -> char {
    if c.is_ascii() {
        c.to_ascii_lowercase()
    } else {
        TABLE.fold(c)
    }
}

/// Appends the folded text to `out`.
pub fn fold_into(text: &str, out: &mut String) {
    let mut rest = text;
    while !rest.is_empty() {
        let ascii = rest
            .bytes()
            .position(|byte| !byte.is_ascii())
            .unwrap_or(rest.len());
        let (head, tail) = rest.split_at(ascii);
        let start = out.len();
        out.push_str(head);
        out[start..].make_ascii_lowercase();
        let mut chars = tail.chars();
        if let Some(c) = chars.next() {
            out.push(TABLE.fold(c));
        }
        rest = chars.as_str();
    }
}

/// Returns the folded text.
pub fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    fold_into(text, &mut out);
    out
}

/// A checksum of every folding that is not the identity: it changes when a new Unicode version changes one.
pub(crate) fn table_checksum() -> u32 {
    TABLE.checksum
}

/// Two levels: the number of a page by the character's high bits, then the representative by its low eight.
struct Table {
    /// 0 stands for the page of identities, n for `pages[n - 1]`.
    index: Vec<u8>,
    pages: Vec<[char; PAGE_CHARS]>,
    checksum: u32,
}

static TABLE: LazyLock<Table> = LazyLock::new(Table::build);

impl Table {
    /// Asks `regex-syntax` for the orbit of each character that has another case. That a character without another case
    /// in the standard library has no orbit either is what the exhaustive test shows.
    fn build() -> Self {
        let mut table = Self {
            index: vec![0; TABLE_CHARS as usize / PAGE_CHARS],
            pages: Vec::new(),
            checksum: 0,
        };
        for c in (0x80..TABLE_CHARS)
            .filter_map(char::from_u32)
            .filter(|c| has_case(*c))
        {
            let folded = representative(c);
            if folded != c {
                table.set(c, folded);
            }
        }
        table
    }

    fn set(&mut self, c: char, folded: char) {
        let (page, place) = position(c);
        if self.index[page] == 0 {
            let first = (page * PAGE_CHARS) as u32;
            self.pages.push(std::array::from_fn(|i| {
                char::from_u32(first + i as u32).unwrap_or(char::REPLACEMENT_CHARACTER)
            }));
            // 512 pages exist and 40 hold a cased character, so the number fits.
            self.index[page] = self.pages.len() as u8;
        }
        let number = usize::from(self.index[page]);
        self.pages[number - 1][place] = folded;
        let mut pair = [0; 8];
        pair[..4].copy_from_slice(&u32::from(c).to_le_bytes());
        pair[4..].copy_from_slice(&u32::from(folded).to_le_bytes());
        self.checksum = crc32c::crc32c_append(self.checksum, &pair);
    }

    #[inline]
    fn fold(&self, c: char) -> char {
        let (page, place) = position(c);
        match self.index.get(page) {
            None | Some(0) => c,
            Some(number) => self.pages[usize::from(*number) - 1][place],
        }
    }
}

#[inline]
fn position(c: char) -> (usize, usize) {
    let code = u32::from(c) as usize;
    (code / PAGE_CHARS, code % PAGE_CHARS)
}

fn has_case(c: char) -> bool {
    !c.to_lowercase().eq([c]) || !c.to_uppercase().eq([c])
}

fn representative(c: char) -> char {
    let mut orbit = ClassUnicode::new([ClassUnicodeRange::new(c, c)]);
    if orbit.try_case_fold_simple().is_err() {
        // Only without the crate's `unicode-case` tables, which the exhaustive test would notice.
        return c;
    }
    // Ranges are sorted, so an ASCII member would be the first of all.
    match orbit.ranges().first() {
        Some(range) => range.start().to_ascii_lowercase(),
        None => c,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::*;
    use crate::text::token::is_word;

    fn orbit(c: char) -> Vec<char> {
        let mut class = ClassUnicode::new([ClassUnicodeRange::new(c, c)]);
        class.case_fold_simple();
        class
            .ranges()
            .iter()
            .flat_map(|range| range.start()..=range.end())
            .collect()
    }

    #[test]
    fn every_character_folds_with_its_orbit_and_keeps_its_class() {
        let mut representatives = 0;
        for c in '\0'..=char::MAX {
            let orbit = orbit(c);
            let folded = fold_char(c);
            assert!(orbit.contains(&folded), "{c:?} folds out of its orbit");
            for other in &orbit {
                assert_eq!(fold_char(*other), folded, "{c:?} and {other:?}");
                assert_eq!(is_word(*other), is_word(c), "{c:?} and {other:?}");
            }
            match orbit.iter().find(|c| c.is_ascii()) {
                Some(ascii) => assert_eq!(folded, ascii.to_ascii_lowercase()),
                None => assert_eq!(Some(&folded), orbit.first()),
            }
            representatives += usize::from(orbit.len() > 1 && folded == c);
        }
        assert!(representatives > 1_300, "{representatives} orbits");
    }

    #[test]
    fn texts_fold_character_by_character() {
        let check = |text: &str, expected: &str| {
            assert_eq!(fold(text), expected);
            let by_char: String = text.chars().map(fold_char).collect();
            assert_eq!(by_char, expected);
        };
        check("", "");
        check("GET /Cart", "get /cart");
        check("\u{17f}tra\u{df}e \u{212a}elvin", "stra\u{df}e kelvin");
        check("\u{130}\u{131}I", "\u{130}\u{131}i");
        check("\u{3c3}\u{3c2}\u{3a3}", "\u{3a3}\u{3a3}\u{3a3}");
        check("a\u{308}\u{c4}", "a\u{308}\u{c4}");
        check("\u{10428}\u{1f600}", "\u{10400}\u{1f600}");
    }
}
