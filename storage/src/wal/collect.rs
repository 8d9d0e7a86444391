//! Removing files whose rows are in segments.

use std::io::ErrorKind;

use super::error::WalError;
use super::{WalPlace, names};
use crate::catalog::Change;

/// Removes the files whose rows all lie below the table's flushed position, and sets aside those that were
/// damaged. To be called after a flush was published; returns how many went. May run beside the writer.
pub fn remove_flushed(place: &WalPlace) -> Result<usize, WalError> {
    let flushed_seq = place.catalog.table(&place.key).flushed_seq;
    let mut rows = place.catalog.wal_files(&place.key);
    rows.retain(|row| row.is_flushed(flushed_seq));
    if rows.is_empty() {
        return Ok(0);
    }
    for row in &rows {
        let path = names::log_file(&place.folder, row.file);
        let gone = match row.damaged {
            true => place.vfs.rename(&path, &names::damaged(&path)),
            false => place.vfs.remove_file(&path),
        };
        match gone {
            Err(source) if source.kind() != ErrorKind::NotFound => {
                return Err(WalError::io("remove", &path)(source));
            }
            _ => {}
        }
    }
    // Only then may the catalog forget them: else a file could come back that nobody knows.
    let synced = place.vfs.sync_dir(&place.folder);
    synced.map_err(WalError::io("sync", &place.folder))?;
    let files: Vec<u64> = rows.iter().map(|row| row.file).collect();
    let count = files.len();
    place.catalog.commit(Change::ForgetWalFiles {
        key: place.key.clone(),
        files,
    })?;
    Ok(count)
}
