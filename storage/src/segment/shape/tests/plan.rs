//! Plans from shapes, and counts.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray, UInt32Array};
use clearspan_schema::{columns, logs};

use super::generate::{Mood, Random, logs_of, spans_of};
use super::*;

#[test]
fn a_plan_from_shapes_is_that_of_all_their_rows() {
    for signal in Signal::ALL {
        let mut random = Random(11);
        let batches: Vec<_> = (0..6)
            .map(|_| match signal {
                Signal::Logs => logs_of(&mut random, Mood::Calm, 400),
                Signal::Spans => spans_of(&mut random, Mood::Calm, 400),
            })
            .collect();
        let mut merged = Planner::new(signal);
        for part in batches.chunks(2) {
            let shape = write(signal, part).shape;
            let stored = Shape::decode(&shape.encode().unwrap()).unwrap();
            merged.merge(&stored).unwrap();
        }
        let mut counted = Planner::new(signal);
        for rows in &batches {
            counted.count(rows).unwrap();
        }
        let (merged, counted) = (merged.finish(), counted.finish());
        assert_eq!(sorted(&merged), sorted(&counted));
        assert_eq!(merged.columns, counted.columns);
        assert_eq!(merged.usage, counted.usage);

        let (merged, counted) = (write_as(merged, &batches), write_as(counted, &batches));
        assert_exact(&merged, &batches);
        assert_eq!(merged.shape.counted.keys, counted.shape.counted.keys);
        assert_eq!(merged.shape.counted.rows, 2400);
    }
}

/// Templates of equal rows may have any order.
fn sorted(plan: &ShapePlan) -> BTreeMap<String, (u32, (u64, u128))> {
    let templates = &plan.templates;
    let known = (0..).zip(templates.templates()).map(|(id, text)| {
        let counts = (
            templates.rows(id).unwrap(),
            templates.alphabet(id).unwrap().to_bits(),
        );
        (text.to_owned(), counts)
    });
    known.collect()
}

#[test]
fn wild_segments_are_merged_exactly() {
    for signal in Signal::ALL {
        let mut random = Random(12);
        let batches: Vec<_> = (0..6)
            .map(|_| match signal {
                Signal::Logs => logs_of(&mut random, Mood::Wild, 100),
                Signal::Spans => spans_of(&mut random, Mood::Wild, 100),
            })
            .collect();
        let mut planner = Planner::new(signal);
        for part in batches.chunks(1) {
            planner.merge(&write(signal, part).shape).unwrap();
        }
        let written = write_as(planner.finish(), &batches);
        assert_exact(&written, &batches);
    }
}

#[test]
fn a_shape_of_another_rule_says_so_and_restores() {
    let mut random = Random(15);
    let rows = [logs_of(&mut random, Mood::Wild, 200)];
    let mut planner = Planner::new(Signal::Logs);
    planner.count(&rows[0]).unwrap();
    let mut written = write_as(planner.finish().of_rule(7), &rows);
    written.shape = Shape::decode(&written.shape.encode().unwrap()).unwrap();
    assert!(!written.shape.has_known_rule());
    assert_exact(&written, &rows);
    let mut planner = Planner::new(Signal::Logs);
    let refused = planner.merge(&written.shape);
    assert!(matches!(refused, Err(ShapeError::Unplanned { .. })));
}

#[test]
fn minutes_count_every_row_under_its_template() {
    let mut random = Random(13);
    let batches: Vec<_> = (0..4)
        .map(|_| logs_of(&mut random, Mood::Wild, 150))
        .collect();
    let written = write(Signal::Logs, &batches);
    let mut expected: BTreeMap<(i64, Option<String>), u32> = BTreeMap::new();
    for (physical, rows) in written.batches.iter().zip(&batches) {
        let placed = columns::time(rows, logs::PLACED_TIME).unwrap();
        let templates = columns::text_dictionary(physical, TEMPLATE).unwrap();
        for row in 0..rows.num_rows() {
            let key = (
                minute_of(placed.value(row)),
                templates.value(row).map(str::to_owned),
            );
            *expected.entry(key).or_default() += 1;
        }
    }
    let templates = written.shape.templates();
    let counts = written.shape.minutes().range(..);
    let counts = counts.map(|(minute, id, rows)| {
        let template = id.map(|id| templates.template(id).unwrap().to_owned());
        ((minute, template), rows)
    });
    assert_eq!(counts.collect::<BTreeMap<_, _>>(), expected);
    let all: u32 = (0..templates.len() as u32)
        .filter_map(|id| templates.rows(id))
        .sum();
    let plain: u32 = expected
        .iter()
        .filter(|((_, t), _)| t.is_none())
        .map(|(_, n)| n)
        .sum();
    assert_eq!(u64::from(all + plain), written.shape.row_count());
}

#[test]
fn rows_that_were_not_planned_are_refused_not_lost() {
    let mut random = Random(14);
    let calm: Vec<_> = (0..2)
        .map(|_| logs_of(&mut random, Mood::Calm, 100))
        .collect();
    let mut planner = Planner::new(Signal::Logs);
    for rows in &calm {
        planner.count(rows).unwrap();
    }
    let mut writer = ShapeWriter::new(planner.finish());
    let wild = logs_of(&mut random, Mood::Wild, 200);
    let refused = |result| matches!(result, Err(ShapeError::Unplanned { .. }));
    assert!(refused(writer.to_physical(&wild, None)));
    let spans = spans_of(&mut random, Mood::Calm, 3);
    assert!(writer.to_physical(&spans, None).is_err());

    // Of calm rows only one column differs: the body has no template, or flags are set.
    let other = |column: &str, array: ArrayRef| {
        let mut columns = calm[0].columns().to_vec();
        columns[calm[0].schema().index_of(column).unwrap()] = array;
        RecordBatch::try_new(calm[0].schema(), columns).unwrap()
    };
    let bodies = other(logs::BODY, Arc::new(StringArray::from(vec!["lonely"; 100])));
    assert!(refused(writer.to_physical(&bodies, None)));
    let flags = other(logs::FLAGS, Arc::new(UInt32Array::from(vec![1; 100])));
    assert!(refused(writer.to_physical(&flags, None)));
    assert!(writer.to_physical(&calm[0], None).is_ok());
}

/// A file without the column says that logs were observed at their own times.
#[test]
fn observed_times_that_are_all_unset_are_told_from_those_that_are_the_same() {
    let written = |rows: &RecordBatch| {
        let mut planner = Planner::new(Signal::Logs);
        planner.count(rows).unwrap();
        let plan = planner.finish();
        ShapeWriter::new(plan).schema()
    };
    let unset = crate::testing::stored_logs(&[(1_000, "a"), (2_000, "b")], 0);
    assert!(written(&unset).field_with_name("observed_time").is_ok());
    let observed = unset.schema().index_of("observed_time").unwrap();
    let own = unset.column_by_name("time").unwrap();
    let mut columns = unset.columns().to_vec();
    columns[observed] = Arc::clone(own);
    let same = RecordBatch::try_new(unset.schema(), columns).unwrap();
    assert!(written(&same).field_with_name("observed_time").is_err());
}
