//! How much room the log takes.

use super::{WalPlace, names};
use crate::catalog::WalFileRow;

/// Bytes of these files on disk. One that has gone since the catalog was read counts for nothing.
pub(crate) fn bytes_of<'a>(place: &WalPlace, files: impl Iterator<Item = &'a WalFileRow>) -> u64 {
    let size = |row: &WalFileRow| {
        let path = names::log_file(&place.folder, row.file);
        let opened = place.vfs.open_read(&path);
        opened.and_then(|file| file.size()).unwrap_or(0)
    };
    files.map(size).sum()
}
