//! What follows a field's name.

use super::super::ast::{Comparison, Expr, Field, Glob, Test, Value};
use super::super::error::LanguageError;
use super::super::lexer::{Literal, Slashed};
use super::super::typing::typed;
use super::{Parsed, Parser};

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
    pub(super) fn test(&mut self, field: &Field) -> Parsed<Expr> {
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
        self.value_ended()?;
        Ok(Expr::Field(field.clone(), typed(field, test, position)?))
    }

    fn value_ended(&self) -> Parsed<()> {
        if self.cursor.at_edge() {
            return Ok(());
        }
        let message = "a value goes on without a blank; quote it if this belongs to it";
        Err(self.error(message, &["a blank", "')'", "the end of the query"]))
    }

    fn value(&mut self) -> Parsed<Test> {
        match self.cursor.literal(|_| false)? {
            Some(literal) if literal.pieces.len() > 1 => Ok(glob(literal.pieces)),
            Some(literal) => Ok(Test::Equals(single(literal))),
            None => Err(self.error("a value is missing", &VALUE)),
        }
    }

    pub(super) fn comparison(&mut self, field: &Field) -> Parsed<Expr> {
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
        self.value_ended()?;
        let test = typed(field, Test::Compare(comparison, operand), position)?;
        Ok(Expr::Field(field.clone(), test))
    }

    /// A value without wildcards, as comparisons and ranges take it.
    fn operand(&mut self, end: fn(char) -> bool) -> Parsed<Value> {
        let position = self.cursor.position();
        match self.cursor.literal(end)? {
            None => Err(self.error("a value is missing", &["a number", "a word", "quoted text"])),
            Some(literal) if literal.pieces.len() > 1 => {
                let message = "a comparison takes no '*'";
                Err(LanguageError::new(
                    position,
                    message,
                    &["a number", "a word", "quoted text"],
                ))
            }
            Some(literal) => Ok(single(literal)),
        }
    }

    fn range(&mut self) -> Parsed<Test> {
        let opening = self.cursor.position();
        self.cursor.bump();
        let low = self.range_end()?;
        if !self.cursor.keyword("TO") {
            return Err(self.error("TO is missing between the ends of the range", &["TO"]));
        }
        let high = self.range_end()?;
        if !self.cursor.eat(']') {
            return Err(self.error("']' is missing", &["']'"]));
        }
        let mixed =
            matches!((&low, &high), (Some(low), Some(high)) if is_number(low) != is_number(high));
        if mixed || (low.is_none() && high.is_none()) {
            let message = if mixed {
                "the ends of the range are of different kinds"
            } else {
                "the range has no end"
            };
            return Err(LanguageError::new(
                opening,
                message,
                &["two numbers", "two texts", "'*' for one end"],
            ));
        }
        Ok(Test::Range(low, high))
    }

    fn range_end(&mut self) -> Parsed<Option<Value>> {
        self.cursor.skip_blanks();
        let end = match (self.cursor.peek(), self.cursor.peek_second()) {
            (Some('*'), second) if second.is_none_or(|c| c.is_whitespace() || c == ']') => {
                self.cursor.bump();
                None
            }
            _ => Some(self.operand(|c| c == ']')?),
        };
        self.cursor.skip_blanks();
        Ok(end)
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
