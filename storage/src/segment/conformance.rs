//! What every container must do, asked of each: it gives back the rows that were written, and no other, whatever
//! happened to the file.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod damage;
pub(in crate::segment) mod rows;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, RecordBatch, UInt32Array};
use arrow::compute::take_record_batch;
use arrow::datatypes::DataType;
use clearspan_schema::concat::compact;
use clearspan_schema::logs::PLACED_TIME;
use clearspan_schema::{Signal, columns};

use super::container::Container;
use super::shape::{Planner, Shape, ShapePlan};
use super::shaped_rows::ShapedRows;
use super::writer::{SegmentWriter, WrittenSegment};
use super::{NewSegment, SegmentError};
use crate::TenantId;
use crate::scan::AttributeKeys;
use crate::vfs::sim::SimRandom;
use crate::vfs::{SimVfs, Vfs};
use rows::random_rows;

const CONTAINERS: [Container; 2] = [Container::Arrow, Container::Parquet];

/// The plan for rows that are all there.
pub(in crate::segment) fn plan_of(signal: Signal, rows: &RecordBatch) -> ShapePlan {
    let mut planner = Planner::new(signal);
    planner.count(rows).unwrap();
    planner.finish()
}

/// A segment on a disk of its own, with the rows that are in it.
struct Case {
    disk: SimVfs,
    signal: Signal,
    rows: RecordBatch,
    written: WrittenSegment,
}

impl Case {
    /// Writes `rows` in pushes of at most `push` rows.
    fn new(container: Container, signal: Signal, rows: RecordBatch, push: usize) -> Self {
        let disk = SimVfs::new();
        disk.create_dir(Path::new("/data")).unwrap();
        let tenant = TenantId::default();
        let new = NewSegment {
            id: 5,
            tenant,
            signal,
            partition: "odd".into(),
            signal_dir: "/data".into(),
            arrival_ns: (1, 2),
            formulas: crate::derived::Formulas::default(),
        };
        let plan = plan_of(signal, &rows);
        let vfs = crate::testing::shared(&disk);
        let mut writer = SegmentWriter::create(&vfs, new, container, plan).unwrap();
        for first in (0..rows.num_rows()).step_by(push) {
            writer
                .push(&rows.slice(first, push.min(rows.num_rows() - first)))
                .unwrap();
        }
        let written = writer.finish().unwrap();
        Case {
            disk,
            signal,
            rows,
            written,
        }
    }

    fn path(&self) -> PathBuf {
        let name = self.written.meta.container.file_name();
        self.written.dir.join(name)
    }

    fn open(&self) -> Result<ShapedRows, SegmentError> {
        let (dir, meta) = (&self.written.dir, &self.written.meta);
        let shape = self.disk.read(&dir.join(crate::names::SHAPE)).unwrap();
        let shape = Shape::decode(&shape).unwrap();
        let shape = Some(Arc::new(shape));
        ShapedRows::open(&self.disk, dir, self.signal, meta, shape, &Arc::default())
    }

    fn batches(&self) -> usize {
        self.written.meta.batches.len()
    }

    fn all_columns(&self) -> Vec<usize> {
        (0..self.rows.num_columns()).collect()
    }

    /// What batch `index` must be.
    fn expected(&self, index: usize, columns: &[usize]) -> RecordBatch {
        let batch = self.written.meta.batches[index];
        let rows = self
            .rows
            .slice(batch.first_row as usize, batch.rows as usize);
        plain(&rows.project(columns).unwrap())
    }
}

/// A batch in the one form that equal rows have.
fn plain(batch: &RecordBatch) -> RecordBatch {
    if batch.num_columns() == 0 {
        batch.clone()
    } else {
        compact(batch).unwrap()
    }
}

fn each(check: impl Fn(Container, Signal)) {
    for container in CONTAINERS {
        for signal in Signal::ALL {
            check(container, signal);
        }
    }
}

#[test]
fn rows_come_back_as_they_were() {
    each(|container, signal| {
        for seed in 0..12 {
            let mut random = SimRandom::new(seed);
            let count = [1, 2, 127, 128, 1_024, 1_025, 2_500, 9_000][random.below(8) as usize];
            let rows = random_rows(signal, seed, count);
            let push = 1 + random.below(count as u64) as usize;
            let case = Case::new(container, signal, rows, push);
            let file = case.open().unwrap();
            let columns = case.all_columns();
            let mut next = 0;
            for (index, batch) in case.written.meta.batches.iter().enumerate() {
                assert_eq!(batch.first_row, next);
                next += batch.rows;
                let read = file.read(index, &columns, &AttributeKeys::All).unwrap();
                assert_eq!(read.schema(), signal.stored_schema(), "{container:?}");
                assert_eq!(plain(&read), case.expected(index, &columns), "seed {seed}");
                let times = columns::time(&read, PLACED_TIME).unwrap();
                let bounds = (arrow::compute::min(times), arrow::compute::max(times));
                let listed = (Some(batch.min_time_ns), Some(batch.max_time_ns));
                assert_eq!(bounds, listed);
            }
            assert_eq!(next as usize, count);
            assert_eq!(case.written.meta.rows, next);
        }
    });
}

#[test]
fn every_projection_gives_its_columns_in_their_order() {
    each(|container, signal| {
        let rows = random_rows(signal, 3, 2_100);
        let case = Case::new(container, signal, rows, 700);
        let file = case.open().unwrap();
        let all = case.all_columns();
        let mut projections: Vec<Vec<usize>> = all.iter().map(|&column| vec![column]).collect();
        projections.push(Vec::new());
        projections.push(all.iter().rev().copied().collect());
        let mut random = SimRandom::new(4);
        for _ in 0..20 {
            let mut some = all.clone();
            some.retain(|_| random.one_in(3));
            let turn = random.below(some.len() as u64) as usize;
            some.rotate_left(turn);
            projections.push(some);
        }
        for columns in projections {
            for index in [0, case.batches() - 1] {
                let read = file.read(index, &columns, &AttributeKeys::All).unwrap();
                let expected = case.expected(index, &columns);
                assert_eq!(plain(&read), expected, "{container:?} {columns:?}");
                assert_eq!(read.num_rows(), expected.num_rows());
            }
        }
    });
}

/// The columns whose values are of few bytes.
fn narrow_columns(case: &Case) -> Vec<usize> {
    let schema = case.signal.stored_schema();
    let fields = schema.fields().iter().enumerate();
    let narrow = fields.filter(|(_, field)| crate::scan::is_narrow(field.data_type()));
    narrow.map(|(column, _)| column).collect()
}

/// What batches `batches` must be together.
fn expected_run(case: &Case, batches: std::ops::Range<usize>, columns: &[usize]) -> RecordBatch {
    let metas = &case.written.meta.batches[batches];
    let first = metas.first().map_or(0, |batch| batch.first_row as usize);
    let count: u32 = metas.iter().map(|batch| batch.rows).sum();
    let rows = case.rows.project(columns).unwrap();
    plain(&rows.slice(first, count as usize))
}

#[test]
fn a_run_of_batches_is_its_batches_one_after_the_other() {
    each(|container, signal| {
        let case = Case::new(container, signal, random_rows(signal, 6, 14_000), 5_000);
        let file = case.open().unwrap();
        let columns = narrow_columns(&case);
        assert!(columns.len() > 4 && case.batches() > 3);
        for first in 0..case.batches() {
            for end in first + 1..=case.batches() {
                let read = file.read_run(first..end, &columns).unwrap();
                let expected = expected_run(&case, first..end, &columns);
                assert_eq!(plain(&read), expected, "{container:?} {first} to {end}");
            }
        }
        assert!(file.read_run(0..case.batches() + 1, &columns).is_err());
    });
}

/// Reads some rows of each batch in several ways of lying, and holds them against the whole batch.
fn check_scattered(case: &Case, seed: u64) {
    let file = case.open().unwrap();
    let mut random = SimRandom::new(seed);
    let mut columns = case.all_columns();
    let turn = random.below(columns.len() as u64) as usize;
    columns.rotate_left(turn);
    for index in 0..case.batches() {
        let whole = case.expected(index, &columns);
        for among in [1, 2, 7, 300] {
            let mut rows: Vec<u32> = (0..whole.num_rows() as u32).collect();
            rows.retain(|_| random.one_in(among));
            let read = file
                .read_rows(index, &rows, &columns, &AttributeKeys::All)
                .unwrap();
            let places = UInt32Array::from(rows);
            let expected = take_record_batch(&whole, &places).unwrap();
            assert_eq!(
                plain(&read),
                plain(&expected),
                "seed {seed}, one in {among}"
            );
        }
        let beyond = [0, whole.num_rows() as u32];
        assert!(
            file.read_rows(index, &beyond, &columns, &AttributeKeys::All)
                .is_err()
        );
    }
}

#[test]
fn scattered_rows_are_those_of_their_batch() {
    each(|container, signal| {
        for seed in 0..4 {
            let case = Case::new(container, signal, random_rows(signal, seed, 9_000), 4_000);
            check_scattered(&case, seed);
        }
    });
}

#[test]
fn what_is_not_there_is_an_error() {
    each(|container, signal| {
        let case = Case::new(container, signal, random_rows(signal, 5, 300), 300);
        let file = case.open().unwrap();
        assert!(
            file.read(case.batches(), &[0], &AttributeKeys::All)
                .is_err()
        );
        assert!(file.read(usize::MAX, &[0], &AttributeKeys::All).is_err());
        assert!(
            file.read(0, &[case.rows.num_columns()], &AttributeKeys::All)
                .is_err()
        );
    });
}

#[test]
fn a_dictionary_has_the_values_of_all_rows() {
    each(|container, signal| {
        let case = Case::new(container, signal, random_rows(signal, 6, 3_000), 1_000);
        let file = case.open().unwrap();
        let schema = signal.stored_schema();
        for (column, field) in schema.fields().iter().enumerate() {
            if !matches!(field.data_type(), DataType::Dictionary(..)) {
                continue;
            }
            let given = file.dictionary(column).unwrap();
            let of_rows = plain(&case.rows.project(&[column]).unwrap());
            let (given, of_rows) = (sorted_values(&given), sorted_values(&of_rows));
            assert_eq!(given, of_rows, "{container:?} {}", field.name());
        }
    });
}

fn sorted_values(batch: &RecordBatch) -> Vec<String> {
    use arrow::array::AsArray;
    let values = batch.column(0).as_any_dictionary().values();
    let text = |at| format!("{:?}", values.slice(at, 1));
    let mut texts: Vec<String> = (0..values.len()).map(text).collect();
    texts.sort();
    texts
}

#[test]
fn long_rows_make_short_batches() {
    let long = "x".repeat(1 << 20);
    let bodies: Vec<(u64, &str)> = (0..40).map(|at| (1_000 - at, long.as_str())).collect();
    let rows = crate::testing::stored_logs(&bodies, 9);
    let case = Case::new(Container::Parquet, Signal::Logs, rows, 40);
    let file = case.open().unwrap();
    let columns = case.all_columns();
    for index in 0..case.batches() {
        let read = file.read(index, &columns, &AttributeKeys::All).unwrap();
        assert!(read.num_rows() <= 8, "{} rows", read.num_rows());
        assert_eq!(plain(&read), case.expected(index, &columns));
    }
}

#[test]
fn however_rows_are_pushed_the_files_are_the_same() {
    each(|container, signal| {
        let rows = random_rows(signal, 7, 3_333);
        let whole = Case::new(container, signal, rows.clone(), 3_333);
        for push in [1, 100, 1_024, 2_000] {
            let divided = Case::new(container, signal, rows.clone(), push);
            assert_eq!(divided.written.meta, whole.written.meta, "{container:?}");
            assert_eq!(divided.written.meta_crc32c, whole.written.meta_crc32c);
        }
    });
}

/// Writes `rows` as Parquet, and holds what is read to it around every end of a batch and in every dictionary.
fn check_row_groups(rows: RecordBatch, row_groups: usize) {
    let case = Case::new(Container::Parquet, Signal::Logs, rows, 8_192);
    let file = case.open().unwrap();
    let columns = case.all_columns();
    for index in 0..case.batches() {
        let read = file.read(index, &columns, &AttributeKeys::All).unwrap();
        assert_eq!(plain(&read), case.expected(index, &columns));
    }
    check_scattered(&case, 1);
    let narrow = narrow_columns(&case);
    let all = file.read_run(0..case.batches(), &narrow).unwrap();
    assert_eq!(plain(&all), expected_run(&case, 0..case.batches(), &narrow));
    let service = Signal::Logs.stored_schema();
    let service = service.index_of(clearspan_schema::logs::SERVICE).unwrap();
    let given = sorted_values(&file.dictionary(service).unwrap());
    let of_rows = sorted_values(&plain(&case.rows.project(&[service]).unwrap()));
    assert_eq!(given, of_rows);
    assert_eq!(parquet_row_groups(&case), row_groups);
}

fn parquet_row_groups(case: &Case) -> usize {
    let content = case.disk.read(&case.path()).unwrap();
    let mut reader = parquet::file::metadata::ParquetMetaDataReader::new();
    reader.try_parse(&content).unwrap();
    reader.finish().unwrap().num_row_groups()
}

#[test]
fn long_rows_end_a_row_group_early() {
    // Far fewer rows than a step or a row group has.
    check_row_groups(rows::long_random_attributes(80, 1 << 20), 2);
}
