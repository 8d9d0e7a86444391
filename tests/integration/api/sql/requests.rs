//! Parameters, names, mistakes, and the request itself.

use serde_json::Value;

use super::*;

async fn with_a_log() -> Server {
    let server = Server::start().await;
    server.send_logs(&logs(
        "cart",
        &[json!({"timeUnixNano": (NOW_NS - 5_000_000_000).to_string(),
        "body": {"stringValue": "it's"}, "severityNumber": 9})],
    ));
    server
}

#[tokio::test(flavor = "multi_thread")]
async fn parameters_of_every_kind() {
    let server = with_a_log().await;
    let value = async |query: &str, params: Value| {
        let answer = server
            .post(SQL, &json!({"query": query, "params": params}))
            .await;
        answer.json()["rows"][0][0].take()
    };
    assert_eq!(
        value(
            "SELECT count(*) FROM logs WHERE body = $b",
            json!({"b": "it's"})
        )
        .await,
        json!(1)
    );
    assert_eq!(
        value(
            "SELECT count(*) FROM logs WHERE body = $b",
            json!({"b": "' OR true --"})
        )
        .await,
        json!(0)
    );
    assert_eq!(value("SELECT $a + 1", json!({"a": 1.5})).await, json!(2.5));
    assert_eq!(value("SELECT $a - 1", json!({"a": -4})).await, json!(-5));
    assert_eq!(
        value("SELECT $a", json!({"a": u64::MAX})).await,
        json!("18446744073709551615")
    );
    assert_eq!(value("SELECT $a", json!({"a": "$b"})).await, json!("$b"));
    assert_eq!(
        value("SELECT NOT $a", json!({"a": true})).await,
        json!(false)
    );
    assert_eq!(
        value("SELECT $a IS NULL", json!({"a": null})).await,
        json!(true)
    );
    assert_eq!(
        value("SELECT body FROM logs LIMIT $n", json!({"n": 1})).await,
        json!("it's")
    );
    assert_eq!(
        value(
            "SELECT resource[$k] FROM logs",
            json!({"k": "service.name"})
        )
        .await,
        json!("cart")
    );
    assert_eq!(
        value(
            "SELECT count(*) FROM logs WHERE matches(body, $q)",
            json!({"q": "IT"})
        )
        .await,
        json!(1)
    );
    assert_eq!(
        value(
            "SELECT date_bin(CAST($w AS INTERVAL), time) FROM logs",
            json!({"w": "1 hour"})
        )
        .await,
        json!("2023-11-14T22:00:00.000000000Z")
    );
    let in_range = "SELECT count(*) FROM logs WHERE time >= $from AND time < $to";
    for (from, to, expected) in [
        (json!("now-6s"), json!("now"), 1),
        (json!("now-4s"), json!("now"), 0),
        (json!(NOW_NS / 1_000_000 - 5_000), json!("now"), 1),
        (
            json!("2023-11-14T22:13:15Z"),
            json!("2023-11-14T23:13:15+01:00"),
            0,
        ),
        (
            json!("2023-11-14T22:13:15Z"),
            json!("9999-12-31T23:59:59Z"),
            1,
        ),
        (json!("0001-01-01T00:00:00Z"), json!("now+1w"), 1),
        (json!(null), json!("now"), 0),
    ] {
        let found = value(in_range, json!({"from": from, "to": to})).await;
        assert_eq!(found, json!(expected), "{from} {to}");
    }
    assert_eq!(
        value("SELECT arrow_typeof($from)", json!({"from": 0})).await,
        json!("Timestamp(ns, \"UTC\")")
    );
    assert_eq!(
        value("SELECT 1", json!({"from": "now-1h", "to": "now"})).await,
        json!(1)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn parameters_that_do_not_fit() {
    let server = with_a_log().await;
    let refused = async |query: &str, params: Value, code: &str| {
        let answer = server
            .post(SQL, &json!({"query": query, "params": params}))
            .await;
        answer.error(400, code)
    };
    let unbound = refused("SELECT  $x", json!({}), "bad_parameter").await;
    assert!(
        unbound["message"].as_str().unwrap().contains("`$x`"),
        "{unbound}"
    );
    assert_eq!(unbound["position"], json!(8));
    let unknown = refused("SELECT 1", json!({"x": 1}), "bad_parameter").await;
    assert!(
        unknown["message"].as_str().unwrap().contains("`$x`"),
        "{unknown}"
    );
    for time in [json!("yesterday"), json!(true), json!("")] {
        refused("SELECT $from", json!({"from": time}), "bad_time").await;
    }
    refused("SELECT $x", json!({"x": [1]}), "bad_parameter").await;
    refused("SELECT $x", json!({"x": {}}), "bad_parameter").await;
    refused("SELECT 1", json!([]), "bad_parameter").await;
    refused("SELECT ?", json!({}), "bad_parameter").await;
    server
        .post(SQL, &json!({}))
        .await
        .error(400, "bad_parameter");
    server
        .post(SQL, &json!({"query": 1}))
        .await
        .error(400, "bad_parameter");
    server
        .post(SQL, &json!({"query": ""}))
        .await
        .error(400, "bad_sql");
}

#[tokio::test(flavor = "multi_thread")]
async fn names_of_columns() {
    let server = with_a_log().await;
    let check = async |query: &str, expected: &[&str]| {
        let answer = server.sql(query).await.json();
        let names: Vec<&str> = answer["columns"]
            .as_array()
            .unwrap()
            .iter()
            .map(|column| column["name"].as_str().unwrap())
            .collect();
        assert_eq!(names, expected, "{query}");
        for row in answer["rows"].as_array().unwrap() {
            assert_eq!(row.as_array().unwrap().len(), expected.len());
        }
    };
    check(
        "SELECT body, body, service AS body FROM logs",
        &["body", "body", "body"],
    )
    .await;
    check(
        "SELECT count(*), max(time) FROM logs",
        &["count(*)", "max(time)"],
    )
    .await;
    check(
        "SELECT resource['service.name'], l.body FROM logs l",
        &["resource['service.name']", "body"],
    )
    .await;
    check(
        "SELECT a.body, b.body FROM logs a, logs b",
        &["body", "body"],
    )
    .await;
    check("SELECT 1, 1, 'x' AS \"A b\"", &["1", "1", "A b"]).await;
    check(
        "SELECT body AS x FROM logs UNION ALL SELECT service FROM logs",
        &["x"],
    )
    .await;
    check(
        "SELECT lower(service) FROM logs GROUP BY lower(service) ORDER BY lower(service)",
        &["lower(service)"],
    )
    .await;
    check(
        "SELECT count(*) FROM logs GROUP BY service HAVING count(*) > 0 ORDER BY count(*) DESC",
        &["count(*)"],
    )
    .await;
    check(
        "SELECT DISTINCT service, severity_number FROM logs ORDER BY service",
        &["service", "severity_number"],
    )
    .await;
    let answer = server
        .sql("SELECT *, body, time FROM logs ORDER BY body")
        .await
        .json();
    assert_eq!(answer["columns"].as_array().unwrap().len(), 21);
    assert_eq!(answer["rows"][0][19], json!("it's"));
    let answer = server
        .sql("SELECT * FROM logs a JOIN logs b ON a.body = b.body")
        .await
        .json();
    assert_eq!(answer["columns"].as_array().unwrap().len(), 38);
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_have_their_place_and_a_hint() {
    let server = with_a_log().await;
    let check = async |query: &str, position: Option<usize>, hint: &str| {
        let error = server.sql(query).await.error(400, "bad_sql");
        assert_eq!(
            error.get("position"),
            position.map(|at| json!(at)).as_ref(),
            "{query}: {error}"
        );
        assert!(
            error["hint"].as_str().unwrap().contains(hint),
            "{query}: {error}"
        );
        let message = error["message"].as_str().unwrap();
        assert!(
            !message.is_empty() && !message.contains('\n') && message.len() < 700,
            "{error}"
        );
    };
    check("SELECT boby FROM logs", Some(7), "`body`").await;
    check("SELECT 'é',\n  l.boby FROM logs l", Some(14), "`body`").await;
    check("SELECT name FROM logs", Some(7), "").await;
    check("SELECT body FROM log", Some(17), "`logs`").await;
    check("SELECT * FROM users", Some(14), "`logs` and `spans`").await;
    check(
        "SELECT body FROM logs WHERE service = \"cart\"",
        Some(38),
        "single quotes",
    )
    .await;
    check("SELECT x.body FROM logs", Some(7), "").await;
    check(
        "SELECT service FROM logs JOIN spans USING (trace_id)",
        Some(7),
        "`logs.service`",
    )
    .await;
    check("SELECT FROM WHERE", Some(12), "").await;
    check("SELECT body FROM logs WHERE", Some(27), "").await;
    check("SELEC 1", Some(0), "SELECT").await;
    check("SELECT nofunction(1)", Some(7), "").await;
    check("SELECT count(*), body FROM logs", Some(17), "").await;
    for query in [
        "SELECT body + 1 FROM logs",
        "SELECT 1 / 0",
        "SELECT CAST('x' AS INT)",
        "SELECT attributes = 'x' FROM logs",
        "SELECT attributes LIKE '%x%' FROM logs",
        "SELECT attributes_num(body, 'x') FROM logs",
        "SELECT matches(body) FROM logs",
        "SELECT matches(body, service) FROM logs",
        "SELECT matches(severity_number, 'x') FROM logs",
        "SELECT regexp_like(body, service) FROM logs",
        "SELECT body ~ service FROM logs",
        "SELECT regexp_like(body, '(') FROM logs",
        "SELECT severity_name('x') FROM logs",
        "SELECT 1 UNION SELECT 1, 2",
    ] {
        server.sql(query).await.error(400, "bad_sql");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_in_a_query_of_matches() {
    let server = with_a_log().await;
    for query in [
        "SELECT matches(body, 'a (b') FROM logs",
        "SELECT body FROM logs WHERE matches(body, 'a (b')",
    ] {
        let error = server.sql(query).await.error(400, "bad_query");
        assert_eq!(error["position"], json!(4), "{error}");
        assert!(!error["expected"].as_array().unwrap().is_empty());
    }
    // Fields are seen by the leaf alone.
    for query in [
        "SELECT matches(body, 'service:cart') FROM logs",
        "SELECT count(*) FROM logs WHERE matches(service, 'service:cart')",
        "SELECT count(*) FROM logs WHERE NOT matches(body, 'service:cart')",
    ] {
        let error = server.sql(query).await.error(400, "bad_sql");
        assert!(
            error["message"].as_str().unwrap().contains("`service`"),
            "{error}"
        );
    }
    assert_eq!(
        server.value("SELECT matches(NULL, 'x')").await,
        json!(false)
    );
    assert_eq!(
        server.value("SELECT matches('x y', NULL)").await,
        json!(false)
    );
    assert_eq!(
        server.value("SELECT matches('a-b', 'b')").await,
        json!(true)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn only_by_post_and_only_json() {
    let server = with_a_log().await;
    let answer = server.get(SQL).await;
    answer.error(405, "method_not_allowed");
    let head = answer.head.to_ascii_lowercase();
    assert!(head.contains("allow: post"), "{head}");
    server
        .get(&format!("{SQL}?query=SELECT%201"))
        .await
        .error(405, "method_not_allowed");
    let body = r#"{"query":"SELECT 1"}"#;
    let with =
        async |headers: &str, body: &str| server.request_with("POST", SQL, headers, body).await;
    with("content-type: text/plain\r\n", body)
        .await
        .error(400, "bad_content_type");
    with("content-type: application/json\r\n", "SELECT 1")
        .await
        .error(400, "bad_body");
    with("content-type: application/json\r\n", "")
        .await
        .error(400, "bad_body");
    with(
        "content-type: application/json\r\n",
        r#"{"query":"SELECT 1","query":"SELECT 2"}"#,
    )
    .await
    .error(400, "repeated_parameter");
    assert_eq!(with("", body).await.json()["rows"], json!([[1]]));
    let hinted = server
        .post(SQL, &json!({"query": "SELECT 1", "parms": {}}))
        .await
        .json();
    assert!(
        hinted["hints"][0].as_str().unwrap().contains("`params`"),
        "{hinted}"
    );
}
