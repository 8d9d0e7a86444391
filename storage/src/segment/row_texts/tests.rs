//! Rows of segments are indexed alike, whether their bodies were split or not.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use arrow::array::{RecordBatch, StringArray};
use clearspan_schema::any::{AnyWriter, KeyValues};
use clearspan_schema::concat::with_seq;
use clearspan_schema::dictionary::TextDictionary;
use clearspan_schema::group::{ResourceRef, ScopeRef};
use clearspan_schema::ids::hex;
use clearspan_schema::logs::{Body, LogRow, LogsBuilder};

use super::*;
use crate::segment::shape::{Planner, Shape, ShapeWriter, TEMPLATE};
use crate::template::{FoldedTemplates, SharedTexts};
use crate::testing::{Span, stored_spans};
use crate::text::{Candidates, FilterBits, Layout, TextFiles, TextIndex, TextPattern};

const GRANULE_ROWS: usize = 2;

/// Batches of bodies with templates and without: texts, values and none at all, with their own ids in them or not.
fn batches() -> Vec<RecordBatch> {
    (0..6).map(|batch| logs_from(batch * 17)).collect()
}

fn logs_from(first: usize) -> RecordBatch {
    let mut builder = LogsBuilder::new(17, 1);
    builder.group(&ResourceRef::default(), &ScopeRef::default(), Some("cart"));
    for row in first..first + 17 {
        let trace = (row % 3 > 0).then_some([row as u8; 16]);
        let span = (row % 4 > 0).then_some([row as u8; 8]);
        let own = trace.map_or_else(|| "none".to_owned(), |id| hex(&id));
        let text = match row % 7 {
            0 => format!("order {row} of trace {own} shipped"),
            1 => format!("span {} done", span.map_or_else(String::new, |id| hex(&id))),
            2 => format!("caf\u{e9}{row} irregular"),
            3 => format!("once only {}", "x".repeat(row + 1)),
            4 => format!("Connection refused by 10.0.0.{row}:80"),
            _ => String::new(),
        };
        let mut value = Vec::new();
        AnyWriter::new(&mut value).string("in a list");
        builder
            .push(&LogRow {
                time: 1_000 + row as u64,
                observed_time: 0,
                severity_number: 9,
                severity_text: "INFO",
                event_name: "",
                body: match row % 7 {
                    5 => Body::Value(&value),
                    6 => Body::Absent,
                    _ => Body::Text(&text),
                },
                trace_id: trace,
                span_id: span,
                flags: 0,
                attributes: KeyValues::new(&[]),
                dropped_attributes_count: 0,
            })
            .unwrap();
    }
    let logs = builder.finish().unwrap();
    with_seq(&logs::stored_schema(), logs.inner(), first as u64).unwrap()
}

fn index_whole(batches: &[RecordBatch]) -> TextFiles {
    let mut builder = TextIndexBuilder::new(GRANULE_ROWS);
    for rows in batches {
        index_rows(Signal::Logs, rows, &mut builder).unwrap();
    }
    builder.finish(FilterBits::default()).unwrap()
}

/// As a flush does it where `counted`, else as a compaction does.
fn index_split(batches: &[RecordBatch], counted: bool) -> (TextFiles, Shape) {
    let mut planner = Planner::new(Signal::Logs);
    let found: Vec<_> = batches
        .iter()
        .map(|rows| planner.count(rows).unwrap())
        .collect();
    let plan = planner.finish();
    let mut builder = TextIndexBuilder::with_templates(GRANULE_ROWS, plan.templates());
    let mut writer = ShapeWriter::new(plan);
    let mut ids = Vec::new();
    for (rows, found) in batches.iter().zip(&found) {
        let physical = writer.to_physical(rows, counted.then_some(found)).unwrap();
        let split = writer.split_rows(&physical).unwrap();
        let templates = physical.column_by_name(TEMPLATE).unwrap();
        let templates = TextDictionary::new(templates).unwrap();
        for row in 0..rows.num_rows() {
            let id = split.row(row).map(|(id, _)| id);
            ids.push((id, templates.value(row).map(str::to_owned)));
        }
        index_stored(Signal::Logs, rows, Some(split), &mut builder).unwrap();
    }
    let shape = writer.finish();
    for (id, template) in ids {
        let known = id.map(|id| shape.templates().template(id).unwrap().to_owned());
        assert_eq!(known, template);
    }
    (builder.finish(FilterBits::default()).unwrap(), shape)
}

#[test]
fn split_bodies_are_found_as_whole_ones_are() {
    let batches = batches();
    let rows = batches.iter().map(RecordBatch::num_rows).sum();
    let layout = Layout {
        granule_rows: GRANULE_ROWS,
        rows,
    };
    let whole = index_whole(&batches);
    let open = |files: &TextFiles, templates| {
        let terms = Some(files.terms.clone().into());
        let filters = Some(files.filters.clone().into());
        TextIndex::open(layout, terms, filters, templates).unwrap()
    };
    let by_body = open(&whole, None);
    for counted in [true, false] {
        let (split, shape) = index_split(&batches, counted);
        assert_eq!(split.filters, whole.filters);
        let templates = shape.templates();
        assert!(templates.len() >= 4, "{templates:?}");
        let alphabets = (0..).map_while(|id| templates.alphabet(id));
        let folded = FoldedTemplates::new(
            templates.templates().zip(alphabets),
            &SharedTexts::default(),
        );
        let by_template = open(&split, Some(Arc::new(folded)));
        let some = hex(&[7; 16]);
        let patterns = [
            "order",
            "shipped",
            "trace",
            "span",
            "irregular",
            "caf\u{e9}16",
            "once",
            "refused",
            "10",
            "list",
            "none",
            "nowhere",
            "xxxx",
            "by 10.0.0.4:80",
            &some,
        ];
        for text in patterns {
            for open_end in [false, true] {
                let pattern = TextPattern {
                    open_end,
                    ..TextPattern::new(text)
                };
                let condition = pattern.condition();
                let found = by_template.candidates(&condition);
                assert_eq!(found, by_body.candidates(&condition), "{pattern:?}");
                let bodies = batches.iter().flat_map(bodies);
                for (row, body) in bodies.enumerate() {
                    let stands = crate::template::tests::oracle::stands(&pattern, &body);
                    assert!(
                        !stands || found.contains(row / GRANULE_ROWS),
                        "{pattern:?} {body}"
                    );
                }
            }
        }
    }
}

fn bodies(rows: &RecordBatch) -> Vec<String> {
    let bodies: &StringArray = columns::text(rows, logs::BODY).unwrap();
    let texts = bodies
        .iter()
        .map(|body| body.unwrap_or_default().to_owned());
    texts.collect()
}

#[test]
fn names_of_spans_are_indexed_as_ever() {
    let rows = stored_spans(&[Span::new(1, 2, None, 5), Span::new(1, 3, Some(2), 6)], 0);
    let index = |stored: bool| {
        let mut builder = TextIndexBuilder::new(GRANULE_ROWS);
        match stored {
            true => index_stored(Signal::Spans, &rows, None, &mut builder).unwrap(),
            false => index_rows(Signal::Spans, &rows, &mut builder).unwrap(),
        }
        builder.finish_chunk()
    };
    let pattern = TextPattern::new("get");
    for index in [index(true), index(false)] {
        assert_eq!(index.candidates(&pattern.condition()).count(), 1);
        assert_eq!(index.may_contain_id(id_key_of_bytes(&[3; 8])).count(), 1);
    }
}
