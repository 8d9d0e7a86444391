//! What can be wrong with a batch.

use arrow::error::ArrowError;

/// A batch does not have the shape that its schema promises.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// A column is absent, or has another type than the schema says.
    #[error("column {column} is missing or not of type {expected}")]
    Column {
        /// The column's name.
        column: &'static str,
        /// The Arrow type that was expected.
        expected: &'static str,
    },
    /// More rows or bytes than one batch can address.
    #[error("batch would exceed {limit} {unit}")]
    TooLarge {
        /// The bound that was hit.
        limit: u64,
        /// What is counted: rows or bytes.
        unit: &'static str,
    },
    /// Arrow refused an operation.
    #[error("arrow: {0}")]
    Arrow(#[from] ArrowError),
}
