//! What is known of a segment's attributes without reading its rows.

use arrow::array::RecordBatch;
use clearspan_schema::group::ScopeRef;
use clearspan_schema::{SchemaError, columns, logs};

use super::{Segment, SegmentError};
use crate::scan::AttributeKeys;

impl Segment {
    /// Whether it is known that no row has an attribute with any of these keys. An error is found when rows are read.
    pub(crate) fn lacks(&self, keys: &AttributeKeys) -> bool {
        let shape = self.shape();
        shape.is_ok_and(|shape| shape.is_some_and(|shape| shape.lacks(keys)))
    }

    /// Whether the scope of some row has attributes: scopes seldom have, and who looks for an attribute need not read them then. They are
    /// looked at when this is first asked.
    pub(crate) fn scopes_have_attributes(&self) -> Result<bool, SegmentError> {
        if let Some(&known) = self.scopes_have_attributes.get() {
            return Ok(known);
        }
        // Both signals name the column alike.
        let column = self.signal.stored_schema().index_of(logs::SCOPE)?;
        let found = scopes_have_attributes(&self.row_file()?.dictionary(column)?)?;
        Ok(*self.scopes_have_attributes.get_or_init(|| found))
    }
}

/// Whether a scope in the dictionary of `batch` has attributes.
pub(crate) fn scopes_have_attributes(batch: &RecordBatch) -> Result<bool, SchemaError> {
    let scopes = columns::binary_dictionary(batch, logs::SCOPE)?;
    let mut scopes = scopes.values().iter().flatten();
    Ok(scopes.any(|encoded| {
        // What cannot be read is left to who reads the rows.
        ScopeRef::decode(encoded).is_none_or(|scope| !scope.attributes.is_empty())
    }))
}
