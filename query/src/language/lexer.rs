//! The pieces a query is made of.
//!
//! What a character means depends on where it stands (`:` ends a field's name but may stand in a value,
//! `[` opens a range only after a field), so there is no list of tokens: the parser asks the cursor for
//! what may come next.

use super::error::LanguageError;

/// A place in a query, in bytes for reading and in characters for error messages.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cursor<'a> {
    rest: &'a str,
    position: usize,
}

/// Text with wildcards between its pieces; one piece when there is no wildcard.
#[derive(Debug)]
pub(crate) struct Literal {
    pub(crate) pieces: Vec<String>,
    /// Whether a part of it stood in quotes.
    pub(crate) quoted: bool,
    /// Where a wildcard stands between two pieces that are not empty.
    pub(crate) inner_star: Option<usize>,
}

/// What follows a field's name.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum AfterName {
    /// `:`, which was read.
    Colon,
    /// `<` or `>`, which comes next.
    Comparison,
}

/// What begins with `/`.
#[derive(Debug)]
pub(crate) enum Slashed<'a> {
    /// `/source/` with a blank, a closing bracket or the end behind it.
    Regex { source: &'a str, position: usize },
    /// A text that has a further `/` within it, such as a path.
    Text,
    /// There is no further `/`.
    Open,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Cursor {
            rest: text,
            position: 0,
        }
    }

    pub(crate) fn position(&self) -> usize {
        self.position
    }

    pub(crate) fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    pub(crate) fn peek_second(&self) -> Option<char> {
        self.rest.chars().nth(1)
    }

    pub(crate) fn bump(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let c = chars.next()?;
        self.rest = chars.as_str();
        self.position += 1;
        Some(c)
    }

    pub(crate) fn eat(&mut self, expected: char) -> bool {
        let found = self.peek() == Some(expected);
        if found {
            self.bump();
        }
        found
    }

    pub(crate) fn skip_blanks(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.bump();
        }
    }

    /// Whether a value or regular expression may end here.
    pub(crate) fn at_edge(&self) -> bool {
        self.peek()
            .is_none_or(|c| c.is_whitespace() || matches!(c, ')' | '}'))
    }

    /// Whether the upper-case word `keyword` comes next and ends there.
    pub(crate) fn at_keyword(&self, keyword: &str) -> bool {
        self.rest
            .strip_prefix(keyword)
            .is_some_and(|after| !after.starts_with(is_bare))
    }

    pub(crate) fn keyword(&mut self, keyword: &str) -> bool {
        let found = self.at_keyword(keyword);
        if found {
            keyword.chars().for_each(|_| {
                self.bump();
            });
        }
        found
    }

    /// Unquoted characters up to one for which `end` holds.
    fn bare(&mut self, end: impl Fn(char) -> bool) -> &'a str {
        let length = self
            .rest
            .find(|c| !is_bare(c) || end(c))
            .unwrap_or(self.rest.len());
        let (bare, rest) = self.rest.split_at(length);
        self.position += bare.chars().count();
        self.rest = rest;
        bare
    }

    /// Quoted text, when a quote comes next. `\"` and `\\` are escaped, other backslashes are themselves.
    fn quoted(&mut self) -> Result<Option<String>, LanguageError> {
        if !self.eat('"') {
            return Ok(None);
        }
        match self.until_quote() {
            (text, true) => Ok(Some(text)),
            (_, false) => Err(LanguageError::new(
                self.position,
                "the quoted text does not end",
                &["'\"'"],
            )),
        }
    }

    /// Text up to a quote, and whether there is one.
    fn until_quote(&mut self) -> (String, bool) {
        let mut text = String::new();
        while let Some(c) = self.bump() {
            match c {
                '"' => return (text, true),
                '\\' if matches!(self.peek(), Some('"' | '\\')) => text.extend(self.bump()),
                other => text.push(other),
            }
        }
        (text, false)
    }

    /// What stands behind a quote that comes next and is not closed.
    pub(crate) fn open_quote(&self) -> Option<String> {
        let mut ahead = *self;
        if !ahead.eat('"') {
            return None;
        }
        let (text, is_closed) = ahead.until_quote();
        (!is_closed).then_some(text)
    }

    /// Passes over quoted text that comes next, and says whether it ends; over everything when it does not.
    pub(crate) fn pass_quoted(&mut self) -> bool {
        self.eat('"') && self.until_quote().1
    }

    /// Passes over unquoted characters up to one for which `end` holds, and says whether there were any.
    pub(crate) fn pass_bare(&mut self, end: impl Fn(char) -> bool) -> bool {
        !self.bare(end).is_empty()
    }

    /// The same place in `whole`, of whose first `length` bytes this is a cursor.
    pub(crate) fn in_whole<'w>(&self, whole: &'w str, length: usize) -> Cursor<'w> {
        let at = length.saturating_sub(self.rest.len());
        Cursor {
            rest: whole.get(at..).unwrap_or_default(),
            position: self.position,
        }
    }

    /// A field's name and what follows it, when that comes next; else nothing is read.
    pub(crate) fn field_name(&mut self) -> Result<Option<(String, AfterName)>, LanguageError> {
        let mut ahead = *self;
        let name = match ahead.quoted()? {
            Some(name) => name,
            None => match ahead.bare_name()? {
                Some(name) => name.to_owned(),
                None => return Ok(None),
            },
        };
        let after = if ahead.eat(':') {
            AfterName::Colon
        } else {
            ahead.skip_blanks();
            match ahead.peek() {
                Some('<' | '>') => AfterName::Comparison,
                _ => return Ok(None),
            }
        };
        *self = ahead;
        Ok(Some((name, after)))
    }

    /// Unquoted characters that are a field's name if `:`, `<` or `>` follows. A colon is no part of it
    /// and makes no field where it is doubled (`std::io`), begins a URL (`http://`) or follows what does
    /// not begin like a name (`12:30:01`).
    fn bare_name(&mut self) -> Result<Option<&'a str>, LanguageError> {
        let start = *self;
        let run = self.bare(|_| false);
        let Some((name, value)) = run.split_once(':') else {
            return Ok((!run.is_empty()).then_some(run));
        };
        if name.is_empty() {
            let message = "the name of a field is missing before ':'";
            return Err(LanguageError::new(
                start.position,
                message,
                &["a field", "a word", "quoted text"],
            ));
        }
        let begins_like_a_name =
            name.starts_with(|c: char| c.is_alphabetic() || matches!(c, '_' | '@'));
        if !begins_like_a_name || value.starts_with(':') || value.starts_with("//") {
            return Ok(Some(run));
        }
        *self = start;
        Ok(Some(self.bare(|c| c == ':')))
    }

    /// Text with or without quotes and wildcards, when that comes next. `end` ends what is unquoted.
    pub(crate) fn literal(
        &mut self,
        end: impl Fn(char) -> bool,
    ) -> Result<Option<Literal>, LanguageError> {
        let mut literal = Literal {
            pieces: Vec::new(),
            quoted: false,
            inner_star: None,
        };
        let mut star = None;
        loop {
            let position = self.position;
            if self.eat('*') {
                star.get_or_insert(position);
                if literal.pieces.is_empty() {
                    literal.pieces.push(String::new());
                }
                continue;
            }
            // Without a wildcard between them, what follows is another literal.
            if star.is_none() && !literal.pieces.is_empty() {
                break;
            }
            literal.quoted |= self.peek() == Some('"');
            let Some(piece) = self.piece(&end)? else {
                break;
            };
            if star.is_some() && piece.is_empty() {
                continue;
            }
            if literal.pieces.iter().any(|piece| !piece.is_empty()) {
                literal.inner_star = literal.inner_star.or(star);
            }
            star = None;
            literal.pieces.push(piece);
        }
        if star.is_some() {
            literal.pieces.push(String::new());
        }
        Ok((!literal.pieces.is_empty()).then_some(literal))
    }

    fn piece(&mut self, end: impl Fn(char) -> bool) -> Result<Option<String>, LanguageError> {
        if let Some(quoted) = self.quoted()? {
            return Ok(Some(quoted));
        }
        let bare = self.bare(end);
        Ok((!bare.is_empty()).then(|| bare.to_owned()))
    }

    /// Reads what comes next and begins with `/`, if it is a regular expression.
    pub(crate) fn slashed(&mut self) -> Slashed<'a> {
        let mut ahead = *self;
        ahead.bump();
        let (source_start, position) = (ahead.rest, ahead.position);
        while let Some(c) = ahead.peek() {
            if c == '/' {
                let source = &source_start[..source_start.len() - ahead.rest.len()];
                ahead.bump();
                if !ahead.at_edge() {
                    return Slashed::Text;
                }
                *self = ahead;
                return Slashed::Regex { source, position };
            }
            if c == '\\' {
                ahead.bump();
            }
            ahead.bump();
        }
        Slashed::Open
    }

    /// The position of the end of the query.
    pub(crate) fn end_position(&self) -> usize {
        self.position + self.rest.chars().count()
    }

    /// Leaves nothing to read.
    pub(crate) fn skip_to_end(&mut self) {
        self.position = self.end_position();
        self.rest = "";
    }

    /// Passes over the rest of a range, if it ends before other brackets and quotes.
    pub(crate) fn pass_range(&mut self) {
        let is_other = |c| matches!(c, '[' | '(' | ')' | '{' | '}' | '"');
        let mut ahead = *self;
        while let Some(c) = ahead.bump() {
            if c == ']' {
                *self = ahead;
                return;
            }
            if is_other(c) {
                return;
            }
        }
    }

    /// Whether `{` comes next, with nothing but blanks between it and its `}`.
    pub(crate) fn at_empty_group(&self) -> bool {
        let mut ahead = *self;
        ahead.eat('{') && {
            ahead.skip_blanks();
            ahead.peek() == Some('}')
        }
    }

    /// How many `closer` are to come that close brackets opened before.
    pub(crate) fn closers_ahead(&self, closer: char) -> usize {
        let opener = if closer == ')' { '(' } else { '{' };
        let (mut open, mut closing) = (0usize, 0);
        for c in self.rest.chars() {
            match c {
                c if c == opener => open += 1,
                c if c == closer && open > 0 => open -= 1,
                c if c == closer => closing += 1,
                _ => {}
            }
        }
        closing
    }
}

/// Characters that stand for themselves outside quotes.
pub(crate) fn is_bare(c: char) -> bool {
    !c.is_whitespace() && !matches!(c, '(' | ')' | '{' | '}' | '"' | '<' | '>' | '*')
}
