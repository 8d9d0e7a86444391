//! Limits, prefixes, mistakes, and what all answers have in common.

use serde_json::{Value, json};

use super::{encoded, stored};
use crate::integration::api::server::{NOW_NS, Server};

const CALLS: [&str; 7] = [
    "/api/v1/logs/histogram",
    "/api/v1/logs/fields",
    "/api/v1/logs/fields/k/values",
    "/api/v1/logs/facets",
    "/api/v1/traces/fields",
    "/api/v1/traces/fields/k/values",
    "/api/v1/traces/facets",
];

fn attribute(key: &str, value: &Value) -> Value {
    let record =
        json!({"timeUnixNano": NOW_NS.to_string(), "attributes": [{"key": key, "value": value}]});
    json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]})
}

async fn words() -> Server {
    let server = Server::start().await;
    for (text, times) in [("Pear", 3), ("pea", 2), ("plum", 2), ("apple", 1)] {
        for _ in 0..times {
            server.send_logs(&attribute("fruit", &json!({"stringValue": text})));
            server.send_logs(&attribute("status", &json!({"stringValue": text})));
        }
    }
    for number in ["20", "200", "30"] {
        server.send_logs(&attribute("fruit", &json!({"intValue": number})));
    }
    server.send_logs(&attribute("fruit", &json!({"boolValue": true})));
    server
}

async fn values(server: &Server, field: &str, parameters: &str) -> (Value, Value) {
    let path = format!("/api/v1/logs/fields/{field}/values?{parameters}");
    let mut answer = server.get(&path).await.json();
    (answer["values"].take(), answer["distinct"].take())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_cuts_and_says_how_many_there_are() {
    let server = words().await;
    let (found, distinct) = values(&server, "fruit", "limit=2").await;
    let most = json!([{"value": "Pear", "count": 3}, {"value": "pea", "count": 2}]);
    assert_eq!((found, distinct), (most.clone(), json!(8)));
    let answer = server
        .get("/api/v1/logs/facets?fields=fruit,nothing&limit=2")
        .await
        .json();
    let facets = json!([
        {"field": "fruit", "values": most, "distinct": 8},
        {"field": "nothing", "values": [], "distinct": 0},
    ]);
    assert_eq!(answer["facets"], facets);
    let answer = server.get("/api/v1/logs/fields?limit=1").await.json();
    let fields = json!([{"name": "fruit", "type": "mixed", "count": 12}]);
    assert_eq!(
        (&answer["fields"], &answer["distinct"]),
        (&fields, &json!(2))
    );
    assert_eq!(
        (&answer["matched"], answer.get("partial")),
        (&json!(20), None)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prefix_is_that_of_the_text() {
    let server = words().await;
    let (found, distinct) = values(&server, "fruit", "prefix=pe").await;
    assert_eq!(
        (found, distinct),
        (json!([{"value": "pea", "count": 2}]), json!(1))
    );
    let (found, _) = values(&server, "fruit", "prefix=20").await;
    assert_eq!(
        found,
        json!([{"value": 20, "count": 1}, {"value": 200, "count": 1}])
    );
    let (found, _) = values(&server, "fruit", "prefix=tr").await;
    assert_eq!(found, json!([{"value": true, "count": 1}]));
    // A filter on this field ignores case, so the prefix does.
    let (found, distinct) = values(&server, "status", "prefix=PE").await;
    let both = json!([{"value": "Pear", "count": 3}, {"value": "pea", "count": 2}]);
    assert_eq!((found, distinct), (both, json!(2)));
    let (found, distinct) = values(&server, "fruit", "prefix=%00").await;
    assert_eq!((found, distinct), (json!([]), json!(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_with_a_comma_is_named_in_a_body() {
    let server = Server::start().await;
    for name in ["a,b", "a", "b"] {
        server.send_logs(&attribute(name, &json!({"stringValue": name})));
    }
    let facet =
        |name: &str| json!({"field": name, "values": [{"value": name, "count": 1}], "distinct": 1});
    let path = "/api/v1/logs/facets";
    let listed = server
        .post(path, &json!({"fields": ["a,b", "a", "a,b"]}))
        .await
        .json();
    assert_eq!(listed["facets"], json!([facet("a,b"), facet("a")]));
    let split = server.post(path, &json!({"fields": "b,a"})).await.json();
    assert_eq!(split["facets"], json!([facet("b"), facet("a")]));
    let alone = server
        .get(&format!("/api/v1/logs/fields/{}/values", encoded("a,b")))
        .await;
    assert_eq!(
        alone.json()["values"],
        json!([{"value": "a,b", "count": 1}])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes() {
    let server = Server::start().await;
    for call in CALLS {
        let call = format!("{call}?fields=a");
        for (wrong, code) in [
            ("q=(", "bad_query"),
            ("from=x", "bad_time"),
            ("from=2&to=1", "bad_range"),
            ("q=a&q=b", "repeated_parameter"),
            ("q=%ff", "bad_encoding"),
        ] {
            server
                .get(&format!("{call}&{wrong}"))
                .await
                .error(400, code);
        }
        let number = if call.contains("histogram") {
            "buckets"
        } else {
            "limit"
        };
        for wrong in [
            "0",
            "10001",
            "-1",
            "1.5",
            "x",
            "",
            "99999999999999999999999",
        ] {
            let answer = server.get(&format!("{call}&{number}={wrong}")).await;
            answer.error(400, "bad_limit");
        }
        server.get(&format!("{call}&{number}=10000")).await.json();
        server
            .post(&call, &json!({"q": ["a"]}))
            .await
            .error(400, "bad_parameter");
    }
    for name in ["a%", "a%2", "a%zz", "a%ff"] {
        let answer = server
            .get(&format!("/api/v1/logs/fields/{name}/values"))
            .await;
        answer.error(400, "bad_encoding");
    }
    let facets = "/api/v1/logs/facets";
    for wrong in ["", "?fields=", "?fields=a,,b", "?fields=a,"] {
        let answer = server.get(&format!("{facets}{wrong}")).await;
        answer.error(400, "bad_parameter");
    }
    for wrong in [
        json!({"fields": [1]}),
        json!({"fields": [["a"]]}),
        json!({"fields": {"a": 1}}),
        json!({"fields": [""]}),
    ] {
        server
            .post(facets, &wrong)
            .await
            .error(400, "bad_parameter");
    }
    let many: Vec<String> = (0..21).map(|n| format!("f{n}")).collect();
    server
        .post(facets, &json!({"fields": many}))
        .await
        .error(400, "bad_limit");
    server
        .post(facets, &json!({"fields": []}))
        .await
        .error(400, "bad_limit");
    server
        .post(facets, &json!({"fields": &many[1..]}))
        .await
        .json();
    server
        .get("/api/v1/logs/fields/%ff/values")
        .await
        .error(400, "bad_encoding");
    let nameless = server.get("/api/v1/logs/fields//values").await.json();
    assert_eq!(nameless["values"], json!([]));
    server
        .get("/api/v1/logs/fields/a/b/values")
        .await
        .error(404, "unknown_path");
}

#[tokio::test(flavor = "multi_thread")]
async fn hints_and_stats_are_those_of_a_search() {
    let (server, records) = stored(3, 120).await;
    for call in CALLS.into_iter().filter(|call| call.contains("logs")) {
        let answer = server
            .get(&format!("{call}?fields=k&q=NOT+body:*&from=1"))
            .await
            .json();
        let stats = &answer["stats"];
        assert_eq!(stats["rows_total"], json!(records.len()), "{call}");
        assert!(stats["rows_scanned"].as_u64() > Some(0) && stats["elapsed_ms"].is_u64());
        assert_eq!((answer.get("partial"), answer.get("missing")), (None, None));
        let hinted = |answer: &Value, word: &str| {
            let hints = answer["hints"].as_array().unwrap();
            assert!(
                hints
                    .iter()
                    .any(|hint| hint.as_str().unwrap().contains(word)),
                "{answer}"
            );
        };
        let typo = server.get(&format!("{call}?fields=k&frm=1")).await.json();
        hinted(&typo, "`from`");
        let late = server.get(&format!("{call}?fields=k&from=now%2B1d")).await;
        hinted(&late.json(), "newest record");
    }
}
