//! Which characters the variables of a template have.

use super::token::{SPAN_REFERENCE, TRACE_REFERENCE, is_token};

/// The punctuation of tokens, in the order of its bits.
const PUNCTUATION: &[u8] = b".-/:@_";

/// A set of the folded characters that variables are made of: bits 0 to 25 are `a` to `z`, 26 to 35 `0` to `9`, 36 to 41 `. - / : @ _`.
///
/// Kept for each template, it tells templates of times and ids, in which no word can stand, from those with names or paths.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Alphabet(u64);

static BITS: [u64; 256] = bits();

const fn bits() -> [u64; 256] {
    let mut bits = [0; 256];
    let mut hex = 0;
    let mut i = 0;
    while i < 26 {
        bits[(b'a' + i) as usize] = 1 << i;
        bits[(b'A' + i) as usize] = 1 << i;
        if i < 6 {
            hex |= 1 << i;
        }
        i += 1;
    }
    let mut i = 0;
    while i < 10 {
        bits[(b'0' + i) as usize] = 1 << (26 + i);
        hex |= 1 << (26 + i);
        i += 1;
    }
    let mut i = 0;
    while i < PUNCTUATION.len() {
        bits[PUNCTUATION[i] as usize] = 1 << (36 + i);
        i += 1;
    }
    bits[TRACE_REFERENCE as usize] = hex;
    bits[SPAN_REFERENCE as usize] = hex;
    bits
}

impl Alphabet {
    /// All characters that a variable can have: what is to be taken for a template of which nothing is known.
    pub const ALL: Self = Self((1 << (36 + PUNCTUATION.len())) - 1);

    /// Characters that belong to no word.
    const BETWEEN_WORDS: Self = Self(0b1_1111 << 36);

    /// The characters of a row's joined variables. A reference has those of an id.
    #[inline]
    pub fn of(variables: &str) -> Self {
        let bits = variables.bytes().map(|byte| BITS[usize::from(byte)]);
        Self(bits.fold(0, |all, bit| all | bit))
    }

    /// The set as a number, to be stored.
    pub fn to_bits(self) -> u64 {
        self.0
    }

    /// The stored set.
    pub fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// The characters of both, as a template has them whose rows come from two segments.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether a folded byte is among them.
    #[inline]
    pub(super) fn has(self, byte: u8) -> bool {
        self.0 & BITS[usize::from(byte)] != 0 && is_token(byte)
    }

    /// Whether some of them belongs to no word.
    pub(super) fn has_between_words(self) -> bool {
        self.0 & Self::BETWEEN_WORDS.0 != 0
    }
}
