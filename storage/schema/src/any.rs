//! The encoding of OpenTelemetry's `AnyValue` and of attribute lists.
//!
//! ```text
//! attributes := entry*
//! entry      := length(key) key value
//! value      := tag payload
//!
//! tag  payload
//! 0    -                          no value (an `AnyValue` that is unset)
//! 1    length bytes               string, UTF-8
//! 2    -                          false
//! 3    -                          true
//! 4    varint(zigzag)             64-bit integer
//! 5    8 bytes                    double, IEEE 754 little-endian (every NaN keeps its bits)
//! 6    length bytes               bytes
//! 7    length value*              array
//! 8    length entry*              key-value list
//! ```
//!
//! Lengths are in bytes, as LEB128 varints. Every value says how long it is before its content, so a
//! search for one key steps over the others without looking into them. Order and repeated keys are
//! kept as sent.
//!
//! Encoded bytes come from this module alone and lie behind checksums on disk. A reader that meets
//! malformed bytes all the same ends its iteration; it never panics and never reads outside.

/// One value, borrowed from encoded bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum AnyRef<'a> {
    /// An `AnyValue` without a value.
    Empty,
    /// Text.
    String(&'a str),
    /// A boolean.
    Bool(bool),
    /// A 64-bit integer.
    Int(i64),
    /// A double.
    Double(f64),
    /// Bytes.
    Bytes(&'a [u8]),
    /// Values in order.
    Array(Values<'a>),
    /// Keys with values in order; keys may repeat.
    KeyValues(KeyValues<'a>),
}

impl<'a> AnyRef<'a> {
    /// The value that `encoded` starts with. `None` when it is malformed.
    pub fn decode(encoded: &'a [u8]) -> Option<AnyRef<'a>> {
        Reader(encoded).value()
    }
}

/// The values of an encoded array, one after the other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Values<'a>(&'a [u8]);

impl<'a> Values<'a> {
    /// Over values that were encoded one after the other.
    pub fn new(encoded: &'a [u8]) -> Self {
        Values(encoded)
    }

    /// The encoded bytes.
    pub fn encoded(self) -> &'a [u8] {
        self.0
    }
}

impl<'a> Iterator for Values<'a> {
    type Item = AnyRef<'a>;

    fn next(&mut self) -> Option<AnyRef<'a>> {
        let mut reader = Reader(self.0);
        let value = reader.value();
        self.0 = if value.is_some() { reader.0 } else { &[] };
        value
    }
}

/// The entries of an encoded attribute list, one after the other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KeyValues<'a>(&'a [u8]);

impl<'a> KeyValues<'a> {
    /// Over entries that were encoded one after the other.
    pub fn new(encoded: &'a [u8]) -> Self {
        KeyValues(encoded)
    }

    /// The encoded bytes.
    pub fn encoded(self) -> &'a [u8] {
        self.0
    }

    /// Whether there is no entry.
    pub fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// Each key as it was sent, with what decodes its value. Values that nobody asks for are passed over, and no text is checked.
    pub fn each_key(self, mut see: impl FnMut(&'a [u8], &dyn Fn() -> Option<AnyRef<'a>>)) {
        let mut reader = Reader(self.0);
        while let Some(name) = reader.bytes() {
            let at = reader;
            if reader.skip_value().is_none() {
                break;
            }
            see(name, &|| {
                let mut at = at;
                at.value()
            });
        }
    }

    /// The value of `key`; of a repeated key the last.
    pub fn get(self, key: &str) -> Option<AnyRef<'a>> {
        let mut reader = Reader(self.0);
        let mut found = None;
        while let Some(name) = reader.bytes() {
            let at = reader;
            if reader.skip_value().is_none() {
                break;
            }
            if name == key.as_bytes() {
                found = Some(at);
            }
        }
        found.and_then(|mut at| at.value())
    }
}

impl<'a> Iterator for KeyValues<'a> {
    type Item = (&'a str, AnyRef<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let mut reader = Reader(self.0);
        let entry = reader.entry();
        self.0 = if entry.is_some() { reader.0 } else { &[] };
        entry
    }
}

const EMPTY: u8 = 0;
const STRING: u8 = 1;
const FALSE: u8 = 2;
const TRUE: u8 = 3;
const INT: u8 = 4;
const DOUBLE: u8 = 5;
const BYTES: u8 = 6;
const ARRAY: u8 = 7;
const KEY_VALUES: u8 = 8;

/// Appends encoded values to a buffer. In a key-value list each value follows a [`AnyWriter::key`].
#[derive(Debug)]
pub struct AnyWriter<'a>(&'a mut Vec<u8>);

impl<'a> AnyWriter<'a> {
    /// Appends to `buffer`.
    pub fn new(buffer: &'a mut Vec<u8>) -> Self {
        AnyWriter(buffer)
    }

    /// The key of the entry whose value comes next.
    pub fn key(&mut self, key: &str) -> &mut Self {
        push_bytes(self.0, key.as_bytes());
        self
    }

    /// An unset value.
    pub fn empty(&mut self) {
        self.0.push(EMPTY);
    }

    /// Text.
    pub fn string(&mut self, value: &str) {
        self.0.push(STRING);
        push_bytes(self.0, value.as_bytes());
    }

    /// A boolean.
    pub fn bool(&mut self, value: bool) {
        self.0.push(if value { TRUE } else { FALSE });
    }

    /// A 64-bit integer.
    pub fn int(&mut self, value: i64) {
        self.0.push(INT);
        push_varint(self.0, ((value << 1) ^ (value >> 63)) as u64);
    }

    /// A double.
    pub fn double(&mut self, value: f64) {
        self.0.push(DOUBLE);
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    /// Bytes.
    pub fn bytes(&mut self, value: &[u8]) {
        self.0.push(BYTES);
        push_bytes(self.0, value);
    }

    /// An array, whose values `content` appends.
    pub fn array<R>(&mut self, content: impl FnOnce(&mut AnyWriter<'_>) -> R) -> R {
        self.nested(ARRAY, content)
    }

    /// A key-value list, whose entries `content` appends.
    pub fn key_values<R>(&mut self, content: impl FnOnce(&mut AnyWriter<'_>) -> R) -> R {
        self.nested(KEY_VALUES, content)
    }

    /// A value that is already encoded.
    pub fn encoded(&mut self, value: &[u8]) {
        self.0.extend_from_slice(value);
    }

    fn nested<R>(&mut self, tag: u8, content: impl FnOnce(&mut AnyWriter<'_>) -> R) -> R {
        self.0.push(tag);
        let start = self.0.len();
        let result = content(&mut AnyWriter(self.0));
        // The length stands before the content but is known after it: append it, then turn it to the front.
        let end = self.0.len();
        push_varint(self.0, (end - start) as u64);
        let length_bytes = self.0.len() - end;
        self.0[start..].rotate_right(length_bytes);
        result
    }
}

/// Appends `value` as a LEB128 varint.
pub(crate) fn push_varint(buffer: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        buffer.push(value as u8 | 0x80);
        value >>= 7;
    }
    buffer.push(value as u8);
}

/// Appends `bytes` after their length.
pub(crate) fn push_bytes(buffer: &mut Vec<u8>, bytes: &[u8]) {
    push_varint(buffer, bytes.len() as u64);
    buffer.extend_from_slice(bytes);
}

/// Reads from the front of encoded bytes; `None` from then on where they are malformed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn varint(&mut self) -> Option<u64> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let (&byte, rest) = self.0.split_first()?;
            self.0 = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    pub(crate) fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.varint()?).ok()?;
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    pub(crate) fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.bytes()?).ok()
    }

    fn entry(&mut self) -> Option<(&'a str, AnyRef<'a>)> {
        Some((self.text()?, self.value()?))
    }

    fn tag(&mut self) -> Option<u8> {
        let (&tag, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(tag)
    }

    fn value(&mut self) -> Option<AnyRef<'a>> {
        Some(match self.tag()? {
            EMPTY => AnyRef::Empty,
            STRING => AnyRef::String(self.text()?),
            FALSE => AnyRef::Bool(false),
            TRUE => AnyRef::Bool(true),
            INT => {
                let zigzag = self.varint()?;
                AnyRef::Int((zigzag >> 1) as i64 ^ -((zigzag & 1) as i64))
            }
            DOUBLE => {
                let (bytes, rest) = self.0.split_first_chunk::<8>()?;
                self.0 = rest;
                AnyRef::Double(f64::from_le_bytes(*bytes))
            }
            BYTES => AnyRef::Bytes(self.bytes()?),
            ARRAY => AnyRef::Array(Values(self.bytes()?)),
            KEY_VALUES => AnyRef::KeyValues(KeyValues(self.bytes()?)),
            _ => return None,
        })
    }

    fn skip_value(&mut self) -> Option<()> {
        match self.tag()? {
            EMPTY | FALSE | TRUE => {}
            INT => {
                self.varint()?;
            }
            DOUBLE => self.0 = self.0.get(8..)?,
            STRING | BYTES | ARRAY | KEY_VALUES => {
                self.bytes()?;
            }
            _ => return None,
        }
        Some(())
    }
}

#[cfg(test)]
mod tests;
