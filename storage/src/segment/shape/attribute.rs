//! Which attributes can have a column, and its name.
//!
//! | attribute | column | type |
//! |---|---|---|
//! | `http.route` = text | `attributes.http.route` | Utf8, or a dictionary of it |
//! | `retries` = integer | `attributes.retries:int` | Int64 |
//! | `ratio` = double | `attributes.ratio:double` | Float64 |
//! | `cached` = boolean | `attributes.cached:bool` | Boolean |
//!
//! The ending is there whether or not the key has a second type, so that a column's name means the same in every segment.

use clearspan_schema::any::AnyRef;

use crate::limits::{ATTRIBUTE_KEY_BYTES_MAX, ATTRIBUTE_TEXT_BYTES_MAX};

/// The types of values that can have a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AttributeKind {
    /// Text.
    String,
    /// A 64-bit integer.
    Int,
    /// A double.
    Double,
    /// A boolean.
    Bool,
}

impl AttributeKind {
    /// All, in the order of their numbers.
    pub const ALL: [Self; 4] = [Self::String, Self::Int, Self::Double, Self::Bool];

    /// What a column's name ends with.
    pub(super) fn ending(self) -> &'static str {
        match self {
            Self::String => "",
            Self::Int => ":int",
            Self::Double => ":double",
            Self::Bool => ":bool",
        }
    }

    /// The kind of a value that can stand in a column.
    ///
    /// Not-a-number and negative zero cannot: they equal themselves or zero by other rules in each format's dictionaries.
    #[inline]
    pub(super) fn of(value: &AnyRef<'_>) -> Option<Self> {
        match value {
            AnyRef::String(text) if text.len() <= ATTRIBUTE_TEXT_BYTES_MAX => Some(Self::String),
            AnyRef::Int(_) => Some(Self::Int),
            AnyRef::Double(value) => {
                let odd = value.is_nan() || (*value == 0.0 && value.is_sign_negative());
                (!odd).then_some(Self::Double)
            }
            AnyRef::Bool(_) => Some(Self::Bool),
            _ => None,
        }
    }
}

/// An attribute's name in orders: the column's name without what all begin with.
pub(super) fn short_name(key: &str, kind: AttributeKind) -> String {
    format!("{key}{}", kind.ending())
}

/// Whether a key can have a column: it is not too long, and orders that name it can be told apart from others.
pub(super) fn can_have_column(key: &str) -> bool {
    let endings = AttributeKind::ALL.map(AttributeKind::ending);
    let ends = |ending: &&str| !ending.is_empty() && key.ends_with(ending);
    !key.is_empty()
        && key.len() <= ATTRIBUTE_KEY_BYTES_MAX
        && !key.starts_with('*')
        && !key.contains(|c: char| c == ',' || c.is_control())
        && !endings.iter().any(ends)
}

/// Bytes of a LEB128 varint.
#[inline]
pub(super) fn varint_bytes(value: u64) -> usize {
    (63 - (value | 1).leading_zeros() as usize) / 7 + 1
}

/// Whether an entry that took `encoded` is what a writer makes of it: others are kept as they are.
#[inline]
pub(super) fn is_as_written(key: &str, value: &AnyRef<'_>, encoded: &[u8]) -> bool {
    let text = |length: usize| varint_bytes(length as u64) + length;
    let content = match value {
        AnyRef::String(value) => text(value.len()),
        AnyRef::Bool(_) => 0,
        AnyRef::Double(_) => 8,
        AnyRef::Int(value) => {
            let zigzag = ((value << 1) ^ (value >> 63)) as u64;
            let bytes = varint_bytes(zigzag);
            // Of a tenth byte only one bit is read.
            if bytes == 10 && encoded.last() != Some(&1) {
                return false;
            }
            bytes
        }
        _ => return false,
    };
    text(key.len()) + 1 + content == encoded.len()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use clearspan_schema::any::{AnyWriter, KeyValues};

    #[test]
    fn what_a_writer_wrote_is_known_as_such() {
        for value in [0, 1, -1, 63, 64, -64, -65, 8192, i64::MAX, i64::MIN] {
            let mut encoded = Vec::new();
            AnyWriter::new(&mut encoded).key("k").int(value);
            let (key, read) = KeyValues::new(&encoded).next().unwrap();
            assert!(is_as_written(key, &read, &encoded), "{value}");
        }
        // The same values in more bytes than needed, or with bits that no reader sees.
        let hidden = [&[1, b'k', 4][..], &[0xff; 9], &[3]].concat();
        for other in [&[1, b'k', 4, 0x80, 0][..], &[0x81, 0, b'k', 2], &hidden] {
            let (key, read) = KeyValues::new(other).next().unwrap();
            assert!(!is_as_written(key, &read, other), "{other:?}");
        }
    }

    #[test]
    fn a_key_that_orders_could_not_name_has_no_column() {
        for key in ["", "a,b", "*2", "a:int", "a\u{1}b", &"k".repeat(129)] {
            assert!(!can_have_column(key), "{key}");
        }
        for key in ["http.route", "a b", "a:b", "2*", "ключ"] {
            assert!(can_have_column(key), "{key}");
        }
    }
}
