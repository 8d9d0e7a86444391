//! What comes back is what went in.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, TimestampNanosecondArray};
use clearspan_schema::time::UTC;
use proptest::prelude::*;

use super::generate::{Mood, Random, logs_of, spans_of};
use super::*;

/// Rows that took each physical form.
#[derive(Default, Debug)]
struct Reached(BTreeMap<String, usize>);

impl Reached {
    fn add(&mut self, written: &Written) {
        for batch in &written.batches {
            for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
                let name = match field.name().strip_prefix(ATTRIBUTE_PREFIX) {
                    Some(_) => format!("attribute columns of {}", field.data_type()),
                    None => field.name().clone(),
                };
                *self.0.entry(name).or_default() += column.len() - column.null_count();
            }
        }
        let counted = &written.shape.counted;
        for (form, rows) in [
            ("whole rows", counted.whole_rows as usize),
            ("residual rows", counted.residual_rows as usize),
            ("references", usize::from(counted.trace_references)),
            (
                "keys elsewhere",
                counted.elsewhere.iter().filter(|e| **e).count(),
            ),
        ] {
            *self.0.entry(form.to_owned()).or_default() += rows;
        }
    }

    fn rows(&self, form: &str) -> usize {
        self.0.get(form).copied().unwrap_or(0)
    }
}

fn batches(signal: Signal, mood: Mood, seed: u64, count: usize) -> Vec<RecordBatch> {
    let mut random = Random(seed);
    let batches = (0..count).map(|_| {
        let rows = random.below(120) as usize;
        match signal {
            Signal::Logs => logs_of(&mut random, mood, rows),
            Signal::Spans => spans_of(&mut random, mood, rows),
        }
    });
    batches.collect()
}

#[test]
fn every_form_is_reached_and_exact() {
    for signal in Signal::ALL {
        for mood in [Mood::Calm, Mood::Wild] {
            let mut reached = Reached::default();
            for seed in 0..12 {
                let batches = batches(signal, mood, seed, 5);
                let written = write(signal, &batches);
                assert_exact(&written, &batches);
                reached.add(&written);
            }
            eprintln!("{signal} {mood:?}: {:#?}", reached.0);
            let mut forms = vec![
                "attributes_order",
                "attribute columns of Int64",
                "attribute columns of Utf8",
                "attribute columns of Dictionary(Int32, Utf8)",
                "attribute columns of Float64",
            ];
            if mood.wild() {
                forms.extend(["attribute columns of Boolean", "placed_time"]);
                forms.extend(["whole rows", "residual rows", "keys elsewhere"]);
            }
            match signal {
                Signal::Logs => forms.extend(["template", "variables", "references"]),
                Signal::Spans => forms.extend(["parent_distance", "parent_span_id"]),
            }
            match (signal, mood.wild()) {
                (Signal::Logs, true) => forms.extend(["body", "body_value", "observed_time"]),
                (Signal::Spans, true) => forms.extend(["end_time", "events", "links"]),
                _ => {}
            }
            for form in forms {
                assert!(reached.rows(form) > 0, "{signal} {mood:?}: no {form}");
            }
            if !mood.wild() {
                for form in ["flags", "events", "end_time", "dropped_attributes_count"] {
                    assert_eq!(reached.0.get(form), None, "{signal}: {form} is blank");
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn any_rows_come_back(seed: u64, wild: bool, spans: bool, count in 0usize..4) {
        let signal = if spans { Signal::Spans } else { Signal::Logs };
        let mood = if wild { Mood::Wild } else { Mood::Calm };
        let batches = batches(signal, mood, seed, count);
        let written = write(signal, &batches);
        assert_exact(&written, &batches);
        let read = Shape::decode(&written.shape.encode().unwrap()).unwrap();
        let again = Written { batches: written.batches, shape: read };
        assert_exact(&again, &batches);
    }
}

#[test]
fn a_column_decodes_nothing_that_it_does_not_need() {
    let names = |shape: &Shape, signal: Signal, column: &str| -> Vec<String> {
        let logical = signal.stored_schema().index_of(column).unwrap();
        let places = shape.physical_columns(&[logical], &AttributeKeys::All);
        let schema = shape.physical_schema();
        let fields = places
            .iter()
            .map(|place| schema.field(*place).name().clone());
        fields.collect()
    };
    let logs = write(Signal::Logs, &batches(Signal::Logs, Mood::Calm, 3, 6)).shape;
    let of = |column| names(&logs, Signal::Logs, column);
    assert_eq!(of("placed_time"), ["time", "observed_time"]);
    assert_eq!(of("observed_time"), ["time", "observed_time"]);
    assert_eq!(of("flags"), Vec::<String>::new());
    assert_eq!(of("service"), ["service"]);
    assert_eq!(of("body"), ["template", "variables", "trace_id", "span_id"]);
    let attributes = of("attributes");
    assert!(attributes.iter().all(|name| name.starts_with("attributes")));
    assert_eq!(attributes.len(), 5);

    let spans = write(Signal::Spans, &batches(Signal::Spans, Mood::Calm, 3, 6)).shape;
    let of = |column| names(&spans, Signal::Spans, column);
    assert_eq!(of("end_time"), ["start_time", "duration_ns"]);
    assert_eq!(
        of("parent_span_id"),
        ["span_id", "parent_distance", "parent_span_id"]
    );
}

/// Rows that no builder makes: times at 1970, an end that start and duration contradict, none where they say one.
#[test]
fn odd_times_come_back_too() {
    let times = |times: Vec<Option<i64>>| -> ArrayRef {
        Arc::new(TimestampNanosecondArray::from(times).with_timezone(UTC))
    };
    let mut random = Random(31);
    let logs = logs_of(&mut random, Mood::Calm, 4);
    let spans = spans_of(&mut random, Mood::Calm, 4);
    let odd = [Some(0), None, Some(-5), Some(i64::MIN)];
    let other = [Some(7), Some(8), Some(0), None];
    for (rows, columns) in [
        (&logs, ["time", "observed_time", "placed_time"]),
        (&spans, ["start_time", "end_time", "end_time"]),
        (&spans, ["end_time", "start_time", "placed_time"]),
    ] {
        for without_zero in [false, true] {
            let clean = |time: &Option<i64>| time.filter(|time| !without_zero || *time != 0);
            let first: Vec<_> = odd.iter().map(clean).collect();
            let second: Vec<_> = other.iter().map(clean).collect();
            let third: Vec<_> = odd.iter().map(|time| Some(time.unwrap_or(0))).collect();
            let mut arrays = rows.columns().to_vec();
            for (name, values) in columns.iter().zip([first, second, third]) {
                arrays[rows.schema().index_of(name).unwrap()] = times(values);
            }
            let batches = [RecordBatch::try_new(rows.schema(), arrays).unwrap()];
            let signal = if std::ptr::eq(rows, &logs) {
                Signal::Logs
            } else {
                Signal::Spans
            };
            assert_exact(&write(signal, &batches), &batches);
        }
    }
}
