//! The catalog transaction, and what to do when its answer is lost.
//!
//! A commit that failed may have been made all the same. Then nothing that it names may be removed, and the same change
//! is tried again until the catalog gives a clear answer: it is made now, or it is refused. Refused, because the
//! segments that it removes are gone already, means that the first try was made.

use std::sync::Arc;

use crate::catalog::{Catalog, CatalogError, Change, CompactionCommit, SegmentId, TableKey};
use crate::flush::{Unpublished, remove_unpublished};
use crate::segment::Segment;
use crate::vfs::Vfs;

/// New segments on their way into the catalog.
#[derive(Debug)]
pub(crate) struct Publication {
    pub(crate) key: TableKey,
    pub(crate) removed: Vec<SegmentId>,
    pub(crate) added: Vec<Unpublished>,
    /// `added`, opened.
    pub(crate) opened: Vec<Arc<Segment>>,
    /// Whether a try may have been made although it failed.
    pub(crate) doubted: bool,
}

/// What became of a try.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The catalog names the new segments.
    Published,
    /// It may, or may not: to be tried again.
    InDoubt(CatalogError),
    /// It does not. The new segments may be removed.
    Failed(CatalogError),
}

impl Publication {
    /// Tries to publish.
    pub(crate) fn commit(&mut self, catalog: &dyn Catalog) -> Outcome {
        let change = CompactionCommit {
            key: self.key.clone(),
            removed: self.removed.clone(),
            added: self.added.iter().map(|new| new.row.clone()).collect(),
        };
        let Err(error) = catalog.commit(Change::Compact(change)) else {
            return Outcome::Published;
        };
        // Only a refusal tells for certain that what the catalog holds is what it says.
        let certain = matches!(
            error,
            CatalogError::Refused { .. } | CatalogError::Invariant { .. }
        );
        if error.is_in_doubt() || (self.doubted && !certain) {
            self.doubted = true;
            return Outcome::InDoubt(error);
        }
        if self.doubted && self.has_landed(catalog) {
            return Outcome::Published;
        }
        Outcome::Failed(error)
    }

    /// Removes the new segments, of which the catalog knows nothing.
    pub(crate) fn abandon(self, vfs: &dyn Vfs) {
        remove_unpublished(vfs, &self.added);
    }

    fn has_landed(&self, catalog: &dyn Catalog) -> bool {
        let state = catalog.state();
        let named = |new: &Unpublished| state.segments.get(&new.row.id) == Some(&new.row);
        self.added.iter().all(named)
    }
}
