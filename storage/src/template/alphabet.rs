//! Which characters and words the variables of a template have.

use super::token::{SPAN_REFERENCE, TRACE_REFERENCE, is_token};
use crate::text::is_word;

/// The punctuation of tokens, in the order of its bits.
const PUNCTUATION: &[u8] = b".-/:@_";

/// The folded characters that variables are made of, and about their words.
///
/// Kept for each template, it tells templates of times and ids, in which no word can stand, from those with names or paths, and these from
/// each other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Alphabet {
    /// Bits 0 to 25 are `a` to `z`, 26 to 35 `0` to `9`, 36 to 41 `. - / : @ _`.
    characters: u64,
    words: Words,
}

/// A Bloom filter of *telling* words: those without a digit and with a letter beyond `f`. Of the others, which are numbers and parts of ids,
/// variables have too many to tell anything.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
struct Words(u128);

impl Words {
    /// The telling words of a text.
    #[inline]
    fn of(text: &str) -> Self {
        let mut words = Self::default();
        each_telling_word(text, |word| words.0 |= Self::bits_of(word));
        words
    }

    fn bits_of(word: &[u8]) -> u128 {
        // FNV-1a: words are short, and nobody gains by collisions but slower searches of his own.
        let hash = word.iter().fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| {
            (hash ^ u64::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0000_01b3)
        });
        1 << (hash >> 57) | 1 << (hash >> 50 & 127)
    }
}

/// Gives each telling word in a text to `take`. Only words of ASCII are told, for variables have no others.
fn each_telling_word(text: &str, mut take: impl FnMut(&[u8])) {
    let is_of_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let words = text.as_bytes().split(|byte| !is_of_word(*byte));
    for word in words.filter(|word| !word.is_empty()) {
        let has_digit = word.iter().any(u8::is_ascii_digit);
        if !has_digit && word.iter().any(|byte| !byte.is_ascii_hexdigit()) {
            take(word);
        }
    }
}

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
    /// All that a variable can have: what is to be taken for a template of which nothing is known.
    pub const ALL: Self = Self {
        characters: (1 << (36 + PUNCTUATION.len())) - 1,
        words: Words(u128::MAX),
    };

    /// Letters that belong to no hexadecimal number, and `_`.
    const TELLING: u64 = 0x03ff_ffc0 | 1 << 41;

    /// Characters that belong to no word.
    const BETWEEN_WORDS: u64 = 0b1_1111 << 36;

    /// The characters and words of a row's joined variables. A reference has the characters of an id.
    #[inline]
    pub fn of(variables: &str) -> Self {
        let bits = variables.bytes().map(|byte| BITS[usize::from(byte)]);
        let characters = bits.fold(0, |all, bit| all | bit);
        let words = match characters & Self::TELLING {
            0 => Words::default(),
            _ => Words::of(variables),
        };
        Self { characters, words }
    }

    /// The characters and the words as numbers, to be stored.
    pub fn to_bits(self) -> (u64, u128) {
        (self.characters, self.words.0)
    }

    /// What was stored.
    pub fn from_bits(characters: u64, words: u128) -> Self {
        let words = Words(words);
        Self { characters, words }
    }

    /// What both have, as a template has it whose rows come from two segments.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self {
            characters: self.characters | other.characters,
            words: Words(self.words.0 | other.words.0),
        }
    }

    /// Whether a folded byte is among the characters.
    #[inline]
    pub(super) fn has(self, byte: u8) -> bool {
        self.characters & BITS[usize::from(byte)] != 0 && is_token(byte)
    }

    /// Whether some of the characters belongs to no word.
    pub(super) fn has_between_words(self) -> bool {
        self.characters & Self::BETWEEN_WORDS != 0
    }

    /// Whether all words of `wanted` may be among the words.
    pub(super) fn may_have(self, wanted: &WantedWords) -> bool {
        wanted.0.iter().all(|bits| self.words.0 & bits == *bits)
    }
}

/// The telling words that a text has to have in which a pattern stands.
#[derive(Debug, Clone, Default)]
pub(super) struct WantedWords(Vec<u128>);

impl WantedWords {
    /// Of a folded pattern. At an end that is not closed a word may go on beyond the pattern.
    pub(super) fn of(pattern: &str, closed_start: bool, closed_end: bool) -> Self {
        let mut whole = pattern;
        if !closed_start {
            whole = whole.trim_start_matches(is_word);
        }
        if !closed_end {
            whole = whole.trim_end_matches(is_word);
        }
        let mut words = Vec::new();
        each_telling_word(whole, |word| words.push(Words::bits_of(word)));
        Self(words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_told_that_are_no_numbers() {
        let mut told = Vec::new();
        let text = "http://ts-order:8080/a_b\u{1}Face\u{1}deadbeef\u{1}x9\u{1}Order_ID";
        each_telling_word(text, |word| {
            told.push(String::from_utf8_lossy(word).into_owned())
        });
        assert_eq!(told, ["http", "ts", "order", "a_b", "Order_ID"]);
        let alphabet = Alphabet::of(text);
        let may_have = |pattern: &str, closed_start, closed_end| {
            alphabet.may_have(&WantedWords::of(pattern, closed_start, closed_end))
        };
        assert!(may_have("order", true, true) && may_have("ts-order", true, true));
        assert!(may_have("order_id", true, true) && may_have("8080", true, true));
        assert!(!may_have("error", true, true) && !may_have("ts-error", true, true));
        assert!(!may_have("error-ts", true, false) && may_have("ts-error", true, false));
        assert!(may_have("error", false, true) && may_have("error", false, false));
    }

    #[test]
    fn unions_have_what_both_have() {
        let (one, two) = (Alphabet::of("Zulu-1"), Alphabet::of("kilo/2"));
        let both = one.union(two);
        assert_eq!(both.union(one), both);
        for word in ["zulu", "kilo"] {
            assert!(both.may_have(&WantedWords::of(word, true, true)));
        }
        assert_eq!(
            Alphabet::of("123\u{1}ab-12"),
            Alphabet::of("123\u{1}ab-12").union(Alphabet::of("1"))
        );
        let (characters, words) = both.to_bits();
        assert_eq!(Alphabet::from_bits(characters, words), both);
    }
}
