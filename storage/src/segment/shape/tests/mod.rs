//! Exactness over all kinds of rows, plans, stored shapes, and real data.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr
)]

mod codec;
mod exact;
mod generate;
mod hostile;
mod keys;
mod plan;
mod real;

use super::*;
use crate::scan::AttributeKeys;
use arrow::array::RecordBatch;
use clearspan_schema::Signal;

/// A segment in memory: physical batches and the shape.
pub(super) struct Written {
    pub(super) batches: Vec<RecordBatch>,
    pub(super) shape: Shape,
}

/// Plans over all batches, and writes them with what was found when they were counted.
pub(super) fn write(signal: Signal, batches: &[RecordBatch]) -> Written {
    let mut planner = Planner::new(signal);
    let counted = batches.iter().map(|rows| planner.count(rows).unwrap());
    let counted: Vec<CountedRows> = counted.collect();
    let plan = planner.finish();
    let written = write_counted(plan.clone(), batches, &counted);
    // A writer that splits bodies itself comes to the same.
    let again = write_as(plan, batches);
    assert_eq!(again.batches, written.batches);
    assert_eq!(again.shape, written.shape);
    written
}

pub(super) fn write_as(plan: ShapePlan, batches: &[RecordBatch]) -> Written {
    write_counted(plan, batches, &[])
}

/// Writes with what was counted, as far as it was.
pub(super) fn write_counted(
    plan: ShapePlan,
    batches: &[RecordBatch],
    counted: &[CountedRows],
) -> Written {
    let mut writer = ShapeWriter::new(plan);
    let schema = writer.schema();
    let batches = batches.iter().enumerate().map(|(number, rows)| {
        let counted = counted
            .get(number)
            .filter(|counted| !counted.candidates.is_empty());
        let physical = writer.to_physical(rows, counted).unwrap();
        assert_eq!(physical.schema(), schema);
        physical
    });
    Written {
        batches: batches.collect(),
        shape: writer.finish(),
    }
}

/// What is read of a batch when these columns are asked for.
pub(super) fn read(shape: &Shape, physical: &RecordBatch, logical: &[usize]) -> RecordBatch {
    let places = shape.physical_columns(logical, &AttributeKeys::All);
    let given = physical.project(&places).unwrap();
    shape
        .to_logical(&given, logical, &AttributeKeys::All)
        .unwrap()
}

/// Holds projections to the rows that went in: all columns, each alone, none, and pairs, for what one column decodes another may use.
pub(super) fn assert_exact(written: &Written, batches: &[RecordBatch]) {
    for (physical, rows) in written.batches.iter().zip(batches) {
        let all: Vec<usize> = (0..rows.num_columns()).collect();
        assert_eq!(&read(&written.shape, physical, &all), rows);
        for first in &all {
            let one = read(&written.shape, physical, &[*first]);
            assert_eq!(one, rows.project(&[*first]).unwrap());
        }
        for (first, second) in all.iter().flat_map(|a| [(*a, 0), (9, *a)]) {
            let pair = read(&written.shape, physical, &[first, second]);
            assert_eq!(pair, rows.project(&[first, second]).unwrap());
        }
        let none = read(&written.shape, physical, &[]);
        assert_eq!(none.num_rows(), rows.num_rows());
    }
}
