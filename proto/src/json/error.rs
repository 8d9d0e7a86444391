//! Why a text could not be read, and where.

use crate::otlp::DecodeError;

use super::reader::Reader;

/// Why reading stopped.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Malformed {
    /// Something else stands at this byte.
    Expected { what: &'static str, at: usize },
    /// What stands before this byte is of the right kind, but not right.
    Invalid { what: &'static str, at: usize },
    /// More records and groups than a request may hold.
    TooManyRecords,
}

/// A step from the request to a field.
#[derive(Debug)]
pub(super) enum Step {
    Field(String),
    Item(usize),
}

impl Reader<'_> {
    pub(crate) fn expected(&self, what: &'static str) -> Malformed {
        Malformed::Expected { what, at: self.at }
    }

    pub(crate) fn invalid(&self, what: &'static str) -> Malformed {
        Malformed::Invalid { what, at: self.at }
    }

    /// The error as the caller of the decoder sees it.
    pub(crate) fn explain(&self, malformed: Malformed) -> DecodeError {
        match malformed {
            Malformed::TooManyRecords => DecodeError::TooManyRows,
            Malformed::Expected { what, at } => {
                let found = describe(self.bytes().get(at).copied());
                let path = self.shown_path();
                DecodeError::json(format!("{path}expected {what}, found {found} at byte {at}"))
            }
            Malformed::Invalid { what, at } => {
                let path = self.shown_path();
                DecodeError::json(format!("{path}invalid {what} before byte {at}"))
            }
        }
    }

    fn shown_path(&self) -> String {
        let mut shown = String::new();
        for step in self.path.iter().rev() {
            match step {
                Step::Item(index) => shown += &format!("[{index}]"),
                Step::Field(name) if shown.is_empty() => shown += name,
                Step::Field(name) => shown += &format!(".{name}"),
            }
        }
        if !shown.is_empty() {
            shown += ": ";
        }
        shown
    }
}

fn describe(byte: Option<u8>) -> &'static str {
    match byte {
        None => "the end",
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b'"') => "a string",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        Some(b'-' | b'0'..=b'9') => "a number",
        Some(_) => "something else",
    }
}
