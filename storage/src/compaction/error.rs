//! What can go wrong in a compaction. The segments stay as they are.

use clearspan_schema::SchemaError;

use crate::catalog::CatalogError;
use crate::segment::SegmentError;

/// Segments could not be merged. Nothing has changed, and nothing is left behind; it is tried again later.
#[derive(Debug, thiserror::Error)]
pub enum CompactionError {
    /// A segment that was to be merged cannot be read.
    #[error("reading segment {segment}: {source}")]
    Input {
        /// Its id.
        segment: u64,
        /// What is wrong with it.
        source: SegmentError,
    },
    /// The rows of a segment do not lie in their order.
    #[error("the rows of segment {segment} are out of order")]
    Unsorted {
        /// Its id.
        segment: u64,
    },
    /// A new segment cannot be written.
    #[error("writing a merged segment: {0}")]
    Output(#[source] SegmentError),
    /// A new segment that was just written cannot be opened.
    #[error("the merged segment {path} cannot be read: {fault}")]
    Unreadable {
        /// Its folder.
        path: String,
        /// What is wrong with it.
        fault: String,
    },
    /// The merge gave another number of rows than it took: a defect.
    #[error("{read} rows were to be merged, {written} came out")]
    Miscounted {
        /// Rows of the inputs.
        read: u64,
        /// Rows of the outputs.
        written: u64,
    },
    /// There is not room enough for old and new segments side by side.
    #[error("{available} bytes are free, merging takes {needed}")]
    NoSpace {
        /// Bytes that may still be written.
        available: u64,
        /// Bytes that should be.
        needed: u64,
    },
    /// The catalog refused or failed.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// Rows do not fit the schema.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// The merge panicked: a defect.
    #[error("merging panicked")]
    Panicked,
}

impl CompactionError {
    /// The segment whose fault it is.
    pub(crate) fn culprit(&self) -> Option<u64> {
        match self {
            Self::Input { segment, .. } | Self::Unsorted { segment } => Some(*segment),
            _ => None,
        }
    }

    /// Whether the program itself is at fault: trying the same again soon would fail again.
    pub(crate) fn is_defect(&self) -> bool {
        match self {
            Self::Miscounted { .. } | Self::Schema(_) | Self::Panicked => true,
            // What the disk refuses it may take later; what cannot be encoded cannot be then either.
            Self::Output(error) => !matches!(error, SegmentError::Io { .. }),
            _ => false,
        }
    }

    /// Whether the culprit is damaged, rather than out of reach for now.
    pub(crate) fn is_damage(&self) -> bool {
        match self {
            Self::Input {
                source: SegmentError::Io { source, .. },
                ..
            } => matches!(
                source.kind(),
                std::io::ErrorKind::NotFound | std::io::ErrorKind::UnexpectedEof
            ),
            _ => true,
        }
    }
}
