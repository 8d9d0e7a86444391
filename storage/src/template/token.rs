//! Tokens, and which of them are variables.
//!
//! A token is a longest run of ASCII letters, ASCII digits and `. - / : @ _`. One that has a digit is a variable. All else is static:
//! other tokens, blanks, other punctuation, and whatever lies outside ASCII, which thus also ends a token: no text in
//! a script without blanks is swallowed by a number in its midst.
//!
//! So what a variable can be is known without looking at rows, and [`Judge`](super::Judge) reasons with it.

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

/// Whether a text has a character that no body with a template has.
pub(super) fn has_reserved(text: &str) -> bool {
    text.bytes()
        .any(|byte| class_of(byte) & class::RESERVED != 0)
}
