//! The bytes of file headers and frame headers. All integers are little endian; everything begins at a
//! multiple of eight bytes, so that a frame read into aligned memory can be used where it lies.
//!
//! ```text
//! file header                            frame
//!  0  magic "CLSPNWAL"                    0  magic "FRAM"
//!  8  u16 format version                  4  u32 payload length, a multiple of 8
//! 10  u8  signal: 0 logs, 1 spans         8  u64 sequence number of the first row
//! 11  u8  length of the tenant's name    16  i64 arrival, nanoseconds since 1970
//! 12  u32 length of the schema           24  u32 rows
//! 16  u64 file number                    28  u8  frame version
//! 24  i64 created, ns since 1970         29  u8  kind: 0 record batch
//! 32  the tenant's name, zeros to 8      30  u16 zero
//!     the schema: an Arrow IPC message   32  u32 CRC32C of the payload
//!     u32 length of the whole header     36  u32 CRC32C of bytes 0 to 35, continuing that of the file
//!     u32 CRC32C of all before           40  the payload: Arrow IPC messages
//! ```
//!
//! A frame's checksum continues the one of its file's header, so that a frame of another file, even of one
//! that had the same blocks of the disk before, is not taken for one of this.

use clearspan_schema::Signal;

use super::limits::{FRAME_BYTES_MAX, HEADER_BYTES_MAX};
use crate::catalog::TableKey;

const FILE_MAGIC: &[u8; 8] = b"CLSPNWAL";
const FILE_VERSION: u16 = 1;
const FILE_FIXED_BYTES: usize = 32;
const FILE_TRAILER_BYTES: usize = 8;

/// The first four bytes of every frame.
pub(super) const FRAME_MAGIC: [u8; 4] = *b"FRAM";
const FRAME_VERSION: u8 = 1;
const KIND_BATCH: u8 = 0;

/// The bytes of a frame before its payload.
pub(super) const FRAME_HEADER_BYTES: usize = 40;

/// What everything is aligned to.
pub(super) const ALIGNMENT: usize = 8;

/// What stands at the head of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FileHeader {
    pub(super) key: TableKey,
    pub(super) file: u64,
    pub(super) created_ns: i64,
    /// The Arrow IPC schema message, padded to a multiple of eight.
    pub(super) schema: Vec<u8>,
}

/// What stands at the head of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FrameHeader {
    pub(super) payload_bytes: u32,
    pub(super) base_seq: u64,
    pub(super) arrival_ns: i64,
    pub(super) rows: u32,
    pub(super) payload_crc: u32,
}

impl FileHeader {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(FILE_FIXED_BYTES + self.schema.len() + 256);
        out.extend_from_slice(FILE_MAGIC);
        out.extend_from_slice(&FILE_VERSION.to_le_bytes());
        out.push(signal_code(self.key.signal));
        // Tenants' names are at most 255 bytes, and a schema is far below its limit: a header that says
        // otherwise would not be read back, and is not written (see `WalWriter`).
        out.push(u8::try_from(self.key.tenant.len()).unwrap_or(u8::MAX));
        out.extend_from_slice(&u32_of(self.schema.len()).to_le_bytes());
        out.extend_from_slice(&self.file.to_le_bytes());
        out.extend_from_slice(&self.created_ns.to_le_bytes());
        out.extend_from_slice(self.key.tenant.as_bytes());
        out.resize(out.len().next_multiple_of(ALIGNMENT), 0);
        out.extend_from_slice(&self.schema);
        let whole = u32_of(out.len() + FILE_TRAILER_BYTES);
        out.extend_from_slice(&whole.to_le_bytes());
        let crc = crc32c::crc32c(&out);
        out.extend_from_slice(&crc.to_le_bytes());
        out
    }

    /// How many bytes the header has that begins with `fixed`, if that can be one.
    pub(super) fn size(fixed: &[u8; FILE_FIXED_BYTES]) -> Option<usize> {
        let schema = usize::try_from(u32_at(fixed, 12)?).ok()?;
        let tenant = usize::from(fixed[11]).next_multiple_of(ALIGNMENT);
        let size = FILE_FIXED_BYTES + tenant + schema.checked_add(FILE_TRAILER_BYTES)?;
        (fixed.starts_with(FILE_MAGIC) && size <= HEADER_BYTES_MAX).then_some(size)
    }

    /// Reads a header of exactly these bytes; nothing when anything about it is unsound.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let (before_crc, crc) = bytes.split_last_chunk::<4>()?;
        let fixed = before_crc.first_chunk::<FILE_FIXED_BYTES>()?;
        let sound = crc32c::crc32c(before_crc) == u32::from_le_bytes(*crc)
            && Self::size(fixed) == Some(bytes.len())
            && u16::from_le_bytes([fixed[8], fixed[9]]) == FILE_VERSION;
        if !sound {
            return None;
        }
        let tenant_end = FILE_FIXED_BYTES + usize::from(fixed[11]);
        let tenant = before_crc.get(FILE_FIXED_BYTES..tenant_end)?;
        let schema_start = tenant_end.next_multiple_of(ALIGNMENT);
        let schema = before_crc.get(schema_start..bytes.len() - FILE_TRAILER_BYTES)?;
        let tenant = std::str::from_utf8(tenant).ok()?;
        Some(Self {
            key: TableKey::new(tenant, signal_of(fixed[10])?),
            file: u64_at(fixed, 16)?,
            created_ns: u64_at(fixed, 24)?.cast_signed(),
            schema: schema.to_vec(),
        })
    }
}

/// The length of what [`FileHeader::size`] wants to see.
pub(super) const FILE_PREFIX_BYTES: usize = FILE_FIXED_BYTES;

/// The checksum that a header's bytes end with: where those of its frames begin.
pub(super) fn header_crc(header: &[u8]) -> u32 {
    header
        .last_chunk()
        .map_or(0, |crc| u32::from_le_bytes(*crc))
}

impl FrameHeader {
    pub(super) fn encode(&self, file_crc: u32) -> [u8; FRAME_HEADER_BYTES] {
        let mut out = [0; FRAME_HEADER_BYTES];
        out[0..4].copy_from_slice(&FRAME_MAGIC);
        out[4..8].copy_from_slice(&self.payload_bytes.to_le_bytes());
        out[8..16].copy_from_slice(&self.base_seq.to_le_bytes());
        out[16..24].copy_from_slice(&self.arrival_ns.to_le_bytes());
        out[24..28].copy_from_slice(&self.rows.to_le_bytes());
        out[28] = FRAME_VERSION;
        out[29] = KIND_BATCH;
        out[32..36].copy_from_slice(&self.payload_crc.to_le_bytes());
        let crc = crc32c::crc32c_append(file_crc, &out[..36]);
        out[36..40].copy_from_slice(&crc.to_le_bytes());
        out
    }

    /// Reads a frame's header; nothing when anything about it is unsound.
    pub(super) fn decode(bytes: &[u8; FRAME_HEADER_BYTES], file_crc: u32) -> Option<Self> {
        let sound = bytes.starts_with(&FRAME_MAGIC)
            && u32_at(bytes, 36)? == crc32c::crc32c_append(file_crc, &bytes[..36])
            && bytes[28..32] == [FRAME_VERSION, KIND_BATCH, 0, 0];
        let header = Self {
            payload_bytes: u32_at(bytes, 4)?,
            base_seq: u64_at(bytes, 8)?,
            arrival_ns: u64_at(bytes, 16)?.cast_signed(),
            rows: u32_at(bytes, 24)?,
            payload_crc: u32_at(bytes, 32)?,
        };
        let possible = header.payload_size() <= FRAME_BYTES_MAX
            && header.payload_size().is_multiple_of(ALIGNMENT)
            && header
                .base_seq
                .checked_add(u64::from(header.rows))
                .is_some();
        (sound && possible).then_some(header)
    }

    pub(super) fn payload_size(&self) -> usize {
        usize::try_from(self.payload_bytes).unwrap_or(usize::MAX)
    }

    /// The sequence number after the frame's last row.
    pub(super) fn end_seq(&self) -> u64 {
        self.base_seq.saturating_add(u64::from(self.rows))
    }

    /// The bytes of the whole frame.
    pub(super) fn frame_bytes(&self) -> u64 {
        FRAME_HEADER_BYTES as u64 + u64::from(self.payload_bytes)
    }
}

fn signal_code(signal: Signal) -> u8 {
    match signal {
        Signal::Logs => 0,
        Signal::Spans => 1,
    }
}

fn signal_of(code: u8) -> Option<Signal> {
    Signal::ALL.into_iter().find(|s| signal_code(*s) == code)
}

fn u32_of(size: usize) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..)?.first_chunk()?;
    Some(u32::from_le_bytes(*bytes))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    let bytes = bytes.get(at..)?.first_chunk()?;
    Some(u64::from_le_bytes(*bytes))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    fn header() -> FileHeader {
        FileHeader {
            key: TableKey::new("ten", Signal::Spans),
            file: 7,
            created_ns: -1,
            schema: vec![5; 24],
        }
    }

    #[test]
    fn a_file_header_survives_and_every_flipped_bit_shows() {
        let bytes = header().encode();
        assert_eq!(bytes.len() % ALIGNMENT, 0);
        assert_eq!(FileHeader::decode(&bytes), Some(header()));
        let prefix = bytes.first_chunk().unwrap();
        assert_eq!(FileHeader::size(prefix), Some(bytes.len()));
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(FileHeader::decode(&damaged), None, "bit {bit}");
        }
        for size in 0..bytes.len() {
            assert_eq!(FileHeader::decode(&bytes[..size]), None);
        }
    }

    #[test]
    fn a_frame_header_survives_and_every_flipped_bit_shows() {
        let frame = FrameHeader {
            payload_bytes: 64,
            base_seq: 1 << 40,
            arrival_ns: i64::MIN,
            rows: 3,
            payload_crc: 9,
        };
        let bytes = frame.encode(42);
        assert_eq!(FrameHeader::decode(&bytes, 42), Some(frame));
        assert_eq!(FrameHeader::decode(&bytes, 43), None, "of another file");
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes;
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(FrameHeader::decode(&damaged, 42), None, "bit {bit}");
        }
    }
}
