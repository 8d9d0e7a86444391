//! What is refused, and where the error says it stands.

use super::*;

#[track_caller]
fn check_refused(text: &str, reason: &str) {
    match rewrite_trace(text) {
        Err(DecodeError::Undecodable { reason: found, .. }) => assert_eq!(found, reason),
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn what_is_wrong_is_refused_with_its_path() {
    for (text, reason) in [
        ("", "expected an object, found the end at byte 0"),
        ("null", "expected an object, found null at byte 0"),
        ("[]", "expected an object, found an array at byte 0"),
        ("{} x", "expected the end, found something else at byte 3"),
        (
            r#"{"a":1,}"#,
            "expected a field name, found something else at byte 7",
        ),
        (r#"{"a" 1}"#, "expected `:`, found a number at byte 5"),
        (
            r#"{"a":[1 2]}"#,
            "a: expected `,` or `]`, found a number at byte 8",
        ),
        (
            r#"{"a":01}"#,
            "expected `,` or `}`, found a number at byte 6",
        ),
        (
            r#"{"a":tru}"#,
            "a: expected true, found a boolean at byte 5",
        ),
        (
            r#"{"a":"\x"}"#,
            "a: expected an escape, found something else at byte 7",
        ),
        (
            r#"{"a":"\u12"}"#,
            "a: expected four hex digits, found a number at byte 8",
        ),
        (
            r#"{"a":"\ud800"}"#,
            "a: invalid lone surrogate before byte 12",
        ),
        (
            r#"{"a":"\ud800\u0041"}"#,
            "a: invalid surrogate pair before byte 18",
        ),
        (
            "{\"a\":\"\n\"}",
            "a: expected an escaped control character, found something else at byte 6",
        ),
        (
            r#"{"resourceSpans":{}}"#,
            "resourceSpans: expected an array, found an object at byte 17",
        ),
        (
            r#"{"resourceSpans":[3]}"#,
            "resourceSpans[0]: expected an object, found a number at byte 18",
        ),
    ] {
        check_refused(text, reason);
    }
}

#[test]
fn a_field_of_a_wrong_type_is_refused_with_its_path() {
    for (span, field, reason) in [
        (r#"{"name":1}"#, "name", "expected a string, found a number"),
        (
            r#"{"traceId":[]}"#,
            "traceId",
            "expected a string, found an array",
        ),
        (r#"{"kind":1.5}"#, "kind", "invalid integer"),
        (r#"{"kind":"1.5"}"#, "kind", "invalid enum"),
        (
            r#"{"kind":true}"#,
            "kind",
            "expected an integer, found a boolean",
        ),
        (r#"{"flags":-1}"#, "flags", "invalid integer"),
        (r#"{"flags":4294967296}"#, "flags", "invalid integer"),
        (
            r#"{"startTimeUnixNano":"x"}"#,
            "startTimeUnixNano",
            "invalid integer",
        ),
        (
            r#"{"startTimeUnixNano":18446744073709551616}"#,
            "startTimeUnixNano",
            "invalid integer",
        ),
        (
            r#"{"status":{"code":{}}}"#,
            "status.code",
            "expected an integer, found an object",
        ),
        (
            r#"{"events":[{},{"name":{}}]}"#,
            "events[1].name",
            "expected a string, found an object",
        ),
        (
            r#"{"attributes":[{"value":{"boolValue":"true"}}]}"#,
            "attributes[0].value.boolValue",
            "expected true or false",
        ),
        (
            r#"{"attributes":[{"value":{"doubleValue":"one"}}]}"#,
            "attributes[0].value.doubleValue",
            "invalid double",
        ),
        (
            r#"{"attributes":[{"value":{"doubleValue":1e999}}]}"#,
            "attributes[0].value.doubleValue",
            "invalid double",
        ),
        (
            r#"{"attributes":[{"value":{"bytesValue":"%"}}]}"#,
            "attributes[0].value.bytesValue",
            "invalid base64",
        ),
        (
            r#"{"attributes":[{"value":"text"}]}"#,
            "attributes[0].value",
            "expected an object, found a string",
        ),
    ] {
        let expected = format!("resourceSpans[0].scopeSpans[0].spans[0].{field}: {reason}");
        match rewrite_trace(&in_trace(span)) {
            Err(DecodeError::Undecodable { reason, .. }) => {
                assert!(reason.starts_with(&expected), "{reason}\n{expected}");
            }
            other => panic!("{span}: {other:?}"),
        }
    }
}
