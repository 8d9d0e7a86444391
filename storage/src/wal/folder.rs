//! Comparing the folder with the catalog.

use std::collections::BTreeSet;
use std::path::Path;

use super::error::WalError;
use super::report::WalFinding;
use super::{WalPlace, names, reader};

/// Clears the folder of files that the catalog does not know. One without frames was begun by a process that
/// died, or whose disk was full, before it could be registered; one with frames can only come from another
/// catalog, and is set aside.
pub(super) fn clear_unknown(place: &WalPlace) -> Result<Vec<WalFinding>, WalError> {
    let rows = place.catalog.wal_files(&place.key);
    let known: BTreeSet<u64> = rows.iter().map(|row| row.file).collect();
    let listed = place.vfs.list(&place.folder);
    let entries = listed.map_err(WalError::io("list", &place.folder))?;
    let mut findings = Vec::new();
    for entry in entries {
        let unknown = names::number(&entry.name).filter(|number| !known.contains(number));
        if unknown.is_some() {
            findings.push(clear(place, &place.folder.join(&entry.name))?);
        }
    }
    if !findings.is_empty() {
        let synced = place.vfs.sync_dir(&place.folder);
        synced.map_err(WalError::io("sync", &place.folder))?;
    }
    Ok(findings)
}

fn clear(place: &WalPlace, path: &Path) -> Result<WalFinding, WalError> {
    let opened = place.vfs.open_read(path);
    let file = opened.map_err(WalError::io("open", path))?;
    let path_buf = path.to_path_buf();
    if !reader::has_frame_magic(path, &*file)? {
        let removed = place.vfs.remove_file(path);
        removed.map_err(WalError::io("remove", path))?;
        return Ok(WalFinding::Unused { path: path_buf });
    }
    let kept_in = names::unknown(path);
    let renamed = place.vfs.rename(path, &kept_in);
    renamed.map_err(WalError::io("rename", path))?;
    Ok(WalFinding::Unknown {
        path: path_buf,
        kept_in,
    })
}
