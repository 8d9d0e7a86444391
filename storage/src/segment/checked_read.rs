//! A file of which the Parquet crate sees checked bytes only.
//!
//! Whatever piece the decoder asks for, the blocks that hold it are read whole and held against
//! their sums (`block_sums.rs`) first. Errors of the Parquet crate lose what caused them on their way
//! through Arrow, so the first fault of a read is also kept beside it.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use bytes::{Buf, Bytes};
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, Length};

use super::SegmentError;
use super::block_sums::BlockSums;
use crate::vfs::{Vfs, VfsRead};

/// An open file and the sums of its blocks.
#[derive(Debug)]
pub(super) struct CheckedFile {
    path: PathBuf,
    file: Box<dyn VfsRead>,
    bytes: u64,
    sums: BlockSums,
}

impl CheckedFile {
    /// Opens `path`, which must be `bytes` long.
    pub(super) fn open(
        vfs: &dyn Vfs,
        path: &Path,
        bytes: u64,
        sums: BlockSums,
    ) -> Result<Self, SegmentError> {
        let io = |source| SegmentError::Io {
            path: path.into(),
            source,
        };
        let file = vfs.open_read(path).map_err(io)?;
        let actual = file.size().map_err(io)?;
        if actual != bytes {
            return Err(SegmentError::Length {
                path: path.into(),
                expected: bytes,
                actual,
            });
        }
        Ok(CheckedFile {
            path: path.into(),
            file,
            bytes,
            sums,
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// `length` bytes from `offset` on.
    fn read(&self, offset: u64, length: usize) -> Result<Bytes, SegmentError> {
        let end = offset.checked_add(length as u64);
        let end = end.filter(|&end| end <= self.bytes);
        let end = end.ok_or(SegmentError::Malformed {
            path: self.path.clone(),
            what: "place in the file",
        })?;
        let blocks = self.sums.widen(&(offset..end), self.bytes);
        let mut content = vec![0; (blocks.end - blocks.start) as usize];
        self.file
            .read_exact_at(blocks.start, &mut content)
            .map_err(|source| SegmentError::Io {
                path: self.path.clone(),
                source,
            })?;
        self.sums
            .check(blocks.start, &content)
            .map_err(|(expected, actual)| SegmentError::Checksum {
                path: self.path.clone(),
                expected,
                actual,
            })?;
        let start = (offset - blocks.start) as usize;
        Ok(Bytes::from(content).slice(start..start + length))
    }
}

/// The file for one read of the Parquet crate.
#[derive(Debug, Clone)]
pub(super) struct CheckedRead {
    file: Arc<CheckedFile>,
    fault: Arc<OnceLock<SegmentError>>,
    /// What was read ahead, and where it begins.
    ahead: Option<(u64, Bytes)>,
}

impl CheckedRead {
    pub(super) fn new(file: Arc<CheckedFile>) -> Self {
        CheckedRead {
            file,
            fault: Arc::default(),
            ahead: None,
        }
    }

    /// The same, with `length` bytes from `offset` on read already.
    pub(super) fn ahead(&self, offset: u64, length: usize) -> io::Result<Self> {
        let bytes = self.read(offset, length)?;
        Ok(CheckedRead {
            ahead: Some((offset, bytes)),
            ..self.clone()
        })
    }

    /// Of what was read ahead, if it is among that.
    fn known(&self, offset: u64, length: usize) -> Option<Bytes> {
        let (start, bytes) = self.ahead.as_ref()?;
        let from = usize::try_from(offset.checked_sub(*start)?).ok()?;
        let to = from.checked_add(length)?;
        (to <= bytes.len()).then(|| bytes.slice(from..to))
    }

    /// The first fault that this read, or a clone of it, met.
    pub(super) fn into_fault(self) -> Option<SegmentError> {
        Arc::into_inner(self.fault)?.into_inner()
    }

    fn read(&self, offset: u64, length: usize) -> io::Result<Bytes> {
        if let Some(known) = self.known(offset, length) {
            return Ok(known);
        }
        self.file.read(offset, length).map_err(|fault| {
            let text = fault.to_string();
            let _ = self.fault.set(fault);
            io::Error::other(text)
        })
    }
}

impl Length for CheckedRead {
    fn len(&self) -> u64 {
        self.file.bytes
    }
}

impl ChunkReader for CheckedRead {
    type T = CheckedStream;

    fn get_read(&self, start: u64) -> Result<CheckedStream, ParquetError> {
        Ok(CheckedStream {
            read: self.clone(),
            offset: start,
            buffer: Bytes::new(),
        })
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        Ok(self.read(start, length)?)
    }
}

/// The file from some offset on.
#[derive(Debug)]
pub(super) struct CheckedStream {
    read: CheckedRead,
    offset: u64,
    buffer: Bytes,
}

impl Read for CheckedStream {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.buffer.is_empty() {
            let file = &self.read.file;
            let start = self.offset.min(file.bytes);
            let block = file
                .sums
                .widen(&(start..start.saturating_add(1)), file.bytes);
            self.buffer = self.read.read(start, (block.end - start) as usize)?;
            self.offset = block.end;
        }
        let length = out.len().min(self.buffer.len());
        self.buffer.copy_to_slice(&mut out[..length]);
        Ok(length)
    }
}
