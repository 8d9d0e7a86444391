//! Tokens: what a text is cut into, for the index and for the question alike.
//!
//! A token is a longest run of word characters, folded. Most tokens are *words* and go to the term dictionary. Some are *ids*:
//! they are nearly as many as there are records, would make the dictionary five times as large, and are looked for whole or
//! not at all. They go only to filters, as 64-bit keys:
//!
//! | id | rule | why |
//! |---|---|---|
//! | UUID | five hexadecimal runs of 8, 4, 4, 4 and 12 digits, joined by single `-` | one key for the whole; its runs get no words or keys of their own |
//! | number | 16 or more hexadecimal digits, or 8 or more decimal ones | span ids have 16; ports, codes, sizes and durations have under 8, time stamps and order numbers more |
//! | long | folded, more than 64 bytes | base64, encoded blobs: unbounded, never typed |
//!
//! Which class a run has depends on its folded text alone (and, for a UUID, on its neighbours), so that text and question agree.

use twox_hash::XxHash3_64;

use super::fold::{fold_into, table_checksum};

/// The seed of the ids' hash. Part of the format of `filters.bin`.
const ID_SEED: u64 = 0x636c_7273_7061_6e31;

/// The version of the rules of this file. Part of the format of both files.
const RULES_VERSION: u32 = 1;

/// Longest word in bytes; a longer token is an id.
pub(crate) const WORD_BYTES_MAX: usize = 64;

const HEX_ID_DIGITS_MIN: usize = 16;
const DECIMAL_ID_DIGITS_MIN: usize = 8;

/// Digits of the five runs of a UUID.
pub(crate) const UUID_RUNS: [usize; 5] = [8, 4, 4, 4, 12];
const UUID_BYTES: usize = 36;

/// Whether a character belongs to words: letters, digits and the underscore.
#[inline]
pub fn is_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

/// The kinds of ids, each of which leaves a marker in the term dictionary of the granules that hold one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdKind {
    /// A UUID, as one.
    Uuid,
    /// Many hexadecimal or decimal digits.
    Number,
    /// A token that is too long for a dictionary.
    Long,
}

impl IdKind {
    /// All kinds.
    pub(crate) const ALL: [Self; 3] = [Self::Uuid, Self::Number, Self::Long];

    /// The marker's term. No word begins with a control character.
    pub(crate) fn marker(self) -> &'static str {
        match self {
            Self::Uuid => "\u{1}uuid",
            Self::Number => "\u{1}number",
            Self::Long => "\u{1}long",
        }
    }
}

/// Returns the key of an id as text; upper and lower case have the same.
pub fn id_key(text: &str) -> u64 {
    if text
        .bytes()
        .all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase())
    {
        return hash_folded(text);
    }
    hash_folded(&super::fold::fold(text))
}

/// Returns the key of an id given as bytes: that of its hexadecimal text. A trace or span id thus has the same key as its text
/// in a body.
pub fn id_key_of_bytes(id: &[u8]) -> u64 {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(id.len() * 2);
    for byte in id {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    hash_folded(&text)
}

fn hash_folded(folded: &str) -> u64 {
    XxHash3_64::oneshot_with_seed(ID_SEED, folded.as_bytes())
}

/// A number for the rules by which texts were cut and folded. Files written under other rules (another Unicode version)
/// may hold other tokens than a question asks for.
pub(crate) fn rules() -> u32 {
    let (major, minor, update) = char::UNICODE_VERSION;
    let mut bytes = Vec::with_capacity(12);
    bytes.extend(RULES_VERSION.to_le_bytes());
    bytes.extend([major, minor, update]);
    bytes.extend(table_checksum().to_le_bytes());
    crc32c::crc32c(&bytes)
}

/// Receives the tokens of a text.
pub(crate) trait TokenSink {
    /// A folded word.
    fn word(&mut self, word: &str);
    /// An id's key.
    fn id(&mut self, kind: IdKind, key: u64);
}

/// What a folded run of word characters is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    Word,
    Id(IdKind),
}

/// Facts about a run's characters, gathered while its end is looked for. Also the classes of bytes: 0 is a separator, and a byte
/// outside ASCII has to be decoded to be told.
mod flag {
    pub(crate) const WORD: u8 = 1;
    pub(crate) const UPPER: u8 = 2;
    pub(crate) const NOT_HEX: u8 = 4;
    pub(crate) const NOT_DECIMAL: u8 = 8;
    pub(crate) const NOT_ASCII: u8 = 16;
}

static BYTE_CLASS: [u8; 256] = byte_classes();

const fn byte_classes() -> [u8; 256] {
    let mut classes = [0; 256];
    let mut i = 0;
    while i < 256 {
        let byte = i as u8;
        let mut class = 0;
        if !byte.is_ascii() {
            class = flag::NOT_ASCII;
        } else if byte.is_ascii_alphanumeric() || byte == b'_' {
            class = flag::WORD;
            if byte.is_ascii_uppercase() {
                class |= flag::UPPER;
            }
            if !byte.is_ascii_hexdigit() {
                class |= flag::NOT_HEX;
            }
            if !byte.is_ascii_digit() {
                class |= flag::NOT_DECIMAL;
            }
        }
        classes[i] = class;
        i += 1;
    }
    classes
}

/// A longest run of word characters in a text, as byte positions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    pub(crate) start: usize,
    pub(crate) end: usize,
    flags: u8,
}

impl Run {
    pub(crate) fn text(self, text: &str) -> &str {
        &text[self.start..self.end]
    }

    /// Whether it has nothing but hexadecimal digits. (No character outside ASCII folds to one.)
    pub(crate) fn is_hex(self) -> bool {
        self.flags & flag::NOT_HEX == 0
    }

    pub(crate) fn class(self, folded_bytes: usize) -> Class {
        let digits = self.end - self.start;
        let hex_id = self.is_hex() && digits >= HEX_ID_DIGITS_MIN;
        let decimal_id = self.flags & flag::NOT_DECIMAL == 0 && digits >= DECIMAL_ID_DIGITS_MIN;
        if hex_id || decimal_id {
            Class::Id(IdKind::Number)
        } else if folded_bytes > WORD_BYTES_MAX {
            Class::Id(IdKind::Long)
        } else {
            Class::Word
        }
    }

    fn is_ascii(self) -> bool {
        self.flags & flag::NOT_ASCII == 0
    }

    fn is_folded(self) -> bool {
        self.flags & (flag::UPPER | flag::NOT_ASCII) == 0
    }
}

/// The runs of a text from left to right.
pub(crate) struct Runs<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Runs<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Goes on after a place that is no inside of a run.
    fn skip_to(&mut self, at: usize) {
        self.at = at;
    }
}

impl Iterator for Runs<'_> {
    type Item = Run;

    #[inline]
    fn next(&mut self) -> Option<Run> {
        let bytes = self.text.as_bytes();
        let mut at = self.at;
        loop {
            let class = BYTE_CLASS[usize::from(*bytes.get(at)?)];
            if class == flag::NOT_ASCII {
                let (word, len) = decode(self.text, at);
                if word {
                    break;
                }
                at += len;
            } else if class == 0 {
                at += 1;
            } else {
                break;
            }
        }
        let start = at;
        let mut flags = 0;
        while let Some(byte) = bytes.get(at) {
            let class = BYTE_CLASS[usize::from(*byte)];
            if class & flag::WORD != 0 {
                flags |= class;
                at += 1;
                continue;
            }
            if class == 0 {
                break;
            }
            let (word, len) = decode(self.text, at);
            if !word {
                break;
            }
            flags |= flag::NOT_ASCII | flag::NOT_HEX | flag::NOT_DECIMAL;
            at += len;
        }
        self.at = at;
        Some(Run {
            start,
            end: at,
            flags,
        })
    }
}

/// Whether the character at a byte position is a word character, and its length.
#[cold]
fn decode(text: &str, at: usize) -> (bool, usize) {
    match text[at..].chars().next() {
        Some(c) => (is_word(c), c.len_utf8()),
        None => (false, 1),
    }
}

/// Cuts texts into tokens. Keeps a buffer for the folded ones.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tokenizer {
    folded: String,
}

impl Tokenizer {
    /// Gives the tokens of a text to the sink.
    pub(crate) fn feed(&mut self, text: &str, sink: &mut impl TokenSink) {
        let mut runs = Runs::new(text);
        while let Some(run) = runs.next() {
            if let Some(end) = uuid_end(text, run) {
                sink.id(IdKind::Uuid, id_key(&text[run.start..end]));
                runs.skip_to(end);
                continue;
            }
            let folded = if run.is_folded() {
                run.text(text)
            } else {
                self.folded.clear();
                if run.is_ascii() {
                    self.folded.push_str(run.text(text));
                    self.folded.make_ascii_lowercase();
                } else {
                    fold_into(run.text(text), &mut self.folded);
                }
                &self.folded
            };
            match run.class(folded.len()) {
                Class::Word => sink.word(folded),
                Class::Id(kind) => sink.id(kind, hash_folded(folded)),
            }
        }
    }
}

/// Returns where the UUID ends that begins with this run. As its first run has 8 digits and no other has, two UUIDs cannot
/// overlap.
#[inline]
pub(crate) fn uuid_end(text: &str, first: Run) -> Option<usize> {
    if first.end - first.start != UUID_RUNS[0] || !first.is_hex() {
        return None;
    }
    let end = first.start + UUID_BYTES;
    let uuid = text.as_bytes().get(first.start..end)?;
    let has_form = uuid.iter().enumerate().all(|(i, byte)| match i {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    });
    // The form is ASCII, so `end` lies between characters.
    let ends = has_form && !text[end..].chars().next().is_some_and(is_word);
    ends.then_some(end)
}

#[cfg(test)]
mod tests;
