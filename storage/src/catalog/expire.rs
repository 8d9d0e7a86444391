//! The change that retention makes: segments that are to be deleted are no longer named. Repeating it changes nothing, so that it can be tried
//! again when its answer was lost.

use super::change::{RowChange, refuse};
use super::error::CatalogError;
use super::rows::{SegmentId, TableKey};
use super::state::CatalogState;

/// Segments that are not kept any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpireCommit {
    /// The table.
    pub key: TableKey,
    /// Its segments that go.
    pub segments: Vec<SegmentId>,
}

impl CatalogState {
    pub(super) fn plan_expire(&self, expire: ExpireCommit) -> Result<Vec<RowChange>, CatalogError> {
        let mut changes = Vec::with_capacity(expire.segments.len());
        for id in expire.segments {
            match self.segments.get(&id) {
                Some(row) if row.key != expire.key => {
                    return refuse(format!("segment {id} is not of {}", expire.key));
                }
                Some(_) => changes.push(RowChange::DeleteSegment(id)),
                None if id.0 >= self.meta.next_segment_id => {
                    return refuse(format!("segment {id} has never been"));
                }
                None => {}
            }
        }
        Ok(changes)
    }
}
