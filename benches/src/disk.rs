//! Bytes of a data folder by kind of file.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;
use std::{fs, io, thread};

use anyhow::{Context, Result};

/// Between two looks at a folder that has to come to rest: the server removes what a merge has replaced within a second.
const LOOK_INTERVAL: Duration = Duration::from_millis(1_500);

/// The kind of the write-ahead log's files.
const WAL: &str = "*.wal";

/// Files that answer words and ids without reading rows.
const INDEX_FILES: [&str; 2] = ["text.idx", "filters.bin"];

/// Bytes by kind: the name of a file, `*.wal` for the write-ahead log, `catalog.*` for the database and its journals.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Kinds(BTreeMap<String, u64>);

impl Kinds {
    /// Of a folder as it is now, which may change at the same time.
    pub(crate) fn of(folder: &Path) -> Result<Self> {
        let mut kinds = Kinds::default();
        kinds
            .add_folder(folder)
            .with_context(|| format!("read {}", folder.display()))?;
        Ok(kinds)
    }

    /// Of a folder, once two looks at it have found the same.
    pub(crate) fn at_rest(folder: &Path) -> Result<Self> {
        let mut before = Kinds::of(folder)?;
        loop {
            thread::sleep(LOOK_INTERVAL);
            let now = Kinds::of(folder)?;
            if now == before {
                return Ok(now);
            }
            before = now;
        }
    }

    /// Adds a file.
    pub(crate) fn add(&mut self, name: &str, bytes: u64) {
        *self.0.entry(kind(name)).or_default() += bytes;
    }

    /// Bytes of all files.
    pub(crate) fn total(&self) -> u64 {
        self.0.values().sum()
    }

    /// Bytes of all files but those of the write-ahead log, of which the current file stays, however little of it is still needed.
    pub(crate) fn without_wal(&self) -> u64 {
        self.total() - self.0.get(WAL).copied().unwrap_or(0)
    }

    /// A line for each kind with its bytes per record, and one for the text index and filters together.
    pub(crate) fn print(&self, records: u64) {
        let line = |kind: &str, bytes: u64| {
            println!(
                "    {kind:<24} {:>8.3}  ({bytes} B)",
                bytes as f64 / records.max(1) as f64
            );
        };
        for (kind, bytes) in self.0.iter().filter(|(_, bytes)| **bytes > 0) {
            line(kind, *bytes);
        }
        let indexes = INDEX_FILES.iter().filter_map(|name| self.0.get(*name));
        line(&INDEX_FILES.join(" + "), indexes.sum());
    }

    fn add_folder(&mut self, folder: &Path) -> io::Result<()> {
        let Some(entries) = unless_gone(fs::read_dir(folder))? else {
            return Ok(());
        };
        for entry in entries {
            let entry = entry?;
            let Some(metadata) = unless_gone(entry.metadata())? else {
                continue;
            };
            match metadata.is_dir() {
                true => self.add_folder(&entry.path())?,
                false => self.add(&entry.file_name().to_string_lossy(), metadata.len()),
            }
        }
        Ok(())
    }
}

/// `None` for what a server has removed since its name was read.
fn unless_gone<T>(found: io::Result<T>) -> io::Result<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn kind(name: &str) -> String {
    if name.ends_with(".wal") {
        WAL.to_owned()
    } else if name.starts_with("catalog.") {
        "catalog.*".to_owned()
    } else {
        name.to_owned()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn bytes_are_summed_by_kind_over_all_folders() {
        let data = tempfile::tempdir().unwrap();
        let write = |path: &str, bytes: usize| {
            let path = data.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, vec![0; bytes]).unwrap();
        };
        write("catalog.sqlite", 5);
        write("catalog.sqlite-journal", 6);
        write("tenants/default/logs/wal/1.wal", 7);
        for segment in ["1", "2"] {
            write(&format!("segments/{segment}/rows.parquet"), 100);
            write(&format!("segments/{segment}/shape.bin"), 10);
            write(&format!("segments/{segment}/text.idx"), 1);
        }
        let kinds = Kinds::of(data.path()).unwrap();
        let expected = [
            ("*.wal", 7),
            ("catalog.*", 11),
            ("rows.parquet", 200),
            ("shape.bin", 20),
            ("text.idx", 2),
        ];
        let expected = expected.map(|(kind, bytes)| (kind.to_owned(), bytes));
        assert_eq!(kinds, Kinds(BTreeMap::from(expected)));
        assert_eq!((kinds.total(), kinds.without_wal()), (240, 233));
    }
}
