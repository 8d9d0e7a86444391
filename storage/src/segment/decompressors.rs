//! Decompressors that are kept from read to read: making one takes as long as unpacking a small page.

use std::io;
use std::sync::Arc;

use parking_lot::Mutex;
use zstd::bulk::Decompressor;

/// Decompressors that wait at most, some 100 KB each: as many as reads go on at once on a machine of some size.
const WAITING_MAX: usize = 16;

/// Decompressors that nobody uses just now.
#[derive(Default)]
pub(crate) struct Decompressors {
    waiting: Mutex<Vec<Decompressor<'static>>>,
}

/// A decompressor for one read. Dropped, it waits for the next.
pub(super) struct Borrowed {
    home: Arc<Decompressors>,
    own: Option<Decompressor<'static>>,
}

impl Decompressors {
    pub(super) fn borrow(self: &Arc<Self>) -> io::Result<Borrowed> {
        let waiting = self.waiting.lock().pop();
        let own = waiting.map_or_else(Decompressor::new, Ok)?;
        Ok(Borrowed {
            home: Arc::clone(self),
            own: Some(own),
        })
    }
}

impl Borrowed {
    /// Unpacks a frame to at most `size` bytes.
    pub(super) fn decompress(&mut self, packed: &[u8], size: usize) -> io::Result<Vec<u8>> {
        match &mut self.own {
            Some(own) => own.decompress(packed, size),
            None => Err(io::ErrorKind::Other.into()),
        }
    }
}

impl Drop for Borrowed {
    fn drop(&mut self) {
        let mut waiting = self.home.waiting.lock();
        if waiting.len() < WAITING_MAX {
            waiting.extend(self.own.take());
        }
    }
}

impl std::fmt::Debug for Decompressors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Decompressors")
            .field("waiting", &self.waiting.lock().len())
            .finish()
    }
}
