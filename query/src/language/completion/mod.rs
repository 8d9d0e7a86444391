//! What stands where somebody types, so that fields and values can be offered there.
//!
//! 1. What stands before the cursor is read with the same lexer as a query, condition by condition, and
//!    decides alone what the place is: a text that is being typed is hardly ever right as a whole.
//! 2. What stands behind the cursor only says how far a choice reaches: to the end of the word, or to the quote
//!    that closes the text.
//!
//! | file | what it holds |
//! |---|---|
//! | `mod.rs` | the answer, and how a choice is written |
//! | `scan.rs` | the way to the cursor |

mod scan;
#[cfg(test)]
mod tests;

use std::ops::Range;

use clearspan_schema::Signal;

use super::ast::{Field, Value};
use super::print::{name_text, value_text};

/// What may stand at a place of a query.
#[derive(Debug, Clone, PartialEq)]
pub enum Place {
    /// A condition begins: a field's name, a word or `NOT`.
    Condition,
    /// A condition is complete: `AND` or `OR`, or a further condition.
    Operator,
    /// A value of this field.
    Value(Field),
    /// Nothing that could be known: a number, a range, a regular expression, a wildcard, the end of a closed text.
    Nothing,
}

/// What stands at a place of a query, and what a choice replaces.
#[derive(Debug, Clone, PartialEq)]
pub struct Completion {
    /// What may stand there.
    pub place: Place,
    /// What was typed of it before the cursor, without quotes and escapes.
    pub typed: String,
    /// Whether it is typed in quotes.
    pub quoted: bool,
    /// The characters, from 0, that a choice replaces. It begins with what was typed, and holds the rest of
    /// the same word or text behind the cursor.
    pub replace: Range<usize>,
    /// Whether it stands in a group of conditions on one span.
    pub in_group: bool,
    /// The field in whose parentheses it stands, so that conditions there are values of it.
    pub values_of: Option<Field>,
    /// Whether a `-` stands directly before it that negates, and would be a sign before a digit.
    makes_negative: bool,
    /// Whether `:` or a comparison follows already.
    test_follows: bool,
}

impl Completion {
    /// How the field `name` is written here; with `:` where neither that nor a comparison follows.
    pub fn field_text(&self, name: &str) -> String {
        let mut text = name_text(name);
        if !self.test_follows {
            text.push(':');
        }
        text
    }

    /// How `value` is written here, so that it is read as exactly that.
    pub fn value_text(&self, value: &Value) -> String {
        let text = value_text(value);
        if self.makes_negative && text.starts_with(|c: char| c.is_ascii_digit()) {
            format!("({text})")
        } else {
            text
        }
    }

    /// `text` with `written` in place of what was typed.
    pub fn apply(&self, text: &str, written: &str) -> String {
        let before = text.chars().take(self.replace.start);
        let after = text.chars().skip(self.replace.end);
        before.chain(written.chars()).chain(after).collect()
    }
}

/// What stands in `text` at `position`, in characters from 0. Beyond the end is at the end.
pub fn completion_at(text: &str, position: usize, signal: Signal) -> Completion {
    scan::Scan::new(text, position, signal).completion()
}
