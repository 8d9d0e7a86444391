//! Strings and their escapes. A string without escapes is borrowed from the text.

use std::borrow::Cow;

use super::error::Malformed;
use super::reader::Reader;

impl<'a> Reader<'a> {
    /// Reads a string.
    pub(crate) fn string(&mut self) -> Result<Cow<'a, str>, Malformed> {
        self.expect(b'"', "a string")?;
        let start = self.at;
        self.step_over_plain();
        if self.bytes().get(self.at) == Some(&b'"') {
            self.at += 1;
            return Ok(Cow::Borrowed(&self.text[start..self.at - 1]));
        }
        let mut text = String::from(&self.text[start..self.at]);
        loop {
            match self.bytes().get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Cow::Owned(text));
                }
                Some(b'\\') => {
                    self.at += 1;
                    text.push(self.escaped()?);
                }
                Some(_) => return Err(self.expected("an escaped control character")),
                None => return Err(self.expected("the end of a string")),
            }
            let start = self.at;
            self.step_over_plain();
            text.push_str(&self.text[start..self.at]);
        }
    }

    fn step_over_plain(&mut self) {
        let rest = &self.bytes()[self.at..];
        let plain = rest
            .iter()
            .position(|&byte| byte == b'"' || byte == b'\\' || byte < 0x20);
        self.at += plain.unwrap_or(rest.len());
    }

    fn escaped(&mut self) -> Result<char, Malformed> {
        let escape = self.bytes().get(self.at).copied();
        self.at += 1;
        Ok(match escape {
            Some(plain @ (b'"' | b'\\' | b'/')) => char::from(plain),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.escaped_unit(),
            _ => {
                self.at -= 1;
                return Err(self.expected("an escape"));
            }
        })
    }

    fn escaped_unit(&mut self) -> Result<char, Malformed> {
        let first = self.hex_unit()?;
        let code = match first {
            0xd800..0xdc00 if self.bytes()[self.at..].starts_with(b"\\u") => {
                self.at += 2;
                let second = self.hex_unit()?;
                if !(0xdc00..0xe000).contains(&second) {
                    return Err(self.invalid("surrogate pair"));
                }
                0x10000 + ((first - 0xd800) << 10 | (second - 0xdc00))
            }
            _ => first,
        };
        char::from_u32(code).ok_or_else(|| self.invalid("lone surrogate"))
    }

    fn hex_unit(&mut self) -> Result<u32, Malformed> {
        let digits = self.bytes().get(self.at..self.at + 4);
        let unit = digits.and_then(|digits| {
            let mut digits = digits.iter().map(|&digit| char::from(digit).to_digit(16));
            digits.try_fold(0, |unit, digit| Some(unit << 4 | digit?))
        });
        let unit = unit.ok_or_else(|| self.expected("four hex digits"))?;
        self.at += 4;
        Ok(unit)
    }
}
