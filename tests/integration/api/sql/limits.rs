//! Limits on rows, time and memory: told, never a silent cut.

use std::time::Duration;

use clearspan_query::Config;

use super::*;

async fn with_logs(config: Config, count: u64) -> Server {
    let server = Server::with_query(config).await;
    let record = |n: u64| json!({"timeUnixNano": (NOW_NS as u64 - n).to_string(), "body": {"stringValue": format!("line {n}")}});
    server.send_logs(&logs("a", &(0..count).map(record).collect::<Vec<_>>()));
    server
}

#[tokio::test(flavor = "multi_thread")]
async fn rows() {
    let config = Config {
        sql_rows_max: 1_500,
        ..Config::default()
    };
    let server = with_logs(config, 2_000).await;
    for query in [
        "SELECT body FROM logs",
        "SELECT body FROM logs ORDER BY body",
        "SELECT body FROM logs LIMIT 1501",
        "SELECT a.body FROM logs a, logs b",
    ] {
        let error = server.sql(query).await.error(422, "row_limit");
        assert!(
            error["message"].as_str().unwrap().contains("1500"),
            "{error}"
        );
        assert!(error["hint"].as_str().unwrap().contains("LIMIT"), "{error}");
    }
    for (query, expected) in [
        ("SELECT body FROM logs LIMIT 1500", 1_500),
        ("SELECT body FROM logs ORDER BY time LIMIT 1500", 1_500),
        ("SELECT body FROM logs OFFSET 600", 1_400),
        ("SELECT body FROM logs LIMIT 0", 0),
    ] {
        let rows = server.rows(query).await;
        assert_eq!(rows.as_array().unwrap().len(), expected, "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn time() {
    let config = Config {
        sql_time_limit: Duration::from_millis(500),
        concurrent_max: 1,
        ..Config::default()
    };
    let server = with_logs(config, 3_000).await;
    let endless = "SELECT count(*) FROM logs a, logs b, logs c, logs d WHERE a.body < b.body AND b.body < c.body || d.body";
    let error = server.sql(endless).await.error(422, "time_limit");
    assert!(
        error["message"].as_str().unwrap().contains("500 ms"),
        "{error}"
    );
    // Its turn, the only one, is free again when it has stopped.
    assert_eq!(
        server.value("SELECT count(*) FROM logs").await,
        json!(3_000)
    );
    // Searches have turns of their own.
    let searched = server.get("/api/v1/logs/search?limit=1").await.json();
    assert_eq!(searched["matched"], json!(3_000));
}

/// What records share stands in memory once; what is made of it does so for each of them.
#[tokio::test(flavor = "multi_thread")]
async fn memory_of_what_rows_share() {
    let config = Config {
        memory_bytes: 64 << 20,
        ..Config::default()
    };
    let server = Server::with_query(config).await;
    let long = "x".repeat(1 << 20);
    let record = |n: u64| json!({"timeUnixNano": (NOW_NS as u64 - n).to_string(), "body": {"stringValue": "a"}});
    let records: Vec<_> = (0..100).map(record).collect();
    server.send_logs(&logs(&long, &records));
    for flushed in [false, true] {
        if flushed {
            server.flush();
        }
        for query in [
            "SELECT sum(length(resource['service.name'])) FROM logs",
            "SELECT sum(length(upper(service))) FROM logs",
            "SELECT sum(length(service || '')) FROM logs",
        ] {
            assert_eq!(server.value(query).await, json!(100 << 20), "{query}");
        }
        for query in [
            "SELECT resource FROM logs",
            "SELECT service FROM logs",
            "SELECT upper(a.service) FROM logs a, (SELECT 1 FROM logs LIMIT 10) ORDER BY 1",
        ] {
            server.sql(query).await.error(422, "memory_limit");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn memory() {
    let config = Config {
        memory_bytes: 4 << 20,
        ..Config::default()
    };
    let server = with_logs(config, 5_000).await;
    for query in [
        "SELECT a.body || repeat('x', 1000) AS x FROM logs a, (SELECT 1 FROM logs LIMIT 20) ORDER BY x OFFSET 99990",
        "SELECT count(DISTINCT a.body || b.body) FROM logs a, (SELECT body FROM logs LIMIT 100) b",
        "SELECT a.body || repeat('x', 1000) FROM logs a",
        "SELECT array_agg(a.body || repeat('x', 1000)) FROM logs a, (SELECT 1 FROM logs LIMIT 5)",
        "SELECT max(n) FROM (SELECT sum(length(body)) OVER (PARTITION BY service) AS n, body || repeat('y', 2000) AS x FROM logs) WHERE x <> ''",
        "SELECT count(*) FROM logs a JOIN logs b ON a.body || repeat('x', 2000) = b.body",
        // Rows without columns, which take their place all the same.
        "WITH a0 AS (SELECT 1 AS x UNION ALL SELECT 2), a1 AS (SELECT a.x FROM a0 a, a0 b), a2 AS (SELECT a.x FROM a1 a, a1 b), \
         a3 AS (SELECT a.x FROM a2 a, a2 b), a4 AS (SELECT a.x FROM a3 a, a3 b), a5 AS (SELECT a.x FROM a4 a, a4 b), \
         a6 AS (SELECT a.x FROM a5 a, a5 b) SELECT sum(x) FROM a6",
    ] {
        let error = server.sql(query).await.error(422, "memory_limit");
        assert!(
            error["message"].as_str().unwrap().contains("bytes"),
            "{error}"
        );
    }
    // What they held is given back.
    for _ in 0..3 {
        assert_eq!(
            server.value("SELECT count(DISTINCT body) FROM logs").await,
            json!(5_000)
        );
    }
}
