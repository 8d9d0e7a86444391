//! The catalog in memory, for simulations: each commit happens or is lost.

use std::fmt;

use parking_lot::Mutex;

use super::Catalog;
use super::change::Change;
use super::error::CatalogError;
use super::invariants;
use super::rows::{SegmentId, TableKey, TableRow, WalFileRow};
use super::state::CatalogState;

/// What becomes of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is made.
    Made,
    /// It fails and is not made.
    Lost,
    /// It fails but was made: the answer got lost.
    MadeButFails,
}

/// A catalog without a file. It outlives the simulated process and power losses.
pub struct MemCatalog {
    state: Mutex<CatalogState>,
    fate: Box<dyn Fn() -> Fate + Send + Sync>,
}

impl MemCatalog {
    /// An empty catalog whose commits all succeed.
    pub fn new() -> Self {
        Self::with_fate(|| Fate::Made)
    }

    /// An empty catalog that asks `fate` about every commit.
    pub fn with_fate(fate: impl Fn() -> Fate + Send + Sync + 'static) -> Self {
        Self {
            state: Mutex::new(CatalogState::new(0)),
            fate: Box::new(fate),
        }
    }

    fn commit_to(&self, state: &mut CatalogState, change: Change) -> Result<(), CatalogError> {
        let rows = state.plan(change)?;
        let mut after = state.clone();
        for row in rows {
            after.apply(row);
        }
        invariants::check(&after)?;
        let fate = (self.fate)();
        if fate != Fate::Lost {
            *state = after;
        }
        match fate {
            Fate::Made => Ok(()),
            Fate::Lost | Fate::MadeButFails => Err(CatalogError::Simulated),
        }
    }
}

impl Default for MemCatalog {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemCatalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.state.lock().fmt(f)
    }
}

impl Catalog for MemCatalog {
    fn state(&self) -> CatalogState {
        self.state.lock().clone()
    }

    fn table(&self, key: &TableKey) -> TableRow {
        self.state.lock().table(key)
    }

    fn wal_files(&self, key: &TableKey) -> Vec<WalFileRow> {
        self.state.lock().wal_files_of(key).cloned().collect()
    }

    fn commit(&self, change: Change) -> Result<(), CatalogError> {
        self.commit_to(&mut self.state.lock(), change)
    }

    fn allocate_segment_id(&self) -> Result<SegmentId, CatalogError> {
        let mut state = self.state.lock();
        let id = state.meta.next_segment_id;
        let next_segment_id = id + 1;
        self.commit_to(&mut state, Change::ReserveSegmentIds { next_segment_id })?;
        Ok(SegmentId(id))
    }
}
