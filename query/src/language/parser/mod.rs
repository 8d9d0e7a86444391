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
//! | `recovery.rs` | what is wrong, and where reading goes on behind it |
//!
//! Inside the parentheses of `field:(...)` conditions are tests of that field; the tree has one
//! condition for each, as if the field had been repeated.
//!
//! There is one grammar and one way through it. What is wrong is a [`Fault`]; it comes up to where reading
//! can go on, and is given to `note` there: a strict parser hands it further up, to its caller, and a
//! recovering one remembers it and leaves a hole in the tree.

mod field_test;
mod recovery;
mod regex;

use clearspan_schema::Signal;

use super::ast::{Expr, Field, Phrase, Query, Test};
use super::error::LanguageError;
use super::lexer::{AfterName, Cursor, Slashed};
use super::limits::{CONDITIONS_MAX, DEPTH_MAX, QUERY_BYTES_MAX};
use recovery::{Fault, Mistakes};

pub use recovery::Recovered;

const CONDITION: [&str; 5] = ["a word", "quoted text", "a field", "NOT", "'('"];

impl Query {
    /// Reads `text` as a query of `signal`. Blank text is the query that every row matches.
    pub fn parse(text: &str, signal: Signal) -> Result<Query, LanguageError> {
        check_length(text)?;
        let mut parser = Parser::new(text, signal, Mistakes::Raised);
        match parser.query() {
            Ok(root) => Ok(Query::new(signal, root)),
            Err(fault) => Err(fault.error),
        }
    }
}

fn check_length(text: &str) -> Result<(), LanguageError> {
    if text.len() > QUERY_BYTES_MAX {
        let expected = format!("at most {QUERY_BYTES_MAX} bytes");
        return Err(LanguageError::new(0, "the query is too long", &[&expected]));
    }
    Ok(())
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
    /// What closes the brackets that are open, the innermost last.
    closers: Vec<char>,
    conditions: usize,
    regexes: usize,
    in_group: bool,
    mistakes: Mistakes,
}

type Parsed<T> = Result<T, Fault>;

/// A part of the tree; `None` where it could not be understood.
type Part = Parsed<Option<Expr>>;

impl<'a> Parser<'a> {
    fn new(text: &'a str, signal: Signal, mistakes: Mistakes) -> Self {
        Parser {
            cursor: Cursor::new(text),
            signal,
            closers: Vec::new(),
            conditions: 0,
            regexes: 0,
            in_group: false,
            mistakes,
        }
    }

    fn query(&mut self) -> Parsed<Expr> {
        self.cursor.skip_blanks();
        if self.cursor.peek().is_none() {
            return Ok(Expr::All);
        }
        Ok(self.either(About::Row)?.unwrap_or(Expr::All))
    }

    fn either(&mut self, about: About<'_>) -> Part {
        let mut parts = Vec::from_iter(self.both(about)?);
        while self.cursor.keyword("OR") {
            parts.extend(self.both(about)?);
        }
        Ok((!parts.is_empty()).then(|| Expr::any_of(parts)))
    }

    fn both(&mut self, about: About<'_>) -> Part {
        let mut parts = Vec::from_iter(self.opposite(about)?);
        loop {
            self.cursor.skip_blanks();
            match self.cursor.peek() {
                Some(bracket @ (')' | '}')) if self.is_stray(bracket) => {
                    self.pass_stray(bracket)?;
                    continue;
                }
                None | Some(')' | '}') => break,
                Some(_) if self.cursor.at_keyword("OR") => break,
                Some(_) => self.cursor.keyword("AND"),
            };
            parts.extend(self.opposite(about)?);
        }
        Ok((!parts.is_empty()).then(|| Expr::all_of(parts)))
    }

    /// Counts the negations instead of recursing, so that a million of them need no stack.
    fn opposite(&mut self, about: About<'_>) -> Part {
        let mut negated = false;
        loop {
            self.cursor.skip_blanks();
            if self.cursor.keyword("NOT") {
                negated = !negated;
            } else if self.cursor.peek() == Some('-') && !self.at_negative_number(about) {
                self.cursor.bump();
                if self.cursor.at_edge() {
                    let message = "'-' negates what follows it without a blank";
                    self.note(self.missing(message, &CONDITION))?;
                } else {
                    negated = !negated;
                }
            } else if !self.pass_operator()? {
                let condition = self.condition_or_hole(about)?;
                return Ok(condition.map(|condition| {
                    if negated {
                        condition.negated()
                    } else {
                        condition
                    }
                }));
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

    fn condition(&mut self, about: About<'_>) -> Part {
        match (self.cursor.peek(), about) {
            (None, _) => Err(self.missing("the query ends too early", &CONDITION)),
            (Some('('), _) => self.bracketed(')', about),
            (Some('{'), About::Row) => self.group(),
            (Some(_), About::Field(field)) => self.test_in_parentheses(field),
            (Some('/'), About::Row) => self.slashed().map(Some),
            (Some(_), About::Row) => self.field_or_text(),
        }
    }

    /// What stands between the bracket that comes next and `closer`.
    fn bracketed(&mut self, closer: char, about: About<'_>) -> Part {
        self.open(closer)?;
        let inner = self.either(about)?;
        self.close(closer)?;
        Ok(inner)
    }

    fn group(&mut self) -> Part {
        let refused: Option<(&str, [&str; 2])> = if self.signal == Signal::Logs {
            let message = "'{' groups conditions on spans, logs have none";
            Some((message, ["'('", "quoted text"]))
        } else if self.in_group {
            Some(("a group stands inside another", ["'('", "'}'"]))
        } else {
            None
        };
        if let Some((message, expected)) = refused {
            self.note(self.wrong(message, &expected, 1))?;
            return self.braces(About::Row);
        }
        self.in_group = true;
        let inner = self.braces(About::Row)?;
        self.in_group = false;
        Ok(inner.map(|inner| Expr::Group(Box::new(inner))))
    }

    fn braces(&mut self, about: About<'_>) -> Part {
        if !self.cursor.at_empty_group() {
            return self.bracketed('}', about);
        }
        self.open('}')?;
        self.close('}')?;
        Ok(Some(Expr::All))
    }

    fn open(&mut self, closer: char) -> Parsed<()> {
        if self.closers.len() == DEPTH_MAX {
            let expected = format!("at most {DEPTH_MAX} brackets inside each other");
            return Err(self.too_much("the query is nested too deep", &expected));
        }
        self.cursor.bump();
        self.closers.push(closer);
        Ok(())
    }

    fn field_or_text(&mut self) -> Part {
        self.count()?;
        let start = self.cursor.position();
        let Some((name, after)) = self.cursor.field_name()? else {
            return self.text().map(Some);
        };
        if name.is_empty() {
            let message = "the name of a field is empty";
            return Err(LanguageError::new(start, message, &["a field's name"]).into());
        }
        let field = Field::named(&name, self.signal);
        if after == AfterName::Comparison {
            return self.comparison(&field);
        }
        match self.cursor.peek() {
            Some('(') => self.bracketed(')', About::Field(&field)),
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
            return Err(self.wrong(&message, &CONDITION, 1));
        };
        if let Some(star) = literal.inner_star {
            let message = "'*' stands at the ends of a word only";
            let expected = ["a blank", "a /regular expression/"];
            return Err(Fault::from(LanguageError::new(star, message, &expected)).of_length(1));
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
                // All that follows belongs to it.
                self.cursor.skip_to_end();
                Err(self.missing(message, &["'/'"]))
            }
        }
    }

    fn test_in_parentheses(&mut self, field: &Field) -> Part {
        self.count()?;
        if self.cursor.peek() == Some('{') {
            self.note(self.value_is_missing())?;
            return self.braces(About::Field(field));
        }
        self.test(field)
    }

    fn count(&mut self) -> Parsed<()> {
        self.conditions += 1;
        if self.conditions > CONDITIONS_MAX {
            let expected = format!("at most {CONDITIONS_MAX} conditions");
            return Err(self.too_much("the query has too many conditions", &expected));
        }
        Ok(())
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
