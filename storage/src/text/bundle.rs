//! One file for all files of a Tantivy index.
//!
//! The number of files (4 bytes), then for each the length of its name (4),
//! the name and the length of its content (4); then the contents in the same order. Tantivy reads them from memory, through
//! [`Bundle`], without a copy.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tantivy::directory::error::{DeleteError, OpenReadError, OpenWriteError};
use tantivy::directory::{
    Directory, FileHandle, OwnedBytes, RamDirectory, WatchCallback, WatchHandle, WritePtr,
};

use super::error::TextError;
use super::frame::{self, FileKind, Reader};

const FILE: FileKind = FileKind::Terms;

/// A table entry has at least this many bytes.
const ENTRY_BYTES_MIN: usize = 8;

/// Appends the named files of a directory.
pub(crate) fn append(
    bytes: &mut Vec<u8>,
    directory: &RamDirectory,
    mut names: Vec<PathBuf>,
) -> Result<(), TextError> {
    names.sort();
    frame::put_u32(bytes, frame::size(FILE, names.len(), "files")?);
    let mut contents = Vec::new();
    for path in &names {
        let name = path.to_string_lossy();
        let content = directory
            .open_read(path)
            .map_err(tantivy::TantivyError::from)?
            .read_bytes()?;
        frame::put_u32(bytes, frame::size(FILE, name.len(), "a file's name")?);
        bytes.extend(name.as_bytes());
        frame::put_u32(
            bytes,
            frame::size(FILE, content.len(), "a file of the index")?,
        );
        contents.push(content);
    }
    for content in contents {
        bytes.extend_from_slice(&content);
    }
    Ok(())
}

/// The files of a bundle, as a directory that cannot be written to.
#[derive(Debug, Clone)]
pub(crate) struct Bundle {
    files: Arc<BTreeMap<PathBuf, OwnedBytes>>,
}

impl Bundle {
    /// Reads the table. The files stay in `bytes`.
    pub(crate) fn open(bytes: &OwnedBytes) -> Result<Self, TextError> {
        let mut reader = Reader::within(FILE, bytes);
        let count = reader.count(ENTRY_BYTES_MIN)?;
        let mut table = Vec::with_capacity(count);
        for _ in 0..count {
            let name_bytes = reader.count(1)?;
            let name = std::str::from_utf8(reader.take(name_bytes)?)
                .map_err(|_| reader.malformed("a file's name"))?;
            table.push((PathBuf::from(name), reader.u32()? as usize));
        }
        let mut files = BTreeMap::new();
        for (name, len) in table {
            let start = reader.position();
            reader.take(len)?;
            files.insert(name, bytes.slice(start..reader.position()));
        }
        reader.end()?;
        Ok(Self {
            files: Arc::new(files),
        })
    }

    fn file(&self, path: &Path) -> Result<&OwnedBytes, OpenReadError> {
        self.files
            .get(path)
            .ok_or_else(|| OpenReadError::FileDoesNotExist(path.to_owned()))
    }
}

fn read_only() -> io::Error {
    io::Error::new(
        io::ErrorKind::ReadOnlyFilesystem,
        "a bundle cannot be written to",
    )
}

impl Directory for Bundle {
    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        Ok(Arc::new(self.file(path)?.clone()))
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        Err(DeleteError::IoError {
            io_error: Arc::new(read_only()),
            filepath: path.to_owned(),
        })
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        Ok(self.files.contains_key(path))
    }

    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        Err(OpenWriteError::IoError {
            io_error: Arc::new(read_only()),
            filepath: path.to_owned(),
        })
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        Ok(self.file(path)?.to_vec())
    }

    fn atomic_write(&self, _path: &Path, _data: &[u8]) -> io::Result<()> {
        Err(read_only())
    }

    fn sync_directory(&self) -> io::Result<()> {
        Ok(())
    }

    fn watch(&self, _callback: WatchCallback) -> tantivy::Result<WatchHandle> {
        Ok(WatchHandle::empty())
    }
}
