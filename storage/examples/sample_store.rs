//! Writes the sample store of the tests of formats to a new folder, with what its rows are.
//!
//! ```text
//! sample_store FOLDER             the fixture that later versions have to read: see `make fixture`
//! sample_store FOLDER SEED ROWS   records of either mood in whatever can hold them
//! ```
//!
//! `FOLDER/data` is then the data folder of a process that was killed; `FOLDER/logs.jsonl` and `FOLDER/spans.jsonl` have one row a line, by
//! sequence number. The same seed gives the same store.

#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods)]

#[allow(dead_code, unused_imports, reason = "the tests use more of it")]
#[path = "../tests/formats/sample/mod.rs"]
mod sample;

use std::fmt::Write;
use std::path::Path;

use clearspan_schema::Signal;
use sample::Sample;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (folder, sample) = match arguments.as_slice() {
        [folder] => (folder, Sample::FIXTURE),
        [folder, seed, rows] => {
            let sample = Sample::of_everything(seed.parse().unwrap(), rows.parse().unwrap());
            (folder, sample)
        }
        _ => panic!("give a folder, or a folder, a seed and a number of rows"),
    };
    let folder = Path::new(folder);
    let data = folder.join("data");
    assert!(!data.exists(), "{} exists", data.display());
    let house = sample.fill(&data);
    for signal in Signal::ALL {
        let mut lines = String::new();
        for row in sample::rows_of(&house.snapshot(signal)).values() {
            writeln!(lines, "{row}").unwrap();
        }
        std::fs::write(folder.join(format!("{signal}.jsonl")), lines).unwrap();
    }
    house.kill();
    // What the operating system and SQLite keep beside the data while a process has it open.
    for name in ["LOCK", "catalog.sqlite-journal"] {
        let _ = std::fs::remove_file(data.join(name));
    }
}
