//! Stores that earlier programs wrote: read as they are, replayed, merged, and written to.
//!
//! `storage/tests/fixtures/` has a folder for each format of segments, made by the example `sample_store` of the program that wrote it. A
//! folder of a released format is never made anew.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use clearspan_schema::ids::parse_hex;
use clearspan_schema::{SEQ, Signal, columns};
use serde_json::Value;

use crate::sample::{House, START_NS, Sample, rows_of};
use crate::texts;

/// Soon after the sample was left, in its last hour.
const LATER_NS: i64 = START_NS + 3_600_000_000_000 + 30 * 60_000_000_000;

fn fixture(name: &str) -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    tests.join(name)
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &to),
            false => drop(fs::copy(entry.path(), to).unwrap()),
        }
    }
}

/// The rows as text, by sequence number.
fn expected(folder: &Path, signal: Signal) -> BTreeMap<u64, String> {
    let text = fs::read_to_string(folder.join(format!("{signal}.jsonl"))).unwrap();
    let rows = text.lines().map(|line| {
        let row: Value = serde_json::from_str(line).unwrap();
        (row["seq"].as_u64().unwrap(), line.to_owned())
    });
    rows.collect()
}

/// Holds all rows of a store to those that are expected.
fn check_rows(house: &House, folder: &Path, when: &str) {
    for signal in Signal::ALL {
        let expected = expected(folder, signal);
        assert!(expected.len() > 50, "{signal}: {}", expected.len());
        let found = rows_of(&house.snapshot(signal));
        let found = found.iter().map(|(seq, row)| (*seq, row.to_string()));
        let found: BTreeMap<u64, String> = found.collect();
        for (seq, row) in &expected {
            let found = found.get(seq).map(String::as_str);
            assert_eq!(found, Some(row.as_str()), "{signal} {seq} {when}");
        }
        assert_eq!(found.len(), expected.len(), "{signal} {when}");
    }
}

/// Holds the rows of each trace, found by directory and filters, to those that are expected.
fn check_traces(house: &House, folder: &Path) {
    for signal in Signal::ALL {
        let mut traces: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        for (seq, row) in expected(folder, signal) {
            let row: Value = serde_json::from_str(&row).unwrap();
            if let Some(trace) = row["trace_id"].as_str() {
                traces.entry(trace.to_owned()).or_default().push(seq);
            }
        }
        assert!(traces.len() > 5);
        let snapshot = house.snapshot(signal);
        for (trace, seqs) in traces {
            let id = parse_hex(&trace).unwrap();
            let batches = snapshot.trace(id, &[SEQ]).unwrap();
            let mut found: Vec<u64> = batches
                .iter()
                .flat_map(|batch| columns::uint64(batch, SEQ).unwrap().values().to_vec())
                .collect();
            found.sort_unstable();
            assert_eq!(found, seqs, "{signal} {trace}");
        }
    }
}

/// How many segments there are of each format and container.
fn kinds(data: &Path) -> BTreeMap<(u64, String), usize> {
    let mut kinds = BTreeMap::new();
    for signal in Signal::ALL {
        let segments = data
            .join("tenants/default")
            .join(signal.name())
            .join("segments");
        for partition in fs::read_dir(segments).unwrap() {
            for segment in fs::read_dir(partition.unwrap().path()).unwrap() {
                let meta = fs::read(segment.unwrap().path().join("meta.json")).unwrap();
                let meta: Value = serde_json::from_slice(&meta).unwrap();
                let container = meta["container"].as_str().unwrap_or("rows.arrow");
                let kind = (meta["format"].as_u64().unwrap(), container.to_owned());
                *kinds.entry(kind).or_default() += 1;
            }
        }
    }
    kinds
}

/// The kinds of segments of the sample once all its hours are merged.
fn merged_kinds() -> BTreeMap<(u64, String), usize> {
    BTreeMap::from([((2, "rows.parquet".to_owned()), 4)])
}

/// Opens a copy of a fixture whose segments are of these kinds, merges them, and restarts.
fn check(name: &str, segments: &[(u64, &str, usize)]) {
    let folder = fixture(name);
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    copy(&folder.join("data"), &data);
    let listed = segments.iter().map(|(format, container, count)| {
        let kind = (*format, (*container).to_owned());
        (kind, *count)
    });
    assert_eq!(kinds(&data), listed.collect());

    let house = House::open(&data, LATER_NS);
    for signal in Signal::ALL {
        let snapshot = house.snapshot(signal);
        let in_memory = snapshot.parts().iter().filter(|part| !part.is_segment());
        assert!(in_memory.count() > 0, "no rows of {signal} in the log");
    }
    check_rows(&house, &folder, "as it was found");
    check_traces(&house, &folder);
    let of_format_2 = segments.iter().any(|(format, ..)| *format == 2);
    assert_eq!(texts::check(&house) > 0, of_format_2);
    house.wait(301);
    house.settle();
    assert_eq!(kinds(&data), merged_kinds());
    check_rows(&house, &folder, "after all was merged");
    check_traces(&house, &folder);
    assert!(texts::check(&house) > 0);
    house.kill();

    let house = House::open(&data, LATER_NS + 7_200_000_000_000);
    check_rows(&house, &folder, "after a restart");
    house.shut_down();
}

#[test]
fn a_store_of_format_1_reads_on() {
    check("format-1", &[(1, "rows.arrow", 6)]);
}

#[test]
fn a_store_of_format_2_reads_on() {
    check("format-2", &[(2, "rows.arrow", 2), (2, "rows.parquet", 2)]);
}

/// So that the fixture says what today's program does: what it writes for the same seed has the same rows.
#[test]
fn the_sample_is_what_it_was() {
    let place = tempfile::tempdir().unwrap();
    let house = Sample::FIXTURE.fill(&place.path().join("data"));
    check_rows(&house, &fixture("format-2"), "made anew");
    house.kill();
}
