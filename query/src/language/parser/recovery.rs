//! What is wrong with a query, and where reading goes on behind it.
//!
//! 1. A condition that cannot be read is left out, and reading goes on behind its last character that is
//!    no blank and no bracket.
//! 2. A bracket that is missing is taken as if it stood where it was missed. One of the wrong kind closes what is
//!    open, unless the right one still comes; then, as where nothing is open, it is passed over.
//! 3. An operator that joins nothing is passed over.
//! 4. What is found at a place that was already found wrong follows from that, and is not told again. So each
//!    mistake stands behind the one before it.

use clearspan_schema::Signal;

use super::super::ast::{Expr, Query};
use super::super::error::{LanguageError, Mistake};
use super::super::limits::MISTAKES_MAX;
use super::{About, CONDITION, Parsed, Parser, Part, check_length};

/// What could be understood of a query, and all that is wrong with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Recovered {
    /// The query without the conditions that could not be read.
    pub query: Query,
    /// What is wrong, in order of position; at most [`MISTAKES_MAX`]. Empty if and only if
    /// [`Query::parse`] reads the text, and the first is the one that it tells.
    pub mistakes: Vec<Mistake>,
}

impl Query {
    /// Reads of `text` what can be read. Where a limit is exceeded, what follows is not looked at.
    pub fn recover(text: &str, signal: Signal) -> Recovered {
        if let Err(error) = check_length(text) {
            let length = text.chars().count();
            return Recovered {
                query: Query::all(signal),
                mistakes: vec![Mistake { error, length }],
            };
        }
        let noted = Mistakes::Noted {
            list: Vec::new(),
            is_over: false,
        };
        let mut parser = Parser::new(text, signal, noted);
        let root = parser.query().unwrap_or(Expr::All);
        let mistakes = match parser.mistakes {
            Mistakes::Noted { list, .. } => list,
            Mistakes::Raised => Vec::new(),
        };
        Recovered {
            query: Query::new(signal, root),
            mistakes,
        }
    }
}

/// What a parser does with mistakes.
pub(super) enum Mistakes {
    /// The first one ends it.
    Raised,
    /// They are kept, and it goes on until a limit `is_over`.
    Noted { list: Vec<Mistake>, is_over: bool },
}

/// A mistake on its way to where reading can go on.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) error: LanguageError,
    /// How many characters are wrong; else all that were read since the mistake's position.
    length: Option<usize>,
    is_over: bool,
}

impl From<LanguageError> for Fault {
    fn from(error: LanguageError) -> Self {
        Fault {
            error,
            length: None,
            is_over: false,
        }
    }
}

impl Fault {
    pub(super) fn of_length(self, length: usize) -> Self {
        Fault {
            length: Some(length),
            ..self
        }
    }

    /// Nothing behind it is looked at.
    pub(super) fn beyond_limits(self) -> Self {
        Fault {
            is_over: true,
            ..self
        }
    }
}

impl Parser<'_> {
    /// The next `length` characters are wrong.
    pub(super) fn wrong(&self, message: &str, expected: &[&str], length: usize) -> Fault {
        let error = LanguageError::new(self.cursor.position(), message, expected);
        Fault::from(error).of_length(length)
    }

    /// Something is missing at the cursor.
    pub(super) fn missing(&self, message: &str, expected: &[&str]) -> Fault {
        self.wrong(message, expected, 0)
    }

    /// What comes next is beyond a limit.
    pub(super) fn too_much(&self, message: &str, expected: &str) -> Fault {
        self.wrong(message, &[expected], 1).beyond_limits()
    }

    /// Goes on behind a mistake, or hands it up. Every caller is at a place where it can go on.
    pub(super) fn note(&mut self, fault: Fault) -> Parsed<()> {
        let Mistakes::Noted { list, is_over } = &mut self.mistakes else {
            return Err(fault);
        };
        let position = fault.error.position;
        let follows = |last: &Mistake| last.error.position >= position;
        if !*is_over && !list.last().is_some_and(follows) {
            let read = self.cursor.position().saturating_sub(position);
            let length = match fault.length {
                Some(length) => length,
                None if read > 0 => read,
                None => usize::from(position < self.cursor.end_position()),
            };
            list.push(Mistake {
                error: fault.error,
                length,
            });
            *is_over = fault.is_over || list.len() == MISTAKES_MAX;
        }
        if *is_over {
            self.cursor.skip_to_end();
        }
        Ok(())
    }

    pub(super) fn condition_or_hole(&mut self, about: About<'_>) -> Part {
        let start = self.cursor.position();
        match self.condition(about) {
            Ok(condition) => Ok(condition),
            Err(fault) => {
                self.note(fault)?;
                self.pass_over(start);
                Ok(None)
            }
        }
    }

    /// Passes over the rest of a condition that began at `start`.
    fn pass_over(&mut self, start: usize) {
        while !self.cursor.at_edge() {
            match self.cursor.peek() {
                Some('(' | '{') if self.cursor.position() > start => return,
                Some('"') => self.cursor.pass_quoted(),
                _ => self.cursor.bump().is_some(),
            };
        }
    }

    /// Whether `bracket`, which comes next, closes nothing and stands in for nothing that is missing.
    pub(super) fn is_stray(&self, bracket: char) -> bool {
        match self.closers.last() {
            None => true,
            Some(_) if self.closers.contains(&bracket) => false,
            Some(&closer) => {
                let open = self.closers.iter().filter(|&&open| open == closer).count();
                self.cursor.closers_ahead(closer) >= open
            }
        }
    }

    pub(super) fn pass_stray(&mut self, bracket: char) -> Parsed<()> {
        let fault = match self.closers.last() {
            Some(&closer) => self.closer_is_missing(closer),
            None => {
                let message = format!("nothing was opened that '{bracket}' closes");
                self.wrong(&message, &["the end of the query"], 1)
            }
        };
        self.note(fault)?;
        self.cursor.bump();
        Ok(())
    }

    /// Closes the innermost bracket.
    pub(super) fn close(&mut self, closer: char) -> Parsed<()> {
        self.cursor.skip_blanks();
        if self.cursor.eat(closer) {
            self.closers.pop();
            return Ok(());
        }
        self.note(self.closer_is_missing(closer))?;
        self.closers.pop();
        let stands_in =
            |bracket: char| matches!(bracket, ')' | '}') && !self.closers.contains(&bracket);
        if self.cursor.peek().is_some_and(stands_in) {
            self.cursor.bump();
        }
        Ok(())
    }

    fn closer_is_missing(&self, closer: char) -> Fault {
        let quoted = format!("'{closer}'");
        self.missing(&format!("{quoted} is missing"), &[&quoted, "AND", "OR"])
    }

    /// Passes over an operator that comes next where a condition should.
    pub(super) fn pass_operator(&mut self) -> Parsed<bool> {
        let operator = ["AND", "OR"]
            .into_iter()
            .find(|operator| self.cursor.at_keyword(operator));
        if let Some(operator) = operator {
            let message = format!("there is nothing that {operator} joins here");
            self.note(self.wrong(&message, &CONDITION, operator.len()))?;
            self.cursor.keyword(operator);
        }
        Ok(operator.is_some())
    }
}

#[cfg(test)]
mod tests;
