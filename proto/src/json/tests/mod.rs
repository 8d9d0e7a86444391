//! Each rule of the mapping, as text in and canonical text out.
//!
//! | file | what it holds |
//! |---|---|
//! | `refusals.rs` | what is refused, and where the error says it stands |
//! | `grammar.rs` | our grammar against serde's; nesting that would overflow a stack |
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod grammar;
mod refusals;

use super::{logs, read, traces};
use crate::otlp::{DecodeError, Repairs};

fn in_trace(span: &str) -> String {
    format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{span}]}}]}}]}}"#)
}

fn in_logs(record: &str) -> String {
    format!(r#"{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{record}]}}]}}]}}"#)
}

/// Reads a trace request and writes it again.
fn rewrite_trace(text: &str) -> Result<(String, Repairs), DecodeError> {
    let request = read(text.as_bytes(), traces::request)?;
    let mut out = Vec::new();
    traces::write(&request.message, &mut out);
    Ok((String::from_utf8(out).unwrap(), request.repaired))
}

#[track_caller]
fn check_trace(text: &str, expected: &str) {
    let (written, repaired) = rewrite_trace(text).unwrap();
    assert_eq!(written, expected);
    assert_eq!(repaired.total(), 0);
}

#[track_caller]
fn check_span(span: &str, expected: &str) {
    check_trace(&in_trace(span), &in_trace(expected));
}

#[track_caller]
fn check_log(record: &str, expected: &str) {
    let request = read(in_logs(record).as_bytes(), logs::request).unwrap();
    let mut out = Vec::new();
    logs::write(&request.message, &mut out);
    assert_eq!(String::from_utf8(out).unwrap(), in_logs(expected));
}

/// Checks how a log's body is read, whatever kind of value it is.
#[track_caller]
fn check_value(value: &str, expected: &str) {
    check_log(
        &format!(r#"{{"body":{value}}}"#),
        &format!(r#"{{"body":{expected}}}"#),
    );
}

#[test]
fn a_whole_span_comes_back_in_canonical_form() {
    let whole = concat!(
        r#"{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"my.service"}}],"#,
        r#""droppedAttributesCount":1,"entityRefs":[{"schemaUrl":"e","type":"service","idKeys":["service.name"],"#,
        r#""descriptionKeys":["service.version",""]}]},"scopeSpans":[{"scope":{"name":"my.library","version":"1.0.0","#,
        r#""attributes":[{"key":"a","value":{}}],"droppedAttributesCount":2},"spans":[{"traceId":"#,
        r#""5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","traceState":"a=b","parentSpanId":"#,
        r#""eee19b7ec3c1b173","flags":257,"name":"I'm a server span","kind":2,"startTimeUnixNano":"#,
        r#""1544712660000000000","endTimeUnixNano":"18446744073709551615","attributes":[{"key":"my.span.attr","#,
        r#""value":{"stringValue":"some value"}}],"droppedAttributesCount":3,"events":[{"timeUnixNano":"1","name":"e","#,
        r#""attributes":[{"key":"k","value":{"intValue":"-1"}}],"droppedAttributesCount":4}],"droppedEventsCount":5,"#,
        r#""links":[{"traceId":"5b8efff798038103d269b633813fc60d","spanId":"eee19b7ec3c1b175","traceState":"c=d","#,
        r#""attributes":[{"key":"k","value":{"boolValue":false}}],"droppedAttributesCount":6,"flags":1}],"#,
        r#""droppedLinksCount":7,"status":{"message":"m","code":2}}],"schemaUrl":"s"}],"schemaUrl":"r"}]}"#,
    );
    check_trace(whole, whole);
}

#[test]
fn a_whole_log_comes_back_in_canonical_form() {
    let whole = concat!(
        r#"{"timeUnixNano":"1544712660300000000","observedTimeUnixNano":"1544712660300000001","severityNumber":10,"#,
        r#""severityText":"Information","body":{"stringValue":"Example"},"attributes":[{"key":"k","value":"#,
        r#"{"doubleValue":637.704}}],"droppedAttributesCount":1,"flags":1,"traceId":"5b8efff798038103d269b633813fc60c","#,
        r#""spanId":"eee19b7ec3c1b174","eventName":"browser.page_view"}"#,
    );
    check_log(whole, whole);
}

#[test]
fn names_are_read_in_both_spellings() {
    check_trace(
        concat!(
            r#"{"resource_spans":[{"resource":{"dropped_attributes_count":1,"entity_refs":[{"schema_url":"e","#,
            r#""id_keys":["i"],"description_keys":["d"]}]},"scope_spans":[{"schema_url":"s","scope":"#,
            r#"{"dropped_attributes_count":2},"spans":[{"trace_id":"01","span_id":"02","trace_state":"t","#,
            r#""parent_span_id":"03","start_time_unix_nano":"1","end_time_unix_nano":"2","dropped_attributes_count":3,"#,
            r#""dropped_events_count":4,"dropped_links_count":5,"attributes":[{"value":{"array_value":{"values":["#,
            r#"{"string_value":"a"},{"bool_value":true},{"int_value":1},{"double_value":1},{"bytes_value":"AQ"},"#,
            r#"{"kvlist_value":{}}]}}}]}]}],"schema_url":"r"}]}"#,
        ),
        concat!(
            r#"{"resourceSpans":[{"resource":{"droppedAttributesCount":1,"entityRefs":[{"schemaUrl":"e","#,
            r#""idKeys":["i"],"descriptionKeys":["d"]}]},"scopeSpans":[{"scope":{"droppedAttributesCount":2},"#,
            r#""spans":[{"traceId":"01","spanId":"02","traceState":"t","parentSpanId":"03","startTimeUnixNano":"1","#,
            r#""endTimeUnixNano":"2","attributes":[{"value":{"arrayValue":{"values":[{"stringValue":"a"},"#,
            r#"{"boolValue":true},{"intValue":"1"},{"doubleValue":1.0},{"bytesValue":"AQ=="},{"kvlistValue":{}}]}}}],"#,
            r#""droppedAttributesCount":3,"droppedEventsCount":4,"droppedLinksCount":5}],"schemaUrl":"s"}],"#,
            r#""schemaUrl":"r"}]}"#,
        ),
    );
    check_log(
        r#"{"time_unix_nano":1,"observed_time_unix_nano":2,"severity_number":3,"severity_text":"s","event_name":"e"}"#,
        r#"{"timeUnixNano":"1","observedTimeUnixNano":"2","severityNumber":3,"severityText":"s","eventName":"e"}"#,
    );
}

#[test]
fn spans_are_read_by_the_rules_of_the_mapping() {
    for (span, expected) in [
        // null is the default, and defaults are not written
        ("null", "{}"),
        (
            r#"{"name":null,"kind":null,"flags":null,"startTimeUnixNano":null,"traceId":null}"#,
            "{}",
        ),
        (
            r#"{"attributes":null,"events":null,"links":[],"status":null}"#,
            "{}",
        ),
        (
            r#"{"name":"","kind":0,"flags":0,"startTimeUnixNano":"0","traceId":""}"#,
            "{}",
        ),
        // a message that is there stays there
        (r#"{"status":{}}"#, r#"{"status":{}}"#),
        (r#"{"events":[null,{}]}"#, r#"{"events":[{},{}]}"#),
        // unknown fields are skipped
        (
            r#"{"new":{"a":[1,{"b":null},[]],"c":"\u00e9"},"name":"n"}"#,
            r#"{"name":"n"}"#,
        ),
        // of a repeated field the last counts, whole
        (
            r#"{"name":"a","name":"b","attributes":[{"key":"a"}],"attributes":[]}"#,
            r#"{"name":"b"}"#,
        ),
        (
            r#"{"status":{"code":2},"status":{"message":"m"}}"#,
            r#"{"status":{"message":"m"}}"#,
        ),
        (r#"{"name":"a","name":null}"#, "{}"),
        // enums
        (
            r#"{"kind":"SPAN_KIND_SERVER","status":{"code":"STATUS_CODE_ERROR"}}"#,
            r#"{"kind":2,"status":{"code":2}}"#,
        ),
        (r#"{"kind":"3"}"#, r#"{"kind":3}"#),
        (
            r#"{"kind":77,"status":{"code":-1}}"#,
            r#"{"kind":77,"status":{"code":-1}}"#,
        ),
        // integers
        (r#"{"flags":"4294967295"}"#, r#"{"flags":4294967295}"#),
        (
            r#"{"startTimeUnixNano":1544712660000000001}"#,
            r#"{"startTimeUnixNano":"1544712660000000001"}"#,
        ),
        (
            r#"{"startTimeUnixNano":1.544712660000000001e18}"#,
            r#"{"startTimeUnixNano":"1544712660000000001"}"#,
        ),
        (
            r#"{"endTimeUnixNano":"1.8446744073709551615E+19"}"#,
            r#"{"endTimeUnixNano":"18446744073709551615"}"#,
        ),
        (r#"{"droppedLinksCount":5.0}"#, r#"{"droppedLinksCount":5}"#),
        // ids
        (
            r#"{"traceId":"5B8EFFF798038103D269B633813FC60C"}"#,
            r#"{"traceId":"5b8efff798038103d269b633813fc60c"}"#,
        ),
        (
            r#"{"traceId":"W47/95gDgQPSabYzgT/GDA=="}"#,
            r#"{"traceId":"5b8efff798038103d269b633813fc60c"}"#,
        ),
        (
            r#"{"spanId":"7uGbfsPBsXQ="}"#,
            r#"{"spanId":"eee19b7ec3c1b174"}"#,
        ),
        (r#"{"spanId":"not an id"}"#, r#"{"spanId":"00"}"#),
        // escapes
        (
            r#"{"n\u0061me":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00"}"#,
            r#"{"name":"\"\\/\u0008\u000c\n\r\té😀"}"#,
        ),
    ] {
        check_span(span, expected);
    }
}

#[test]
fn values_are_read_by_the_rules_of_the_mapping() {
    for (value, expected) in [
        ("{}", "{}"),
        (r#"{"stringValue":null}"#, "{}"),
        (
            r#"{"intValue":"1","stringValue":null}"#,
            r#"{"intValue":"1"}"#,
        ),
        (r#"{"stringValue":"a","intValue":1}"#, r#"{"intValue":"1"}"#),
        (r#"{"stringValueStrindex":3}"#, "{}"),
        (r#"{"stringValue":""}"#, r#"{"stringValue":""}"#),
        (r#"{"boolValue":false}"#, r#"{"boolValue":false}"#),
        (
            r#"{"intValue":-9223372036854775808}"#,
            r#"{"intValue":"-9223372036854775808"}"#,
        ),
        (r#"{"intValue":"0"}"#, r#"{"intValue":"0"}"#),
        (r#"{"intValue":1e3}"#, r#"{"intValue":"1000"}"#),
        (r#"{"doubleValue":"NaN"}"#, r#"{"doubleValue":"NaN"}"#),
        (
            r#"{"doubleValue":"-Infinity"}"#,
            r#"{"doubleValue":"-Infinity"}"#,
        ),
        (
            r#"{"doubleValue":"Infinity"}"#,
            r#"{"doubleValue":"Infinity"}"#,
        ),
        (r#"{"doubleValue":"1.5"}"#, r#"{"doubleValue":1.5}"#),
        (r#"{"doubleValue":-0.0}"#, r#"{"doubleValue":-0.0}"#),
        (
            r#"{"doubleValue":9007199254740993}"#,
            r#"{"doubleValue":9007199254740992.0}"#,
        ),
        (r#"{"doubleValue":0.1e-6}"#, r#"{"doubleValue":1e-7}"#),
        (r#"{"bytesValue":""}"#, r#"{"bytesValue":""}"#),
        (r#"{"bytesValue":"-_8"}"#, r#"{"bytesValue":"+/8="}"#),
        (r#"{"arrayValue":{}}"#, r#"{"arrayValue":{}}"#),
        (r#"{"arrayValue":{"values":[]}}"#, r#"{"arrayValue":{}}"#),
        (r#"{"arrayValue":{"values":null}}"#, r#"{"arrayValue":{}}"#),
        (
            r#"{"arrayValue":{"values":[null,{"intValue":1}]}}"#,
            r#"{"arrayValue":{"values":[{},{"intValue":"1"}]}}"#,
        ),
        (r#"{"kvlistValue":{"values":[]}}"#, r#"{"kvlistValue":{}}"#),
        (
            r#"{"kvlistValue":{"values":[{"key":"k"},{"key":"k","value":{}},{"keyStrindex":1,"value":null}]}}"#,
            r#"{"kvlistValue":{"values":[{"key":"k"},{"key":"k","value":{}},{}]}}"#,
        ),
    ] {
        check_value(value, expected);
    }
    check_log(r#"{"body":null}"#, "{}");
    check_log(
        r#"{"severityNumber":"SEVERITY_NUMBER_ERROR2"}"#,
        r#"{"severityNumber":18}"#,
    );
}

#[test]
fn requests_may_be_empty_and_padded() {
    for text in [
        "{}",
        "\u{feff}{}",
        " \t\r\n{ } \n",
        r#"{"resourceSpans":null}"#,
        r#"{"other":1}"#,
    ] {
        check_trace(text, r#"{"resourceSpans":[]}"#);
    }
    check_trace(
        " { \"resourceSpans\" : [ { \"scopeSpans\" : [ ] } , { } ] } ",
        r#"{"resourceSpans":[{},{}]}"#,
    );
}

#[test]
fn an_unknown_enum_name_becomes_0_and_is_counted() {
    let span = r#"{"kind":"SPAN_KIND_NEW","status":{"code":"??"}}"#;
    let (written, repaired) = rewrite_trace(&in_trace(span)).unwrap();
    assert_eq!(written, in_trace(r#"{"status":{}}"#));
    assert_eq!(
        repaired.iter().collect::<Vec<_>>(),
        [("enum_name_unknown", 2)]
    );
}
