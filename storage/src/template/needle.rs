//! What the variables of a row must have for a word or phrase (or a text that an expression needs) to stand in its text, looked for in many rows at
//! once.
//!
//! Where the verdict is `Variables`, it is the pattern itself. Where it is `Depends` and the pattern has a digit, it is that digit with what follows
//! it: a token with a digit is a variable from its first digit on, so no digit is static. What follows ends with the token, or earlier before a `k`
//! or `s`, which alone of the letters of ASCII another character folds to (U+212A, U+017F), and that would be static. Of several such pieces the
//! longest is taken.
//!
//! A variable may be a reference to the record's own id: where the piece could be some of an id, rows with a reference may have it.

use memchr::memchr2_iter;
use memchr::memmem::Finder;

use super::token::{PLACEHOLDER, SPAN_REFERENCE, TRACE_REFERENCE, is_token};
use crate::limits::NEEDLE_BYTES_MAX;

/// Digits of the ids that references stand for.
const ID_DIGITS: [usize; 2] = [16, 32];

const SEPARATOR: u8 = PLACEHOLDER as u8;

/// A piece of a folded pattern that variables must have.
#[derive(Debug)]
pub(crate) struct Needle {
    /// With separators where a variable begins or ends.
    finder: Finder<'static>,
    /// Whether no word may go on before it, and after it.
    closed: (bool, bool),
    in_ids: bool,
}

/// What stands beside a piece in its variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Beside {
    Anything,
    /// No character of words, or nothing.
    NoWord,
    Nothing,
}

impl Needle {
    /// For the verdict `Variables`.
    pub(super) fn whole(pattern: &[u8], closed_start: bool, closed_end: bool) -> Option<Self> {
        let beside = |closed| match closed {
            true => Beside::NoWord,
            false => Beside::Anything,
        };
        let is_part = !pattern.is_empty() && pattern.iter().all(|byte| is_token(*byte));
        is_part.then(|| Self::new(pattern, beside(closed_start), beside(closed_end)))?
    }

    /// For the verdict `Depends`.
    pub(super) fn with_digit(pattern: &[u8], closed_start: bool, closed_end: bool) -> Option<Self> {
        let starts = (0..pattern.len()).filter(|&at| {
            pattern[at].is_ascii_digit() && !(at > 0 && pattern[at - 1].is_ascii_digit())
        });
        let pieces = starts.map(|start| {
            let goes_on = |byte: &&u8| is_token(**byte) && !matches!(byte, b'k' | b's');
            let length = pattern[start..].iter().take_while(goes_on).count();
            start..start + length
        });
        let piece = pieces.max_by_key(|piece| (piece.len(), std::cmp::Reverse(piece.start)))?;
        let before = match piece.start.checked_sub(1).map(|at| pattern[at]) {
            None if closed_start => Beside::NoWord,
            Some(byte) if !is_token(byte) => Beside::Nothing,
            _ => Beside::Anything,
        };
        let after = match pattern.get(piece.end) {
            None if closed_end => Beside::NoWord,
            Some(byte) if !is_token(*byte) => Beside::Nothing,
            _ => Beside::Anything,
        };
        Self::new(&pattern[piece], before, after)
    }

    fn new(piece: &[u8], before: Beside, after: Beside) -> Option<Self> {
        if piece.len() > NEEDLE_BYTES_MAX {
            return None;
        }
        let edge = |beside: Beside| match beside {
            Beside::Nothing => [SEPARATOR].as_slice(),
            _ => &[],
        };
        let bytes = [edge(before), piece, edge(after)].concat();
        let is_hex = piece.iter().all(u8::is_ascii_hexdigit);
        let is_open = before == Beside::Anything || after == Beside::Anything;
        Some(Self {
            finder: Finder::new(&bytes).into_owned(),
            closed: (before == Beside::NoWord, after == Beside::NoWord),
            in_ids: is_hex && (is_open || ID_DIGITS.contains(&piece.len())),
        })
    }

    /// In which of `rows` it stands, or may stand in an id.
    pub(crate) fn find_in(&self, rows: &JoinedRows) -> Vec<bool> {
        let mut found = vec![false; rows.starts.len()];
        let (text, mut from, mut row) = (rows.text.as_slice(), 0, 0);
        while let Some(at) = text.get(from..).and_then(|rest| self.finder.find(rest)) {
            let at = from + at;
            from = at + 1;
            if self.is_free(text, at) {
                row = rows.row_from(row, at);
                found[row] = true;
                from = rows.starts.get(row + 1).copied().unwrap_or(text.len());
            }
        }
        if self.in_ids {
            let mut row = 0;
            for at in memchr2_iter(TRACE_REFERENCE as u8, SPAN_REFERENCE as u8, text) {
                row = rows.row_from(row, at);
                found[row] = true;
            }
        }
        found
    }

    fn is_free(&self, text: &[u8], at: usize) -> bool {
        let is_word = |byte: Option<&u8>| {
            byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
        };
        let before = at.checked_sub(1).and_then(|before| text.get(before));
        let after = text.get(at + self.finder.needle().len());
        !(self.closed.0 && is_word(before) || self.closed.1 && is_word(after))
    }
}

/// The joined variables of some rows, folded, with a separator before each row and behind the last.
#[derive(Debug, Default)]
pub(crate) struct JoinedRows {
    text: Vec<u8>,
    starts: Vec<usize>,
}

impl JoinedRows {
    /// Forgets all rows and takes others.
    pub(crate) fn fill<'a>(&mut self, rows: impl Iterator<Item = &'a str>) {
        self.text.clear();
        self.starts.clear();
        for variables in rows {
            self.starts.push(self.text.len());
            self.text.push(SEPARATOR);
            self.text.extend_from_slice(variables.as_bytes());
        }
        self.text.push(SEPARATOR);
        self.text.make_ascii_lowercase();
    }

    /// The row that a place lies in, which is `row` or a later one.
    fn row_from(&self, row: usize, at: usize) -> usize {
        let later = self.starts.get(row + 1..).unwrap_or_default();
        row + later.iter().take_while(|start| **start <= at).count()
    }
}

#[cfg(test)]
mod tests;
