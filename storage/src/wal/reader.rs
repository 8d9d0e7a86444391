//! The frames of one file, and what is wrong with them.

use std::path::Path;

use arrow::buffer::{Buffer, MutableBuffer};

use super::error::WalError;
use super::format::{ALIGNMENT, FRAME_HEADER_BYTES, FRAME_MAGIC, FrameHeader};
use super::limits::SEARCH_CHUNK_BYTES;
use crate::vfs::VfsRead;

/// Reads frames from the end of a file's header up to `limit`.
#[derive(Debug)]
pub(super) struct FrameReader<'a> {
    path: &'a Path,
    file: &'a dyn VfsRead,
    file_crc: u32,
    offset: u64,
    limit: u64,
}

/// What stands at the reader's place.
#[derive(Debug)]
pub(super) enum Found {
    /// A sound frame.
    Frame {
        header: FrameHeader,
        payload: Buffer,
    },
    /// A frame whose rows were not wanted; its payload was not looked at.
    Skipped { header: FrameHeader },
    /// Something that is no sound frame.
    Unsound {
        /// Where it begins.
        at: u64,
        /// The sequence number after its rows, if its header is sound.
        end_seq: Option<u64>,
        /// Where the next sound frame begins. The reader goes on there, or has reached the end.
        resumes: Option<u64>,
    },
    /// The end.
    End,
}

impl<'a> FrameReader<'a> {
    pub(super) fn new(
        path: &'a Path,
        file: &'a dyn VfsRead,
        file_crc: u32,
        offset: u64,
        limit: u64,
    ) -> Self {
        Self {
            path,
            file,
            file_crc,
            offset,
            limit,
        }
    }

    /// Where the reader stands: the end of the last frame that was found.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// The next frame. Frames that end at or below `skip_to_seq` are skipped.
    pub(super) fn next(&mut self, skip_to_seq: u64) -> Result<Found, WalError> {
        if self.offset >= self.limit {
            return Ok(Found::End);
        }
        let Some(header) = self.header_at(self.offset)? else {
            return self.unsound(None);
        };
        if header.end_seq() <= skip_to_seq {
            self.offset += header.frame_bytes();
            return Ok(Found::Skipped { header });
        }
        match self.payload_at(self.offset, &header)? {
            Some(payload) => {
                self.offset += header.frame_bytes();
                Ok(Found::Frame { header, payload })
            }
            None => self.unsound(Some(header)),
        }
    }

    fn unsound(&mut self, header: Option<FrameHeader>) -> Result<Found, WalError> {
        let at = self.offset;
        let length = header.map_or(ALIGNMENT as u64, |header| header.frame_bytes());
        let resumes = self.search(at + length)?;
        self.offset = resumes.unwrap_or(self.limit);
        Ok(Found::Unsound {
            at,
            end_seq: header.map(|header| header.end_seq()),
            resumes,
        })
    }

    /// The first sound frame at or behind `from`.
    fn search(&self, from: u64) -> Result<Option<u64>, WalError> {
        let mut chunk = vec![0; SEARCH_CHUNK_BYTES];
        let mut start = from;
        while start < self.limit {
            let rest = usize::try_from(self.limit - start).unwrap_or(usize::MAX);
            let chunk = &mut chunk[..rest.min(SEARCH_CHUNK_BYTES)];
            self.read(start, chunk)?;
            for index in (0..chunk.len()).step_by(ALIGNMENT) {
                let at = start + index as u64;
                if chunk[index..].starts_with(&FRAME_MAGIC) && self.is_sound(at)? {
                    return Ok(Some(at));
                }
            }
            start += chunk.len() as u64;
        }
        Ok(None)
    }

    fn is_sound(&self, at: u64) -> Result<bool, WalError> {
        match self.header_at(at)? {
            None => Ok(false),
            Some(header) => Ok(self.payload_at(at, &header)?.is_some()),
        }
    }

    /// The frame header at `at`, if it is sound and its frame ends within the file.
    fn header_at(&self, at: u64) -> Result<Option<FrameHeader>, WalError> {
        let mut bytes = [0; FRAME_HEADER_BYTES];
        if at + FRAME_HEADER_BYTES as u64 > self.limit {
            return Ok(None);
        }
        self.read(at, &mut bytes)?;
        let header = FrameHeader::decode(&bytes, self.file_crc);
        Ok(header.filter(|header| at + header.frame_bytes() <= self.limit))
    }

    /// The payload of the frame at `at`, if it is sound, in memory that Arrow's columns can lie in.
    fn payload_at(&self, at: u64, header: &FrameHeader) -> Result<Option<Buffer>, WalError> {
        let mut payload = MutableBuffer::from_len_zeroed(header.payload_size());
        self.read(at + FRAME_HEADER_BYTES as u64, &mut payload)?;
        let sound = crc32c::crc32c(&payload) == header.payload_crc;
        Ok(sound.then(|| payload.into()))
    }

    fn read(&self, at: u64, bytes: &mut [u8]) -> Result<(), WalError> {
        let read = self.file.read_exact_at(at, bytes);
        read.map_err(WalError::io("read", self.path))
    }
}

/// Whether anything in the file looks like the beginning of a frame.
pub(super) fn has_frame_magic(path: &Path, file: &dyn VfsRead) -> Result<bool, WalError> {
    let limit = file.size().map_err(WalError::io("size", path))?;
    let mut chunk = vec![0; SEARCH_CHUNK_BYTES];
    let mut start = 0;
    while start < limit {
        let rest = usize::try_from(limit - start).unwrap_or(usize::MAX);
        let chunk = &mut chunk[..rest.min(SEARCH_CHUNK_BYTES)];
        let read = file.read_exact_at(start, chunk);
        read.map_err(WalError::io("read", path))?;
        if chunk
            .chunks(ALIGNMENT)
            .any(|at| at.starts_with(&FRAME_MAGIC))
        {
            return Ok(true);
        }
        start += chunk.len() as u64;
    }
    Ok(false)
}
