//! Opened files of segments, kept while they are used and there is room.
//!
//! What is counted is what is held: the pieces of segments, the texts of templates that they share (which go with the last piece that has
//! them, so that no piece counts them), and decompressors that wait. A piece that is in use, by a reader or by another piece (rows have their
//! shape, a text index its templates), would stay in memory if it were let go, and be opened a second time; so it is kept until it is idle.
//!
//! It is counted in the memory budget, where the cache has no guarantee: where that has no room for a piece, idle ones go, and when others lack memory
//! the cache is asked to give way.

use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;

use super::decompressors::Decompressors;
use crate::memory::{Account, GivesWay, Hold};
#[cfg(test)]
use crate::memory::{MemoryBudget, Purpose};
use crate::template::SharedTexts;

/// What of a segment is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Piece {
    Rows,
    Shape,
    FoldedTemplates,
    Text,
    Traces,
    /// Of the formula of this name.
    Derived(&'static str),
    /// What somebody above worked out of its rows, under this name.
    Remembered(&'static str),
}

/// A bounded cache over all segments. Of idle pieces the least recently used goes first.
#[derive(Debug)]
pub(crate) struct SegmentCache {
    state: Mutex<State>,
    texts: SharedTexts,
    decompressors: Arc<Decompressors>,
}

#[derive(Debug)]
struct State {
    kept: HashMap<(u64, Piece), Kept>,
    bytes: usize,
    clock: u64,
    /// What is held, as it was when it was last looked at: decompressors come and go, and texts go with pieces that others have let go.
    hold: Hold,
}

#[derive(Debug)]
struct Kept {
    value: Arc<dyn Any + Send + Sync>,
    bytes: usize,
    last_used: u64,
}

impl SegmentCache {
    /// A cache of what `account` gives, or of what is in use where that is more.
    pub(crate) fn new(account: &Account) -> Self {
        let state = State {
            kept: HashMap::new(),
            bytes: 0,
            clock: 0,
            hold: account.hold(),
        };
        SegmentCache {
            state: Mutex::new(state),
            texts: SharedTexts::default(),
            decompressors: Arc::default(),
        }
    }

    /// A cache of at most `bytes`, with a budget of its own.
    #[cfg(test)]
    pub(crate) fn of_bytes(bytes: usize) -> Self {
        let account = MemoryBudget::new(bytes).account(Purpose::Cache, 0, bytes);
        Self::new(&account.unwrap_or_else(|none| unreachable!("{none}: nothing is guaranteed")))
    }

    /// Decompressors for whoever reads.
    pub(super) fn decompressors(&self) -> &Arc<Decompressors> {
        &self.decompressors
    }

    /// Texts of templates that segments share.
    pub(crate) fn texts(&self) -> &SharedTexts {
        &self.texts
    }

    /// The piece of segment `id`, opened by `open` when it is not there. `open` runs without the lock,
    /// so that a slow disk holds up only those who wait for this piece.
    pub(crate) fn get<T: Any + Send + Sync, E>(
        &self,
        id: u64,
        piece: Piece,
        open: impl FnOnce() -> Result<(T, usize), E>,
    ) -> Result<Arc<T>, E> {
        if let Some(found) = self.find(id, piece) {
            return Ok(found);
        }
        let (value, bytes) = open()?;
        Ok(self.keep(id, piece, Arc::new(value), bytes))
    }

    /// Lets go of all pieces of segment `id`: it is gone.
    pub(crate) fn forget(&self, id: u64) {
        let mut state = self.state.lock();
        let state = &mut *state;
        let State { kept, bytes, .. } = state;
        kept.retain(|(of, _), kept| {
            let stays = *of != id;
            if !stays {
                *bytes -= kept.bytes;
            }
            stays
        });
        self.count(state);
    }

    /// Bytes held in memory.
    pub(crate) fn bytes(&self) -> usize {
        self.held(&self.state.lock())
    }

    fn held(&self, state: &State) -> usize {
        state.bytes + self.texts.bytes() + self.decompressors.bytes()
    }

    pub(super) fn find<T: Any + Send + Sync>(&self, id: u64, piece: Piece) -> Option<Arc<T>> {
        self.state.lock().find(id, piece)
    }

    /// Keeps a piece that was opened. When another thread was quicker, its piece is the one to use.
    pub(super) fn keep<T: Any + Send + Sync>(
        &self,
        id: u64,
        piece: Piece,
        value: Arc<T>,
        bytes: usize,
    ) -> Arc<T> {
        let mut state = self.state.lock();
        if let Some(found) = state.find(id, piece) {
            return found;
        }
        let last_used = state.clock;
        let kept = Kept {
            value: Arc::clone(&value) as _,
            bytes,
            last_used,
        };
        state.kept.insert((id, piece), kept);
        state.bytes += bytes;
        loop {
            let held = self.held(&state);
            if state.hold.resize(held).is_ok() {
                return value;
            }
            if state.let_go_of_one().is_none() {
                // All of it is in use.
                self.count(&mut state);
                return value;
            }
        }
    }

    /// What is held is held, whether there is room for it or not.
    fn count(&self, state: &mut State) {
        let held = self.held(state);
        state.hold.resize_anyway(held);
    }

    /// Looks again what is held, and says how much less that is.
    fn recount(&self) -> usize {
        let mut state = self.state.lock();
        let before = state.hold.bytes();
        self.count(&mut state);
        before.saturating_sub(state.hold.bytes())
    }
}

impl GivesWay for SegmentCache {
    fn give_way(&self, bytes: usize) -> usize {
        let mut given = self.recount();
        while given < bytes {
            let Some(gone) = self.state.lock().let_go_of_one() else {
                break;
            };
            // Without the lock: a large one takes a while to go.
            drop(gone);
            given += self.recount();
        }
        given
    }
}

impl State {
    fn find<T: Any + Send + Sync>(&mut self, id: u64, piece: Piece) -> Option<Arc<T>> {
        self.clock += 1;
        let kept = self.kept.get_mut(&(id, piece))?;
        kept.last_used = self.clock;
        Arc::clone(&kept.value).downcast::<T>().ok()
    }

    /// Lets go of the idle piece that was not used for longest; with it go texts that no other has. `None` where there is none.
    fn let_go_of_one(&mut self) -> Option<Kept> {
        let idle = self.kept.iter();
        let idle = idle.filter(|(_, kept)| Arc::strong_count(&kept.value) == 1);
        let oldest = idle.min_by_key(|(_, kept)| kept.last_used);
        let oldest = oldest.map(|(key, _)| *key);
        let gone = oldest.and_then(|key| self.kept.remove(&key))?;
        self.bytes -= gone.bytes;
        Some(gone)
    }
}

#[cfg(test)]
mod tests;
