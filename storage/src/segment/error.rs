//! What can be wrong with a segment.

use std::io;
use std::path::{Path, PathBuf};

use clearspan_schema::SchemaError;
use parquet::errors::ParquetError;

use super::shape::ShapeError;

/// A segment cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum SegmentError {
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file's bytes are not those that were written.
    #[error("{path}: checksum is {actual:08x}, expected {expected:08x}")]
    Checksum {
        /// The file.
        path: PathBuf,
        /// As recorded when it was written.
        expected: u32,
        /// Of the bytes that are there.
        actual: u32,
    },
    /// A file is shorter or longer than recorded.
    #[error("{path}: {actual} bytes, expected {expected}")]
    Length {
        /// The file.
        path: PathBuf,
        /// As recorded when it was written.
        expected: u64,
        /// What is there.
        actual: u64,
    },
    /// A file's content does not make sense although its checksum is right: another version, or a defect.
    #[error("{path}: malformed {what}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Which part of it.
        what: &'static str,
    },
    /// Parquet refused a file whose checksums are right, or rows.
    #[error("{path}: {source}")]
    Parquet {
        /// The file.
        path: PathBuf,
        /// What it said.
        source: ParquetError,
    },
    /// Rows cannot be written as a segment.
    #[error("cannot encode {what}")]
    Encoding {
        /// What could not be encoded.
        what: &'static str,
    },
    /// A file's columns contradict the segment's shape although their checksums are right, or the shape itself is malformed.
    #[error("{path}: {source}")]
    Shape {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: ShapeError,
    },
    /// Rows cannot be written by the plan that was made for them.
    #[error(transparent)]
    Rows(#[from] ShapeError),
    /// A batch does not have the expected columns.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// Arrow refused an operation.
    #[error("arrow: {0}")]
    Arrow(#[from] arrow::error::ArrowError),
}

impl SegmentError {
    /// The file that cannot be read or written, where it is one.
    pub fn path(&self) -> Option<&Path> {
        match self {
            SegmentError::Io { path, .. }
            | SegmentError::Checksum { path, .. }
            | SegmentError::Length { path, .. }
            | SegmentError::Malformed { path, .. }
            | SegmentError::Parquet { path, .. }
            | SegmentError::Shape { path, .. } => Some(path),
            SegmentError::Encoding { .. }
            | SegmentError::Rows(_)
            | SegmentError::Schema(_)
            | SegmentError::Arrow(_) => None,
        }
    }

    /// What the Parquet crate said of the file at `path`. What the disk said comes through it as it was.
    pub(super) fn of_parquet(path: &Path, error: ParquetError) -> Self {
        let path = path.to_path_buf();
        match error {
            ParquetError::External(cause) => match cause.downcast::<io::Error>() {
                Ok(source) => SegmentError::Io {
                    path,
                    source: *source,
                },
                Err(cause) => SegmentError::Parquet {
                    path,
                    source: ParquetError::External(cause),
                },
            },
            source => SegmentError::Parquet { path, source },
        }
    }
}
