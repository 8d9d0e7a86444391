//! Derived rows are kept, read, made anew and done without.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{AsArray, Int64Array, RecordBatch, UInt64Array};
use arrow::datatypes::{Int64Type, UInt64Type};
use clearspan_schema::{SchemaError, Signal, columns, logs};

use super::{Derivation, Derive, Formulas, decode, derive, file};
use crate::scan::Snapshot;
use crate::segment::shape::Planner;
use crate::segment::{Container, NewSegment, Segment, SegmentCache, SegmentWriter, write_segment};
use crate::testing::{shared, stored_logs};
use crate::vfs::{SimVfs, Vfs};
use crate::{TenantId, names};

/// Rows by the second at which they are placed: a formula as simple as it can be.
#[derive(Debug)]
pub(crate) struct BySecond {
    signal: Signal,
    version: u32,
}

#[derive(Debug, Default)]
struct Seconds(BTreeMap<i64, u64>);

impl Derive for BySecond {
    fn name(&self) -> &'static str {
        "seconds"
    }

    fn version(&self) -> u32 {
        self.version
    }

    fn signal(&self) -> Signal {
        self.signal
    }

    fn begin(&self) -> Box<dyn Derivation> {
        Box::new(Seconds::default())
    }
}

impl Derivation for Seconds {
    fn push(&mut self, rows: &RecordBatch) -> Result<(), SchemaError> {
        for time in columns::time(rows, logs::PLACED_TIME)?.values() {
            *self.0.entry(time.div_euclid(1_000_000_000)).or_default() += 1;
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Option<RecordBatch>, SchemaError> {
        let seconds: Int64Array = self.0.keys().copied().collect();
        let rows: UInt64Array = self.0.values().copied().collect();
        let batch = RecordBatch::try_from_iter([
            ("second", Arc::new(seconds) as _),
            ("rows", Arc::new(rows) as _),
        ]);
        Ok(Some(batch?))
    }
}

/// The formula over logs.
pub(crate) fn by_second(version: u32) -> BySecond {
    let signal = Signal::Logs;
    BySecond { signal, version }
}

/// The formula over both signals, so that tests of the life of segments have derived rows in them.
pub(crate) fn formulas() -> Formulas {
    let of = |signal| Arc::new(BySecond { signal, version: 1 }) as Arc<dyn Derive>;
    Signal::ALL.into_iter().map(of).collect()
}

/// What the rows add up to.
pub(crate) fn sums(derived: &RecordBatch) -> BTreeMap<i64, u64> {
    let seconds = derived.column(0).as_primitive::<Int64Type>();
    let rows = derived.column(1).as_primitive::<UInt64Type>();
    let pairs = seconds.values().iter().zip(rows.values());
    pairs.map(|(second, rows)| (*second, *rows)).collect()
}

/// Every segment of the snapshot has what the formula derives from its rows.
pub(crate) fn check(snapshot: &Snapshot) {
    let (signal, version) = (snapshot.signal(), 1);
    let formula = BySecond { signal, version };
    for part in snapshot.parts().iter().filter(|part| part.is_segment()) {
        let kept = part.derived(&formula).unwrap().unwrap();
        let rows: Vec<u32> = (0..part.rows()).collect();
        let mut derivation = formula.begin();
        for batch in part.take(&rows, &[logs::PLACED_TIME]).unwrap() {
            derivation.push(&batch).unwrap();
        }
        let derived = derivation.finish().unwrap().unwrap();
        assert_eq!(sums(&kept), sums(&derived), "{:?}", part.id());
    }
}

fn rows() -> RecordBatch {
    let times = (0..5_000u64).map(|row| (1_000_000_000 * (9_000 - row / 3), "body"));
    stored_logs(&times.collect::<Vec<_>>(), 0)
}

/// A segment of `rows`, as a flush with these formulas writes it, and its disk.
fn flushed(disk: &SimVfs, formulas: Formulas) -> Segment {
    let written = write_segment(&shared(disk), new_segment(formulas), [Ok(rows())]).unwrap();
    opened(disk, written.dir, written.meta_crc32c)
}

fn new_segment(formulas: Formulas) -> NewSegment {
    NewSegment {
        id: 5,
        tenant: TenantId::default(),
        signal: Signal::Logs,
        partition: "odd".into(),
        signal_dir: "/data".into(),
        arrival_ns: (1, 2),
        formulas,
    }
}

fn opened(disk: &SimVfs, dir: std::path::PathBuf, sum: u32) -> Segment {
    let cache = Arc::new(SegmentCache::of_bytes(1 << 20));
    Segment::open(Signal::Logs, dir, sum, shared(disk), cache).unwrap()
}

fn disk() -> SimVfs {
    let disk = SimVfs::new();
    disk.create_dir(Path::new("/data")).unwrap();
    disk
}

fn expected() -> BTreeMap<i64, u64> {
    sums(&derive(&by_second(1), &rows()).unwrap().unwrap())
}

#[test]
fn what_is_derived_is_read_back() {
    assert_eq!(expected().values().sum::<u64>(), 5_000);
    let disk = disk();
    let segment = flushed(&disk, formulas());
    assert_eq!(sums(&segment.derived(&by_second(1)).unwrap()), expected());
    segment.verify().unwrap();
}

#[test]
fn however_rows_are_divided_the_file_is_the_same() {
    let file_of = |pieces: usize, container| {
        let disk = disk();
        let rows = rows();
        let mut planner = Planner::new(Signal::Logs);
        planner.count(&rows).unwrap();
        let vfs = shared(&disk);
        let mut writer =
            SegmentWriter::create(&vfs, new_segment(formulas()), container, planner.finish())
                .unwrap();
        let length = rows.num_rows().div_ceil(pieces);
        for first in (0..rows.num_rows()).step_by(length) {
            writer
                .push(&rows.slice(first, length.min(rows.num_rows() - first)))
                .unwrap();
        }
        let written = writer.finish().unwrap();
        disk.read(&written.dir.join(names::derived("seconds")))
            .unwrap()
    };
    let whole = file_of(1, Container::Arrow);
    for pieces in [2, 3, 17] {
        assert_eq!(file_of(pieces, Container::Parquet), whole);
    }
}

#[test]
fn a_formula_of_another_version_or_none_has_no_rows() {
    let disk = disk();
    let segment = flushed(&disk, formulas());
    assert!(segment.derived(&by_second(2)).is_none());
    let without = flushed(&self::disk(), Formulas::default());
    assert!(without.derived(&by_second(1)).is_none());
}

#[test]
fn a_damaged_or_missing_file_is_done_without() {
    for damage in [true, false] {
        let disk = disk();
        let segment = flushed(&disk, formulas());
        let path = segment.dir().join(names::derived("seconds"));
        if damage {
            let mut bytes = disk.read(&path).unwrap().to_vec();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            disk.remove_file(&path).unwrap();
            disk.create_new(&path).unwrap().write_all(&bytes).unwrap();
        } else {
            disk.remove_file(&path).unwrap();
        }
        assert!(segment.derived(&by_second(1)).is_none());
        assert!(segment.verify().is_err());
    }
}

#[test]
fn a_file_that_is_none_is_an_error() {
    let whole = file::encode(1, &derive(&by_second(1), &rows()).unwrap().unwrap()).unwrap();
    assert!(decode(1, &whole).unwrap().is_some());
    assert!(decode(1, b"").is_err());
    assert!(decode(1, &whole[..whole.len() / 2]).is_err());
}

/// Fails at the second batch, or at the end.
#[derive(Debug)]
struct Failing {
    at_end: bool,
    batches: usize,
}

impl Derive for Failing {
    fn name(&self) -> &'static str {
        "failing"
    }

    fn version(&self) -> u32 {
        1
    }

    fn signal(&self) -> Signal {
        Signal::Logs
    }

    fn begin(&self) -> Box<dyn Derivation> {
        let (at_end, batches) = (self.at_end, 0);
        Box::new(Failing { at_end, batches })
    }
}

impl Derivation for Failing {
    fn push(&mut self, rows: &RecordBatch) -> Result<(), SchemaError> {
        self.batches += 1;
        let absent = columns::int32(rows, "absent").map(drop);
        if self.at_end || self.batches < 2 {
            Ok(())
        } else {
            absent
        }
    }

    fn finish(self: Box<Self>) -> Result<Option<RecordBatch>, SchemaError> {
        assert!(self.at_end, "was given up before");
        Err(SchemaError::Column {
            column: "absent",
            expected: "Int32",
        })
    }
}

#[test]
fn a_formula_that_fails_takes_nothing_with_it() {
    for at_end in [false, true] {
        let failing: Arc<dyn Derive> = Arc::new(Failing { at_end, batches: 0 });
        let both = [Arc::clone(&failing), Arc::new(by_second(1)) as _];
        let segment = flushed(&disk(), both.into_iter().collect());
        assert!(segment.derived(failing.as_ref()).is_none());
        assert_eq!(sums(&segment.derived(&by_second(1)).unwrap()), expected());
    }
}
