//! What today's program writes, held to what `pinned.txt` says of it.
//!
//! A store of fixed content is described file by file: bytes that are ours as they are, or as their checksum; of Arrow, Parquet, Tantivy, zstd and
//! SQLite what was asked of them, for their own bytes change with their versions.
//!
//! | file | what it describes |
//! |---|---|
//! | `wal` | files of the write-ahead log |
//! | `rows` | row files: schemas, encodings |
//! | `folder` | the other files of a segment |
//! | `catalog` | tables, and rows with their checksums |
//! | `pinned.txt` | all of it |

mod catalog;
mod folder;
mod rows;
mod wal;

use std::fs;
use std::path::{Path, PathBuf};

use crate::sample::Sample;

/// What to do when this fails, for whoever changed a format.
const ADVICE: &str = "\
what the program writes is no longer what storage/tests/formats/pinned/pinned.txt says. If that was not meant, mend the program. If it was, then
before a release with the present format: accept the new text, run `make fixture`, and bring docs/formats.md and scripts/read_segment.py up to date;
after one: also give the format a new number, keep reading the old one, and keep its fixture, which `make fixture` must not touch again.
The new text is accepted by
";

#[test]
fn what_is_written_is_what_was_pinned() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    Sample::FIXTURE.fill(&data).kill();
    let written = describe(&data);

    let pinned = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/formats/pinned/pinned.txt");
    let expected = fs::read_to_string(&pinned).unwrap_or_default();
    if written == expected {
        return;
    }
    let new = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pinned.txt");
    fs::write(&new, &written).unwrap();
    let differs = written.lines().zip(expected.lines()).find(|(a, b)| a != b);
    panic!(
        "{ADVICE}    cp {} {}\nThe first line that differs, written and expected: {differs:#?}",
        new.display(),
        pinned.display()
    );
}

fn describe(data: &Path) -> String {
    let mut files = Vec::new();
    list(data, &mut files);
    files.sort();
    let mut out = String::new();
    for path in files {
        let name = path.strip_prefix(data).unwrap().to_str().unwrap();
        let content = fs::read(&path).unwrap();
        let lines = match name.rsplit('/').next().unwrap() {
            "LOCK" | "catalog.sqlite-journal" => continue,
            "catalog.sqlite" => catalog::describe(&path),
            "meta.json" => folder::meta(&content),
            "rows.arrow" => rows::arrow(&content),
            "rows.parquet" => rows::parquet(&path),
            "shape.bin" => folder::shape(&content),
            "traces.dir" => folder::traces(&content),
            "text.idx" => folder::text(&content),
            "filters.bin" => folder::filters(&content),
            name if name.ends_with(".wal") => wal::describe(&content),
            other => panic!("{other} is not described"),
        };
        out.push_str(&format!("== {name}\n"));
        lines
            .iter()
            .for_each(|line| out.push_str(&format!("{line}\n")));
    }
    out
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => list(&path, files),
            false => files.push(path),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}
