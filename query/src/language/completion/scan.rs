//! The way from the start of a query to the cursor.

use clearspan_schema::Signal;

use super::super::ast::Field;
use super::super::lexer::{AfterName, Cursor, Slashed};
use super::{Completion, Place};

/// A bracket that is open.
#[derive(Clone)]
enum Open {
    Parenthesis,
    Group,
    /// `field:(`, and parentheses within it.
    Values(Field),
}

pub(super) struct Scan<'a> {
    /// Reads what stands before the place.
    cursor: Cursor<'a>,
    whole: &'a str,
    /// Where the place is, in bytes.
    end: usize,
    signal: Signal,
    open: Vec<Open>,
    /// Whether a condition stands before.
    is_complete: bool,
    /// The place behind the last `-` that negates; 0 where there is none.
    behind_minus: usize,
}

impl<'a> Scan<'a> {
    pub(super) fn new(whole: &'a str, position: usize, signal: Signal) -> Self {
        let at = whole.char_indices().nth(position);
        let end = at.map_or(whole.len(), |(at, _)| at);
        Scan {
            cursor: Cursor::new(whole.get(..end).unwrap_or(whole)),
            whole,
            end,
            signal,
            open: Vec::new(),
            is_complete: false,
            behind_minus: 0,
        }
    }

    pub(super) fn completion(mut self) -> Completion {
        loop {
            self.cursor.skip_blanks();
            if self.is_at_place() {
                return self.between();
            }
            if let Some(completion) = self.step() {
                return completion;
            }
        }
    }

    fn is_at_place(&self) -> bool {
        self.cursor.peek().is_none()
    }

    /// Reads on; gives the answer when the place is reached within what was read.
    fn step(&mut self) -> Option<Completion> {
        match self.cursor.peek()? {
            '(' => self.opened(match self.values_of() {
                Some(field) => Open::Values(field),
                None => Open::Parenthesis,
            }),
            '{' => self.opened(Open::Group),
            bracket @ (')' | '}') => self.closed(bracket),
            '-' if !self.at_negative_number() => {
                self.operator_read(1);
                self.behind_minus = self.position();
            }
            _ => match self.operator() {
                Some(operator) => self.operator_read(operator.len()),
                None => return self.condition(),
            },
        }
        None
    }

    fn opened(&mut self, bracket: Open) {
        self.cursor.bump();
        self.open.push(bracket);
        self.is_complete = false;
    }

    fn closed(&mut self, bracket: char) {
        self.cursor.bump();
        let closes = |open: &Open| matches!(open, Open::Group) == (bracket == '}');
        if let Some(at) = self.open.iter().rposition(closes) {
            self.open.truncate(at);
        }
        self.is_complete = true;
    }

    /// The operator that comes next, unless it is what is being typed.
    fn operator(&self) -> Option<&'static str> {
        ["AND", "OR", "NOT"].into_iter().find(|operator| {
            let mut ahead = self.cursor;
            ahead.keyword(operator) && ahead.peek().is_some()
        })
    }

    fn operator_read(&mut self, length: usize) {
        (0..length).for_each(|_| {
            self.cursor.bump();
        });
        self.is_complete = false;
    }

    fn at_negative_number(&self) -> bool {
        let digit = self.cursor.peek_second();
        self.values_of().is_some() && digit.is_some_and(|c| c.is_ascii_digit())
    }

    /// The field in whose parentheses the place is.
    fn values_of(&self) -> Option<Field> {
        match self.open.last() {
            Some(Open::Values(field)) => Some(field.clone()),
            _ => None,
        }
    }

    fn condition(&mut self) -> Option<Completion> {
        if let Some(field) = self.values_of() {
            return self.value(field);
        }
        if self.cursor.peek() == Some('/') {
            return self.slashed(Place::Condition);
        }
        match self.cursor.field_name() {
            Ok(Some((name, after))) => {
                let field = Field::named(&name, self.signal);
                match after {
                    AfterName::Colon => self.value(field),
                    AfterName::Comparison => self.comparison(field),
                }
            }
            Ok(None) | Err(_) => self.literal(Place::Condition),
        }
    }

    /// What follows `field:`.
    fn value(&mut self, field: Field) -> Option<Completion> {
        match self.cursor.peek() {
            None => return Some(self.offer(values(field), String::new(), self.position())),
            Some('(') => self.opened(Open::Values(field)),
            Some('<' | '>') => return self.comparison(field),
            Some('[') => return self.range(),
            Some('/') => return self.slashed(values(field)),
            Some(c) if c.is_whitespace() => self.is_complete = false,
            Some(_) => return self.literal(values(field)),
        }
        None
    }

    fn range(&mut self) -> Option<Completion> {
        while let Some(c) = self.cursor.peek() {
            match c {
                '"' => self.cursor.pass_quoted(),
                _ => self.cursor.bump().is_some(),
            };
            if c == ']' {
                break;
            }
        }
        self.passed(self.is_at_place())
    }

    /// Of what is compared, severities alone have names.
    fn comparison(&mut self, field: Field) -> Option<Completion> {
        self.cursor.bump();
        self.cursor.eat('=');
        self.cursor.skip_blanks();
        let place = match field {
            Field::Severity => Place::Value(field),
            _ => Place::Nothing,
        };
        if self.is_at_place() {
            return Some(self.offer(place, String::new(), self.position()));
        }
        self.literal(place)
    }

    /// What begins with `/`: a regular expression if the query as a whole has one here.
    fn slashed(&mut self, place: Place) -> Option<Completion> {
        let mut whole = self.cursor.in_whole(self.whole, self.end);
        match whole.slashed() {
            Slashed::Regex { .. } => {
                let length = whole.position() - self.position();
                (0..length).for_each(|_| {
                    self.cursor.bump();
                });
                self.passed(self.is_at_place())
            }
            Slashed::Text => self.literal(place),
            Slashed::Open if place == Place::Condition => Some(self.nothing()),
            // Alone it is a text, and while it is typed it may become a regular expression.
            Slashed::Open => self.literal(Place::Nothing),
        }
    }

    /// Behind what can only be typed.
    fn passed(&mut self, is_place: bool) -> Option<Completion> {
        self.is_complete = true;
        is_place.then(|| self.nothing())
    }

    fn literal(&mut self, place: Place) -> Option<Completion> {
        let start = self.position();
        if let Some(typed) = self.cursor.open_quote() {
            return Some(self.offer_quoted(place, typed, start));
        }
        match self.cursor.literal(|_| false) {
            Err(_) => Some(self.nothing()),
            Ok(None) => {
                self.cursor.bump();
                self.is_complete = false;
                None
            }
            Ok(Some(mut literal)) => {
                if !self.is_at_place() {
                    self.is_complete = true;
                    return None;
                }
                match literal.pieces.pop() {
                    Some(typed) if literal.pieces.is_empty() && !literal.quoted => {
                        Some(self.offer(place, typed, start))
                    }
                    _ => Some(self.nothing()),
                }
            }
        }
    }

    fn position(&self) -> usize {
        self.cursor.position()
    }

    /// Where nothing is being typed.
    fn between(self) -> Completion {
        let place = match self.values_of() {
            _ if self.is_complete => Place::Operator,
            Some(field) => values(field),
            None => Place::Condition,
        };
        self.answer(place, String::new(), self.position(), self.position())
    }

    fn nothing(&self) -> Completion {
        let mut place = self.cursor;
        place.skip_to_end();
        let at = place.position();
        self.answer(Place::Nothing, String::new(), at, at)
    }

    /// An unquoted word that ends at the place, and goes on behind it.
    fn offer(&self, place: Place, typed: String, start: usize) -> Completion {
        let mut behind = self.cursor.in_whole(self.whole, self.end);
        match place {
            Place::Condition => {
                behind.pass_bare(|c| c == ':');
            }
            _ => while behind.eat('*') || behind.pass_bare(|_| false) {},
        }
        let is_operator = ["AND", "OR"]
            .iter()
            .any(|operator| operator.starts_with(&typed));
        let place = match place {
            Place::Condition if self.is_complete && is_operator => Place::Operator,
            other => other,
        };
        match place {
            Place::Nothing => self.nothing(),
            place => self.answer(place, typed, start, behind.position()),
        }
    }

    /// Quoted text that reaches to its closing quote, if the next one closes it: one that opens another
    /// text has a character directly behind it.
    fn offer_quoted(&mut self, place: Place, typed: String, start: usize) -> Completion {
        let mut whole = self.cursor.in_whole(self.whole, self.end);
        self.cursor.skip_to_end();
        let ends = whole.pass_quoted();
        let is_closed = match place {
            Place::Nothing => return self.nothing(),
            Place::Condition => whole.at_edge() || matches!(whole.peek(), Some(':' | '<' | '>')),
            _ => whole.at_edge(),
        };
        let end = if is_closed && ends {
            whole.position()
        } else {
            self.position()
        };
        Completion {
            quoted: true,
            ..self.answer(place, typed, start, end)
        }
    }

    fn answer(&self, place: Place, typed: String, start: usize, end: usize) -> Completion {
        let mut behind = Cursor::new(self.whole);
        (0..end).for_each(|_| {
            behind.bump();
        });
        let is_colon = behind.peek() == Some(':');
        behind.skip_blanks();
        let is_group = |open: &Open| matches!(open, Open::Group);
        Completion {
            place,
            typed,
            quoted: false,
            replace: start..end,
            in_group: self.signal == Signal::Spans && self.open.iter().any(is_group),
            values_of: self.values_of(),
            makes_negative: self.values_of().is_some()
                && self.behind_minus > 0
                && self.behind_minus == start,
            test_follows: is_colon || matches!(behind.peek(), Some('<' | '>')),
        }
    }
}

/// A duration is a number, of which nothing is known.
fn values(field: Field) -> Place {
    match field {
        Field::Duration => Place::Nothing,
        other => Place::Value(other),
    }
}
