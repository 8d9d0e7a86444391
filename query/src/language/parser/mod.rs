//! Reads a query.
//!
//! ```text
//! query     := either?
//! either    := both ("OR" both)*
//! both      := opposite ("AND"? opposite)*
//! opposite  := ("NOT" | "-")* condition
//! condition := "(" either ")" | "{" either? "}" | field test | "/" regex "/" | literal
//! test      := comparison value | ":" (value | comparison value | "[" end "TO" end "]" | "(" either of tests ")")
//! value     := literal | "/" regex "/"
//! literal   := pieces, quoted or not, with wildcards between them
//! ```
//!
//! | file | what it holds |
//! |---|---|
//! | `mod.rs` | how conditions are combined, and what is no field |
//! | `field_test.rs` | what follows a field's name |
//! | `regex.rs` | regular expressions |
//!
//! Inside the parentheses of `field:(...)` conditions are tests of that field; the tree has one
//! condition for each, as if the field had been repeated.

mod field_test;
mod regex;

use clearspan_schema::Signal;

use super::ast::{Expr, Field, Phrase, Query, Test};
use super::error::LanguageError;
use super::lexer::{AfterName, Cursor, Slashed};
use super::limits::{CONDITIONS_MAX, DEPTH_MAX, QUERY_BYTES_MAX};

const CONDITION: [&str; 5] = ["a word", "quoted text", "a field", "NOT", "'('"];

impl Query {
    /// Reads `text` as a query of `signal`. Blank text is the query that every row matches.
    pub fn parse(text: &str, signal: Signal) -> Result<Query, LanguageError> {
        if text.len() > QUERY_BYTES_MAX {
            let expected = format!("at most {QUERY_BYTES_MAX} bytes");
            return Err(LanguageError::new(0, "the query is too long", &[&expected]));
        }
        let mut parser = Parser {
            cursor: Cursor::new(text),
            signal,
            depth: 0,
            conditions: 0,
            regexes: 0,
            in_group: false,
        };
        let root = parser.query()?;
        Ok(Query { signal, root })
    }
}

/// What a condition is about.
#[derive(Clone, Copy)]
enum About<'f> {
    /// Anything.
    Row,
    /// The field whose parentheses it stands in.
    Field(&'f Field),
}

struct Parser<'a> {
    cursor: Cursor<'a>,
    signal: Signal,
    depth: usize,
    conditions: usize,
    regexes: usize,
    in_group: bool,
}

type Parsed<T> = Result<T, LanguageError>;

impl Parser<'_> {
    fn query(&mut self) -> Parsed<Expr> {
        self.cursor.skip_blanks();
        if self.cursor.peek().is_none() {
            return Ok(Expr::All);
        }
        let root = self.either(About::Row)?;
        match self.cursor.peek() {
            None => Ok(root),
            Some(close) => Err(self.error(
                &format!("nothing was opened that '{close}' closes"),
                &["the end of the query"],
            )),
        }
    }

    fn either(&mut self, about: About<'_>) -> Parsed<Expr> {
        let mut parts = vec![self.both(about)?];
        while self.cursor.keyword("OR") {
            parts.push(self.both(about)?);
        }
        Ok(Expr::any_of(parts))
    }

    fn both(&mut self, about: About<'_>) -> Parsed<Expr> {
        let mut parts = vec![self.opposite(about)?];
        loop {
            self.cursor.skip_blanks();
            let ends = matches!(self.cursor.peek(), None | Some(')' | '}'));
            if ends || self.cursor.at_keyword("OR") {
                return Ok(Expr::all_of(parts));
            }
            self.cursor.keyword("AND");
            parts.push(self.opposite(about)?);
        }
    }

    /// Counts the negations instead of recursing, so that a million of them need no stack.
    fn opposite(&mut self, about: About<'_>) -> Parsed<Expr> {
        let mut negated = false;
        loop {
            self.cursor.skip_blanks();
            if self.cursor.keyword("NOT") {
                negated = !negated;
            } else if self.cursor.peek() == Some('-') && !self.at_negative_number(about) {
                self.cursor.bump();
                if self.cursor.at_edge() {
                    return Err(
                        self.error("'-' negates what follows it without a blank", &CONDITION)
                    );
                }
                negated = !negated;
            } else {
                let condition = self.condition(about)?;
                return Ok(if negated {
                    condition.negated()
                } else {
                    condition
                });
            }
        }
    }

    /// `field:(-5 OR 5)` holds a negative number, `-5` elsewhere negates the word.
    fn at_negative_number(&self, about: About<'_>) -> bool {
        matches!(about, About::Field(_))
            && self
                .cursor
                .peek_second()
                .is_some_and(|c| c.is_ascii_digit())
    }

    fn condition(&mut self, about: About<'_>) -> Parsed<Expr> {
        let operator = ["AND", "OR"]
            .into_iter()
            .find(|operator| self.cursor.at_keyword(operator));
        if let Some(operator) = operator {
            return Err(self.error(
                &format!("there is nothing that {operator} joins here"),
                &CONDITION,
            ));
        }
        match (self.cursor.peek(), about) {
            (None, _) => Err(self.error("the query ends too early", &CONDITION)),
            (Some('('), _) => self.parentheses(about),
            (Some('{'), About::Row) => self.group(),
            (Some(_), About::Field(field)) => self.test_in_parentheses(field),
            (Some('/'), About::Row) => self.slashed(),
            (Some(_), About::Row) => self.field_or_text(),
        }
    }

    fn parentheses(&mut self, about: About<'_>) -> Parsed<Expr> {
        self.open()?;
        let inner = self.either(about)?;
        self.close(')')?;
        Ok(inner)
    }

    fn group(&mut self) -> Parsed<Expr> {
        if self.signal == Signal::Logs {
            let message = "'{' groups conditions on spans, logs have none";
            return Err(self.error(message, &["'('", "quoted text"]));
        }
        if self.in_group {
            return Err(self.error("a group stands inside another", &["'('", "'}'"]));
        }
        self.open()?;
        self.in_group = true;
        self.cursor.skip_blanks();
        let inner = if self.cursor.peek() == Some('}') {
            Expr::All
        } else {
            self.either(About::Row)?
        };
        self.in_group = false;
        self.close('}')?;
        Ok(Expr::Group(Box::new(inner)))
    }

    fn open(&mut self) -> Parsed<()> {
        if self.depth == DEPTH_MAX {
            let expected = format!("at most {DEPTH_MAX} brackets inside each other");
            return Err(self.error("the query is nested too deep", &[&expected]));
        }
        self.cursor.bump();
        self.depth += 1;
        Ok(())
    }

    fn close(&mut self, bracket: char) -> Parsed<()> {
        self.cursor.skip_blanks();
        if !self.cursor.eat(bracket) {
            let expected = format!("'{bracket}'");
            return Err(self.error(
                &format!("'{bracket}' is missing"),
                &[&expected, "AND", "OR"],
            ));
        }
        self.depth -= 1;
        Ok(())
    }

    fn field_or_text(&mut self) -> Parsed<Expr> {
        self.count()?;
        let start = self.cursor.position();
        let Some((name, after)) = self.cursor.field_name()? else {
            return self.text();
        };
        if name.is_empty() {
            return Err(LanguageError::new(
                start,
                "the name of a field is empty",
                &["a field's name"],
            ));
        }
        let field = Field::named(&name, self.signal);
        if after == AfterName::Comparison {
            return self.comparison(&field);
        }
        match self.cursor.peek() {
            Some('(') => self.parentheses(About::Field(&field)),
            _ => self.test(&field),
        }
    }

    fn text(&mut self) -> Parsed<Expr> {
        let Some(literal) = self.cursor.literal(|_| false)? else {
            let message = match self.cursor.peek() {
                Some(c @ ('<' | '>')) => format!("the name of a field is missing before '{c}'"),
                Some(c) => format!("'{c}' closes nothing here"),
                None => "the query ends too early".to_owned(),
            };
            return Err(self.error(&message, &CONDITION));
        };
        if let Some(star) = literal.inner_star {
            let message = "'*' stands at the ends of a word only";
            return Err(LanguageError::new(
                star,
                message,
                &["a blank", "a /regular expression/"],
            ));
        }
        Ok(phrase(literal.pieces).map_or(Expr::All, Expr::Text))
    }

    fn slashed(&mut self) -> Parsed<Expr> {
        self.count()?;
        match self.cursor.slashed() {
            Slashed::Regex { source, position } => {
                let field = if self.signal == Signal::Logs {
                    Field::Body
                } else {
                    Field::Name
                };
                Ok(Expr::Field(
                    field,
                    Test::Matches(self.regex(source, position)?),
                ))
            }
            Slashed::Text => self.text(),
            Slashed::Open => {
                let message =
                    "the regular expression does not end; quote text that begins with '/'";
                Err(LanguageError::new(
                    self.cursor.end_position(),
                    message,
                    &["'/'"],
                ))
            }
        }
    }

    fn test_in_parentheses(&mut self, field: &Field) -> Parsed<Expr> {
        self.count()?;
        self.test(field)
    }

    fn count(&mut self) -> Parsed<()> {
        self.conditions += 1;
        if self.conditions > CONDITIONS_MAX {
            let expected = format!("at most {CONDITIONS_MAX} conditions");
            return Err(self.error("the query has too many conditions", &[&expected]));
        }
        Ok(())
    }

    /// A mistake at the cursor.
    fn error(&self, message: &str, expected: &[&str]) -> LanguageError {
        LanguageError::new(self.cursor.position(), message, expected)
    }
}

/// `None` where the text is empty or nothing but a wildcard: every row then.
fn phrase(mut pieces: Vec<String>) -> Option<Phrase> {
    let open_start = pieces.len() > 1 && pieces.first().is_some_and(String::is_empty);
    let open_end = pieces.len() > 1 && pieces.last().is_some_and(String::is_empty);
    pieces.retain(|piece| !piece.is_empty());
    pieces.pop().map(|text| Phrase {
        text,
        open_start,
        open_end,
    })
}
