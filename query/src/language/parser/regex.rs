//! Regular expressions: found to be right, or where they are wrong, and of bounded size.

use regex::RegexBuilder;
use regex_syntax::ast::{Position, Span};

use super::super::ast::Pattern;
use super::super::error::LanguageError;
use super::super::limits::{REGEX_BYTES_MAX, REGEXES_MAX};
use super::recovery::Fault;
use super::{Parsed, Parser};

impl Parser<'_> {
    /// Compiles what stands at `position` between slashes.
    pub(super) fn regex(&mut self, source: &str, position: usize) -> Parsed<Pattern> {
        const EXPECTED: &str = "a regular expression";
        let wrong = |position, message: &str, expected: &str| {
            Fault::from(LanguageError::new(position, message, &[expected]))
        };
        let length = source.chars().count();
        if source.is_empty() {
            return Err(wrong(position, "the regular expression is empty", EXPECTED).of_length(0));
        }
        self.regexes += 1;
        if self.regexes > REGEXES_MAX {
            let message = "the query has too many regular expressions";
            let expected = format!("at most {REGEXES_MAX} regular expressions");
            return Err(wrong(position, message, &expected).beyond_limits());
        }
        if let Err(error) = regex_syntax::Parser::new().parse(source) {
            let (span, message) = syntax_error(&error);
            let chars = |to: usize| source.get(..to).unwrap_or(source).chars().count();
            let (start, end) = (chars(span.start.offset), chars(span.end.offset));
            return Err(wrong(position + start, &message, EXPECTED).of_length(end - start));
        }
        let source = unescape_slashes(source);
        let regex = RegexBuilder::new(&source)
            .size_limit(REGEX_BYTES_MAX)
            .build()
            .map_err(|_| {
                let expected = format!("at most {REGEX_BYTES_MAX} bytes once compiled");
                wrong(position, "the regular expression is too large", &expected).of_length(length)
            })?;
        Ok(Pattern::new(source, regex))
    }
}

fn syntax_error(error: &regex_syntax::Error) -> (Span, String) {
    match error {
        regex_syntax::Error::Parse(error) => (*error.span(), error.kind().to_string()),
        regex_syntax::Error::Translate(error) => (*error.span(), error.kind().to_string()),
        other => {
            let start = Position::new(0, 1, 1);
            (Span::splat(start), other.to_string())
        }
    }
}

/// `\/` stands for `/`, which needs no escape in a regular expression.
fn unescape_slashes(source: &str) -> String {
    let mut unescaped = String::with_capacity(source.len());
    let mut chars = source.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\\' {
            match chars.next() {
                Some('/') => unescaped.push('/'),
                Some(escaped) => unescaped.extend(['\\', escaped]),
                None => unescaped.push('\\'),
            }
        } else {
            unescaped.push(c);
        }
    }
    unescaped
}
