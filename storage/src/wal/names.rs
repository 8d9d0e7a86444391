//! The names of files in a table's WAL folder.

use std::path::{Path, PathBuf};

const SUFFIX: &str = ".wal";

/// `00000001.wal`: a file of the log.
pub(super) fn log_file(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("{number:08}{SUFFIX}"))
}

/// The number of a file of the log, if `name` is one's.
pub(super) fn number(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(SUFFIX)?;
    let number = digits.parse().ok()?;
    (format!("{number:08}") == digits).then_some(number)
}

/// `00000001.wal.damaged`: a file found damaged, set aside when its sound rows were in segments.
pub(super) fn damaged(log_file: &Path) -> PathBuf {
    with(log_file, ".damaged")
}

/// `00000001.wal.tail-4096`: the unsound end of a file that was cut at this offset.
pub(super) fn tail(log_file: &Path, offset: u64) -> PathBuf {
    with(log_file, &format!(".tail-{offset}"))
}

/// `00000001.wal.unknown`: a file with frames that the catalog did not know.
pub(super) fn unknown(log_file: &Path) -> PathBuf {
    with(log_file, ".unknown")
}

fn with(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_correspond() {
        for wanted in [1, 99_999_999, 100_000_000, u64::MAX] {
            let path = log_file(Path::new("f"), wanted);
            let name = path.file_name().and_then(|name| name.to_str());
            assert_eq!(name.and_then(number), Some(wanted));
        }
        for other in [
            "1.wal",
            "00000001.wal.damaged",
            "x.wal",
            "+0000001.wal",
            ".wal",
        ] {
            assert_eq!(number(other), None);
        }
    }
}
