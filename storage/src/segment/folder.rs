//! The steps that make a segment's folder durable, in one place for every writer.
//!
//! 1. The partition's folder is there, with every entry on the way to it durable.
//! 2. Files are written to `<id>.tmp`, each synced when it is complete.
//! 3. `<id>.tmp` itself is synced, gets its name, and the partition's folder is synced.
//! 4. Only then may the catalog name it. A folder that no catalog row names is removed at start.
//!
//! A folder that is dropped before step 3 is through is removed; what cannot be removed now goes at
//! the next start.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::SegmentError;
use super::block_sums::{BlockSums, BlockSumsBuilder};
use super::meta::FileMeta;
use super::writer::NewSegment;
use crate::names;
use crate::vfs::{Vfs, VfsFile, create_dir_durable};

/// A folder that is being filled.
#[derive(Debug)]
pub(super) struct NewFolder {
    vfs: Arc<dyn Vfs>,
    partition_dir: PathBuf,
    temporary: PathBuf,
    dir: PathBuf,
    files: BTreeMap<String, FileMeta>,
    published: bool,
}

impl NewFolder {
    /// Steps 1 and the beginning of 2: an empty folder under its temporary name.
    pub(super) fn create(vfs: Arc<dyn Vfs>, new: &NewSegment) -> Result<Self, SegmentError> {
        let dir = names::segment_dir(&new.signal_dir, &new.partition, new.id);
        if vfs.exists(&dir).unwrap_or(true) {
            return Err(io_at(&dir)(io::ErrorKind::AlreadyExists.into()));
        }
        let partition_dir = names::segments_dir(&new.signal_dir).join(&new.partition);
        let below = Path::new("segments").join(&new.partition);
        create_dir_durable(vfs.as_ref(), &new.signal_dir, &below).map_err(io_at(&partition_dir))?;
        let name = names::segment_name(new.id) + names::TEMPORARY_SUFFIX;
        let temporary = partition_dir.join(name);
        vfs.create_dir(&temporary).map_err(io_at(&temporary))?;
        Ok(NewFolder {
            vfs,
            partition_dir,
            temporary,
            dir,
            files: BTreeMap::new(),
            published: false,
        })
    }

    /// Begins a file. [`Self::add`] ends it.
    pub(super) fn file(&self, name: &str) -> Result<NewFile, SegmentError> {
        let path = self.temporary.join(name);
        let file = self.vfs.create_new(&path).map_err(io_at(&path))?;
        Ok(NewFile {
            name: name.to_owned(),
            path,
            file,
            bytes: 0,
            crc32c: 0,
            blocks: BlockSumsBuilder::default(),
        })
    }

    /// Makes a file durable that is complete.
    pub(super) fn add(&mut self, file: &mut NewFile) -> Result<BlockSums, SegmentError> {
        file.file.sync_all().map_err(io_at(&file.path))?;
        let meta = FileMeta {
            bytes: file.bytes,
            crc32c: file.crc32c,
        };
        self.files.insert(file.name.clone(), meta);
        Ok(std::mem::take(&mut file.blocks).finish())
    }

    /// Writes a whole file and makes it durable.
    pub(super) fn write(&mut self, name: &str, content: &[u8]) -> Result<(), SegmentError> {
        let mut file = self.file(name)?;
        io::Write::write_all(&mut file, content).map_err(io_at(&file.path))?;
        self.add(&mut file).map(drop)
    }

    /// The files so far.
    pub(super) fn files(&self) -> &BTreeMap<String, FileMeta> {
        &self.files
    }

    /// Step 3. Returns the folder's path.
    pub(super) fn publish(mut self) -> Result<PathBuf, SegmentError> {
        let vfs = Arc::clone(&self.vfs);
        vfs.sync_dir(&self.temporary)
            .map_err(io_at(&self.temporary))?;
        vfs.rename(&self.temporary, &self.dir)
            .map_err(io_at(&self.dir))?;
        vfs.sync_dir(&self.partition_dir)
            .map_err(io_at(&self.partition_dir))?;
        self.published = true;
        Ok(self.dir.clone())
    }
}

impl Drop for NewFolder {
    fn drop(&mut self) {
        if !self.published {
            // Under either name: the rename may have been done and its sync have failed.
            for leftover in [&self.temporary, &self.dir] {
                let _ = self.vfs.remove_dir_all(leftover);
            }
        }
    }
}

/// A file of a new segment, summed up while it is written.
#[derive(Debug)]
pub(super) struct NewFile {
    name: String,
    path: PathBuf,
    file: Box<dyn VfsFile>,
    bytes: u64,
    crc32c: u32,
    blocks: BlockSumsBuilder,
}

impl NewFile {
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl io::Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write_all(bytes)?;
        self.bytes += bytes.len() as u64;
        self.crc32c = crc32c::crc32c_append(self.crc32c, bytes);
        self.blocks.add(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn io_at(path: &Path) -> impl Fn(io::Error) -> SegmentError {
    let path = path.to_path_buf();
    move |source| SegmentError::Io {
        path: path.clone(),
        source,
    }
}
