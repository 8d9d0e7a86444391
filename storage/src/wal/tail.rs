//! Cutting off an unsound end.

use std::io;
use std::path::{Path, PathBuf};

use super::error::WalError;
use super::limits::SEARCH_CHUNK_BYTES;
use super::report::WalFinding;
use super::{WalPlace, names};
use crate::vfs::VfsRead;

/// Ends the file at `offset`, durably. What is cut off is kept beside it unless it is all zeros, for it might
/// be a frame that was damaged after it was acknowledged.
pub(super) fn cut(
    place: &WalPlace,
    path: &Path,
    file: &dyn VfsRead,
    offset: u64,
    size: u64,
) -> Result<WalFinding, WalError> {
    let kept_in = keep(place, path, file, offset, size)?;
    let mut writable = place
        .vfs
        .open_append(path)
        .map_err(WalError::io("open", path))?;
    let cut = writable.set_size(offset);
    cut.and_then(|()| writable.sync_all())
        .map_err(WalError::io("cut", path))?;
    Ok(WalFinding::TailCut {
        path: path.to_path_buf(),
        offset,
        bytes: size - offset,
        kept_in,
    })
}

fn keep(
    place: &WalPlace,
    path: &Path,
    file: &dyn VfsRead,
    offset: u64,
    size: u64,
) -> Result<Option<PathBuf>, WalError> {
    if is_zero(file, offset, size).map_err(WalError::io("read", path))? {
        return Ok(None);
    }
    let copy = names::tail(path, offset);
    let copied = copy_to(place, &copy, file, offset, size);
    copied.map_err(WalError::io("keep the tail in", &copy))?;
    Ok(Some(copy))
}

fn copy_to(
    place: &WalPlace,
    copy: &Path,
    file: &dyn VfsRead,
    offset: u64,
    size: u64,
) -> io::Result<()> {
    if place.vfs.exists(copy)? {
        // Left by a start that did not get as far as the cut.
        place.vfs.remove_file(copy)?;
    }
    let mut out = place.vfs.create_new(copy)?;
    for_each_chunk(file, offset, size, |chunk| out.write_all(chunk))?;
    out.sync_all()?;
    place.vfs.sync_dir(&place.folder)
}

fn is_zero(file: &dyn VfsRead, offset: u64, size: u64) -> io::Result<bool> {
    let mut zero = true;
    for_each_chunk(file, offset, size, |chunk| {
        zero &= chunk.iter().all(|byte| *byte == 0);
        Ok(())
    })?;
    Ok(zero)
}

fn for_each_chunk(
    file: &dyn VfsRead,
    mut offset: u64,
    size: u64,
    mut each: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<()> {
    let mut chunk = vec![0; SEARCH_CHUNK_BYTES];
    while offset < size {
        let rest = usize::try_from(size - offset).unwrap_or(usize::MAX);
        let chunk = &mut chunk[..rest.min(SEARCH_CHUNK_BYTES)];
        file.read_exact_at(offset, chunk)?;
        each(chunk)?;
        offset += chunk.len() as u64;
    }
    Ok(())
}
