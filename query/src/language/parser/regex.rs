//! Regular expressions: found to be right, or where they are wrong, and of bounded size.

use regex::RegexBuilder;

use super::super::ast::Pattern;
use super::super::error::LanguageError;
use super::super::limits::{REGEX_BYTES_MAX, REGEXES_MAX};
use super::{Parsed, Parser};

impl Parser<'_> {
    /// Compiles what stands at `position` between slashes.
    pub(super) fn regex(&mut self, source: &str, position: usize) -> Parsed<Pattern> {
        const EXPECTED: [&str; 1] = ["a regular expression"];
        if source.is_empty() {
            return Err(LanguageError::new(
                position,
                "the regular expression is empty",
                &EXPECTED,
            ));
        }
        self.regexes += 1;
        if self.regexes > REGEXES_MAX {
            let expected = format!("at most {REGEXES_MAX} regular expressions");
            return Err(LanguageError::new(
                position,
                "the query has too many regular expressions",
                &[&expected],
            ));
        }
        if let Err(error) = regex_syntax::Parser::new().parse(source) {
            let (offset, message) = syntax_error(&error);
            let before = source.get(..offset).unwrap_or(source).chars().count();
            return Err(LanguageError::new(position + before, message, &EXPECTED));
        }
        let source = unescape_slashes(source);
        let regex = RegexBuilder::new(&source)
            .size_limit(REGEX_BYTES_MAX)
            .build()
            .map_err(|_| {
                let expected = format!("at most {REGEX_BYTES_MAX} bytes once compiled");
                LanguageError::new(
                    position,
                    "the regular expression is too large",
                    &[&expected],
                )
            })?;
        Ok(Pattern::new(source, regex))
    }
}

fn syntax_error(error: &regex_syntax::Error) -> (usize, String) {
    match error {
        regex_syntax::Error::Parse(error) => (error.span().start.offset, error.kind().to_string()),
        regex_syntax::Error::Translate(error) => {
            (error.span().start.offset, error.kind().to_string())
        }
        other => (0, other.to_string()),
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
