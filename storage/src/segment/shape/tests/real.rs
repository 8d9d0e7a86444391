//! Real logs and spans: exact, how many bytes each column takes, and how long it takes.
//!
//! Takes the rows from a data folder that `CLEARSPAN_SHAPE_DATA` names, whose segments are Arrow files, and is skipped without.
#![expect(
    clippy::disallowed_methods,
    reason = "measures, and reads a folder that is named from outside"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow_ipc::CompressionType;
use arrow_ipc::reader::FileReader;
use arrow_ipc::writer::{FileWriter, IpcWriteOptions};
use clearspan_schema::concat::{compact, concat};

use super::*;
use crate::limits::{BATCH_ROWS, ZSTD_LEVEL};

#[test]
fn real_rows_are_exact_and_smaller() {
    let Some(folder) = std::env::var_os("CLEARSPAN_SHAPE_DATA") else {
        eprintln!("skipped: CLEARSPAN_SHAPE_DATA names no data folder");
        return;
    };
    for signal in Signal::ALL {
        let mut total = Total::default();
        for path in files(Path::new(&folder), signal.name()) {
            let rows = segment(signal, &path);
            total.add(signal, &rows);
        }
        total.print(signal);
        assert!(total.physical < total.logical, "{signal}");
    }
}

/// Row files below a folder, of a signal.
fn files(folder: &Path, signal: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.ends_with("rows.arrow") && path.iter().any(|part| part == signal) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn segment(signal: Signal, path: &Path) -> RecordBatch {
    let reader = FileReader::try_new(std::fs::File::open(path).unwrap(), None).unwrap();
    let batches: Vec<RecordBatch> = reader.map(|batch| batch.unwrap()).collect();
    concat(&signal.stored_schema(), &batches).unwrap()
}

/// Units of decoding.
fn units(rows: &RecordBatch) -> Vec<RecordBatch> {
    let unit = BATCH_ROWS as usize;
    let starts = (0..rows.num_rows()).step_by(unit);
    let units = starts.map(|first| rows.slice(first, unit.min(rows.num_rows() - first)));
    units.collect()
}

#[derive(Default)]
struct Total {
    rows: usize,
    logical: usize,
    physical: usize,
    shape: usize,
    columns: BTreeMap<String, (usize, usize)>,
    times: BTreeMap<&'static str, Duration>,
    attribute_columns: usize,
    orders: u32,
    residual_rows: u32,
    templates: usize,
}

impl Total {
    fn add(&mut self, signal: Signal, rows: &RecordBatch) {
        let batches = units(rows);
        let (plan, counted) = self.time("plan", || {
            let mut planner = Planner::new(signal);
            let counted = batches.iter().map(|rows| planner.count(rows).unwrap());
            let counted: Vec<CountedRows> = counted.collect();
            (planner.finish(), counted)
        });
        self.time("to_physical, bodies not split yet", || {
            write_as(plan.clone(), &batches)
        });
        let written = self.time("to_physical", || write_counted(plan, &batches, &counted));
        let shape = &written.shape;
        let all: Vec<usize> = (0..rows.num_columns()).collect();
        let given: Vec<RecordBatch> = written
            .batches
            .iter()
            .map(|b| {
                b.project(&shape.physical_columns(&all, &AttributeKeys::All))
                    .unwrap()
            })
            .collect();
        let back: Vec<RecordBatch> = self.time("to_logical", || {
            let back = given
                .iter()
                .map(|rows| shape.to_logical(rows, &all, &AttributeKeys::All).unwrap());
            back.collect()
        });
        assert!(back == batches);
        for (label, name) in [("body alone", "body"), ("attributes alone", "attributes")] {
            let Ok(column) = signal.stored_schema().index_of(name) else {
                continue;
            };
            self.time(label, || {
                written.batches.iter().for_each(|rows| {
                    read(shape, rows, &[column]);
                });
            });
        }
        let schema = shape.physical_schema();
        let physical = concat(&schema, &written.batches).unwrap();
        let logical = self.time("arrow file of logical", || arrow_file(rows));
        let stored = self.time("arrow file of physical", || arrow_file(&physical));
        self.logical += logical;
        self.physical += stored;
        self.rows += rows.num_rows();
        self.shape += self.time("shape", || shape.encode().unwrap().len());
        self.columns_of(&signal.stored_schema(), rows, false);
        self.columns_of(&schema, &physical, true);
        self.attribute_columns += shape.plan.columns.len();
        self.orders += shape.counted.orders;
        self.residual_rows += shape.counted.residual_rows;
        self.templates += shape.templates().len();
    }

    fn columns_of(&mut self, schema: &SchemaRef, rows: &RecordBatch, physical: bool) {
        for (index, field) in schema.fields().iter().enumerate() {
            let column = rows.project(&[index]).unwrap();
            let empty = arrow_file(&column.slice(0, 0));
            let bytes = arrow_file(&column) - empty;
            let entry = self.columns.entry(field.name().clone()).or_default();
            match physical {
                true => entry.1 += bytes,
                false => entry.0 += bytes,
            }
        }
    }

    fn time<R>(&mut self, what: &'static str, work: impl FnOnce() -> R) -> R {
        let start = Instant::now();
        let result = work();
        *self.times.entry(what).or_default() += start.elapsed();
        result
    }

    fn print(&self, signal: Signal) {
        let each = |bytes: usize| bytes as f64 / self.rows as f64;
        eprintln!(
            "{signal}: {} rows, arrow file {:.2} B a row logical, {:.2} physical, shape {:.2}; {} attribute columns, {} orders, {} residual rows, {} templates (sums over segments)",
            self.rows,
            each(self.logical),
            each(self.physical),
            each(self.shape),
            self.attribute_columns,
            self.orders,
            self.residual_rows,
            self.templates
        );
        for (what, time) in &self.times {
            eprintln!(
                "  {what}: {:.3} s per million",
                time.as_secs_f64() * 1e6 / self.rows as f64
            );
        }
        for (name, (logical, physical)) in &self.columns {
            eprintln!("  {name}: {:.3} -> {:.3}", each(*logical), each(*physical));
        }
    }
}

/// Bytes of an Arrow file with these rows.
fn arrow_file(rows: &RecordBatch) -> usize {
    let options = IpcWriteOptions::default();
    let options = options
        .try_with_compression(Some(CompressionType::ZSTD))
        .unwrap();
    let options = options
        .try_with_compression_level(Some(ZSTD_LEVEL))
        .unwrap();
    let rows = compact(rows).unwrap();
    let schema = Arc::clone(&rows.schema());
    let mut writer = FileWriter::try_new_with_options(Vec::new(), &schema, options).unwrap();
    units(&rows)
        .iter()
        .for_each(|unit| writer.write(unit).unwrap());
    writer.finish().unwrap();
    writer.into_inner().unwrap().len()
}
