//! Bodies full of what makes tokens and their edges hard, and patterns cut out of them.

use crate::text::fold::fold_char;
use crate::text::{TextPattern, is_word};
use crate::vfs::sim::SimRandom;

/// A generator with what these tests draw.
pub(crate) struct Draw(SimRandom);

const WORDS: &[&str] = &[
    "error",
    "Route",
    "ID",
    "k",
    "\u{212a}",
    "\u{17f}tatus",
    "caf\u{e9}",
    "stra\u{df}e",
    "\u{65e5}\u{672c}",
    "\u{3a3}",
    "e\u{301}",
    "user_name",
    "a.b",
    "-",
    "::",
];

const SEPARATORS: &[&str] = &[
    " ",
    " ",
    " ",
    "=",
    ", ",
    "[",
    "](",
    "\u{e9}",
    "\u{ff1a}",
    "\u{1f600}",
    "\n",
    "\0",
    "#",
    "\u{17f}",
    ". ",
    ": ",
];

impl Draw {
    pub(crate) fn new(seed: u64) -> Self {
        Self(SimRandom::new(seed))
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0.below(limit as u64) as usize
    }

    pub(crate) fn one_in(&mut self, n: u64) -> bool {
        self.0.one_in(n)
    }

    pub(crate) fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    /// Something that is a variable wherever no token stands next to it.
    pub(crate) fn variable(&mut self) -> String {
        const BYTES: &[u8] = b"aekKsS019.-/:@_";
        let mut variable: String = (0..self.below(6))
            .map(|_| char::from(self.pick(BYTES)))
            .collect();
        let at = self.below(variable.len() + 1);
        variable.insert(at, self.pick(&['1', '7']));
        match self.below(12) {
            0 => super::TRACE.to_owned(),
            1 => super::SPAN.to_owned(),
            2 => format!("error-{variable}"),
            _ => variable,
        }
    }

    /// A body of some words and variables.
    pub(crate) fn body(&mut self) -> String {
        let mut body = String::new();
        for _ in 0..1 + self.below(6) {
            match self.below(3) {
                0 => body.push_str(&self.variable()),
                _ => body.push_str(self.pick(WORDS)),
            }
            body.push_str(self.pick(SEPARATORS));
        }
        body
    }

    /// A piece of a text, in other case, with ends open or not, and sometimes with something else at its end.
    pub(crate) fn pattern(&mut self, text: &str) -> TextPattern {
        let text: Vec<char> = text.chars().collect();
        let mut start = self.below(text.len() + 1);
        let mut end = (start + self.below(14)).min(text.len());
        if self.one_in(2) {
            while start > 0
                && is_word(text[start - 1])
                && text.get(start).is_some_and(|c| is_word(*c))
            {
                start -= 1;
            }
            while end > start && end < text.len() && is_word(text[end - 1]) && is_word(text[end]) {
                end += 1;
            }
        }
        let mut piece: String = text[start..end]
            .iter()
            .map(|c| self.other_case(*c))
            .collect();
        match self.below(10) {
            0 => piece.push_str(self.pick(WORDS)),
            1 => piece.push_str(self.pick(SEPARATORS)),
            2 => piece.insert_str(0, self.pick(SEPARATORS)),
            _ => {}
        }
        TextPattern {
            text: piece,
            open_start: self.one_in(4),
            open_end: self.one_in(4),
        }
    }

    fn other_case(&mut self, c: char) -> char {
        let others = [
            'k', 'K', '\u{212a}', 's', 'S', '\u{17f}', '\u{e9}', '\u{c9}',
        ];
        let same = |other: &char| fold_char(*other) == fold_char(c);
        match self.below(3) {
            0 => others
                .into_iter()
                .find(same)
                .unwrap_or(c.to_ascii_uppercase()),
            1 => others
                .into_iter()
                .rfind(same)
                .unwrap_or(c.to_ascii_lowercase()),
            _ => c,
        }
    }
}
