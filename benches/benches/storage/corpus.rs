//! What is read: made records, flushed and compacted, or a data folder that was given.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use clearspan_schema::Signal;
use clearspan_storage::Incoming;
use clearspan_storage::scan::{RowAddress, Snapshot};
use fastrand::Rng;
use tempfile::TempDir;

use crate::store::{Store, copy, temporary};
use crate::{logs, spans};

/// Segments that the made records of a signal are flushed to before they are merged.
pub(crate) const FLUSHES: usize = 4;

/// A store to read from.
pub(crate) struct Corpus {
    /// In the names of benches.
    pub(crate) name: &'static str,
    store: Store,
    /// Gone with its value, after the store.
    _folder: TempDir,
}

impl Corpus {
    /// Made records as flushes have written them, and as a compaction has.
    pub(crate) fn made() -> Vec<Corpus> {
        let flushed = Corpus::copied("flushed", flushed(&Signal::ALL).path());
        let compacted = Corpus::copied("compacted", flushed.store.data());
        compacted.store.let_time_pass();
        compacted.store.compact();
        vec![flushed, compacted]
    }

    /// A copy of a data folder: a store takes a lock on its folder, and may write there.
    pub(crate) fn given(data: &Path) -> Corpus {
        Corpus::copied("given", data)
    }

    fn copied(name: &'static str, data: &Path) -> Corpus {
        let folder = temporary();
        let copied = folder.path().join("data");
        copy(data, &copied);
        Corpus {
            name,
            store: Store::open(&copied),
            _folder: folder,
        }
    }

    /// The rows of a signal, where there are any.
    pub(crate) fn snapshot(&self, signal: Signal) -> Option<Snapshot> {
        let snapshot = self.store.snapshot(signal);
        assert_eq!(snapshot.missing(), [], "segments that cannot be read");
        (snapshot.rows() > 0).then_some(snapshot)
    }

    /// A copy of its data folder.
    pub(crate) fn data_copy(&self) -> TempDir {
        let folder = temporary();
        copy(self.store.data(), folder.path());
        folder
    }

    /// Says what is read.
    pub(crate) fn describe(&self) {
        for signal in Signal::ALL {
            let Some(snapshot) = self.snapshot(signal) else {
                continue;
            };
            let folder = self
                .store
                .data()
                .join("tenants/default")
                .join(signal.name());
            let mut files = BTreeMap::new();
            count_row_files(&folder, &mut files);
            println!(
                "{}: {} {signal}, segments by row file: {files:?}",
                self.name,
                snapshot.rows()
            );
        }
    }
}

/// A data folder of `signals`, each in several flushed segments of one hour.
pub(crate) fn flushed(signals: &[Signal]) -> TempDir {
    let folder = temporary();
    let store = Store::open(folder.path());
    for signal in signals {
        let batches = records(*signal);
        for flush in batches.chunks(batches.len().div_ceil(FLUSHES)) {
            flush.iter().for_each(|batch| store.append(batch.clone()));
            store.flush();
        }
    }
    folder
}

/// All made records of a signal.
pub(crate) fn records(signal: Signal) -> Vec<Incoming> {
    match signal {
        Signal::Logs => logs::batches().into_iter().map(Incoming::Logs).collect(),
        Signal::Spans => spans::batches().into_iter().map(Incoming::Spans).collect(),
    }
}

/// `count` rows anywhere in a snapshot, the same for each run.
pub(crate) fn scattered(snapshot: &Snapshot, count: usize, seed: u64) -> Vec<RowAddress> {
    let mut random = Rng::with_seed(seed);
    let any = || address(snapshot, random.u64(..snapshot.rows()));
    std::iter::repeat_with(any).take(count).collect()
}

/// `count` rows at equal distances.
pub(crate) fn spread(snapshot: &Snapshot, count: u64) -> Vec<RowAddress> {
    let rows = snapshot.rows();
    (0..count)
        .map(|at| address(snapshot, rows * at / count))
        .collect()
}

/// The row that is `nth` in the order of parts.
fn address(snapshot: &Snapshot, mut nth: u64) -> RowAddress {
    for (part, rows) in (0..).zip(snapshot.parts().iter().map(|part| u64::from(part.rows()))) {
        if nth < rows {
            return RowAddress {
                part,
                row: nth as u32,
            };
        }
        nth -= rows;
    }
    unreachable!("fewer rows than the snapshot says")
}

fn count_row_files(folder: &Path, files: &mut BTreeMap<String, u64>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type().unwrap().is_dir() {
            count_row_files(&entry.path(), files);
        } else if name.starts_with("rows.") {
            *files.entry(name).or_default() += 1;
        }
    }
}
