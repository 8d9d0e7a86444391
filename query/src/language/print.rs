//! Writes a query so that reading it gives the same tree. Text is quoted wherever it could mean
//! something else.

use std::fmt::{self, Formatter, Write};

use super::ast::{Expr, Field, Glob, Pattern, Phrase, Query, Test, Value};

impl fmt::Display for Query {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.is_all() {
            Ok(())
        } else {
            write!(f, "{}", self.root)
        }
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Expr::All => f.write_char('*'),
            Expr::Text(phrase) => write!(f, "{phrase}"),
            Expr::Field(field, test) => condition(f, field, test),
            Expr::And(parts) => joined(f, parts, " ", |part| matches!(part, Expr::Or(_))),
            Expr::Or(parts) => joined(f, parts, " OR ", |_| false),
            Expr::Not(inner) => {
                f.write_str("NOT ")?;
                bracketed(f, inner, matches!(**inner, Expr::And(_) | Expr::Or(_)))
            }
            Expr::Group(inner) if **inner == Expr::All => f.write_str("{}"),
            Expr::Group(inner) => write!(f, "{{{inner}}}"),
        }
    }
}

fn joined(
    f: &mut Formatter<'_>,
    parts: &[Expr],
    by: &str,
    needs_brackets: fn(&Expr) -> bool,
) -> fmt::Result {
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            f.write_str(by)?;
        }
        bracketed(f, part, needs_brackets(part))?;
    }
    Ok(())
}

fn bracketed(f: &mut Formatter<'_>, expr: &Expr, brackets: bool) -> fmt::Result {
    if brackets {
        write!(f, "({expr})")
    } else {
        write!(f, "{expr}")
    }
}

impl fmt::Display for Phrase {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.open_start {
            f.write_char('*')?;
        }
        if is_plain(&self.text, ".-/#@'") && !is_operator(&self.text) {
            f.write_str(&self.text)?
        } else {
            quoted(f, &self.text)?
        }
        if self.open_end {
            f.write_char('*')?;
        }
        Ok(())
    }
}

fn condition(f: &mut Formatter<'_>, field: &Field, test: &Test) -> fmt::Result {
    let name = field.to_string();
    // `NOT:x` is a field, `NOT>5` a negation.
    if is_plain_name(&name) && !(matches!(test, Test::Compare(..)) && is_operator(&name)) {
        f.write_str(&name)?;
    } else {
        quoted(f, &name)?;
    }
    match test {
        Test::Exists => f.write_str(":*"),
        Test::Equals(value) => write!(f, ":{value}"),
        Test::Glob(glob) => write!(f, ":{glob}"),
        Test::Matches(pattern) => write!(f, ":{pattern}"),
        Test::Compare(comparison, value) => write!(f, "{}{value}", comparison.symbol()),
        Test::Range(low, high) => {
            f.write_str(":[")?;
            range_end(f, low.as_ref())?;
            f.write_str(" TO ")?;
            range_end(f, high.as_ref())?;
            f.write_char(']')
        }
    }
}

fn range_end(f: &mut Formatter<'_>, end: Option<&Value>) -> fmt::Result {
    match end {
        None => f.write_char('*'),
        Some(Value::Text(text)) => quoted(f, text),
        Some(value) => write!(f, "{value}"),
    }
}

/// As it stands after a field's name.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Value::Text(text) if is_plain(text, ".-/:#@'") && Value::unquoted(text) == *self => {
                f.write_str(text)
            }
            Value::Text(text) => quoted(f, text),
            Value::Number(_) | Value::Bool(_) => f.write_str(self.text()),
        }
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (index, piece) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_char('*')?;
            }
            if piece.is_empty() || is_plain(piece, ".-/:#@'") {
                f.write_str(piece)?;
            } else {
                quoted(f, piece)?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_char('/')?;
        let mut chars = self.source().chars();
        while let Some(c) = chars.next() {
            match c {
                '/' => f.write_str("\\/")?,
                '\\' => {
                    f.write_char('\\')?;
                    chars
                        .next()
                        .map_or(Ok(()), |escaped| f.write_char(escaped))?;
                }
                other => f.write_char(other)?,
            }
        }
        f.write_char('/')
    }
}

/// A field's name that somebody chose, whatever test follows it.
pub(super) fn name_text(name: &str) -> String {
    if is_plain_name(name) && !is_operator(name) {
        name.to_owned()
    } else {
        Quoted(name).to_string()
    }
}

/// A value that somebody chose, after `field:`, a comparison or in `field:(...)`.
pub(super) fn value_text(value: &Value) -> String {
    match value {
        Value::Text(text) if is_operator(text) => Quoted(text).to_string(),
        other => other.to_string(),
    }
}

struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        quoted(f, self.0)
    }
}

fn is_operator(text: &str) -> bool {
    matches!(text, "AND" | "OR" | "NOT")
}

/// Whether `name` is read as a field's name without quotes.
fn is_plain_name(name: &str) -> bool {
    is_plain(name, "._-/@") && !name.starts_with(|c: char| c.is_numeric())
}

/// Whether `text` means itself without quotes: word characters, with `inside` between them.
fn is_plain(text: &str, inside: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    text.starts_with(is_word)
        && text.ends_with(is_word)
        && text.chars().all(|c| is_word(c) || inside.contains(c))
}

fn quoted(f: &mut Formatter<'_>, text: &str) -> fmt::Result {
    f.write_char('"')?;
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            f.write_char('\\')?;
        }
        f.write_char(c)?;
    }
    f.write_char('"')
}
