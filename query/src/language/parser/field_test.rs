//! What follows a field's name.

use super::super::ast::{Comparison, Expr, Field, Glob, Test, Value};
use super::super::error::LanguageError;
use super::super::lexer::{Literal, Slashed};
use super::super::typing::typed;
use super::recovery::Fault;
use super::{Parsed, Parser, Part};

const VALUE: [&str; 6] = [
    "a value",
    "quoted text",
    "a /regular expression/",
    "a comparison",
    "'['",
    "'('",
];

impl Parser<'_> {
    /// What follows a field's `:`, but parentheses.
    pub(super) fn test(&mut self, field: &Field) -> Part {
        let position = self.cursor.position();
        let test = match self.cursor.peek() {
            Some('<' | '>') => return self.comparison(field),
            Some('[') => self.range()?,
            Some('/') => match self.cursor.slashed() {
                Slashed::Regex { source, position } => Test::Matches(self.regex(source, position)?),
                Slashed::Text | Slashed::Open => self.value()?,
            },
            _ => self.value()?,
        };
        self.ended(field, test, position)
    }

    /// The condition, when its value ends where the cursor is. Of a value that goes on, nothing more is said.
    fn ended(&mut self, field: &Field, test: Test, position: usize) -> Part {
        let typed = typed(field, test, position);
        let test = if self.cursor.at_edge() {
            Some(typed?)
        } else {
            let message = "a value goes on without a blank; quote it if this belongs to it";
            self.note(self.missing(message, &["a blank", "')'", "the end of the query"]))?;
            typed.ok()
        };
        Ok(test.map(|test| Expr::Field(field.clone(), test)))
    }

    fn value(&mut self) -> Parsed<Test> {
        match self.cursor.literal(|_| false)? {
            Some(literal) if literal.pieces.len() > 1 => Ok(glob(literal.pieces)),
            Some(literal) => Ok(Test::Equals(single(literal))),
            None => Err(self.value_is_missing()),
        }
    }

    pub(super) fn value_is_missing(&self) -> Fault {
        self.missing("a value is missing", &VALUE)
    }

    pub(super) fn comparison(&mut self, field: &Field) -> Part {
        let greater = self.cursor.bump() == Some('>');
        let comparison = match (greater, self.cursor.eat('=')) {
            (true, false) => Comparison::Greater,
            (true, true) => Comparison::GreaterOrEqual,
            (false, false) => Comparison::Less,
            (false, true) => Comparison::LessOrEqual,
        };
        self.cursor.skip_blanks();
        let position = self.cursor.position();
        let operand = self.operand(|_| false)?;
        self.ended(field, Test::Compare(comparison, operand), position)
    }

    /// A value without wildcards, as comparisons and ranges take it.
    fn operand(&mut self, end: fn(char) -> bool) -> Parsed<Value> {
        let position = self.cursor.position();
        const OPERAND: [&str; 3] = ["a number", "a word", "quoted text"];
        match self.cursor.literal(end)? {
            None => Err(self.missing("a value is missing", &OPERAND)),
            Some(literal) if literal.pieces.len() > 1 => {
                let message = "a comparison takes no '*'";
                Err(LanguageError::new(position, message, &OPERAND).into())
            }
            Some(literal) => Ok(single(literal)),
        }
    }

    fn range(&mut self) -> Parsed<Test> {
        let opening = self.cursor.position();
        self.ends_of_range(opening)
            .inspect_err(|_| self.cursor.pass_range())
    }

    fn ends_of_range(&mut self, opening: usize) -> Parsed<Test> {
        self.cursor.bump();
        let low = self.range_end()?;
        self.cursor.skip_blanks();
        if !self.cursor.keyword("TO") {
            return Err(self.missing("TO is missing between the ends of the range", &["TO"]));
        }
        let high = self.range_end()?;
        let end = self.cursor;
        self.cursor.skip_blanks();
        if !self.cursor.eat(']') {
            let fault = self.missing("']' is missing", &["']'"]);
            // What stands behind the blanks is no part of the range.
            self.cursor = end;
            return Err(fault);
        }
        let mixed =
            matches!((&low, &high), (Some(low), Some(high)) if is_number(low) != is_number(high));
        if mixed || (low.is_none() && high.is_none()) {
            let message = if mixed {
                "the ends of the range are of different kinds"
            } else {
                "the range has no end"
            };
            let expected = ["two numbers", "two texts", "'*' for one end"];
            return Err(LanguageError::new(opening, message, &expected).into());
        }
        Ok(Test::Range(low, high))
    }

    fn range_end(&mut self) -> Parsed<Option<Value>> {
        self.cursor.skip_blanks();
        match (self.cursor.peek(), self.cursor.peek_second()) {
            (Some('*'), second) if second.is_none_or(|c| c.is_whitespace() || c == ']') => {
                self.cursor.bump();
                Ok(None)
            }
            _ => self.operand(|c| c == ']').map(Some),
        }
    }
}

fn glob(pieces: Vec<String>) -> Test {
    let anything = pieces.iter().all(String::is_empty);
    if anything {
        Test::Exists
    } else {
        Test::Glob(Glob(pieces))
    }
}

fn single(mut literal: Literal) -> Value {
    let text = literal.pieces.pop().unwrap_or_default();
    if literal.quoted {
        Value::Text(text)
    } else {
        Value::unquoted(&text)
    }
}

fn is_number(value: &Value) -> bool {
    matches!(value, Value::Number(_))
}
