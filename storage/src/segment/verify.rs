//! Whether a segment is sound: every byte held against its checksums, and what was found wrong by whoever read it.

use super::meta::FileMeta;
use super::{Segment, SegmentError};
use crate::limits::VERIFY_BYTES;
use crate::scan::MissingSegment;

impl Segment {
    /// Checks every byte of every file, a piece at a time: a row file may be larger than memory.
    pub fn verify(&self) -> Result<(), SegmentError> {
        self.meta
            .files
            .keys()
            .try_for_each(|name| self.sum_up(name))
    }

    /// Keeps the first fault that is found while it is read, for the status.
    pub(crate) fn note_fault(&self, fault: MissingSegment) {
        self.fault.get_or_init(|| fault);
    }

    /// The fault that was found.
    pub(crate) fn fault(&self) -> Option<&MissingSegment> {
        self.fault.get()
    }

    fn sum_up(&self, name: &str) -> Result<(), SegmentError> {
        self.check_length(name)?;
        let path = self.dir.join(name);
        let FileMeta { bytes, crc32c } = self.file_meta(name)?;
        let sum = || {
            let file = self.vfs.open_read(&path)?;
            let mut piece =
                vec![0; VERIFY_BYTES.min(usize::try_from(bytes).unwrap_or(VERIFY_BYTES))];
            let (mut offset, mut sum) = (0, 0);
            while offset < bytes {
                let left = usize::try_from(bytes - offset).unwrap_or(usize::MAX);
                let length = left.min(piece.len());
                let piece = &mut piece[..length];
                file.read_exact_at(offset, piece)?;
                sum = crc32c::crc32c_append(sum, piece);
                offset += piece.len() as u64;
            }
            Ok(sum)
        };
        let actual = sum().map_err(|source| SegmentError::Io {
            path: path.clone(),
            source,
        })?;
        if actual == crc32c {
            return Ok(());
        }
        Err(SegmentError::Checksum {
            path,
            expected: crc32c,
            actual,
        })
    }
}
