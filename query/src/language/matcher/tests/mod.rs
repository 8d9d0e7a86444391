//! Random records under random queries: the matcher against the plain reading of [`oracle`].
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr
)]

mod oracle;
mod queries;
mod records;
mod values;

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::TimestampNanosecondArray;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use clearspan_schema::{SchemaError, logs, time};
use clearspan_storage::scan::Predicate;

use super::*;
use crate::language::ast::{Field, Level, Phrase, Test, Value};
use crate::language::prune;
use oracle::{Oracle, stands};
use queries::query;
use records::{Any, Row, any_row, logs_batch, rows, spans_batch};

const BATCHES: usize = 800;
const QUERIES_PER_BATCH: usize = 5;

/// Whether a matching row satisfies what storage is told that it does.
fn satisfies(predicate: &Predicate, row: &Row, oracle: &Oracle) -> bool {
    match predicate {
        Predicate::All => true,
        Predicate::Nothing => false,
        Predicate::And(parts) => parts.iter().all(|part| satisfies(part, row, oracle)),
        Predicate::Or(parts) => parts.iter().any(|part| satisfies(part, row, oracle)),
        Predicate::Text(pattern) => {
            let phrase = Phrase {
                text: pattern.text.clone(),
                open_start: pattern.open_start,
                open_end: pattern.open_end,
            };
            oracle.text(row).is_some_and(|text| stands(&phrase, &text))
        }
        Predicate::TraceId(id) => row.trace_id == Some(*id),
        Predicate::SpanId(id) => row.span_id == Some(*id),
    }
}

/// What a condition is called in the coverage print.
fn label(expr: &Expr) -> String {
    let Expr::Field(field, test) = expr else {
        return match expr {
            Expr::All => "everything".into(),
            Expr::Text(phrase) => format!(
                "text{}",
                if phrase.open_start || phrase.open_end {
                    " *"
                } else {
                    ""
                }
            ),
            Expr::And(_) => "AND".into(),
            Expr::Or(_) => "OR".into(),
            Expr::Not(_) => "NOT".into(),
            Expr::Group(_) | Expr::Field(..) => "group".into(),
        };
    };
    let field = match field {
        Field::Attribute(Level::Any, _) => "attribute".to_owned(),
        Field::Attribute(..) => "attribute of a level".to_owned(),
        known => known.to_string(),
    };
    let test = match test {
        Test::Exists => "exists",
        Test::Equals(Value::Text(_)) => "= text",
        Test::Equals(Value::Number(_)) => "= number",
        Test::Equals(Value::Bool(_)) => "= boolean",
        Test::Glob(_) => "= a*b",
        Test::Matches(_) => "= /regex/",
        Test::Compare(comparison, _) => comparison.symbol(),
        Test::Range(..) => "range",
    };
    format!("{field} {test}")
}

type Coverage = BTreeMap<String, [usize; 2]>;

fn check(signal: Signal, rows: &[Row], text: &str, coverage: &mut Coverage) {
    let query = Query::parse(text, signal).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(
        Query::parse(&query.to_string(), signal).as_ref(),
        Ok(&query),
        "{text}"
    );
    let oracle = Oracle { signal };
    let expected: Vec<bool> = rows
        .iter()
        .map(|row| oracle.matches(row, query.root()))
        .collect();

    let batch = if signal == Signal::Logs {
        logs_batch(rows)
    } else {
        spans_batch(rows)
    };
    let matcher = Matcher::new(&query);
    let indices: Vec<usize> = matcher
        .columns()
        .iter()
        .map(|column| batch.schema().index_of(column).unwrap())
        .collect();
    let projected = batch.project(&indices).unwrap();
    let found: Vec<bool> = matcher.matches(&projected).unwrap().iter().collect();
    let predicate = prune::predicate(&query);
    for (at, row) in rows.iter().enumerate() {
        assert_eq!(
            found[at], expected[at],
            "{text}\nread as {query}\nrow {at}: {row:#?}"
        );
        assert!(
            !expected[at] || satisfies(&predicate, row, &oracle),
            "{text}: {predicate:?} skips {row:#?}"
        );
    }

    let from = rows.len() / 3;
    let sliced = matcher
        .matches(&batch.slice(from, rows.len() - from))
        .unwrap();
    assert!(
        sliced.iter().eq(expected[from..].iter().copied()),
        "{text} of a slice"
    );
    let odd = BooleanBuffer::collect_bool(rows.len(), |row| row % 2 == 1);
    let among = matcher.matches_among(&batch, None, &odd).unwrap();
    assert!(
        among
            .iter()
            .enumerate()
            .all(|(row, found)| found == (row % 2 == 1 && expected[row])),
        "{text} of odd rows"
    );

    query.root().visit(&mut |expr| {
        let counts = coverage.entry(label(expr)).or_default();
        rows.iter()
            .for_each(|row| counts[usize::from(oracle.matches(row, expr))] += 1);
    });
}

fn compare_with_the_oracle(signal: Signal) {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7 + signal as u8; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let mut coverage = Coverage::new();
    let (rows, query) = (rows(signal), query(signal));
    for _ in 0..BATCHES {
        let rows = rows.new_tree(&mut runner).unwrap().current();
        for _ in 0..QUERIES_PER_BATCH {
            let text = query.new_tree(&mut runner).unwrap().current();
            check(signal, &rows, &text, &mut coverage);
        }
    }
    eprintln!("{signal}: rows that matched, and that did not, by condition");
    for (label, [other, matching]) in &coverage {
        eprintln!("{matching:>8} {other:>8}  {label}");
        let always = ["everything", "name exists"].contains(&label.as_str())
            || (signal == Signal::Spans
                && ["trace_id exists", "span_id exists"].contains(&label.as_str()));
        assert!(
            *matching > 0 && (*other > 0 || always),
            "{label} is not tested"
        );
    }
    assert!(
        coverage.len() > 40,
        "{} kinds of conditions",
        coverage.len()
    );
}

#[test]
fn logs_match_as_the_oracle_says() {
    compare_with_the_oracle(Signal::Logs);
}

#[test]
fn spans_match_as_the_oracle_says() {
    compare_with_the_oracle(Signal::Spans);
}

#[test]
fn a_batch_without_the_column_is_an_error() {
    let matcher = Matcher::new(&Query::parse("service:cart", Signal::Logs).unwrap());
    let batch = logs_batch(&[]).project(&[0]).unwrap();
    let result = matcher.matches(&batch);
    // No row is asked for, so no column is read.
    assert!(result.is_ok());
    let row = RecordBatch::try_new(
        logs::schema().project(&[3]).unwrap().into(),
        vec![Arc::new(
            TimestampNanosecondArray::from(vec![1]).with_timezone(time::UTC),
        )],
    )
    .unwrap();
    assert!(matches!(
        matcher.matches(&row),
        Err(PartError::Schema(SchemaError::Column {
            column: "service",
            ..
        }))
    ));
}

/// Thousands of conditions cost as much as their number, not more.
#[test]
fn many_conditions_and_repeated_text_take_linear_time() {
    let body = Any::Text("a ".repeat(100_000) + "end");
    let rows: Vec<Row> = vec![Row {
        body: Some(body),
        ..any_row()
    }];
    let batch = logs_batch(&rows);
    let matches = |text: &str| {
        Matcher::new(&Query::parse(text, Signal::Logs).unwrap())
            .matches(&batch)
            .unwrap()
            .value(0)
    };
    let words: Vec<String> = (0..200).map(|n| format!("x{n}")).collect();
    assert!(!matches(&words.join(" OR ")));
    assert!(matches(&format!("end NOT ({})", words.join(" OR "))));
    assert!(!matches(&format!("\"{}b\"", "a ".repeat(10_000))));
}
