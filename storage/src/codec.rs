//! Little-endian integers, LEB128 varints and length-prefixed bytes, for the small files that are
//! not Arrow.

/// Appends to a buffer.
#[derive(Debug, Default)]
pub struct Writer(Vec<u8>);

impl Writer {
    /// Bytes as they are.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// Four bytes.
    pub fn u32(&mut self, value: u32) {
        self.raw(&value.to_le_bytes());
    }

    /// Eight bytes.
    pub fn u64(&mut self, value: u64) {
        self.raw(&value.to_le_bytes());
    }

    /// LEB128.
    pub fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    /// Their length as a varint, then the bytes.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.varint(bytes.len() as u64);
        self.raw(bytes);
    }

    /// All that was appended.
    pub fn into_inner(self) -> Vec<u8> {
        self.0
    }
}

/// Reads from the front of a slice; `None` when it ends too early or a number does not fit.
#[derive(Debug, Clone)]
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Over `bytes`, from their front.
    pub fn new(bytes: &'a [u8]) -> Self {
        Reader(bytes)
    }

    /// What is left.
    pub fn rest(&self) -> &'a [u8] {
        self.0
    }

    /// So many bytes.
    pub fn raw(&mut self, length: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    /// Four bytes.
    pub fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.raw(4)?.try_into().ok()?))
    }

    /// Eight bytes.
    pub fn u64(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(self.raw(8)?.try_into().ok()?))
    }

    /// LEB128, up to 64 bits.
    #[inline]
    pub fn varint(&mut self) -> Option<u64> {
        // Most numbers are small.
        if let [byte @ ..0x80, rest @ ..] = self.0 {
            self.0 = rest;
            return Some((*byte).into());
        }
        self.long_varint()
    }

    fn long_varint(&mut self) -> Option<u64> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = *self.raw(1)?.first()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    /// A varint that fits in 32 bits.
    pub fn varint_u32(&mut self) -> Option<u32> {
        u32::try_from(self.varint()?).ok()
    }

    /// A number of items that follow, each at least one byte: a larger one is malformed, and must not
    /// make a reader allocate.
    pub fn count(&mut self) -> Option<usize> {
        usize::try_from(self.varint()?)
            .ok()
            .filter(|&count| count <= self.0.len())
    }

    /// A varint, and as many bytes.
    pub fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.varint()?).ok()?;
        self.raw(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_bytes_read_back() {
        let mut writer = Writer::default();
        for value in [0, 127, 128, u64::MAX] {
            writer.varint(value);
        }
        writer.u32(7);
        writer.u64(8);
        writer.bytes(b"abc");
        let bytes = writer.into_inner();
        let mut reader = Reader::new(&bytes);
        for value in [0, 127, 128, u64::MAX] {
            assert_eq!(reader.varint(), Some(value));
        }
        assert_eq!(
            (reader.u32(), reader.u64(), reader.bytes()),
            (Some(7), Some(8), Some(&b"abc"[..]))
        );
        assert_eq!(reader.varint(), None);
    }

    #[test]
    fn a_lying_count_allocates_nothing() {
        let mut writer = Writer::default();
        writer.varint(u64::MAX);
        let bytes = writer.into_inner();
        assert_eq!(Reader::new(&bytes).count(), None);
    }
}
