//! Every column of both tables, over records full of odd values.

use serde_json::{Map, Value, json};

use super::*;

const LOG_COLUMNS: [&str; 19] = [
    "time",
    "observed_time",
    "placed_time",
    "severity_number",
    "severity_text",
    "service",
    "body",
    "event_name",
    "trace_id",
    "span_id",
    "flags",
    "attributes",
    "resource",
    "scope_name",
    "scope_version",
    "scope",
    "dropped_attributes_count",
    "resource_schema_url",
    "scope_schema_url",
];

const SPAN_COLUMNS: [&str; 25] = [
    "trace_id",
    "span_id",
    "parent_span_id",
    "trace_state",
    "flags",
    "name",
    "kind",
    "start_time",
    "end_time",
    "duration_ns",
    "status_code",
    "status_message",
    "service",
    "attributes",
    "resource",
    "scope_name",
    "scope_version",
    "scope",
    "events",
    "links",
    "dropped_attributes_count",
    "dropped_events_count",
    "dropped_links_count",
    "resource_schema_url",
    "scope_schema_url",
];

fn odd_attributes() -> Value {
    json!([
        {"key": "string", "value": {"stringValue": "a \"b\"\n\u{1}é\u{2028}"}},
        {"key": "bool", "value": {"boolValue": false}},
        {"key": "int", "value": {"intValue": "9007199254740992"}},
        {"key": "large", "value": {"intValue": "-9007199254740993"}},
        {"key": "float", "value": {"doubleValue": -0.25}},
        {"key": "nan", "value": {"doubleValue": "NaN"}},
        {"key": "inf", "value": {"doubleValue": "-Infinity"}},
        {"key": "bytes", "value": {"bytesValue": "/wA="}},
        {"key": "array", "value": {"arrayValue": {"values": [{"intValue": "1"}, {}]}}},
        {"key": "map", "value": {"kvlistValue": {"values": [{"key": "k", "value": {"boolValue": true}}]}}},
        {"key": "unset", "value": {}},
        {"key": "twice", "value": {"intValue": "1"}},
        {"key": "twice", "value": {"stringValue": "last"}},
        {"key": "", "value": {"stringValue": "no name"}}
    ])
}

fn odd_attributes_shown() -> Value {
    json!({
        "string": "a \"b\"\n\u{1}é\u{2028}", "bool": false, "int": 9_007_199_254_740_992_i64,
        "large": "-9007199254740993", "float": -0.25, "nan": "NaN", "inf": "-Infinity",
        "bytes": {"bytes": "/wA="}, "array": [1, null], "map": {"k": true}, "unset": null, "twice": "last",
        "": "no name"
    })
}

fn odd_log() -> Value {
    json!({"resourceLogs": [{
        "schemaUrl": "https://example.test/resource",
        "resource": {"attributes": [text("service.name", "cart"), int("pod", 1), int("pod", 2)]},
        "scopeLogs": [{
            "schemaUrl": "https://example.test/scope",
            "scope": {"name": "lib", "version": "2.0", "attributes": [text("name", "x")]},
            "logRecords": [{
                "timeUnixNano": "1674981729487160534", "observedTimeUnixNano": "18446744073709551615",
                "severityNumber": 17, "severityText": "Error", "traceId": "0AF7651916CD43DD8448EB211C80319C",
                "spanId": "b7ad6b7169203331", "flags": 4_294_967_295_u32, "eventName": "e",
                "body": {"kvlistValue": {"values": [{"key": "a", "value": {"arrayValue": {"values": [
                    {"stringValue": "b\""}, {"intValue": "9007199254740993"}, {"doubleValue": "NaN"}]}}}]}},
                "attributes": odd_attributes(), "droppedAttributesCount": 7
            }]
        }]
    }]})
}

/// The one row of `table` as an object, after checking that `*` has the columns in order.
async fn only_row(server: &Server, table: &str, columns: &[&str]) -> Value {
    let answer = server.sql(&format!("SELECT * FROM {table}")).await.json();
    let names: Vec<&str> = answer["columns"]
        .as_array()
        .unwrap()
        .iter()
        .map(|column| column["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, columns);
    let rows = answer["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 1, "{answer}");
    let values = rows[0].as_array().unwrap().iter().cloned();
    let row: Map<_, _> = columns
        .iter()
        .map(|&name| name.to_owned())
        .zip(values)
        .collect();
    // Each column alone, and all of them backwards, are the same values.
    for &name in columns {
        let alone = server.value(&format!("SELECT {name} FROM {table}")).await;
        assert_eq!(alone, row[name], "{name}");
    }
    let backwards: Vec<&str> = columns.iter().rev().copied().collect();
    let reversed = server
        .rows(&format!("SELECT {} FROM {table}", backwards.join(", ")))
        .await;
    let expected: Vec<&Value> = backwards.iter().map(|&name| &row[name]).collect();
    assert_eq!(reversed, json!([expected]));
    Value::Object(row)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_full_of_odd_values() {
    let server = Server::start().await;
    server.send_logs(&odd_log());
    for flushed in [false, true] {
        if flushed {
            server.flush();
        }
        assert_eq!(
            only_row(&server, "logs", &LOG_COLUMNS).await,
            json!({
                "time": "2023-01-29T08:42:09.487160534Z", "observed_time": null,
                "placed_time": "2023-01-29T08:42:09.487160534Z", "severity_number": 17, "severity_text": "Error",
                "service": "cart", "body": "{\"a\":[\"b\\\"\",\"9007199254740993\",\"NaN\"]}", "event_name": "e",
                "trace_id": "0af7651916cd43dd8448eb211c80319c", "span_id": "b7ad6b7169203331",
                "flags": 4_294_967_295_u32, "attributes": odd_attributes_shown(),
                "resource": {"service.name": "cart", "pod": 2}, "scope_name": "lib", "scope_version": "2.0",
                "scope": {"name": "x"}, "dropped_attributes_count": 7,
                "resource_schema_url": "https://example.test/resource", "scope_schema_url": "https://example.test/scope"
            })
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_of_which_nothing_was_sent() {
    let server = Server::start().await;
    server.send_logs(&json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [{}]}]}]}));
    for flushed in [false, true] {
        if flushed {
            server.flush();
        }
        assert_eq!(
            only_row(&server, "logs", &LOG_COLUMNS).await,
            json!({
                "time": null, "observed_time": null, "placed_time": "2023-11-14T22:13:20.000000000Z",
                "severity_number": 0, "severity_text": "", "service": null, "body": null, "event_name": "",
                "trace_id": null, "span_id": null, "flags": 0, "attributes": {}, "resource": {}, "scope_name": "",
                "scope_version": "", "scope": {}, "dropped_attributes_count": 0, "resource_schema_url": "",
                "scope_schema_url": ""
            })
        );
    }
}

fn odd_span() -> Value {
    json!({"resourceSpans": [{
        "schemaUrl": "https://example.test/resource",
        "resource": {"attributes": [text("service.name", "pay"), text("zone", "")]},
        "scopeSpans": [{
            "schemaUrl": "https://example.test/scope",
            "scope": {"name": "lib", "version": "3", "attributes": [int("n", 4)]},
            "spans": [{
                "traceId": "0AF7651916CD43DD8448EB211C80319C", "spanId": "B7AD6B7169203331",
                "parentSpanId": "00f067aa0ba902b7", "traceState": "a=b", "flags": 257, "name": "POST /pay",
                "kind": 2, "startTimeUnixNano": "1674981729487160534", "endTimeUnixNano": "1674981729487160533",
                "status": {"code": 2, "message": "no \"money\""},
                "attributes": odd_attributes(), "droppedAttributesCount": 1, "droppedEventsCount": 2,
                "droppedLinksCount": 3,
                "events": [
                    {"timeUnixNano": "1674981729487160535", "name": "retry", "attributes": [int("n", 1)],
                     "droppedAttributesCount": 5},
                    {"timeUnixNano": "18446744073709551615", "name": ""}
                ],
                "links": [{"traceId": "4BF92F3577B34DA6A3CE929D0E0E4736", "spanId": "00F067AA0BA902B7",
                           "traceState": "c=d", "attributes": [text("k", "v")], "flags": 1}]
            }]
        }]
    }]})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_span_full_of_odd_values() {
    let server = Server::start().await;
    server.send_spans(&odd_span());
    for flushed in [false, true] {
        if flushed {
            server.flush();
        }
        assert_eq!(
            only_row(&server, "spans", &SPAN_COLUMNS).await,
            json!({
                "trace_id": "0af7651916cd43dd8448eb211c80319c", "span_id": "b7ad6b7169203331",
                "parent_span_id": "00f067aa0ba902b7", "trace_state": "a=b", "flags": 257, "name": "POST /pay",
                "kind": "SERVER", "start_time": "2023-01-29T08:42:09.487160534Z",
                "end_time": "2023-01-29T08:42:09.487160533Z", "duration_ns": -1, "status_code": "ERROR",
                "status_message": "no \"money\"", "service": "pay", "attributes": odd_attributes_shown(),
                "resource": {"service.name": "pay", "zone": ""}, "scope_name": "lib", "scope_version": "3",
                "scope": {"n": 4},
                "events": [
                    {"time": "2023-01-29T08:42:09.487160535Z", "name": "retry", "attributes": {"n": 1},
                     "dropped_attributes_count": 5},
                    {"time": null, "name": "", "attributes": {}, "dropped_attributes_count": 0}
                ],
                "links": [{"trace_id": "4bf92f3577b34da6a3ce929d0e0e4736", "span_id": "00f067aa0ba902b7",
                           "trace_state": "c=d", "attributes": {"k": "v"}, "dropped_attributes_count": 0, "flags": 1}],
                "dropped_attributes_count": 1, "dropped_events_count": 2, "dropped_links_count": 3,
                "resource_schema_url": "https://example.test/resource",
                "scope_schema_url": "https://example.test/scope"
            })
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_span_of_which_little_was_sent() {
    let server = Server::start().await;
    server.send_spans(&json!({"resourceSpans": [{"scopeSpans": [{"spans": [
        {"traceId": trace_id(0), "spanId": span_id(0), "kind": 77}
    ]}]}]}));
    for flushed in [false, true] {
        if flushed {
            server.flush();
        }
        assert_eq!(
            only_row(&server, "spans", &SPAN_COLUMNS).await,
            json!({
                "trace_id": trace_id(0), "span_id": span_id(0), "parent_span_id": null, "trace_state": "",
                "flags": 0, "name": "", "kind": "77", "start_time": null, "end_time": null, "duration_ns": null,
                "status_code": "UNSET", "status_message": "", "service": null, "attributes": {}, "resource": {},
                "scope_name": "", "scope_version": "", "scope": {}, "events": [], "links": [],
                "dropped_attributes_count": 0, "dropped_events_count": 0, "dropped_links_count": 0,
                "resource_schema_url": "", "scope_schema_url": ""
            })
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn types_have_arrows_names() {
    let server = Server::start().await;
    for (table, expected) in [
        (
            "logs",
            "timestamp(ns, utc) timestamp(ns, utc) timestamp(ns, utc) int32 utf8 utf8 utf8 utf8 utf8 utf8 uint32 utf8 \
             utf8 utf8 utf8 utf8 uint32 utf8 utf8",
        ),
        (
            "spans",
            "utf8 utf8 utf8 utf8 uint32 utf8 utf8 timestamp(ns, utc) timestamp(ns, utc) int64 utf8 utf8 utf8 utf8 utf8 \
             utf8 utf8 utf8 LIST LIST uint32 uint32 uint32 utf8 utf8",
        ),
    ] {
        let answer = server.sql(&format!("SELECT * FROM {table}")).await.json();
        assert_eq!(answer["rows"], json!([]));
        let types: Vec<&str> = answer["columns"]
            .as_array()
            .unwrap()
            .iter()
            .map(|column| column["type"].as_str().unwrap())
            .map(|name| {
                if name.starts_with("list(") {
                    "LIST"
                } else {
                    name
                }
            })
            .collect();
        assert_eq!(types.join(" "), expected);
    }
}

/// Rows of many resources in one segment, in memory and in segments, each with its own.
#[tokio::test(flavor = "multi_thread")]
async fn rows_keep_their_own_resource() {
    let server = Server::start().await;
    for n in 0..3_u64 {
        for service in ["a", "b", "c"] {
            let record = json!({"timeUnixNano": (NOW_NS as u64 - n).to_string(), "body": {"stringValue": service}});
            server.send_logs(&logs(service, &[record.clone(), record]));
        }
        if n == 1 {
            server.flush();
        }
    }
    let rows = server
        .rows(
            "SELECT service, resource['service.name'], body, count(*), count(DISTINCT resource) FROM logs \
             WHERE resource['service.name'] <> 'b' GROUP BY service, resource['service.name'], body ORDER BY service",
        )
        .await;
    assert_eq!(rows, json!([["a", "a", "a", 6, 1], ["c", "c", "c", 6, 1]]));
    let grouped = server
        .rows("SELECT resource, count(*) FROM logs GROUP BY resource ORDER BY resource['service.name']")
        .await;
    let expected = ["a", "b", "c"].map(|service| json!([{"service.name": service}, 6]));
    assert_eq!(grouped, json!(expected));
}
