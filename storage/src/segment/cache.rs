//! Opened files of segments, kept while they are used and there is room.

use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;

use super::decompressors::Decompressors;
use crate::template::SharedTexts;

/// What of a segment is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Piece {
    Rows,
    Shape,
    FoldedTemplates,
    Text,
    Traces,
}

/// A bounded cache over all segments. The least recently used goes first. What is in use stays alive
/// through its own `Arc`, in the cache or not.
#[derive(Debug)]
pub(crate) struct SegmentCache {
    budget: usize,
    state: Mutex<State>,
    /// The folded templates of segments that are kept.
    texts: SharedTexts,
    decompressors: Arc<Decompressors>,
}

#[derive(Debug, Default)]
struct State {
    kept: HashMap<(u64, Piece), Kept>,
    bytes: usize,
    clock: u64,
}

#[derive(Debug)]
struct Kept {
    value: Arc<dyn Any + Send + Sync>,
    bytes: usize,
    last_used: u64,
}

impl SegmentCache {
    /// A cache of at most `budget` bytes; one value larger than that is kept alone.
    pub(crate) fn new(budget: usize) -> Self {
        SegmentCache {
            budget,
            state: Mutex::default(),
            texts: SharedTexts::default(),
            decompressors: Arc::default(),
        }
    }

    /// Decompressors for whoever reads.
    pub(super) fn decompressors(&self) -> &Arc<Decompressors> {
        &self.decompressors
    }

    /// Texts that segments share.
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
        let value = Arc::new(value);
        self.keep(
            id,
            piece,
            Arc::clone(&value) as Arc<dyn Any + Send + Sync>,
            bytes,
        );
        Ok(value)
    }

    /// Lets go of all pieces of segment `id`: it is gone.
    pub(crate) fn forget(&self, id: u64) {
        let mut state = self.state.lock();
        let State { kept, bytes, .. } = &mut *state;
        kept.retain(|(of, _), kept| {
            let stays = *of != id;
            if !stays {
                *bytes -= kept.bytes;
            }
            stays
        });
    }

    /// Bytes in use.
    pub(crate) fn bytes(&self) -> usize {
        self.state.lock().bytes
    }

    fn find<T: Any + Send + Sync>(&self, id: u64, piece: Piece) -> Option<Arc<T>> {
        let mut state = self.state.lock();
        state.clock += 1;
        let now = state.clock;
        let kept = state.kept.get_mut(&(id, piece))?;
        kept.last_used = now;
        Arc::clone(&kept.value).downcast::<T>().ok()
    }

    fn keep(&self, id: u64, piece: Piece, value: Arc<dyn Any + Send + Sync>, bytes: usize) {
        let mut state = self.state.lock();
        state.clock += 1;
        let last_used = state.clock;
        if let Some(old) = state.kept.insert(
            (id, piece),
            Kept {
                value,
                bytes,
                last_used,
            },
        ) {
            state.bytes -= old.bytes;
        }
        state.bytes += bytes;
        while state.bytes > self.budget && state.kept.len() > 1 {
            let oldest = state
                .kept
                .iter()
                .min_by_key(|(_, kept)| kept.last_used)
                .map(|(key, _)| *key);
            let Some(gone) = oldest.and_then(|key| state.kept.remove(&key)) else {
                break;
            };
            state.bytes -= gone.bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn get(cache: &SegmentCache, id: u64) -> (u64, bool) {
        let mut opened = false;
        let value = cache.get::<u64, ()>(id, Piece::Rows, || {
            opened = true;
            Ok((id * 10, 40))
        });
        (*value.unwrap(), opened)
    }

    #[test]
    fn the_least_recently_used_goes_first() {
        let cache = SegmentCache::new(100);
        assert_eq!(get(&cache, 1), (10, true));
        assert_eq!(get(&cache, 2), (20, true));
        assert_eq!(get(&cache, 1), (10, false));
        assert_eq!(get(&cache, 3), (30, true));
        assert_eq!(get(&cache, 1), (10, false));
        assert_eq!(get(&cache, 2), (20, true));
        assert!(cache.bytes() <= 100);
        cache.forget(2);
        assert_eq!(cache.bytes(), 40);
        assert_eq!(get(&cache, 2), (20, true));
    }

    #[test]
    fn a_failed_open_keeps_nothing() {
        let cache = SegmentCache::new(100);
        assert!(
            cache
                .get::<u64, &str>(1, Piece::Text, || Err("no"))
                .is_err()
        );
        assert_eq!(cache.bytes(), 0);
    }
}
