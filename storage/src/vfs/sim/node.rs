//! Files and folders with two contents each: what is seen, and what is durable.

use std::collections::BTreeMap;

use super::random::SimRandom;

/// A disk writes sectors whole or not at all.
const SECTOR_BYTES: usize = 512;

pub(super) type InodeId = u64;

#[derive(Debug, Default)]
pub(super) struct File {
    pub(super) seen: Vec<u8>,
    pub(super) durable: Vec<u8>,
    /// Since the last sync, in order.
    pub(super) pending: Vec<FileChange>,
    /// What failed syncs should have carried over: no later sync will.
    pub(super) orphaned: Vec<FileChange>,
}

#[derive(Debug, Clone)]
pub(super) enum FileChange {
    Write { offset: usize, bytes: Vec<u8> },
    SetSize(usize),
}

#[derive(Debug, Default)]
pub(super) struct Dir {
    pub(super) seen: BTreeMap<String, InodeId>,
    pub(super) durable: BTreeMap<String, InodeId>,
    pub(super) pending: Vec<DirChange>,
}

#[derive(Debug, Clone)]
pub(super) enum DirChange {
    Link {
        name: String,
        inode: InodeId,
    },
    Unlink {
        name: String,
    },
    Rename {
        from: String,
        to: String,
        inode: InodeId,
    },
}

/// How much of what was on its way has arrived.
enum Survival {
    Nothing,
    Prefix(usize),
    Any,
    All,
}

impl Survival {
    fn choose(random: &mut SimRandom, changes: usize) -> Self {
        match random.below(4) {
            0 => Self::Nothing,
            1 => Self::Prefix(usize::try_from(random.below(changes as u64 + 1)).unwrap_or(0)),
            2 => Self::Any,
            _ => Self::All,
        }
    }
}

impl File {
    pub(super) fn change(&mut self, change: FileChange) {
        change.clone().apply(&mut self.seen);
        self.pending.push(change);
    }

    pub(super) fn power_loss(&mut self, random: &mut SimRandom) {
        let mut changes = std::mem::take(&mut self.orphaned);
        changes.append(&mut self.pending);
        let survival = Survival::choose(random, changes.len());
        for (index, change) in changes.into_iter().enumerate() {
            match survival {
                Survival::Nothing => {}
                Survival::All => change.apply(&mut self.durable),
                Survival::Prefix(whole) if index < whole => change.apply(&mut self.durable),
                Survival::Prefix(whole) if index == whole => change.tear(&mut self.durable, random),
                Survival::Prefix(_) => {}
                Survival::Any => change.scatter(&mut self.durable, random),
            }
        }
        self.seen.clone_from(&self.durable);
    }
}

impl FileChange {
    pub(super) fn apply(self, content: &mut Vec<u8>) {
        match self {
            Self::SetSize(size) => content.resize(size, 0),
            Self::Write { offset, bytes } => put(content, offset, &bytes),
        }
    }

    /// The write stopped at the end of some sector.
    fn tear(self, content: &mut Vec<u8>, random: &mut SimRandom) {
        if let Self::Write { offset, bytes } = self {
            let sectors = bytes.len() / SECTOR_BYTES + 1;
            let kept = usize::try_from(random.below(sectors as u64)).unwrap_or(0) * SECTOR_BYTES;
            put(content, offset, &bytes[..kept.min(bytes.len())]);
        }
    }

    /// Each sector arrived or did not. The file's size is metadata and arrives on its own.
    fn scatter(self, content: &mut Vec<u8>, random: &mut SimRandom) {
        match self {
            Self::SetSize(size) if random.one_in(2) => content.resize(size, 0),
            Self::SetSize(_) => {}
            Self::Write { offset, bytes } => {
                let size = content.len().max(offset + bytes.len());
                if random.one_in(2) {
                    content.resize(size, 0);
                }
                let mut at = 0;
                while at < bytes.len() {
                    let in_sector = SECTOR_BYTES - (offset + at) % SECTOR_BYTES;
                    let end = bytes.len().min(at + in_sector);
                    if random.one_in(2) {
                        put(content, offset + at, &bytes[at..end]);
                    }
                    at = end;
                }
            }
        }
    }
}

fn put(content: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    let end = offset + bytes.len();
    if content.len() < end {
        content.resize(end, 0);
    }
    content[offset..end].copy_from_slice(bytes);
}

impl Dir {
    pub(super) fn change(&mut self, change: DirChange) {
        change.clone().apply(&mut self.seen);
        self.pending.push(change);
    }

    pub(super) fn power_loss(&mut self, random: &mut SimRandom) {
        let changes = std::mem::take(&mut self.pending);
        let survival = Survival::choose(random, changes.len());
        for (index, change) in changes.into_iter().enumerate() {
            let survives = match survival {
                Survival::Nothing => false,
                Survival::Prefix(whole) => index < whole,
                Survival::Any => random.one_in(2),
                Survival::All => true,
            };
            if survives {
                change.apply(&mut self.durable);
            }
        }
        self.seen.clone_from(&self.durable);
    }
}

impl DirChange {
    pub(super) fn apply(self, entries: &mut BTreeMap<String, InodeId>) {
        match self {
            Self::Link { name, inode } => {
                entries.insert(name, inode);
            }
            Self::Unlink { name } => {
                entries.remove(&name);
            }
            Self::Rename { from, to, inode } => {
                entries.remove(&from);
                entries.insert(to, inode);
            }
        }
    }
}
