//! Bytes of a data folder by kind of file.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// Bytes by kind: the name of a file, `*.wal` for the write-ahead log, `catalog.*` for the database and its journals.
pub(crate) fn bytes_by_kind(folder: &Path) -> Result<BTreeMap<String, u64>> {
    let mut kinds = BTreeMap::new();
    add(folder, &mut kinds)?;
    Ok(kinds)
}

fn add(folder: &Path, kinds: &mut BTreeMap<String, u64>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("read {}", folder.display()))? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        if metadata.is_dir() {
            add(&entry.path(), kinds)?;
        } else {
            let name = entry.file_name().to_string_lossy().into_owned();
            *kinds.entry(kind(&name)).or_default() += metadata.len();
        }
    }
    Ok(())
}

fn kind(name: &str) -> String {
    if name.ends_with(".wal") {
        "*.wal".to_owned()
    } else if name.starts_with("catalog.") {
        "catalog.*".to_owned()
    } else {
        name.to_owned()
    }
}
