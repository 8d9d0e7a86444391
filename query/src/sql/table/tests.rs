//! What of a filter storage and the leaf are told.

#![allow(clippy::unwrap_used)]

use clearspan_schema::Signal;
use clearspan_storage::scan::TimeRange;
use datafusion::common::ScalarValue;
use datafusion::prelude::{Expr as SqlExpr, col, lit};

use super::pushdown::{Needed, of};
use crate::language::Query;

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
    of(col("service").gt_eq(lit("5")), "service>=\"5\"", "");
    let either = col("service").eq(lit("a")).or(col("body").eq(lit("b")));
    of(either, "", "service:a OR b");
    let both = col("service").eq(lit("a")).and(col("body").eq(lit("b")));
    of(both, "service:a", "b");
    for useless in [
        col("service").not_eq(lit("a")),
        col("body").eq(lit("")),
        col("body").not_like(lit("a%")),
        col("body").like(lit("a\\%")),
        col("service").eq(lit("a")).or(col("flags").eq(lit(9))),
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
        (TimeRange::ALL, "name:\"GET /\"", ""),
    );
    assert_eq!(
        super::pushdown::of(&col("body").eq(lit("x")), Signal::Spans),
        None
    );
}

/// What the leaf asks of rows for each of these, and whether nobody need ask again.
#[test]
fn columns_that_are_fields_are_compared_by_the_leaf() {
    let check = |signal, filter: SqlExpr, rows: &str, exact| {
        let needed = of(&filter, signal).unwrap();
        let (asked, hint) = needed.queries(signal);
        assert_eq!(
            (&*asked.to_string(), needed.exact),
            (rows, exact),
            "{filter}"
        );
        assert!(hint.is_all(), "{filter}");
        let read = Query::parse(&asked.to_string(), signal).unwrap();
        assert_eq!(read, asked, "{filter}");
    };
    let spans = |filter, rows| check(Signal::Spans, filter, rows, true);
    let duration = || col("duration_ns");
    spans(duration().gt(lit(500_000_000_i64)), "duration>500000000");
    spans(duration().lt_eq(lit(-5_i64)), "duration<=-5");
    spans(lit(7_i64).gt_eq(duration()), "duration<=7");
    spans(
        duration().eq(lit(u64::MAX)),
        "duration:18446744073709551615",
    );
    spans(
        duration().gt_eq(lit(i64::MIN)),
        "duration>=-9223372036854775808",
    );
    spans(
        duration().between(lit(1_i64), lit(5_i64)),
        "duration>=1 duration<=5",
    );
    spans(
        duration().in_list(vec![lit(1_i64), lit(2_i64)], false),
        "duration:1 OR duration:2",
    );
    spans(col("kind").eq(lit("SERVER")), "kind:SERVER");
    spans(col("kind").eq(lit("7")), "kind:7");
    spans(col("kind").eq(lit("-1")), "kind:-1");
    for no_kind in ["server", "2", "07", "", "9999999999"] {
        spans(col("kind").eq(lit(no_kind)), "NOT *");
    }
    spans(col("status_code").eq(lit("ERROR")), "status:ERROR");
    spans(col("status_code").eq(lit("OK ")), "NOT *");
    spans(col("name").gt(lit("")), "name>\"\"");
    spans(col("name").lt(lit("12")), "name<\"12\"");
    let both = duration().gt(lit(5_i64)).and(col("kind").eq(lit("CLIENT")));
    spans(both, "duration>5 kind:CLIENT");
    let either = duration().gt(lit(5_i64)).or(col("name").eq(lit("x")));
    spans(either, "duration>5 OR name:x");

    let in_part = |filter, rows| check(Signal::Spans, filter, rows, false);
    in_part(duration().between(lit(1_i64), col("flags")), "duration>=1");
    in_part(
        duration().gt(lit(5_i64)).and(col("flags").eq(lit(1))),
        "duration>5",
    );

    // A number that 0 passes would lose records whose text alone tells a severity.
    let severity = || col("severity_number");
    let logs = |filter, rows| check(Signal::Logs, filter, rows, false);
    logs(severity().gt_eq(lit(17)), "severity>=17");
    logs(severity().gt(lit(0)), "severity>0");
    logs(severity().eq(lit(9)), "severity:9");
    logs(severity().lt(lit(0)), "severity<0");
    logs(severity().between(lit(1), lit(4)), "severity>=1");
    for useless in [
        severity().eq(lit(0)),
        severity().gt_eq(lit(0)),
        severity().gt(lit(-1)),
        severity().lt(lit(1)),
        severity().lt_eq(lit(0)),
        severity().not_eq(lit(9)),
        severity().in_list(vec![lit(0), lit(9)], false),
        duration().gt(lit(5_i64)),
        col("kind").eq(lit("SERVER")),
    ] {
        assert_eq!(self::logs(&useless), None, "{useless}");
    }
    let many = (0..33_i64).map(lit).collect();
    for useless in [
        duration().not_eq(lit(5_i64)),
        duration().gt(lit(0.5)),
        duration().gt(lit(ScalarValue::Int64(None))),
        duration().in_list(many, false),
        col("kind").gt(lit("A")),
        severity().gt(lit(9)),
    ] {
        assert_eq!(of(&useless, Signal::Spans), None, "{useless}");
    }
}
