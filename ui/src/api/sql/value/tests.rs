#![allow(clippy::unwrap_used)]

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{
    BinaryArray, BooleanArray, Date32Array, Decimal128Array, DurationSecondArray, Float32Array,
    Float64Array, Int64Array, Int64Builder, IntervalMonthDayNanoArray, ListBuilder, MapBuilder,
    NullArray, StringArray, StringBuilder, StructArray, Time64NanosecondArray,
    TimestampNanosecondArray, TimestampSecondArray, UInt64Array,
};
use arrow::datatypes::IntervalMonthDayNano;

use super::*;

/// Each value as JSON and as text.
fn check(array: impl Array + 'static, expected: &[(&str, &str)]) {
    let array: ArrayRef = Arc::new(array);
    let field = Field::new("c", array.data_type().clone(), true);
    check_field(&field, &array, expected);
}

fn check_field(field: &Field, array: &ArrayRef, expected: &[(&str, &str)]) {
    let column = Column::new(field, array).unwrap();
    for (row, &(json, text)) in expected.iter().enumerate() {
        let (mut as_json, mut as_text) = (String::new(), String::new());
        column.push_json(row, &mut as_json).unwrap();
        column.push_text(row, &mut as_text).unwrap();
        assert_eq!(
            (as_json.as_str(), as_text.as_str()),
            (json, text),
            "{field}"
        );
    }
    assert_eq!(array.len(), expected.len());
}

#[test]
fn numbers_that_no_reader_rounds() {
    check(
        Int64Array::from(vec![
            Some(1 << 53),
            Some((1 << 53) + 1),
            Some(i64::MIN),
            None,
        ]),
        &[
            ("9007199254740992", "9007199254740992"),
            ("\"9007199254740993\"", "9007199254740993"),
            ("\"-9223372036854775808\"", "-9223372036854775808"),
            ("null", ""),
        ],
    );
    check(
        UInt64Array::from(vec![u64::MAX]),
        &[("\"18446744073709551615\"", "18446744073709551615")],
    );
    check(
        Float64Array::from(vec![1.0, -0.25, 1e300, f64::NAN, f64::NEG_INFINITY]),
        &[
            ("1.0", "1.0"),
            ("-0.25", "-0.25"),
            ("1e300", "1e300"),
            ("\"NaN\"", "NaN"),
            ("\"-Infinity\"", "-Infinity"),
        ],
    );
    check(
        Float32Array::from(vec![0.1, f32::INFINITY]),
        &[("0.1", "0.1"), ("\"Infinity\"", "Infinity")],
    );
    let decimals = Decimal128Array::from(vec![Some(12_345), None]).with_precision_and_scale(10, 2);
    check(decimals.unwrap(), &[("\"123.45\"", "123.45"), ("null", "")]);
    check(
        BooleanArray::from(vec![true, false]),
        &[("true", "true"), ("false", "false")],
    );
}

#[test]
fn times_have_nanoseconds_and_end_in_z() {
    let times = TimestampNanosecondArray::from(vec![
        Some(1_674_981_729_487_160_534),
        Some(0),
        Some(-1),
        Some(i64::MAX),
        None,
    ]);
    let expected = [
        "2023-01-29T08:42:09.487160534Z",
        "1970-01-01T00:00:00.000000000Z",
        "1969-12-31T23:59:59.999999999Z",
        "2262-04-11T23:47:16.854775807Z",
    ];
    let quoted = expected.map(|time| format!("\"{time}\""));
    let mut pairs: Vec<_> = quoted.iter().map(String::as_str).zip(expected).collect();
    pairs.push(("null", ""));
    check(times.clone().with_timezone("UTC"), &pairs);
    check(times, &pairs);
    check(
        TimestampSecondArray::from(vec![0, i64::MAX]),
        &[
            (
                "\"1970-01-01T00:00:00.000000000Z\"",
                "1970-01-01T00:00:00.000000000Z",
            ),
            (
                "\"9223372036854775807000000000\"",
                "9223372036854775807000000000",
            ),
        ],
    );
    check(
        Date32Array::from(vec![19_386]),
        &[("\"2023-01-29\"", "2023-01-29")],
    );
    check(
        Time64NanosecondArray::from(vec![1]),
        &[("\"00:00:00.000000001\"", "00:00:00.000000001")],
    );
    let column: ArrayRef = Arc::new(DurationSecondArray::from(vec![90]));
    let field = Field::new("d", column.data_type().clone(), true);
    check_field(&field, &column, &[("\"PT90S\"", "PT90S")]);
    let interval =
        IntervalMonthDayNanoArray::from(vec![IntervalMonthDayNano::new(1, 2, 3_000_000_000)]);
    check(
        interval,
        &[(
            "\"1 mons 2 days 3.000000000 secs\"",
            "1 mons 2 days 3.000000000 secs",
        )],
    );
}

#[test]
fn text_bytes_and_marked_json() {
    check(
        StringArray::from(vec![Some("a \"b\"\n"), Some(""), None]),
        &[
            ("\"a \\\"b\\\"\\n\"", "a \"b\"\n"),
            ("\"\"", ""),
            ("null", ""),
        ],
    );
    check(
        BinaryArray::from(vec![b"\xff\x00".as_slice()]),
        &[("{\"bytes\":\"/wA=\"}", "{\"bytes\":\"/wA=\"}")],
    );
    check(NullArray::new(1), &[("null", "")]);
    let marked = Field::new("a", DataType::Utf8, true)
        .with_metadata(HashMap::from([("clearspan.json".into(), "true".into())]));
    let array: ArrayRef = Arc::new(StringArray::from(vec![Some("{\"k\":1}"), None]));
    check_field(&marked, &array, &[("{\"k\":1}", "{\"k\":1}"), ("null", "")]);
}

#[test]
fn what_has_parts() {
    let mut list = ListBuilder::new(Int64Builder::new());
    list.append_value([Some(1), None, Some(i64::MAX)]);
    list.append_value([]);
    list.append_null();
    let expected = "[1,null,\"9223372036854775807\"]";
    check(
        list.finish(),
        &[(expected, expected), ("[]", "[]"), ("null", "")],
    );

    let fields = [
        (
            "a",
            Arc::new(Int64Array::from(vec![Some(1), None])) as ArrayRef,
        ),
        (
            "b\"",
            Arc::new(StringArray::from(vec!["x", "y"])) as ArrayRef,
        ),
    ];
    check(
        StructArray::try_from(fields.to_vec()).unwrap(),
        &[
            ("{\"a\":1,\"b\\\"\":\"x\"}", "{\"a\":1,\"b\\\"\":\"x\"}"),
            (
                "{\"a\":null,\"b\\\"\":\"y\"}",
                "{\"a\":null,\"b\\\"\":\"y\"}",
            ),
        ],
    );

    let mut map = MapBuilder::new(None, StringBuilder::new(), Int64Builder::new());
    map.keys().append_value("k");
    map.values().append_value(2);
    map.append(true).unwrap();
    map.append(false).unwrap();
    check(map.finish(), &[("{\"k\":2}", "{\"k\":2}"), ("null", "")]);

    // A slice has the offsets of the whole.
    let mut list = ListBuilder::new(Int64Builder::new());
    for number in 0..4 {
        list.append_value([Some(number)]);
    }
    check(list.finish().slice(2, 2), &[("[2]", "[2]"), ("[3]", "[3]")]);
}
