//! Texts full of what makes tokens hard, and patterns cut out of them.

use crate::text::TextPattern;
use crate::text::fold::fold_char;

/// SplitMix64: small, and the same everywhere.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `limit`.
    pub(super) fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    pub(super) fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn pick<'a, T: ?Sized>(&mut self, items: &[&'a T]) -> &'a T {
        items[self.below(items.len())]
    }
}

const WORDS: &[&str] = &[
    "error",
    "Camera",
    "film",
    "a",
    "k",
    "\u{212a}",
    "S",
    "\u{17f}",
    "\u{130}stanbul",
    "stra\u{df}e",
    "STRASSE",
    "\u{1e9e}",
    "caf\u{e9}",
    "cafe\u{301}",
    "x\u{b2}",
    "\u{bd}",
    "\u{2167}",
    "\u{3a3}\u{3c3}\u{3c2}",
    "\u{5d0}\u{5d1}",
    "\u{65e5}\u{672c}",
    "\u{10400}\u{10428}",
    "_",
    "snake_case",
    "\u{345}\u{399}",
    "dead",
    "beef",
    "deadbeef",
    "0",
    "42",
    "2023",
    "1234567",
    "12345678",
    "e89b",
    "\u{661}\u{662}",
];

const SEPARATORS: &[&str] = &[
    " ",
    " ",
    " ",
    "-",
    "-",
    ".",
    "/",
    ":",
    "@",
    "'",
    "--",
    "...",
    "\": \"",
    "\u{301}",
    "\u{2014}",
    "\u{3000}",
    "\0",
    "\u{1f600}",
    "",
];

/// Rows of texts.
pub(super) fn rows(random: &mut Random, count: usize) -> Vec<String> {
    (0..count).map(|_| text(random)).collect()
}

fn text(random: &mut Random) -> String {
    let mut text = String::new();
    for _ in 0..random.below(9) {
        match random.below(10) {
            0 => uuid(random, &mut text),
            1 => {
                let digits = 1 + random.below(20);
                repeat(random, &mut text, b"0123456789", digits);
            }
            2 => {
                let digits = 1 + random.below(36);
                repeat(random, &mut text, b"0123456789abcdefABCDEF", digits);
            }
            3 => long(random, &mut text),
            _ => text.push_str(random.pick(WORDS)),
        }
        text.push_str(random.pick(SEPARATORS));
    }
    text
}

fn repeat(random: &mut Random, text: &mut String, digits: &[u8], count: usize) {
    for _ in 0..count {
        text.push(char::from(digits[random.below(digits.len())]));
    }
}

/// A UUID, or something that is nearly one.
fn uuid(random: &mut Random, text: &mut String) {
    let digits: &[u8] = if random.one_in(2) {
        b"0123456789abcdef"
    } else {
        b"01"
    };
    for (i, count) in [8, 4, 4, 4, 12].into_iter().enumerate() {
        if i > 0 {
            text.push_str(if random.one_in(40) { "--" } else { "-" });
        }
        let count = if random.one_in(40) {
            count + random.below(3) - 1
        } else {
            count
        };
        repeat(random, text, digits, count);
    }
}

/// About as long as the longest word.
fn long(random: &mut Random, text: &mut String) {
    let wide = random.one_in(3);
    for _ in 0..60 + random.below(9) {
        text.push(match wide && random.one_in(30) {
            true => '\u{212a}',
            false => char::from(b"xyZ"[random.below(3)]),
        });
    }
}

/// A piece of a row, in other case, with ends open or not.
pub(super) fn pattern(random: &mut Random, rows: &[String]) -> TextPattern {
    let row: Vec<char> = rows[random.below(rows.len())].chars().collect();
    let (mut start, mut end) = (random.below(row.len() + 1), random.below(row.len() + 1));
    if start > end {
        std::mem::swap(&mut start, &mut end);
    }
    if random.one_in(2) {
        // To the nearest places where a whole token begins and ends, so that closed patterns often match.
        while start > 0 && joined(&row, start) {
            start -= 1;
        }
        while end < row.len() && joined(&row, end) {
            end += 1;
        }
    }
    let mut text: String = row[start..end]
        .iter()
        .map(|c| other_case(random, *c))
        .collect();
    if random.one_in(12) {
        text.push_str(random.pick(WORDS));
    }
    TextPattern {
        text,
        open_start: random.one_in(4),
        open_end: random.one_in(4),
    }
}

fn joined(row: &[char], at: usize) -> bool {
    at > 0 && at < row.len() && crate::text::is_word(row[at - 1]) && crate::text::is_word(row[at])
}

fn other_case(random: &mut Random, c: char) -> char {
    let single = |mut cased: Box<dyn Iterator<Item = char>>| match (cased.next(), cased.next()) {
        (Some(other), None) if fold_char(other) == fold_char(c) => other,
        _ => c,
    };
    match random.below(4) {
        0 => single(Box::new(c.to_uppercase())),
        1 => single(Box::new(c.to_lowercase())),
        2 if c == 'k' => '\u{212a}',
        2 if c == 'S' => '\u{17f}',
        _ => c,
    }
}
