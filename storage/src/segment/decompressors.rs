//! Decompressors that are kept from read to read: making one takes as long as unpacking a small page.

use std::io;
use std::sync::Arc;

use parking_lot::Mutex;
use zstd::bulk::Decompressor;

use crate::limits::{DECOMPRESSOR_BYTES, DECOMPRESSORS_MAX};

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
    /// Bytes that those take that wait.
    pub(super) fn bytes(&self) -> usize {
        self.waiting.lock().len() * DECOMPRESSOR_BYTES
    }

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
        if waiting.len() < DECOMPRESSORS_MAX {
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
