//! What can go wrong between logical and physical columns.

use arrow::error::ArrowError;
use clearspan_schema::SchemaError;

use crate::template::TemplateError;

/// Why rows could not be translated, or a stored shape not be read.
#[derive(Debug, thiserror::Error)]
pub enum ShapeError {
    /// Stored bytes are not a shape.
    #[error("shape is damaged: {what}")]
    Damaged {
        /// What about it.
        what: &'static str,
    },
    /// It was written by another version of the program.
    #[error("shape has version {found}, known is {known}")]
    Version {
        /// The shape's version.
        found: u32,
        /// The version that can be read.
        known: u32,
    },
    /// Physical rows contradict their shape or each other.
    #[error("physical rows are damaged: {what} at row {row}")]
    Rows {
        /// What about them.
        what: &'static str,
        /// Row of the batch.
        row: usize,
    },
    /// A body cannot be put together.
    #[error("body at row {row} cannot be restored")]
    Body {
        /// Row of the batch.
        row: usize,
        /// Why.
        source: TemplateError,
    },
    /// A physical column was not given, or has another type.
    #[error("physical column {name} is missing or of another type")]
    Column {
        /// The column's name.
        name: String,
    },
    /// The rows were not among those that the plan was made from.
    #[error("rows do not fit the plan: {what}")]
    Unplanned {
        /// What about them.
        what: &'static str,
    },
    /// More than a column or a shape can hold.
    #[error("{what} is too large")]
    TooLarge {
        /// What.
        what: &'static str,
    },
    /// A logical batch is not of the stored schema.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// Arrow refused a column.
    #[error(transparent)]
    Arrow(#[from] ArrowError),
}
