//! Rows that are meant to do harm lose nothing, and cost no more than they bring.

use arrow::array::RecordBatch;
use clearspan_schema::any::{AnyWriter, KeyValues};
use clearspan_schema::concat::with_seq;
use clearspan_schema::group::{ResourceRef, ScopeRef};
use clearspan_schema::spans::{SpanRow, SpansBuilder, stored_schema};

use super::generate::Random;
use super::*;
use crate::limits::{ATTRIBUTE_COLUMNS_MAX, ATTRIBUTE_KEYS_COUNTED_MAX, ATTRIBUTE_ORDERS_MAX};

/// A batch of spans with these attributes.
pub(super) fn spans_with(attributes: &[Vec<u8>]) -> RecordBatch {
    let mut builder = SpansBuilder::new(attributes.len(), 7);
    builder.group(&ResourceRef::default(), &ScopeRef::default(), None);
    for (row, attributes) in (1u64..).zip(attributes) {
        let row = SpanRow {
            trace_id: [1; 16],
            span_id: row.to_le_bytes(),
            parent_span_id: None,
            trace_state: "",
            flags: 0,
            name: "n",
            kind: 1,
            start_time: row,
            end_time: row,
            status: None,
            attributes: KeyValues::new(attributes),
            dropped_attributes_count: 0,
            dropped_events_count: 0,
            dropped_links_count: 0,
        };
        builder.push(&row).unwrap();
    }
    with_seq(&stored_schema(), builder.finish().unwrap().inner(), 1).unwrap()
}

fn rows(count: u64, mut row: impl FnMut(u64, &mut AnyWriter<'_>)) -> Vec<Vec<u8>> {
    let rows = (0..count).map(|number| {
        let mut encoded = Vec::new();
        row(number, &mut AnyWriter::new(&mut encoded));
        encoded
    });
    rows.collect()
}

#[test]
fn a_hundred_thousand_keys() {
    let rows = rows(20_000, |number, to| {
        to.key("common").int(number as i64);
        for key in 0..5 {
            to.key(&format!("key {}", number * 5 + key)).string("v");
        }
    });
    let batches: Vec<_> = rows.chunks(1000).map(spans_with).collect();
    let written = write(Signal::Spans, &batches);
    assert_exact(&written, &batches);
    assert_eq!(written.shape.plan.columns.len(), 1);
    assert_eq!(written.shape.counted.orders, 1);
    assert!(written.shape.counted.keys.len() < ATTRIBUTE_KEYS_COUNTED_MAX);
    let source = written.shape.key_source("common");
    assert_eq!((source.columns.len(), source.residual), (1, false));
    assert!(written.shape.key_source("key 7").residual);
}

#[test]
fn ten_thousand_attributes_and_a_megabyte_in_one_record() {
    let rows = rows(40, |number, to| {
        if number % 8 == 0 {
            (0..10_000).for_each(|key| to.key(&format!("k{key}")).int(key));
            to.key("long").string(&"x".repeat(1 << 20));
            to.key(&"k".repeat(1 << 16)).bool(true);
        }
        to.key("long").string("short");
    });
    let batches = [spans_with(&rows)];
    let written = write(Signal::Spans, &batches);
    assert_exact(&written, &batches);
    assert_eq!(written.shape.plan.columns.len(), ATTRIBUTE_COLUMNS_MAX);
    assert!(written.shape.encode().unwrap().len() < 100_000);
    assert!(written.shape.key_source("long").residual);
}

#[test]
fn shuffled_attributes_meet_the_limit_of_orders() {
    let mut random = Random(5);
    let rows = rows(8_000, |_, to| {
        let mut keys: Vec<u64> = (0..12).collect();
        keys.sort_by_cached_key(|_| random.next());
        keys.iter()
            .for_each(|key| to.key(&format!("k{key}")).bool(true));
    });
    let batches: Vec<_> = rows.chunks(1000).map(spans_with).collect();
    let written = write(Signal::Spans, &batches);
    assert_exact(&written, &batches);
    let counted = &written.shape.counted;
    assert_eq!(counted.orders as usize, ATTRIBUTE_ORDERS_MAX);
    assert_eq!(counted.whole_rows as usize, 8_000 - ATTRIBUTE_ORDERS_MAX);
    assert!(written.shape.key_source("k1").residual);
}

#[test]
fn a_repeated_key_and_two_types_of_one_key() {
    let rows = rows(100, |number, to| {
        to.key("a").int(1);
        match number % 4 {
            0 => to.key("a").int(2),
            1 => to.key("a").string("three"),
            2 => to.key("b").string("x"),
            _ => to.key("c").bytes(b"x"),
        }
    });
    let batches = [spans_with(&rows)];
    let written = write(Signal::Spans, &batches);
    assert_exact(&written, &batches);
    let source = |key| written.shape.key_source(key);
    assert_eq!((source("a").columns.len(), source("a").residual), (2, true));
    assert_eq!(
        (source("b").columns.len(), source("b").residual),
        (1, false)
    );
    assert_eq!((source("c").columns.len(), source("c").residual), (0, true));
    let schema = written.shape.physical_schema();
    assert!(schema.index_of("attributes.a").is_ok() && schema.index_of("attributes.a:int").is_ok());
}
