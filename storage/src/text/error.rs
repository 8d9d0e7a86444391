//! What can be wrong with a text index.

use super::frame::FileKind;

/// A text index that could not be written or opened.
#[derive(Debug, thiserror::Error)]
pub enum TextError {
    /// The file ends before what it announces.
    #[error("{file} is too short: {needed} bytes are needed, {found} are there")]
    Truncated {
        /// Which file.
        file: FileKind,
        /// Bytes needed.
        needed: usize,
        /// Bytes there.
        found: usize,
    },
    /// The file does not begin as its kind does.
    #[error("{file} has the wrong magic number")]
    Magic {
        /// Which file.
        file: FileKind,
    },
    /// The file was written by a later program.
    #[error("{file} has version {found}, known is {known}")]
    Version {
        /// Which file.
        file: FileKind,
        /// The file's version.
        found: u32,
        /// This program's version.
        known: u32,
    },
    /// The bytes are not those that were written.
    #[error("{file} has checksum {found:08x}, expected {expected:08x}")]
    Checksum {
        /// Which file.
        file: FileKind,
        /// As stored.
        expected: u32,
        /// As computed.
        found: u32,
    },
    /// The file contradicts itself.
    #[error("{file} is malformed: {what}")]
    Malformed {
        /// Which file.
        file: FileKind,
        /// In which respect.
        what: &'static str,
    },
    /// The file belongs to other rows.
    #[error("{file} has {what} {found}, the segment has {expected}")]
    Layout {
        /// Which file.
        file: FileKind,
        /// What differs.
        what: &'static str,
        /// The segment's value.
        expected: u64,
        /// The file's value.
        found: u64,
    },
    /// More than the format can address.
    #[error("{file} would be too large: {what}")]
    TooLarge {
        /// Which file.
        file: FileKind,
        /// What does not fit.
        what: &'static str,
    },
    /// Tantivy could not write or open the index.
    #[error("tantivy failed on the text index")]
    Tantivy(#[from] tantivy::TantivyError),
    /// Reading or writing within memory failed in Tantivy.
    #[error("input or output failed on the text index")]
    Io(#[from] std::io::Error),
    /// Tantivy panicked; the index is not usable.
    #[error("tantivy panicked on the text index")]
    Panicked,
}
