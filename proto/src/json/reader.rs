//! The structure of JSON: objects, arrays, numbers, skipping.
//!
//! A pull reader over the whole text: the caller says what it expects next. Strings without escapes are
//! borrowed. Recursion happens only where a message contains a message, and `value.rs` bounds that; what
//! is not known is skipped without recursion.

use std::borrow::Cow;

use crate::limits::{MAX_PARTS, MAX_RECORDS, MAX_SHOWN_NAME_CHARS, MAX_SKIPPED_DEPTH};
use crate::otlp::{DecodeError, Repairs};

pub(crate) use super::error::Malformed;
use super::error::Step;

/// Reads a JSON text from front to back.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
    open_objects: usize,
    records: u64,
    groups: u64,
    /// Items of all lists, of whatever kind.
    parts: u64,
    /// What was changed while reading.
    pub(crate) repaired: Repairs,
    /// Whether a value had to be emptied since this was last reset.
    pub(crate) has_capped: bool,
    /// Where an error happened, innermost step first: filled while it is handed up.
    pub(super) path: Vec<Step>,
}

impl<'a> Reader<'a> {
    /// A byte order mark is stepped over: JSON forbids writing one, not tolerating it.
    pub(crate) fn of(body: &'a [u8]) -> Result<Self, DecodeError> {
        let text =
            std::str::from_utf8(body).map_err(|error| DecodeError::json(error.to_string()))?;
        Ok(Reader {
            text,
            at: if text.starts_with('\u{feff}') { 3 } else { 0 },
            open_objects: 0,
            records: 0,
            groups: 0,
            parts: 0,
            repaired: Repairs::default(),
            has_capped: false,
            path: Vec::new(),
        })
    }

    pub(crate) fn records(&self) -> u64 {
        self.records
    }

    /// Counts a record.
    pub(crate) fn record(&mut self) -> Result<(), Malformed> {
        self.records += 1;
        self.check_records()
    }

    /// Counts a resource or scope with its records.
    pub(crate) fn group(&mut self) -> Result<(), Malformed> {
        self.groups += 1;
        self.check_records()
    }

    fn check_records(&self) -> Result<(), Malformed> {
        if self.records + self.groups > MAX_RECORDS {
            return Err(Malformed::TooManyRecords);
        }
        Ok(())
    }

    /// Messages that the message being read stands in: 0 for the request itself.
    pub(crate) fn message_depth(&self) -> usize {
        self.open_objects.saturating_sub(1)
    }

    /// Reads an object, or `null`; `field` reads the value of each of its fields.
    pub(crate) fn message(
        &mut self,
        field: impl FnMut(&mut Self, &str) -> Result<(), Malformed>,
    ) -> Result<(), Malformed> {
        if self.null()? {
            return Ok(());
        }
        self.object(field)
    }

    /// Reads an object; `field` reads the value of each of its fields.
    pub(crate) fn object(
        &mut self,
        mut field: impl FnMut(&mut Self, &str) -> Result<(), Malformed>,
    ) -> Result<(), Malformed> {
        self.expect(b'{', "an object")?;
        self.open_objects += 1;
        if !self.take(b'}') {
            loop {
                let name = self.name()?;
                if let Err(malformed) = field(self, &name) {
                    let shown = name.chars().take(MAX_SHOWN_NAME_CHARS).collect();
                    self.path.push(Step::Field(shown));
                    return Err(malformed);
                }
                if self.take(b',') {
                    continue;
                }
                self.expect(b'}', "`,` or `}`")?;
                break;
            }
        }
        self.open_objects -= 1;
        Ok(())
    }

    /// Reads an array, or `null`; `item` reads each of its items.
    pub(crate) fn array(
        &mut self,
        mut item: impl FnMut(&mut Self) -> Result<(), Malformed>,
    ) -> Result<(), Malformed> {
        if self.null()? {
            return Ok(());
        }
        self.expect(b'[', "an array")?;
        if self.take(b']') {
            return Ok(());
        }
        for index in 0.. {
            if let Err(malformed) = item(self) {
                self.path.push(Step::Item(index));
                return Err(malformed);
            }
            if self.take(b',') {
                continue;
            }
            break;
        }
        self.expect(b']', "`,` or `]`")
    }

    /// Reads an array of `item`s, replacing what `items` held.
    pub(crate) fn list<T>(
        &mut self,
        items: &mut Vec<T>,
        mut item: impl FnMut(&mut Self) -> Result<T, Malformed>,
    ) -> Result<(), Malformed> {
        items.clear();
        self.array(|reader| {
            reader.parts += 1;
            if reader.parts > MAX_PARTS {
                return Err(Malformed::TooManyRecords);
            }
            items.push(item(reader)?);
            Ok(())
        })
    }

    /// Reads a string, or `null`, into `to`.
    pub(crate) fn text(&mut self, to: &mut String) -> Result<(), Malformed> {
        *to = match self.null()? {
            true => String::new(),
            false => self.string()?.into_owned(),
        };
        Ok(())
    }

    /// Steps over one value of any kind.
    pub(crate) fn skip(&mut self) -> Result<(), Malformed> {
        let mut open = Vec::new();
        loop {
            if self.skip_start(&mut open)? {
                continue;
            }
            // A value has ended; so may have what it stands in.
            loop {
                match open.last() {
                    None => return Ok(()),
                    Some(_) if self.take(b',') => break,
                    Some(b'}') => self.expect(b'}', "`,` or `}`")?,
                    Some(_) => self.expect(b']', "`,` or `]`")?,
                }
                open.pop();
            }
            if open.last() == Some(&b'}') {
                self.name()?;
            }
        }
    }

    /// Steps over a scalar, an empty object or array, or into one that is not empty: then `true`, and its closing
    /// bracket is on `open`.
    fn skip_start(&mut self, open: &mut Vec<u8>) -> Result<bool, Malformed> {
        match self.peek() {
            Some(b'{') => {
                self.at += 1;
                if self.take(b'}') {
                    return Ok(false);
                }
                self.name()?;
                open.push(b'}');
            }
            Some(b'[') => {
                self.at += 1;
                if self.take(b']') {
                    return Ok(false);
                }
                open.push(b']');
            }
            Some(b'"') => return self.string().map(|_| false),
            Some(b't') => return self.literal("true").map(|()| false),
            Some(b'f') => return self.literal("false").map(|()| false),
            Some(b'n') => return self.literal("null").map(|()| false),
            _ => return self.number().map(|_| false),
        }
        if open.len() > MAX_SKIPPED_DEPTH {
            return Err(self.invalid("nesting"));
        }
        Ok(true)
    }

    /// Nothing but white space may be left.
    pub(crate) fn end(&mut self) -> Result<(), Malformed> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.expected("the end")),
        }
    }

    /// Steps over `null`, if it stands here.
    pub(crate) fn null(&mut self) -> Result<bool, Malformed> {
        if self.peek() != Some(b'n') {
            return Ok(false);
        }
        self.literal("null").map(|()| true)
    }

    /// Reads `true` or `false`.
    pub(crate) fn boolean(&mut self) -> Result<bool, Malformed> {
        match self.peek() {
            Some(b't') => self.literal("true").map(|()| true),
            Some(b'f') => self.literal("false").map(|()| false),
            _ => Err(self.expected("true or false")),
        }
    }

    /// Reads a number, as it is written.
    pub(crate) fn number(&mut self) -> Result<&'a str, Malformed> {
        self.peek();
        let length = number_length(&self.bytes()[self.at..]);
        if length == 0 {
            return Err(self.expected("a value"));
        }
        let number = &self.text[self.at..self.at + length];
        self.at += length;
        Ok(number)
    }

    fn name(&mut self) -> Result<Cow<'a, str>, Malformed> {
        if self.peek() != Some(b'"') {
            return Err(self.expected("a field name"));
        }
        let name = self.string()?;
        self.expect(b':', "`:`")?;
        Ok(name)
    }

    fn literal(&mut self, literal: &'static str) -> Result<(), Malformed> {
        if !self.bytes()[self.at..].starts_with(literal.as_bytes()) {
            return Err(self.expected(literal));
        }
        self.at += literal.len();
        Ok(())
    }

    pub(super) fn expect(&mut self, byte: u8, what: &'static str) -> Result<(), Malformed> {
        if self.take(byte) {
            return Ok(());
        }
        Err(self.expected(what))
    }

    fn take(&mut self, byte: u8) -> bool {
        let stands_here = self.peek() == Some(byte);
        self.at += usize::from(stands_here);
        stands_here
    }

    /// The next byte that is no white space.
    pub(crate) fn peek(&mut self) -> Option<u8> {
        loop {
            match self.bytes().get(self.at) {
                Some(b' ' | b'\t' | b'\n' | b'\r') => self.at += 1,
                other => return other.copied(),
            }
        }
    }

    pub(super) fn bytes(&self) -> &'a [u8] {
        self.text.as_bytes()
    }
}

/// The length of the JSON number that `bytes` start with; 0 when there is none.
pub(crate) fn number_length(bytes: &[u8]) -> usize {
    let digits = |from: usize| {
        let rest = bytes.get(from..).unwrap_or_default();
        rest.iter().take_while(|byte| byte.is_ascii_digit()).count()
    };
    let mut at = usize::from(bytes.first() == Some(&b'-'));
    at += match bytes.get(at) {
        Some(b'0') => 1,
        Some(b'1'..=b'9') => digits(at),
        _ => return 0,
    };
    if bytes.get(at) == Some(&b'.') {
        match digits(at + 1) {
            0 => return 0,
            fraction => at += 1 + fraction,
        }
    }
    if let Some(b'e' | b'E') = bytes.get(at) {
        let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        match digits(at + 1 + sign) {
            0 => return 0,
            exponent => at += 1 + sign + exponent,
        }
    }
    at
}
