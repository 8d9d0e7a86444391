//! What can be wrong with a stored template and its variables.

/// A template and variables that make no body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// There are more or fewer variables than the template has places for.
    #[error("{variables} variables for a template with {places} places")]
    Count {
        /// Places in the template.
        places: usize,
        /// Variables of the row.
        variables: usize,
    },
    /// A variable stands for the record's trace id, and the record has none.
    #[error("a variable stands for a trace id that the record does not have")]
    TraceId,
    /// A variable stands for the record's span id, and the record has none.
    #[error("a variable stands for a span id that the record does not have")]
    SpanId,
}
