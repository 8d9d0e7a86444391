//! What of a filter storage and the leaf are told.

#![allow(clippy::unwrap_used)]

use clearspan_schema::Signal;
use clearspan_storage::scan::TimeRange;
use datafusion::common::ScalarValue;
use datafusion::prelude::{Expr as SqlExpr, col, lit};

use super::pushdown::{Needed, of};

fn at(ns: i64) -> SqlExpr {
    lit(ScalarValue::TimestampNanosecond(
        Some(ns),
        Some("UTC".into()),
    ))
}

fn range(from: Option<i64>, to: Option<i64>) -> TimeRange {
    TimeRange { from, to }
}

fn logs(filter: &SqlExpr) -> Option<Needed> {
    of(filter, Signal::Logs)
}

/// The range, and both queries as they are written.
fn check(filter: &SqlExpr, signal: Signal, expected: (TimeRange, &str, &str)) {
    let needed = of(filter, signal).unwrap();
    let (rows, hint) = needed.queries(signal);
    let found = (needed.range, rows.to_string(), hint.to_string());
    let (range, rows, hint) = expected;
    assert_eq!(found, (range, rows.to_owned(), hint.to_owned()), "{filter}");
}

#[test]
fn times_become_ranges() {
    let all = "";
    let of = |filter: SqlExpr, expected| check(&filter, Signal::Logs, (expected, all, all));
    of(col("time").gt_eq(at(5)), range(Some(5), None));
    of(col("time").gt(at(5)), range(Some(6), None));
    of(col("time").lt(at(5)), range(None, Some(5)));
    of(col("time").lt_eq(at(5)), range(None, Some(6)));
    of(col("time").eq(at(5)), range(Some(5), Some(6)));
    of(at(5).lt(col("placed_time")), range(Some(6), None));
    of(col("time").between(at(5), at(9)), range(Some(5), Some(10)));
    of(
        col("time").gt_eq(at(5)).and(col("time").lt(at(9))),
        range(Some(5), Some(9)),
    );
    of(
        col("time").lt(at(5)).or(col("time").eq(at(9))),
        range(None, Some(10)),
    );
    of(col("time").lt_eq(at(i64::MAX)), TimeRange::ALL);
    of(col("time").gt(at(i64::MAX)), range(Some(i64::MAX), None));
    let ms = lit(ScalarValue::TimestampMillisecond(Some(-2), None));
    of(col("time").gt_eq(ms), range(Some(-2_000_000), None));
    for unplaced in [
        col("observed_time").gt(at(5)),
        col("time").not_eq(at(5)),
        col("time").not_between(at(5), at(9)),
        col("start_time").gt(at(5)),
        col("time").gt(lit(ScalarValue::TimestampNanosecond(None, None))),
    ] {
        assert_eq!(logs(&unplaced), None);
    }
    check(
        &col("start_time").gt(at(5)),
        Signal::Spans,
        (range(Some(6), None), all, all),
    );
}

#[test]
fn equality_is_asked_of_rows_and_words_are_hints() {
    let of =
        |filter: SqlExpr, rows, hint| check(&filter, Signal::Logs, (TimeRange::ALL, rows, hint));
    let id = "0102030405060708090a0b0c0d0e0f10";
    of(col("service").eq(lit("a b")), "service:\"a b\"", "");
    let rows = format!("trace_id:{id}");
    of(col("trace_id").eq(lit(id)), &rows, "");
    of(col("trace_id").eq(lit(id.to_uppercase())), "NOT *", "");
    of(col("span_id").eq(lit("x")), "NOT *", "");
    of(
        col("service").in_list(vec![lit("a"), lit("b")], false),
        "service:a OR service:b",
        "",
    );
    of(col("body").eq(lit("a b")), "", "\"a b\"");
    of(col("body").like(lit("%b c%")), "", "*\"b c\"*");
    of(col("body").like(lit("a_b%")), "", "a* *b*");
    of(col("body").ilike(lit("A")), "", "A");
    let either = col("service").eq(lit("a")).or(col("body").eq(lit("b")));
    of(either, "", "service:a OR b");
    let both = col("service").eq(lit("a")).and(col("body").eq(lit("b")));
    of(both, "service:a", "b");
    for useless in [
        col("service").not_eq(lit("a")),
        col("service").gt(lit("a")),
        col("body").eq(lit("")),
        col("body").not_like(lit("a%")),
        col("body").like(lit("a\\%")),
        col("service")
            .eq(lit("a"))
            .or(col("severity_number").eq(lit(9))),
        col("service").in_list(vec![lit("a")], true),
        col("service").in_list(vec![lit("a"), col("body")], false),
        col("service").eq(col("body")),
        !col("service").eq(lit("a")),
    ] {
        assert_eq!(logs(&useless), None, "{useless}");
    }
    // A pattern of wildcards alone rules nothing out, and does no harm.
    of(col("body").like(lit("%%")), "", "");
    check(
        &col("name").eq(lit("GET /")),
        Signal::Spans,
        (TimeRange::ALL, "", "\"GET /\""),
    );
    assert_eq!(
        super::pushdown::of(&col("body").eq(lit("x")), Signal::Spans),
        None
    );
}
