//! The files that can hold a segment's rows, and what a segment asks of such a file.
//!
//! A flush writes Arrow IPC, which is the cheapest to write; compaction writes Parquet, which is
//! smaller and which other programs read. Both answer the same, held to it by `conformance.rs`.

use arrow::array::RecordBatch;
use serde::{Deserialize, Serialize};

use super::SegmentError;
use crate::names;

/// Which file holds a segment's rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Container {
    /// An Arrow IPC file.
    #[default]
    #[serde(rename = "rows.arrow")]
    Arrow,
    /// A Parquet file.
    #[serde(rename = "rows.parquet")]
    Parquet,
}

impl Container {
    /// The file's name.
    pub fn file_name(self) -> &'static str {
        match self {
            Container::Arrow => names::ROWS_ARROW,
            Container::Parquet => names::ROWS_PARQUET,
        }
    }
}

/// An opened row file.
pub(crate) trait RowFile: Send + Sync + std::fmt::Debug {
    /// Decodes record batch `index`, with the stored schema's columns at `columns`, in that order.
    fn read(&self, index: usize, columns: &[usize]) -> Result<RecordBatch, SegmentError>;

    /// The dictionary column at `column` of some rows. Its dictionary has every value that stands in any row
    /// of the file.
    fn dictionary(&self, column: usize) -> Result<RecordBatch, SegmentError>;

    /// Bytes it keeps in memory while open.
    fn memory(&self) -> usize;
}
