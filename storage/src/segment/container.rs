//! The trait over row files: what a segment asks of the file that holds its rows. A flush writes
//! Arrow IPC; another form (Parquet after compaction) is another implementation.

use arrow::array::RecordBatch;

use super::SegmentError;

/// An opened row file.
pub(crate) trait RowFile: Send + Sync + std::fmt::Debug {
    /// Decodes record batch `index`, with the stored schema's columns at `columns`, in that order.
    fn read(&self, index: usize, columns: &[usize]) -> Result<RecordBatch, SegmentError>;

    /// Bytes it keeps in memory while open.
    fn memory(&self) -> usize;
}
