//! Tokens, and which of them are variables.
//!
//! 1. A token is a longest run of ASCII letters, ASCII digits and `. - / : @ _`.
//! 2. One that has a digit is a variable, but for its key: where a `:` stands before its first digit, as in `code:42`, the variable begins
//!    behind the last such `:`. Hexadecimal letters are no key, for the token may be a hardware address or one of IPv6.
//! 3. All else is static: other tokens, blanks, other punctuation, and whatever lies outside ASCII, which thus also ends a token: no
//!    text in a script without blanks is swallowed by a number in its midst.
//!
//! So static text has no digit of ASCII, and what a variable can be is known without looking at rows, and [`Judge`](super::Judge) reasons with it.

/// The number of this rule, which stands with every segment's templates. It has to be raised with whatever lets some body be split otherwise (a
/// limit in bytes too), or an [`Alphabet`](super::Alphabet) say something else. Under another number bodies are restored as ever, but nothing is concluded from their templates:
/// every row is looked at, and a merge splits the bodies anew.
pub(crate) const RULE: u32 = 1;

/// Stands in a template for a variable, and between the variables of a row.
pub const PLACEHOLDER: char = '\u{1}';

/// The variable that is the record's own trace id, in lower-case hexadecimal.
pub const TRACE_REFERENCE: char = '\u{2}';

/// The variable that is the record's own span id, in lower-case hexadecimal.
pub const SPAN_REFERENCE: char = '\u{3}';

/// Bits of a byte's class. A byte without any is static.
pub(super) mod class {
    /// Part of a token.
    pub(in crate::template) const TOKEN: u8 = 1;
    /// A digit, which is part of a token too.
    pub(in crate::template) const DIGIT: u8 = 2;
    /// One of the characters that templates and variables are written with.
    pub(in crate::template) const RESERVED: u8 = 4;
}

static CLASSES: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut classes = [0; 256];
    let mut i = 0;
    while i < 256 {
        let byte = i as u8;
        classes[i] = match byte {
            b'0'..=b'9' => class::TOKEN | class::DIGIT,
            b'a'..=b'z' | b'A'..=b'Z' => class::TOKEN,
            b'.' | b'-' | b'/' | b':' | b'@' | b'_' => class::TOKEN,
            1..=3 => class::RESERVED,
            _ => 0,
        };
        i += 1;
    }
    classes
}

/// The class of a byte.
#[inline]
pub(super) fn class_of(byte: u8) -> u8 {
    CLASSES[usize::from(byte)]
}

/// Whether a byte is part of tokens, and so may be part of a variable. Folding keeps that.
#[inline]
pub(super) fn is_token(byte: u8) -> bool {
    class_of(byte) & class::TOKEN != 0
}

/// Bytes of the key that a token with a digit begins with, `:` included.
#[inline]
pub(super) fn key_bytes(token: &[u8]) -> usize {
    let digit = token.iter().position(u8::is_ascii_digit);
    let before = &token[..digit.unwrap_or(token.len())];
    let Some(colon) = before.iter().rposition(|byte| *byte == b':') else {
        return 0;
    };
    let beyond_hex = |byte: &u8| byte.is_ascii_alphabetic() && !byte.is_ascii_hexdigit();
    match colon == 0 || before[..colon].iter().any(beyond_hex) {
        true => colon + 1,
        false => 0,
    }
}

/// Whether a text has a character that no body with a template has.
pub(super) fn has_reserved(text: &str) -> bool {
    text.bytes()
        .any(|byte| class_of(byte) & class::RESERVED != 0)
}
