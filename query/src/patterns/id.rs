//! The id of a pattern.

use std::fmt;

use twox_hash::XxHash3_64;

/// A hash of the pattern's template, and of nothing else: the same wherever and whenever the template is met. Shown as 16 hexadecimal
/// digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PatternId(u64);

impl PatternId {
    /// Of a template as it is stored.
    pub(super) fn of(template: &str) -> Self {
        PatternId(XxHash3_64::oneshot(template.as_bytes()))
    }

    /// Reads what `Display` writes, in either case.
    pub fn parse(text: &str) -> Option<Self> {
        let is_id = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_id
            .then(|| u64::from_str_radix(text, 16).ok())
            .flatten()
            .map(PatternId)
    }
}

impl fmt::Display for PatternId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_id_is_the_same_for_good() {
        let id = PatternId::of("disk \u{1} of \u{1} is \u{1}% full");
        assert_eq!(id.to_string(), "0715d113003f0856");
        assert_eq!(PatternId::parse(&id.to_string()), Some(id));
        assert_eq!(
            PatternId::parse(&id.to_string().to_uppercase()).unwrap(),
            id
        );
        for wrong in [
            "",
            "0",
            "00000000000000000",
            "+000000000000000",
            "000000000000000g",
            "ééé",
        ] {
            assert_eq!(PatternId::parse(wrong), None, "{wrong}");
        }
    }
}
