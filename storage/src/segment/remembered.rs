//! What others worked out of a segment's rows, kept in the cache of opened segments: rows never change, so it stays right for as long as the
//! segment is there, and it goes when there is no room.

use std::any::Any;
use std::sync::Arc;

use super::Segment;
use super::cache::Piece;

impl Segment {
    /// What was remembered under `name`, if it is there still.
    pub(crate) fn remembered<T: Any + Send + Sync>(&self, name: &'static str) -> Option<Arc<T>> {
        self.cache.find(self.id(), Piece::Remembered(name))
    }

    /// Remembers a value that takes so many bytes.
    pub(crate) fn remember<T: Any + Send + Sync>(
        &self,
        name: &'static str,
        value: Arc<T>,
        bytes: usize,
    ) {
        self.cache
            .keep(self.id(), Piece::Remembered(name), value, bytes);
    }
}
