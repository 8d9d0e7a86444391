//! What must not be answered, and what would take forever or all memory. Each ends with a clean error, and the
//! server goes on answering.

use std::time::Duration;

use clearspan_query::Config;

use super::*;

async fn with_logs() -> Server {
    let config = Config {
        sql_time_limit: Duration::from_secs(2),
        memory_bytes: 32 << 20,
        ..Config::default()
    };
    let server = Server::with_query(config).await;
    let record = |n: u64| json!({"timeUnixNano": (NOW_NS as u64 - n).to_string(), "body": {"stringValue": format!("line {n} {}", "abc ".repeat(20))}});
    server.send_logs(&logs("a", &(0..2_000).map(record).collect::<Vec<_>>()));
    let span = |n: u64| json!({"traceId": trace_id(n), "spanId": span_id(n), "name": "x"});
    server.send_spans(&spans("a", &(0..2_000).map(span).collect::<Vec<_>>()));
    server
}

/// How a query may end. On a busy machine the time limit may come before anything else.
type Ends = &'static [u16];
const ANSWERED: Ends = &[200, 422];
const REFUSED: Ends = &[400, 413, 422];
/// At a limit, whatever the machine.
const STOPPED: Ends = &[422];

#[track_caller]
fn assert_ends(query: &str, answer: &Answer, expected: Ends) {
    let shown: String = query.chars().take(120).collect();
    let body = String::from_utf8_lossy(&answer.body);
    let body: String = body.chars().take(600).collect();
    assert!(
        expected.contains(&answer.status),
        "{shown}: {}, expected {expected:?}: {body}",
        answer.status
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_but_the_two_tables() {
    let server = with_logs().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file.csv");
    std::fs::write(&file, "a,b\n1,2\n").unwrap();
    let path = file.display();
    for query in [
        format!("SELECT * FROM '{path}'"),
        format!("SELECT * FROM \"{path}\""),
        format!("SELECT * FROM \"file://{path}\""),
        format!("SELECT * FROM read_csv('{path}')"),
        format!("SELECT * FROM read_parquet('{path}')"),
        format!("SELECT * FROM parquet_metadata('{path}')"),
        format!("COPY logs TO '{path}'"),
        format!("COPY (SELECT 1) TO '{path}' STORED AS CSV"),
        format!("CREATE EXTERNAL TABLE t STORED AS CSV LOCATION '{path}'"),
        format!("INSERT INTO '{path}' SELECT 1"),
        "SELECT * FROM 'http://127.0.0.1:1/x.csv'".into(),
        "SELECT * FROM \"s3://bucket/x.parquet\"".into(),
        "SELECT * FROM information_schema.tables".into(),
        "SELECT * FROM information_schema.df_settings".into(),
        "SELECT * FROM pg_catalog.pg_tables".into(),
        "SELECT * FROM datafusion.public.logs".into(),
        "SELECT * FROM other.logs".into(),
        "SELECT * FROM generate_series(1, 10)".into(),
        "SELECT * FROM range(10)".into(),
        "SELECT generate_series(1, 10)".into(),
        "SELECT range(1, 10)".into(),
        "SELECT * FROM UNNEST(generate_series(1, 10))".into(),
        "SELECT version()".into(),
        "SELECT input_file_name()".into(),
        "SELECT uuid()".into(),
        "SELECT @@version".into(),
        "SELECT @x".into(),
        "SET datafusion.execution.target_partitions = 1".into(),
        "RESET datafusion.execution.target_partitions".into(),
        "SHOW ALL".into(),
        "SHOW TABLES".into(),
        "DESCRIBE logs".into(),
        "EXPLAIN VERBOSE SELECT 1".into(),
        "EXPLAIN ANALYZE DROP TABLE logs".into(),
        "CREATE VIEW v AS SELECT 1".into(),
        "CREATE FUNCTION f() RETURNS INT RETURN 1".into(),
        "DROP TABLE logs".into(),
        "TRUNCATE TABLE logs".into(),
        "DELETE FROM logs".into(),
        "UPDATE logs SET body = 'x'".into(),
        "INSERT INTO logs (body) VALUES ('x')".into(),
        "WITH x AS (INSERT INTO logs (body) VALUES ('x')) SELECT 1".into(),
        "SELECT 1 INTO t FROM logs".into(),
        "SELECT 1; SELECT 2".into(),
        "BEGIN".into(),
        "PREPARE p AS SELECT 1".into(),
        "LOAD 'x'".into(),
        "CALL x()".into(),
        "KILL 1".into(),
        "USE x".into(),
        "ANALYZE TABLE logs".into(),
        "VACUUM".into(),
        "ATTACH DATABASE 'x' AS y".into(),
    ] {
        server.sql(&query).await.error(400, "bad_sql");
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "a,b\n1,2\n");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    assert_eq!(
        server
            .value("SELECT count(*) FROM clearspan.public.logs")
            .await,
        json!(2_000)
    );
}

/// `a` of `b` of ... of `innermost`.
fn chain(levels: usize, select: &str) -> String {
    let mut query = "WITH w0 AS (SELECT body AS x FROM logs)".to_owned();
    for level in 1..=levels {
        let below = format!("w{}", level - 1);
        query += &format!(", w{level} AS ({})", select.replace("BELOW", &below));
    }
    query
}

#[tokio::test(flavor = "multi_thread")]
async fn bombs() {
    let server = with_logs().await;
    let doubled = "SELECT a.x FROM BELOW a UNION ALL SELECT b.x FROM BELOW b";
    let deep = |open: &str, close: &str, count: usize| {
        format!("SELECT {}1{}", open.repeat(count), close.repeat(count))
    };
    let queries = [
        (STOPPED, "SELECT repeat('x', 1000000000)".to_owned()),
        (STOPPED, "SELECT repeat(body, 100000000) FROM logs".to_owned()),
        (STOPPED, "SELECT length(repeat(repeat(repeat('x', 10000), 10000), 10000))".to_owned()),
        (STOPPED, "SELECT lpad('x', 2000000000), rpad(body, 2000000000) FROM logs".to_owned()),
        (STOPPED, "SELECT length(replace(replace(repeat('x', 1000000), 'x', repeat('y', 1000)), 'y', repeat('z', 1000)))".to_owned()),
        (STOPPED, "SELECT regexp_replace(repeat('x', 1000000), '.', repeat('y', 100000), 'g')".to_owned()),
        (REFUSED, "SELECT array_repeat(1, 10000000000)".to_owned()),
        (REFUSED, "SELECT array_resize([1], 10000000000, 2)".to_owned()),
        (STOPPED, "SELECT make_array(repeat(body, 1000), repeat(body, 1000)) FROM logs".to_owned()),
        (REFUSED, "SELECT factorial(1000000000)".to_owned()),
        (ANSWERED, "SELECT power(10, 400), 9223372036854775807 + 1".to_owned()),
        (REFUSED, chain(30, "SELECT concat(x, x) AS x FROM BELOW") + " SELECT max(length(x)) FROM w30"),
        (REFUSED, chain(30, "SELECT x || x AS x FROM BELOW") + " SELECT max(length(x)) FROM w30"),
        (REFUSED, chain(30, "SELECT x || x AS x FROM BELOW") + " SELECT count(*) FROM w30 WHERE x = 'a'"),
        (REFUSED, chain(25, "SELECT [x, x] AS x FROM BELOW") + " SELECT x FROM w25 LIMIT 1"),
        (STOPPED, chain(30, "SELECT replace(x, 'a', 'aaaaaaaaaa') AS x FROM BELOW") + " SELECT max(length(x)) FROM w30"),
        (REFUSED, chain(30, doubled) + " SELECT count(*) FROM w30"),
        (REFUSED, chain(60, "SELECT a.x FROM BELOW a JOIN BELOW b ON a.x = b.x") + " SELECT count(*) FROM w60"),
        (STOPPED, "SELECT count(*) FROM logs a, logs b, logs c, spans d, spans e WHERE a.body <> b.body AND c.body <> d.name".to_owned()),
        (STOPPED, "SELECT * FROM logs a CROSS JOIN logs b CROSS JOIN spans c ORDER BY a.body, b.body".to_owned()),
        (STOPPED, "SELECT a.body FROM logs a, logs b GROUP BY a.body || b.body, a.body".to_owned()),
        (STOPPED, "WITH RECURSIVE t AS (SELECT 1 AS x UNION ALL SELECT x + 1 FROM t) SELECT count(*) FROM t".to_owned()),
        (STOPPED, "WITH RECURSIVE t AS (SELECT 'x' AS x UNION ALL SELECT x || x FROM t) SELECT max(length(x)) FROM t".to_owned()),
        (STOPPED, "WITH RECURSIVE t AS (SELECT body AS x FROM logs UNION ALL SELECT a.x FROM t a, logs b) SELECT count(*) FROM t".to_owned()),
        (REFUSED, "SELECT regexp_like(body, '(a{1000}){1000}') FROM logs".to_owned()),
        (REFUSED, "SELECT body ~ '((((a{100}){100}){100}){100})' FROM logs".to_owned()),
        (ANSWERED, format!("SELECT body ~ '{}b' FROM logs LIMIT 5", "(a*)*".repeat(500))),
        (ANSWERED, format!("SELECT regexp_count(body, '{}') FROM logs LIMIT 5", "(x+x+)+y".repeat(200))),
        (ANSWERED, format!("SELECT matches(body, '/{}/') FROM logs", "(a{99}){99}".repeat(9))),
        (ANSWERED, format!("SELECT body LIKE '{}b' FROM logs LIMIT 5", "%a".repeat(10_000))),
        (ANSWERED, "SELECT body LIKE body, body SIMILAR TO body FROM logs LIMIT 5".to_owned()),
        (REFUSED, "SELECT levenshtein(body, body) FROM logs".to_owned()),
        (REFUSED, "SELECT median(length(body)) OVER (ORDER BY time) FROM logs".to_owned()),
        (REFUSED, "SELECT count(DISTINCT body) OVER (ORDER BY time) FROM logs".to_owned()),
        (REFUSED, "SELECT unnest(events), unnest(links), events FROM spans".to_owned()),
        (REFUSED, "SELECT unnest(x), x FROM (SELECT array_agg(body) AS x FROM logs)".to_owned()),
        (REFUSED, "SELECT unnest(y) FROM (SELECT unnest([[1, 2], [3]]) AS y)".to_owned()),
        (REFUSED, "SELECT unnest(attributes) FROM logs".to_owned()),
        (REFUSED, deep("(", ")", 10_000)),
        (REFUSED, deep("abs(", ")", 10_000)),
        (REFUSED, deep("NOT ", "", 10_000)),
        (REFUSED, deep("- ", "", 10_000)),
        (REFUSED, deep("[", "]", 10_000)),
        (REFUSED, deep("CASE WHEN true THEN ", " END", 3_000)),
        (REFUSED, deep("(SELECT ", ")", 3_000)),
        (REFUSED, format!("SELECT * FROM {}logs{}", "(SELECT * FROM ".repeat(90), ") x".repeat(90))),
        (REFUSED, format!("SELECT {}1", "1 + ".repeat(20_000))),
        (ANSWERED, format!("SELECT {}1", "1 + ".repeat(400))),
        (REFUSED, format!("SELECT 1 FROM logs WHERE {} true", "body = 'x' OR ".repeat(20_000))),
        (ANSWERED, format!("SELECT 1 FROM logs WHERE {} true", "body = 'x' OR ".repeat(450))),
        (ANSWERED, format!("SELECT 1 FROM logs WHERE body IN ({}'x')", "'x',".repeat(9_000))),
        (ANSWERED, format!("SELECT {}'x'", "'x' || ".repeat(450))),
        (REFUSED, format!("SELECT {} FROM logs", vec!["body"; 5_000].join(", "))),
        (REFUSED, format!("SELECT count(*) FROM {}", vec!["logs"; 90].join(", "))),
        (REFUSED, format!("SELECT 1 FROM logs {}", "JOIN spans USING (trace_id) ".repeat(90))),
        (STOPPED, vec!["SELECT body FROM logs"; 90].join(" UNION ALL ")),
        (ANSWERED, vec!["SELECT body FROM logs"; 90].join(" EXCEPT ")),
        (REFUSED, format!("SELECT '{}'", "x".repeat(1_000_000))),
        (REFUSED, format!("SELECT {}1", "/*".repeat(10_000))),
        (REFUSED, "SELECT '\u{0}', '\u{202e}', \"\u{fffd}\"".to_owned()),
        (REFUSED, format!("SELECT CAST(1 AS INT{})", "[]".repeat(5_000))),
        (ANSWERED, format!("SELECT CAST(1 AS INT{})", "[]".repeat(190))),
        (ANSWERED, format!("SELECT CAST(1 AS {}INT{})", "ARRAY<".repeat(90), ">".repeat(90))),
        (REFUSED, format!("SELECT events{} FROM spans", "[1]".repeat(190))),
        (ANSWERED, format!("SELECT 1{}", "::INT".repeat(490))),
        (ANSWERED, format!("SELECT 1{}", " IS NULL".repeat(490))),
        (REFUSED, format!("SELECT {}1{}", "coalesce(".repeat(95), ", 2)".repeat(95))),
        (REFUSED, format!("SELECT {}length(body){} FROM logs", "nullif(".repeat(95), ", 2)".repeat(95))),
        (REFUSED, format!("SELECT {}length(body){} FROM logs", "nvl2(".repeat(95), ", 2, 3)".repeat(95))),
        (REFUSED, format!("SELECT {}length(body){} FROM logs", "abs(coalesce(".repeat(48), ", 2))".repeat(48))),
        (REFUSED, format!("SELECT {}body = 'x'{} FROM logs", "(".repeat(95), " IN (true, false))".repeat(95))),
        (REFUSED, format!("SELECT {}body = 'x'{} FROM logs", "(".repeat(95), " BETWEEN false AND true)".repeat(95))),
        (ANSWERED, format!("SELECT {}1{} FROM logs", "greatest(".repeat(95), ", length(body))".repeat(95))),
        (ANSWERED, format!("SELECT {}1{}", "CASE WHEN true THEN ".repeat(45), " END".repeat(45))),
        (ANSWERED, format!("SELECT {} FROM logs", vec!["sum(length(body)) OVER (ORDER BY time)"; 900].join(", "))),
        (ANSWERED, "SELECT sum(x) FROM (VALUES (9223372036854775807), (1)) t(x)".to_owned()),
        (REFUSED, "SELECT date_bin(INTERVAL '0 seconds', time) FROM logs LIMIT 1".to_owned()),
        (ANSWERED, "SELECT date_bin(INTERVAL '1 month', arrow_cast(-9223372036854775808, 'Timestamp(ns)'))".to_owned()),
        (REFUSED, "SELECT to_timestamp(9223372036854775807), arrow_cast(9223372036854775807, 'Timestamp(s)')".to_owned()),
        (REFUSED, "SELECT arrow_cast(1, 'Dictionary(Int8, Dictionary(Int8, Utf8))')".to_owned()),
        (ANSWERED, "SELECT arrow_cast(body, 'Binary'), arrow_cast(body, 'LargeUtf8'), arrow_cast(body, 'Dictionary(Int32, Utf8)') FROM logs LIMIT 1".to_owned()),
        (REFUSED, "SELECT make_date(99999999, 1, 1), factorial(21), chr(1114112)".to_owned()),
        (REFUSED, "SELECT substr(body, -9223372036854775808, 9223372036854775807) FROM logs LIMIT 1".to_owned()),
        (REFUSED, "SELECT array_element([1], -9223372036854775808), array_slice([1], 1, 9223372036854775807, -1)".to_owned()),
        (ANSWERED, "SELECT ntile(9223372036854775807) OVER (), lag(body, 9223372036854775807) OVER () FROM logs LIMIT 1".to_owned()),
        (ANSWERED, "SELECT sum(1) OVER (ROWS BETWEEN 9223372036854775807 PRECEDING AND 9223372036854775807 FOLLOWING) FROM logs LIMIT 1".to_owned()),
        (REFUSED, "SELECT approx_percentile_cont(1, 5), percentile_cont(-1) WITHIN GROUP (ORDER BY 1)".to_owned()),
        (REFUSED, "SELECT * FROM logs LIMIT 18446744073709551615 OFFSET 18446744073709551615".to_owned()),
        (REFUSED, "SELECT * FROM logs LIMIT -1".to_owned()),
        (REFUSED, "SELECT attributes[NULL], attributes[1], attributes[1:2] FROM logs LIMIT 1".to_owned()),
    ];
    for (expected, query) in queries {
        let answer = server.sql(&query).await;
        assert_ends(&query, &answer, expected);
        assert_eq!(
            server.value("SELECT count(*) FROM spans").await,
            json!(2_000)
        );
    }
    let searched = server
        .get("/api/v1/logs/search?limit=1&q=line")
        .await
        .json();
    assert_eq!(searched["matched"], json!(2_000));
}
