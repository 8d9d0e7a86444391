//! Questions as the text of a query, spelled one way or the other.

use super::question::{Field, Question, Test, TraceQuestion, Written};
use crate::random::Random;

/// Spells at random.
pub(super) struct Printer<'r> {
    pub(super) random: &'r mut Random,
}

impl Printer<'_> {
    pub(super) fn traces(&mut self, asked: &TraceQuestion) -> String {
        match asked {
            TraceQuestion::Plain(asked) => self.question(asked, None),
            TraceQuestion::Group(None) => self.random.pick(&["{}", "{ }", "{*}"]).to_owned(),
            TraceQuestion::Group(Some(asked)) => {
                let (asked, blank) = (self.question(asked, None), self.blank());
                format!("{{{blank}{asked}{blank}}}")
            }
            TraceQuestion::And(parts) => {
                let mut printed = Vec::new();
                for part in parts {
                    let whole = self.traces(part);
                    let either = matches!(
                        part,
                        TraceQuestion::Or(_) | TraceQuestion::Plain(Question::Or(_))
                    );
                    printed.push(self.bracketed(whole, either));
                }
                self.joined(&printed, true)
            }
            TraceQuestion::Or(parts) => {
                let printed: Vec<String> = parts.iter().map(|part| self.traces(part)).collect();
                self.joined(&printed, false)
            }
            TraceQuestion::Not(inner) => {
                let printed = self.traces(inner);
                let is_group = matches!(**inner, TraceQuestion::Group(_));
                self.negated(printed, !is_group, None)
            }
        }
    }

    /// A whole query of one record.
    pub(super) fn whole(&mut self, asked: &Question) -> String {
        match (asked, self.random.below(3)) {
            (Question::Everything, 0) => self.blank().to_owned(),
            _ => self.question(asked, None),
        }
    }

    /// `of` is the field in whose brackets the question stands.
    fn question(&mut self, asked: &Question, of: Option<&Field>) -> String {
        match asked {
            Question::Everything => "*".to_owned(),
            Question::Words(text, open_start, open_end) => self.words(text, *open_start, *open_end),
            Question::Expression(source) => expression(source),
            Question::Field(field, test) => self.field(field, test, of),
            Question::OfField(inner) => {
                let field = first_field(inner);
                let (name, inner) = (self.field_name(field), self.question(inner, Some(field)));
                format!("{name}:({inner})")
            }
            Question::And(parts) => {
                let mut printed = Vec::new();
                for part in parts {
                    let whole = self.question(part, of);
                    printed.push(self.bracketed(whole, matches!(part, Question::Or(_))));
                }
                self.joined(&printed, true)
            }
            Question::Or(parts) => {
                let printed: Vec<String> =
                    parts.iter().map(|part| self.question(part, of)).collect();
                self.joined(&printed, false)
            }
            Question::Not(inner) => {
                let printed = self.question(inner, of);
                let several = matches!(**inner, Question::And(_) | Question::Or(_));
                self.negated(printed, several, of)
            }
        }
    }

    fn joined(&mut self, parts: &[String], both: bool) -> String {
        let mut text = String::new();
        for (at, part) in parts.iter().enumerate() {
            if at > 0 {
                let operator = match both {
                    true => self.random.pick(&["", "", "AND"]),
                    false => "OR",
                };
                let (before, after) = (self.gap(), self.gap());
                text += &match operator {
                    "" => before.to_owned(),
                    operator => format!("{before}{operator}{after}"),
                };
            }
            text += part;
        }
        text
    }

    fn bracketed(&mut self, text: String, needed: bool) -> String {
        if !needed && !self.random.one_in(8) {
            return text;
        }
        let blank = self.blank();
        format!("({blank}{text}{blank})")
    }

    fn negated(&mut self, text: String, several: bool, of: Option<&Field>) -> String {
        let text = self.bracketed(text, several);
        let sign = of.is_some() && text.starts_with(|c: char| c.is_ascii_digit());
        match self.random.below(2) {
            0 if !sign => format!("-{text}"),
            _ => format!("NOT{}{text}", self.gap()),
        }
    }

    fn words(&mut self, text: &str, open_start: bool, open_end: bool) -> String {
        let word = match can_be_bare_word(text) && !self.random.one_in(3) {
            true => text.to_owned(),
            false => quoted(text),
        };
        let star = |open: bool| if open { "*" } else { "" };
        format!("{}{word}{}", star(open_start), star(open_end))
    }

    fn field(&mut self, field: &Field, test: &Test, of: Option<&Field>) -> String {
        let (name, colon) = match of {
            Some(_) => (String::new(), ""),
            None => (self.field_name(field), ":"),
        };
        let after = match test {
            Test::Exists => "*".to_owned(),
            Test::Is(value) => written(value),
            Test::Form(pieces) => self.form(pieces),
            Test::Match(source) => expression(source),
            Test::Compare(op, value) => {
                let (symbol, value, blank) = (op.symbol(), written(value), self.blank());
                return match self.random.below(3) {
                    0 => format!("{name}{colon}{symbol}{blank}{value}"),
                    1 if of.is_none() => format!("{name} {symbol}{blank}{value}"),
                    _ => format!("{name}{symbol}{value}"),
                };
            }
            Test::Between(low, high) => {
                let end = |end: &Option<Written>| end.as_ref().map_or("*".to_owned(), written);
                let (blank, gap) = (self.blank(), self.gap());
                format!("[{blank}{}{gap}TO{gap}{}{blank}]", end(low), end(high))
            }
        };
        format!("{name}{colon}{after}")
    }

    fn field_name(&mut self, field: &Field) -> String {
        let name = field.name();
        let bare = name.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '@')
            && !name.contains(':')
            && name.chars().all(is_bare);
        match bare && !self.random.one_in(12) {
            true => name,
            false => quoted(&name),
        }
    }

    fn form(&mut self, pieces: &[String]) -> String {
        let mut printed = Vec::new();
        for (at, piece) in pieces.iter().enumerate() {
            let begins_another =
                at == 0 && (piece.starts_with(['-', '/', '[']) || is_operator(piece));
            let bare = piece.chars().all(is_bare) && !begins_another;
            printed.push(match piece.is_empty() || (bare && !self.random.one_in(4)) {
                true => piece.clone(),
                false => quoted(piece),
            });
        }
        printed.join("*")
    }

    fn blank(&mut self) -> &'static str {
        self.random.pick(&["", "", " "])
    }

    fn gap(&mut self) -> &'static str {
        self.random.pick(&[" ", " ", " ", "  ", "\n", "\t "])
    }
}

impl Written {
    /// Quoted where it has to be, and sometimes where it need not.
    pub(super) fn new(text: &str, random: &mut Random) -> Self {
        let bare = !text.is_empty()
            && !is_operator(text)
            && text.chars().all(|c| is_bare(c) && c != ']')
            && !text.starts_with(['/', '['])
            && (!text.starts_with('-') || super::number::read(text).is_some());
        let quoted = !bare || random.one_in(4);
        Written {
            text: text.to_owned(),
            quoted,
        }
    }

    pub(super) fn bare(text: &str) -> Self {
        Written {
            text: text.to_owned(),
            quoted: false,
        }
    }
}

fn first_field(asked: &Question) -> &Field {
    match asked {
        Question::Field(field, _) => field,
        Question::And(parts) | Question::Or(parts) => first_field(&parts[0]),
        Question::Not(inner) | Question::OfField(inner) => first_field(inner),
        other => panic!("no field: {other:?}"),
    }
}

fn written(value: &Written) -> String {
    match value.quoted {
        true => quoted(&value.text),
        false => value.text.clone(),
    }
}

fn expression(source: &str) -> String {
    format!("/{}/", source.replace('/', "\\/"))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn is_operator(text: &str) -> bool {
    ["AND", "OR", "NOT", "TO"].contains(&text)
}

fn is_bare(c: char) -> bool {
    !c.is_whitespace() && !"(){}\"<>*".contains(c)
}

fn can_be_bare_word(text: &str) -> bool {
    let field = match text.split_once(':') {
        None => false,
        Some((name, value)) => {
            name.is_empty()
                || (name.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '@')
                    && !value.starts_with(':')
                    && !value.starts_with("//"))
        }
    };
    let can_begin = !text.is_empty() && !text.starts_with(['-', '/']);
    can_begin && !is_operator(text) && !field && text.chars().all(is_bare)
}
