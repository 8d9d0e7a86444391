//! The functions of ours, and the usual ones.

use serde_json::{Value, json};

use super::*;

async fn with_odd_attributes() -> Server {
    let server = Server::start().await;
    let attributes = json!([
        text("string", "text"),
        int("int", 42),
        int("large", i64::MAX),
        {"key": "float", "value": {"doubleValue": 1.5}},
        {"key": "nan", "value": {"doubleValue": "NaN"}},
        {"key": "bool", "value": {"boolValue": true}},
        {"key": "bytes", "value": {"bytesValue": "AA=="}},
        {"key": "array", "value": {"arrayValue": {"values": [{"stringValue": "x"}, {"intValue": "2"}]}}},
        {"key": "unset", "value": {}},
        int("twice", 1),
        text("twice", "last"),
        text("digits", "17"),
    ]);
    server.send_logs(&logs("cart", &[
        json!({"timeUnixNano": "2", "attributes": attributes, "body": {"stringValue": "first"}}),
        json!({"timeUnixNano": "1", "body": {"stringValue": "second"}}),
    ]));
    server
}

#[tokio::test(flavor = "multi_thread")]
async fn attributes_by_key() {
    let server = with_odd_attributes().await;
    let check = async |expression: &str, expected: Value| {
        let query = format!("SELECT {expression} FROM logs ORDER BY time DESC");
        let rows = server.rows(&query).await;
        assert_eq!(rows, json!([[expected], [null]]), "{expression}");
    };
    for flushed in [false, true] {
        if flushed {
            server.flush();
        }
        check("attributes['string']", json!("text")).await;
        check("attributes['int']", json!("42")).await;
        check("attributes['large']", json!("9223372036854775807")).await;
        check("attributes['float']", json!("1.5")).await;
        check("attributes['nan']", json!("NaN")).await;
        check("attributes['bool']", json!("true")).await;
        check("attributes['bytes']", json!("{\"bytes\":\"AA==\"}")).await;
        check("attributes['array']", json!("[\"x\",2]")).await;
        check("attributes['twice']", json!("last")).await;
        check("attributes['uns' || 'et']", Value::Null).await;
        check("attributes['absent']", Value::Null).await;
        check("attributes['STRING']", Value::Null).await;
        check("attributes_num(attributes, 'int')", json!(42.0)).await;
        check("attributes_num(attributes, 'float')", json!(1.5)).await;
        check("attributes_num(attributes, 'nan')", json!("NaN")).await;
        check("attributes_num(attributes, 'digits')", Value::Null).await;
        check("attributes_num(attributes, 'bool')", Value::Null).await;
        check("attributes_bool(attributes, 'bool')", json!(true)).await;
        check("attributes_bool(attributes, 'int')", Value::Null).await;
        check("CAST(attributes['digits'] AS BIGINT) + 1", json!(18)).await;
        check(
            "NULLIF(attributes_json(attributes), '{}') IS NOT NULL OR NULL",
            json!(true),
        )
        .await;
    }
    let of_groups = "SELECT resource['service.name'], attributes_num(resource, 'x'), scope['y'], s.attributes['int'] \
                     FROM logs AS s ORDER BY time DESC LIMIT 1";
    assert_eq!(
        server.rows(of_groups).await,
        json!([["cart", null, null, "42"]])
    );
    let as_text = server
        .value("SELECT CAST(attributes AS TEXT) FROM logs ORDER BY time DESC LIMIT 1")
        .await;
    let object: Value = serde_json::from_str(as_text.as_str().unwrap()).unwrap();
    assert_eq!(
        (&object["int"], &object["twice"]),
        (&json!(42), &json!("last"))
    );
}

/// Attributes stay attributes through whatever a query does with them.
#[tokio::test(flavor = "multi_thread")]
async fn attributes_survive_operators() {
    let server = with_odd_attributes().await;
    let whole = server
        .value("SELECT attributes FROM logs ORDER BY time DESC LIMIT 1")
        .await;
    for query in [
        "SELECT CASE WHEN body = 'first' THEN attributes END FROM logs WHERE body = 'first'",
        "SELECT coalesce(attributes, attributes) FROM logs WHERE body = 'first'",
        "SELECT first_value(attributes ORDER BY time DESC) FROM logs",
        "SELECT a.attributes FROM logs a LEFT JOIN logs b ON a.body = b.body WHERE a.body = 'first'",
        "WITH w AS (SELECT attributes AS x, body FROM logs UNION ALL SELECT attributes, body FROM logs) \
         SELECT DISTINCT x FROM w WHERE body = 'first'",
        "SELECT attributes FROM logs WHERE body = 'first' GROUP BY attributes",
        "SELECT (array_agg(attributes ORDER BY time DESC))[1] FROM logs",
    ] {
        assert_eq!(server.value(query).await, whole, "{query}");
    }
    let of_nobody = "SELECT b.attributes, b.attributes['int'], b.resource['service.name'] FROM logs a \
                     LEFT JOIN logs b ON a.body = b.service LIMIT 1";
    assert_eq!(server.rows(of_nobody).await, json!([[null, null, null]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn events_and_links_are_taken_apart() {
    let server = Server::start().await;
    let event = |n: i64| json!({"timeUnixNano": n.to_string(), "name": format!("e{n}"), "attributes": [int("n", n)]});
    server.send_spans(&spans("a", &[
        json!({"traceId": trace_id(1), "spanId": span_id(1), "name": "x", "events": [event(1), event(2)]}),
        json!({"traceId": trace_id(2), "spanId": span_id(2), "name": "y"}),
    ]));
    for flushed in [false, true] {
        if flushed {
            server.flush();
        }
        let rows = server
            .rows(
                "SELECT name, e['name'], e['attributes']['n'] FROM (SELECT name, unnest(events) AS e FROM spans) \
                 ORDER BY 2",
            )
            .await;
        assert_eq!(rows, json!([["x", "e1", "1"], ["x", "e2", "2"]]));
        let rows = server
            .rows("SELECT name, cardinality(events), events[2]['name'], links FROM spans ORDER BY name")
            .await;
        assert_eq!(rows, json!([["x", 2, "e2", []], ["y", 0, null, []]]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn severity_names() {
    let server = Server::start().await;
    let query = "SELECT severity_name(n) FROM (VALUES (0), (1), (8), (9), (13), (17), (20), (24), (25), (-1), (NULL)) t(n)";
    let expected = [
        None,
        Some("TRACE"),
        Some("DEBUG"),
        Some("INFO"),
        Some("WARN"),
        Some("ERROR"),
        Some("ERROR"),
        Some("FATAL"),
        None,
        None,
        None,
    ];
    assert_eq!(server.rows(query).await, json!(expected.map(|name| [name])));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_usual_aggregates() {
    let server = Server::start().await;
    let span = |n: u64| {
        let start = NOW_NS as u64 - n * 1_000_000_000;
        json!({"traceId": trace_id(n), "spanId": span_id(n), "name": if n.is_multiple_of(2) { "even" } else { "odd" },
               "startTimeUnixNano": start.to_string(), "endTimeUnixNano": (start + n * 1_000).to_string()})
    };
    server.send_spans(&spans("a", &(1..=100).map(span).collect::<Vec<_>>()));
    for flushed in [false, true] {
        if flushed {
            server.flush();
        }
        let check = async |expression: &str, expected: Value| {
            let value = server
                .value(&format!("SELECT {expression} FROM spans"))
                .await;
            assert_eq!(value, expected, "{expression}");
        };
        check("count(*)", json!(100)).await;
        check("count(DISTINCT name)", json!(2)).await;
        check("sum(duration_ns)", json!(5_050_000)).await;
        check("min(duration_ns)", json!(1_000)).await;
        check("max(duration_ns)", json!(100_000)).await;
        check("avg(duration_ns)", json!(50_500.0)).await;
        check("median(duration_ns)", json!(50_500.0)).await;
        check(
            "percentile_cont(0.5) WITHIN GROUP (ORDER BY duration_ns)",
            json!(50_500.0),
        )
        .await;
        check("round(stddev_pop(duration_ns))", json!(28_866.0)).await;
        check("count(*) FILTER (WHERE name = 'odd')", json!(50)).await;
        check("approx_distinct(trace_id) BETWEEN 95 AND 105", json!(true)).await;
        check(
            "approx_percentile_cont(duration_ns, 0.95) BETWEEN 94000 AND 96500",
            json!(true),
        )
        .await;
        check("max(start_time)", json!("2023-11-14T22:13:19.000000000Z")).await;
        check(
            "string_agg(DISTINCT name, ',' ORDER BY name)",
            json!("even,odd"),
        )
        .await;
        let by_minute = server
            .rows(
                "SELECT date_trunc('minute', start_time) AS minute, count(*) FROM spans GROUP BY minute ORDER BY minute",
            )
            .await;
        let expected = json!([
            ["2023-11-14T22:11:00.000000000Z", 20],
            ["2023-11-14T22:12:00.000000000Z", 60],
            ["2023-11-14T22:13:00.000000000Z", 20]
        ]);
        assert_eq!(by_minute, expected);
        let by_bin = server
            .rows("SELECT date_bin(INTERVAL '1 minute', start_time), count(*) FROM spans GROUP BY 1 ORDER BY 1")
            .await;
        assert_eq!(by_bin, expected);
        let ranked = server
            .rows(
                "SELECT name, duration_ns, row_number() OVER (PARTITION BY name ORDER BY duration_ns DESC) AS n \
                 FROM spans QUALIFY n = 1 ORDER BY name",
            )
            .await;
        assert_eq!(ranked, json!([["even", 100_000, 1], ["odd", 99_000, 1]]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn times_are_compared_and_counted() {
    let server = Server::start().await;
    let check = async |expression: &str, expected: Value| {
        assert_eq!(
            server.value(&format!("SELECT {expression}")).await,
            expected,
            "{expression}"
        );
    };
    check("now()", json!("2023-11-14T22:13:20.000000000Z")).await;
    check(
        "now() - INTERVAL '15 minutes'",
        json!("2023-11-14T21:58:20.000000000Z"),
    )
    .await;
    check("arrow_typeof(now() - INTERVAL '1 hour') <> ''", json!(true)).await;
    check("extract(year FROM now())", json!(2023)).await;
    check("to_char(now(), '%Y-%m-%d')", json!("2023-11-14")).await;
    check("CAST('2023-01-01' AS DATE)", json!("2023-01-01")).await;
    check("1.5::decimal(10,2)", json!("1.50")).await;
    check("CAST('NaN' AS DOUBLE)", json!("NaN")).await;
    check("9007199254740993", json!("9007199254740993")).await;
    check("[1, 2]", json!([1, 2])).await;
    check("X'ff00'", json!({"bytes": "/wA="})).await;
    check("INTERVAL '1 day 2 hours'", json!("1 days 2 hours")).await;
    check("NULL", Value::Null).await;
    check("'a' || NULL", Value::Null).await;
    check("'a' || 1 || true", json!("a1true")).await;
    check("concat('a', NULL, 'b')", json!("ab")).await;
    check("regexp_replace('a1b2', '[0-9]', '', 'g')", json!("ab")).await;
    check("'a1' ~ '[0-9]'", json!(true)).await;
    check("substring('abc' FROM 2)", json!("bc")).await;
    check("position('c' IN 'abc')", json!(3)).await;
    check("repeat('ab', 3)", json!("ababab")).await;
    check("lpad('a', 3, '-')", json!("--a")).await;
    check("replace('aXbX', 'X', '--')", json!("a--b--")).await;
}
