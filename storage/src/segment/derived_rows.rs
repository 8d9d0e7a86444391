//! The derived rows of a segment, read from their file.

use std::sync::Arc;

use arrow::array::RecordBatch;

use super::Segment;
use super::cache::Piece;
use crate::derived::{Derive, decode};
use crate::names;

impl Segment {
    /// What `formula` has derived from the rows. `None` where it has declined or was not known when the segment was written, and where the
    /// file is missing, damaged (which is logged once per opening), or of another version: then the rows are to be read.
    pub(crate) fn derived(&self, formula: &dyn Derive) -> Option<Arc<RecordBatch>> {
        let name = names::derived(formula.name());
        if !self.meta.files.contains_key(&name) {
            return None;
        }
        let piece = Piece::Derived(formula.name());
        let opened = self.cache.get(self.id(), piece, || {
            let rows = self.open_derived(&name, formula.version());
            let memory = rows.as_ref().map_or(0, |rows| rows.get_array_memory_size());
            Ok::<_, std::convert::Infallible>((rows, memory))
        });
        match opened {
            Ok(rows) => rows.as_ref().clone(),
            Err(never) => match never {},
        }
    }

    fn open_derived(&self, name: &str, version: u32) -> Option<Arc<RecordBatch>> {
        let rows = decode(version, &self.optional(name)?);
        let rows = rows.inspect_err(
            |error| tracing::warn!(segment = %self.dir.display(), name, %error, "derived rows are not used: reading rows instead"),
        );
        rows.ok().flatten().map(Arc::new)
    }
}
