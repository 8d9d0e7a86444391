//! Checksums of a file's blocks: CRC-32C of every 16 KiB.
//!
//! A Parquet file is read in pieces that the decoder chooses, and any piece must be checked before
//! it is believed. So the file is divided into blocks of one size, whatever lies in them, and a read checks
//! the blocks that it touches. In `meta.json` they are one string of hex: a file of 500 MB has a quarter of a
//! megabyte of them, of which a line each would make two.

use std::ops::Range;
use std::sync::Arc;

use clearspan_schema::ids::{parse_hex, push_hex};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::limits::SUM_BLOCK_BYTES;

const DIGITS: usize = 8;

/// The checksums of a file, block by block. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockSums {
    /// Bytes of a block; the last one may be shorter.
    block_bytes: u32,
    #[serde(serialize_with = "write_hex", deserialize_with = "read_hex")]
    crc32c: Arc<[u32]>,
}

impl BlockSums {
    /// Whether these are the blocks of a file of `bytes`.
    pub(crate) fn cover(&self, bytes: u64) -> bool {
        self.block_bytes > 0
            && bytes.div_ceil(u64::from(self.block_bytes)) == self.crc32c.len() as u64
    }

    /// `bytes` of the file, widened to whole blocks of a file of `file_bytes`.
    pub(crate) fn widen(&self, bytes: &Range<u64>, file_bytes: u64) -> Range<u64> {
        let block = u64::from(self.block_bytes);
        let end = bytes.end.div_ceil(block).saturating_mul(block);
        bytes.start / block * block..end.min(file_bytes)
    }

    /// Holds `content`, which begins at a block's start, against the sums. The first block that differs: expected and
    /// actual.
    pub(crate) fn check(&self, offset: u64, content: &[u8]) -> Result<(), (u32, u32)> {
        let first = usize::try_from(offset / u64::from(self.block_bytes)).unwrap_or(usize::MAX);
        for (at, block) in content.chunks(self.block_bytes as usize).enumerate() {
            let actual = crc32c::crc32c(block);
            let expected = first.checked_add(at).and_then(|at| self.crc32c.get(at));
            match expected {
                Some(&expected) if expected == actual => {}
                expected => return Err((expected.copied().unwrap_or(!actual), actual)),
            }
        }
        Ok(())
    }
}

/// Makes the sums of a file that is written piece by piece.
#[derive(Debug, Default)]
pub(crate) struct BlockSumsBuilder {
    done: Vec<u32>,
    /// The block that is not full yet.
    current: u32,
    current_bytes: usize,
}

impl BlockSumsBuilder {
    /// Goes on with `bytes`.
    pub(crate) fn add(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let room = SUM_BLOCK_BYTES as usize - self.current_bytes;
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.current = crc32c::crc32c_append(self.current, now);
            self.current_bytes += now.len();
            if self.current_bytes == SUM_BLOCK_BYTES as usize {
                self.end_block();
            }
            bytes = later;
        }
    }

    fn end_block(&mut self) {
        self.done.push(std::mem::take(&mut self.current));
        self.current_bytes = 0;
    }

    /// The sums of all that was added.
    pub(crate) fn finish(mut self) -> BlockSums {
        if self.current_bytes > 0 {
            self.end_block();
        }
        BlockSums {
            block_bytes: SUM_BLOCK_BYTES,
            crc32c: self.done.into(),
        }
    }
}

fn write_hex<S: Serializer>(sums: &[u32], serializer: S) -> Result<S::Ok, S::Error> {
    let mut text = String::with_capacity(sums.len() * DIGITS);
    sums.iter()
        .for_each(|sum| push_hex(&sum.to_be_bytes(), &mut text));
    serializer.serialize_str(&text)
}

fn read_hex<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<[u32]>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let sum = |digits: &[u8]| {
        let digits = std::str::from_utf8(digits).ok()?;
        parse_hex::<4>(digits).map(u32::from_be_bytes)
    };
    let sums: Option<Vec<u32>> = text.as_bytes().chunks(DIGITS).map(sum).collect();
    sums.map(Arc::from)
        .ok_or_else(|| D::Error::custom("checksums are eight hex digits each"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn sums(content: &[u8], pieces: usize) -> BlockSums {
        let mut builder = BlockSumsBuilder::default();
        content.chunks(pieces).for_each(|piece| builder.add(piece));
        builder.finish()
    }

    #[test]
    fn the_size_of_the_pieces_does_not_matter() {
        let block = SUM_BLOCK_BYTES as usize;
        for length in [0, 1, block - 1, block, block + 1, 3 * block] {
            let content: Vec<u8> = (0..length).map(|at| (at * 7 % 251) as u8).collect();
            let whole = sums(&content, length.max(1));
            assert!(whole.cover(length as u64) && !whole.cover(length as u64 + block as u64));
            assert!(whole.check(0, &content).is_ok());
            for pieces in [1, 1_000, block + 3] {
                assert_eq!(sums(&content, pieces), whole);
            }
            let json = serde_json::to_string(&whole).unwrap();
            assert_eq!(serde_json::from_str::<BlockSums>(&json).unwrap(), whole);
        }
    }

    #[test]
    fn a_flipped_bit_is_found_in_its_block_and_in_no_other() {
        let block = SUM_BLOCK_BYTES as usize;
        let mut content = vec![5u8; 2 * block + 10];
        let sums = sums(&content, 100);
        content[block + 3] ^= 4;
        assert!(sums.check(0, &content[..block]).is_ok());
        assert!(sums.check(0, &content).is_err());
        assert!(sums.check(block as u64, &content[block..]).is_err());
        assert!(sums.check(2 * block as u64, &content[2 * block..]).is_ok());
        assert!(sums.check(3 * block as u64, &[5]).is_err());
    }

    #[test]
    fn reads_are_widened_to_blocks() {
        let block = u64::from(SUM_BLOCK_BYTES);
        let sums = sums(&vec![0; 2 * block as usize + 10], 1_000);
        let whole = 2 * block + 10;
        assert_eq!(sums.widen(&(3..4), whole), 0..block);
        assert_eq!(sums.widen(&(block..block), whole), block..block);
        assert_eq!(sums.widen(&(block - 1..block + 1), whole), 0..2 * block);
        assert_eq!(sums.widen(&(whole - 1..whole), whole), 2 * block..whole);
    }

    #[test]
    fn what_is_no_list_of_sums_is_refused() {
        for text in ["0", "0123456", "0123456g", "012345678", "é1234567"] {
            let json = format!(r#"{{"block_bytes":16384,"crc32c":"{text}"}}"#);
            assert!(serde_json::from_str::<BlockSums>(&json).is_err(), "{text}");
        }
    }
}
