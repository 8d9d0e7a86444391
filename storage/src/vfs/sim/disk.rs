//! The tree of files and folders.

use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path};

use super::super::DirEntry;
use super::node::{Dir, DirChange, File, FileChange, InodeId};
use super::random::SimRandom;

const ROOT: InodeId = 0;

#[derive(Debug)]
pub(super) struct Disk {
    /// Ordered, so that a power loss visits them in the same order for the same seed.
    inodes: BTreeMap<InodeId, Inode>,
    next_inode: InodeId,
    pub(super) capacity: u64,
}

#[derive(Debug)]
enum Inode {
    File(File),
    Dir(Dir),
}

impl Default for Disk {
    fn default() -> Self {
        Self {
            inodes: BTreeMap::from([(ROOT, Inode::Dir(Dir::default()))]),
            next_inode: ROOT + 1,
            capacity: u64::MAX,
        }
    }
}

impl Disk {
    pub(super) fn create_file(&mut self, path: &Path) -> io::Result<InodeId> {
        self.create(path, Inode::File(File::default()))
    }

    pub(super) fn create_dir(&mut self, path: &Path) -> io::Result<()> {
        self.create(path, Inode::Dir(Dir::default())).map(drop)
    }

    pub(super) fn find_file(&self, path: &Path) -> io::Result<InodeId> {
        let inode = self.find(path)?;
        self.file(inode)?;
        Ok(inode)
    }

    pub(super) fn exists(&self, path: &Path) -> bool {
        self.find(path).is_ok()
    }

    pub(super) fn content(&self, inode: InodeId) -> io::Result<&[u8]> {
        Ok(&self.file(inode)?.seen)
    }

    pub(super) fn used_bytes(&self) -> u64 {
        let linked = self.inodes.values().flat_map(|inode| match inode {
            Inode::Dir(dir) => dir.seen.values().copied().collect(),
            Inode::File(_) => Vec::new(),
        });
        linked
            .filter_map(|inode| self.file(inode).ok())
            .map(|file| file.seen.len() as u64)
            .sum()
    }

    pub(super) fn append(&mut self, inode: InodeId, bytes: &[u8]) -> io::Result<()> {
        let room = self.capacity.saturating_sub(self.used_bytes());
        let fits = usize::try_from(room).unwrap_or(usize::MAX).min(bytes.len());
        let file = self.file_mut(inode)?;
        file.change(FileChange::Write {
            offset: file.seen.len(),
            bytes: bytes[..fits].to_vec(),
        });
        if fits < bytes.len() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }

    pub(super) fn set_size(&mut self, inode: InodeId, size: u64) -> io::Result<()> {
        let size = usize::try_from(size).map_err(|_| io::ErrorKind::FileTooLarge)?;
        self.file_mut(inode)?.change(FileChange::SetSize(size));
        Ok(())
    }

    pub(super) fn sync_file(&mut self, inode: InodeId) -> io::Result<()> {
        let file = self.file_mut(inode)?;
        for change in std::mem::take(&mut file.pending) {
            change.apply(&mut file.durable);
        }
        Ok(())
    }

    pub(super) fn fail_sync(&mut self, inode: InodeId) -> io::Result<()> {
        let file = self.file_mut(inode)?;
        file.orphaned.append(&mut file.pending);
        Ok(())
    }

    pub(super) fn flip_bit(&mut self, path: &Path, byte: u64, bit: u8) -> io::Result<()> {
        let inode = self.find_file(path)?;
        let file = self.file_mut(inode)?;
        let at = usize::try_from(byte).map_err(|_| io::ErrorKind::UnexpectedEof)?;
        for content in [&mut file.seen, &mut file.durable] {
            if let Some(byte) = content.get_mut(at) {
                *byte ^= 1 << (bit % 8);
            }
        }
        Ok(())
    }

    pub(super) fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        let inode = self.find(from)?;
        let (dir, from) = self.parent_of(from)?;
        let (_, to) = self.parent_of(to)?;
        self.dir_mut(dir)?
            .change(DirChange::Rename { from, to, inode });
        Ok(())
    }

    pub(super) fn remove_file(&mut self, path: &Path) -> io::Result<()> {
        self.find_file(path)?;
        self.unlink(path)
    }

    pub(super) fn remove_dir_all(&mut self, path: &Path) -> io::Result<()> {
        for entry in self.list(path)? {
            let child = path.join(&entry.name);
            match entry.is_dir {
                true => self.remove_dir_all(&child)?,
                false => self.unlink(&child)?,
            }
        }
        self.unlink(path)
    }

    pub(super) fn list(&self, path: &Path) -> io::Result<Vec<DirEntry>> {
        let dir = self.dir(self.find(path)?)?;
        let entries = dir.seen.iter().map(|(name, inode)| DirEntry {
            name: name.clone(),
            is_dir: matches!(self.inodes.get(inode), Some(Inode::Dir(_))),
        });
        Ok(entries.collect())
    }

    pub(super) fn sync_dir(&mut self, path: &Path) -> io::Result<()> {
        let inode = self.find(path)?;
        let dir = self.dir_mut(inode)?;
        for change in std::mem::take(&mut dir.pending) {
            change.apply(&mut dir.durable);
        }
        Ok(())
    }

    /// Leaves of everything what is durable, and of what was on its way as much as `random` says.
    pub(super) fn power_loss(&mut self, random: &mut SimRandom) {
        for inode in self.inodes.values_mut() {
            match inode {
                Inode::File(file) => file.power_loss(random),
                Inode::Dir(dir) => dir.power_loss(random),
            }
        }
        self.drop_unreachable();
    }

    fn drop_unreachable(&mut self) {
        let mut reached = BTreeMap::new();
        let mut stack = vec![ROOT];
        while let Some(id) = stack.pop() {
            if let Some(inode) = self.inodes.remove(&id) {
                if let Inode::Dir(dir) = &inode {
                    stack.extend(dir.seen.values());
                }
                reached.insert(id, inode);
            }
        }
        self.inodes = reached;
    }

    fn create(&mut self, path: &Path, inode: Inode) -> io::Result<InodeId> {
        if self.exists(path) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let (dir, name) = self.parent_of(path)?;
        let id = self.next_inode;
        self.dir_mut(dir)?
            .change(DirChange::Link { name, inode: id });
        self.inodes.insert(id, inode);
        self.next_inode += 1;
        Ok(id)
    }

    fn unlink(&mut self, path: &Path) -> io::Result<()> {
        let (dir, name) = self.parent_of(path)?;
        self.dir_mut(dir)?.change(DirChange::Unlink { name });
        Ok(())
    }

    fn find(&self, path: &Path) -> io::Result<InodeId> {
        let mut inode = ROOT;
        for component in path.components() {
            if let Component::Normal(name) = component {
                let dir = self.dir(inode)?;
                inode = *dir
                    .seen
                    .get(&*name.to_string_lossy())
                    .ok_or(io::ErrorKind::NotFound)?;
            }
        }
        Ok(inode)
    }

    fn parent_of(&self, path: &Path) -> io::Result<(InodeId, String)> {
        let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        let parent = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
        Ok((self.find(parent)?, name.to_string_lossy().into_owned()))
    }

    fn file(&self, inode: InodeId) -> io::Result<&File> {
        match self.inodes.get(&inode) {
            Some(Inode::File(file)) => Ok(file),
            Some(Inode::Dir(_)) => Err(io::ErrorKind::IsADirectory.into()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn file_mut(&mut self, inode: InodeId) -> io::Result<&mut File> {
        match self.inodes.get_mut(&inode) {
            Some(Inode::File(file)) => Ok(file),
            Some(Inode::Dir(_)) => Err(io::ErrorKind::IsADirectory.into()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn dir(&self, inode: InodeId) -> io::Result<&Dir> {
        match self.inodes.get(&inode) {
            Some(Inode::Dir(dir)) => Ok(dir),
            Some(Inode::File(_)) => Err(io::ErrorKind::NotADirectory.into()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn dir_mut(&mut self, inode: InodeId) -> io::Result<&mut Dir> {
        match self.inodes.get_mut(&inode) {
            Some(Inode::Dir(dir)) => Ok(dir),
            Some(Inode::File(_)) => Err(io::ErrorKind::NotADirectory.into()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }
}
