//! Random lives of a log, each ended by a power loss or a kill at a random point.
//!
//! The oracle knows which row was acknowledged under which number. After every start nothing acknowledged
//! may be missing, nothing may be there that was never sent or that was refused for good, the order must
//! hold, and apart from cut ends and unused files nothing may have been found wrong.

use std::collections::BTreeMap;

use super::*;
use crate::catalog::{Change, Fate, FlushCommit, WalFileState};
use crate::vfs::sim::{Fault, FaultKind, Operation, SimRandom};
use crate::vfs::{DirEntry, Space, VfsFile, VfsLock, VfsRead};

const SEEDS: u64 = 1_000;
const LIVES: u64 = 4;

struct World {
    disk: SimVfs,
    place: WalPlace,
    random: SimRandom,
    next_id: u64,
    /// Acknowledged rows, and rows that a replay has shown: number and id.
    kept: BTreeMap<u64, u64>,
    /// Groups of which one may be there: their answers were lost in a crash, or the catalog was out of reach
    /// when they were refused.
    open: Vec<(u64, Vec<u64>)>,
    /// In this life a sync may have failed.
    sync_fails: bool,
}

impl World {
    fn new(seed: u64, wrap: impl Fn(SimVfs) -> Arc<dyn Vfs>) -> Self {
        let disk = SimVfs::new();
        let gate = disk.clone();
        let fate = parking_lot::Mutex::new(SimRandom::new(!seed));
        let catalog = MemCatalog::with_fate(move || {
            let mut fate = fate.lock();
            let stopped = gate.exists(Path::new("/")).is_err();
            match fate.below(30) {
                0 => Fate::MadeButFails,
                1 => Fate::Lost,
                odd if stopped && odd % 2 == 1 => Fate::MadeButFails,
                _ if stopped => Fate::Lost,
                _ => Fate::Made,
            }
        });
        Self {
            place: place_on(wrap(disk.clone()), Arc::new(catalog)),
            disk,
            random: SimRandom::new(seed),
            next_id: 1,
            kept: BTreeMap::new(),
            open: Vec::new(),
            sync_fails: false,
        }
    }

    fn live(&mut self) -> Result<(), String> {
        let Some(next_seq) = self.start()? else {
            return Ok(());
        };
        let roll_bytes = 1_500 + self.random.below(6_000);
        let mut writer = writer(&self.place, next_seq, roll_bytes);
        let lifetime = 5 + self.random.below(60);
        self.disk.halt_after(lifetime);
        for _ in 0..1 + self.random.below(14) {
            match self.random.below(12) {
                0 => self.plan_fault(),
                1 | 2 => self.flush(),
                _ => self.commit(&mut writer),
            }
        }
        if self.random.one_in(3) {
            let _ = writer.close();
        }
        Ok(())
    }

    /// Replays until it succeeds and compares. None when a planned death came first.
    fn start(&mut self) -> Result<Option<u64>, String> {
        if self.random.one_in(4) {
            let lifetime = self.random.below(25);
            self.disk.halt_after(lifetime);
        }
        for _ in 0..20 {
            match read(&self.place) {
                Ok((rows, replayed)) => {
                    self.compare(&rows, &replayed)?;
                    return Ok(Some(replayed.next_seq));
                }
                Err(_) if self.disk.exists(Path::new("/")).is_err() => return Ok(None),
                Err(_) => {}
            }
        }
        Err("replay does not succeed".to_owned())
    }

    fn compare(&mut self, rows: &[(u64, u64)], replayed: &Replayed) -> Result<(), String> {
        if !rows.is_sorted_by(|a, b| a.0 < b.0) {
            return Err(format!("out of order: {rows:?}"));
        }
        let flushed = self.place.catalog.table(&key()).flushed_seq;
        let found: BTreeMap<u64, u64> = rows.iter().copied().collect();
        for (seq, id) in self.kept.range(flushed..) {
            if found.get(seq) != Some(id) {
                return Err(format!(
                    "row {seq} (id {id}) is lost, found {:?}",
                    found.get(seq)
                ));
            }
        }
        self.check_extra(&found, flushed)?;
        for finding in &replayed.report.findings {
            if !matches!(
                finding,
                WalFinding::TailCut { .. } | WalFinding::Unused { .. }
            ) {
                return Err(format!("found wrong: {finding}"));
            }
        }
        let last = found.keys().chain(self.kept.keys()).max();
        if last.is_some_and(|last| *last >= replayed.next_seq) {
            return Err(format!("number {} would be given twice", replayed.next_seq));
        }
        self.kept.extend(found);
        self.open.clear();
        Ok(())
    }

    /// What was not acknowledged may only be one group in question, and only whole.
    fn check_extra(&self, found: &BTreeMap<u64, u64>, flushed: u64) -> Result<(), String> {
        let extra: Vec<_> = found
            .iter()
            .filter(|(seq, _)| !self.kept.contains_key(seq))
            .collect();
        if extra.is_empty() {
            return Ok(());
        }
        let whole = |(seq, ids): &(u64, Vec<u64>)| {
            let rows = (*seq..)
                .zip(ids.iter().copied())
                .filter(|(seq, _)| *seq >= flushed);
            extra.iter().map(|(seq, id)| (**seq, **id)).eq(rows)
        };
        if self.open.iter().any(whole) {
            return Ok(());
        }
        Err(format!("invented: {extra:?}"))
    }

    fn commit(&mut self, writer: &mut WalWriter) {
        let rows = 1 + self.random.below(5);
        let first = self.next_id;
        self.next_id += rows;
        let ids: Vec<u64> = (first..self.next_id).collect();
        let group = batch(first, ids.len());
        // As the committer does: once more in a new file.
        for _ in 0..2 {
            let seq = writer.next_seq();
            let result = writer.append(&group, seq, 1).and_then(|_| writer.settle());
            if result.is_ok() {
                self.kept.extend((seq..).zip(ids));
                self.open.clear();
                return;
            }
            let files = self.place.catalog.wal_files(&key());
            match files
                .last()
                .is_some_and(|row| row.state == WalFileState::Open)
            {
                true => self.open.push((seq, ids.clone())),
                false => self.open.clear(),
            }
        }
    }

    fn flush(&mut self) {
        let flushed = self.place.catalog.table(&key()).flushed_seq;
        let Some((last, _)) = self.kept.last_key_value() else {
            return;
        };
        let flushed_seq = flushed + self.random.below(last + 2 - flushed.min(*last));
        let flush = FlushCommit {
            key: key(),
            segments: vec![],
            flushed_seq: flushed_seq.min(last + 1).max(flushed),
            duplicates: 0,
        };
        let _ = self.place.catalog.commit(Change::Flush(flush));
        let _ = remove_flushed(&self.place);
    }

    /// A kill is left out where a sync may have failed. If the process dies before it can note the poisoned
    /// end, its last group is read from the page cache, and a power loss in the next life takes it: it was
    /// not acknowledged, but the oracle has seen it.
    fn end(&mut self) {
        self.disk.clear_faults();
        let kill = self.random.one_in(4) && !std::mem::take(&mut self.sync_fails);
        let seed = self.random.next_u64();
        match kill {
            true => self.disk.kill(),
            false => self.disk.power_loss(seed),
        }
    }

    fn plan_fault(&mut self) {
        let operations = [
            Operation::Write,
            Operation::SyncFile,
            Operation::SyncDir,
            Operation::Create,
            Operation::Remove,
        ];
        let operation = operations[usize::try_from(self.random.below(5)).unwrap()];
        self.sync_fails |= operation == Operation::SyncFile;
        let kind = if self.random.one_in(2) {
            FaultKind::Io
        } else {
            FaultKind::NoSpace
        };
        self.disk.inject(Fault::once(operation, kind));
    }
}

fn simulate(seed: u64, wrap: impl Fn(SimVfs) -> Arc<dyn Vfs>) -> Result<(), String> {
    let mut world = World::new(seed, wrap);
    for _ in 0..LIVES {
        world.live()?;
        world.end();
    }
    world.start().map(drop)
}

#[test]
fn nothing_acknowledged_is_lost_and_nothing_invented() {
    for seed in 0..SEEDS {
        if let Err(fault) = simulate(seed, |disk| Arc::new(disk)) {
            panic!("seed {seed}: {fault}");
        }
    }
}

/// The suite must notice a sync that is left out.
#[test]
fn planted_bugs_are_found() {
    for bug in [Bug::FileData, Bug::WholeFile, Bug::Folder] {
        let found = (0..SEEDS).any(|seed| {
            let world = std::panic::catch_unwind(|| {
                simulate(seed, |disk| Arc::new(Careless { disk, bug }))
            });
            !matches!(world, Ok(Ok(())))
        });
        assert!(found, "{bug:?} goes unnoticed");
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bug {
    FileData,
    WholeFile,
    Folder,
}

/// A disk that leaves out one kind of sync.
#[derive(Debug)]
struct Careless {
    disk: SimVfs,
    bug: Bug,
}

#[derive(Debug)]
struct CarelessFile {
    file: Box<dyn VfsFile>,
    bug: Bug,
}

impl VfsFile for CarelessFile {
    fn write_all(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.file.write_all(bytes)
    }
    fn sync_data(&mut self) -> std::io::Result<()> {
        if self.bug == Bug::FileData {
            Ok(())
        } else {
            self.file.sync_data()
        }
    }
    fn sync_all(&mut self) -> std::io::Result<()> {
        if self.bug == Bug::WholeFile {
            Ok(())
        } else {
            self.file.sync_all()
        }
    }
    fn size(&self) -> std::io::Result<u64> {
        self.file.size()
    }
    fn set_size(&mut self, size: u64) -> std::io::Result<()> {
        self.file.set_size(size)
    }
}

impl Vfs for Careless {
    fn create_new(&self, path: &Path) -> std::io::Result<Box<dyn VfsFile>> {
        let file = self.disk.create_new(path)?;
        Ok(Box::new(CarelessFile {
            file,
            bug: self.bug,
        }))
    }
    fn open_append(&self, path: &Path) -> std::io::Result<Box<dyn VfsFile>> {
        let file = self.disk.open_append(path)?;
        Ok(Box::new(CarelessFile {
            file,
            bug: self.bug,
        }))
    }
    fn open_read(&self, path: &Path) -> std::io::Result<Box<dyn VfsRead>> {
        self.disk.open_read(path)
    }
    fn read(&self, path: &Path) -> std::io::Result<bytes::Bytes> {
        self.disk.read(path)
    }
    fn rename(&self, from: &Path, to: &Path) -> std::io::Result<()> {
        self.disk.rename(from, to)
    }
    fn remove_file(&self, path: &Path) -> std::io::Result<()> {
        self.disk.remove_file(path)
    }
    fn remove_dir_all(&self, path: &Path) -> std::io::Result<()> {
        self.disk.remove_dir_all(path)
    }
    fn create_dir(&self, path: &Path) -> std::io::Result<()> {
        self.disk.create_dir(path)
    }
    fn list(&self, path: &Path) -> std::io::Result<Vec<DirEntry>> {
        self.disk.list(path)
    }
    fn exists(&self, path: &Path) -> std::io::Result<bool> {
        self.disk.exists(path)
    }
    fn sync_dir(&self, path: &Path) -> std::io::Result<()> {
        let skip = self.bug == Bug::Folder && path == Path::new("/wal");
        if skip {
            Ok(())
        } else {
            self.disk.sync_dir(path)
        }
    }
    fn space(&self, path: &Path) -> std::io::Result<Space> {
        self.disk.space(path)
    }
    fn lock(&self, path: &Path) -> std::io::Result<Box<dyn VfsLock>> {
        self.disk.lock(path)
    }
}
