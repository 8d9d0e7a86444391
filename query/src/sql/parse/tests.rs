#![allow(clippy::unwrap_used)]

use super::*;

fn refused(text: &str) -> SqlError {
    let shown: String = text.chars().take(80).collect();
    parse(text).map(|_| shown).unwrap_err()
}

#[test]
fn one_select_is_read_and_nothing_else() {
    for text in [
        "SELECT 1",
        "select * from spans;",
        "-- first\nWITH a AS (SELECT 1) SELECT * FROM a",
        "(SELECT 1)",
        "VALUES (1), (2)",
        "SELECT 1 UNION ALL SELECT 2 EXCEPT (SELECT 3)",
        "SELECT x FROM (SELECT 1 AS x) WHERE EXISTS (SELECT 2)",
    ] {
        assert!(parse(text).is_ok(), "{text}");
    }
    for text in [
        "",
        " ",
        "-- nothing",
        ";",
        "SELECT 1; SELECT 2",
        "SELECT 1; DROP TABLE spans",
        "INSERT INTO spans VALUES (1)",
        "UPDATE spans SET name = 'x'",
        "DELETE FROM spans",
        "DROP TABLE spans",
        "CREATE TABLE t AS SELECT 1",
        "CREATE EXTERNAL TABLE t STORED AS CSV LOCATION '/etc/passwd'",
        "COPY spans TO '/tmp/x.csv'",
        "COPY (SELECT 1) TO '/tmp/x'",
        "EXPLAIN",
        "EXPLAIN ANALYZE",
        "EXPLAIN logs",
        "EXPLAIN EXPLAIN SELECT 1",
        "EXPLAIN ANALYZE EXPLAIN SELECT 1",
        "EXPLAIN ANALYZE ANALYZE SELECT 1",
        "EXPLAIN VERBOSE SELECT 1",
        "EXPLAIN ANALYZE VERBOSE SELECT 1",
        "EXPLAIN ANALYZE FORMAT JSON SELECT 1",
        "EXPLAIN FORMAT TREE SELECT 1",
        "EXPLAIN (ANALYZE) SELECT 1",
        "EXPLAIN QUERY PLAN SELECT 1",
        "EXPLAIN ESTIMATE SELECT 1",
        "EXPLAIN DROP TABLE spans",
        "EXPLAIN ANALYZE INSERT INTO spans VALUES (1)",
        "EXPLAIN SELECT 1; SELECT 2",
        "\"EXPLAIN\" SELECT 1",
        "DESCRIBE SELECT 1",
        "DESC SELECT 1",
        "ANALYZE SELECT 1",
        "SELECT 1 FROM (EXPLAIN SELECT 1)",
        "WITH a AS (EXPLAIN SELECT 1) SELECT 1",
        "SET datafusion.execution.batch_size = 1",
        "SHOW TABLES",
        "DESCRIBE spans",
        "PREPARE p AS SELECT 1",
        "EXECUTE p",
        "BEGIN",
        "TABLE spans",
        "FROM spans",
        "SELECT * INTO t FROM spans",
        "SELECT 1 FROM logs PREWHERE service = 'cart'",
        "SELECT 1 FROM logs TABLESAMPLE SYSTEM (10)",
        "SELECT 1 FROM logs SAMPLE 10",
        "SELECT 1 FROM (SELECT 1) TABLESAMPLE BERNOULLI (1)",
        "SELECT 1 FROM logs PARTITION (p0)",
        "SELECT 1 FROM logs WITH (NOLOCK)",
        "SELECT 1 FROM logs START WITH true CONNECT BY PRIOR a = b",
        "SELECT service, count(*) FROM logs GROUP BY service WITH TOTALS",
        "SELECT 1 FROM logs GLOBAL JOIN spans USING (trace_id)",
        "SELECT 1 FROM logs SORT BY service",
        "SELECT TOP 5 body FROM logs",
        "SELECT * FROM spans FOR UPDATE",
        "WITH a AS (INSERT INTO spans VALUES (1) RETURNING 1) SELECT * FROM a",
        "WITH a AS (DELETE FROM spans) SELECT 1",
        "SELECT 1 UNION ALL TABLE spans",
    ] {
        assert!(parse(text).is_err(), "{text}");
    }
}

#[test]
fn a_mistake_is_told_with_its_place() {
    let check = |text: &str, position: usize| {
        let error = refused(text);
        assert_eq!(error.position, Some(position), "{text}: {error:?}");
    };
    check("SELECT", 6);
    check("SELECT * FROM", 13);
    check("SELECT 1 FROM spans WHERE", 25);
    check("SELECT 'é' FROM spans GROUP name", 22);
    check("SELECT 1\nFROM spans\nWHERE )", 26);
    check("SELECT 'open", 7);
    check("DROP TABLE spans", 0);
    check("  DESCRIBE SELECT 1", 2);
    check("EXPLAIN VERBOSE SELECT 1", 8);
    check("EXPLAIN ANALYZE SELECT 1 FROM spans WHERE", 41);
    check("EXPLAIN\nSELECT 1 FROM", 21);
}

#[test]
fn explain_is_told_from_what_it_explains() {
    let check = |text: &str, expected: Option<Explain>| {
        let parsed = parse(text).unwrap();
        assert_eq!(parsed.explain, expected, "{text}");
        assert_eq!(parsed.query.to_string(), "SELECT 1", "{text}");
    };
    check("SELECT 1", None);
    check("explain select 1", Some(Explain::Plan));
    check(
        "-- a\nEXPLAIN /* b */ ANALYZE\n-- c\nSELECT 1;",
        Some(Explain::Analyze),
    );
}

/// On a stack as large as that on which queries are read.
#[test]
fn size_and_depth_have_limits() {
    let thread = std::thread::Builder::new().stack_size(super::super::limits::STACK_BYTES);
    thread.spawn(check_limits).unwrap().join().unwrap();
}

fn check_limits() {
    let deep = |open: &str, close: &str, count: usize| {
        format!("SELECT {}1{}", open.repeat(count), close.repeat(count))
    };
    let many = |count: usize| format!("SELECT 1 WHERE {} 1 = 1", "1 = 1 OR ".repeat(count));
    assert!(parse(&many(400)).is_ok());
    assert!(parse(&deep("(", ")", 20)).is_ok());
    for text in [
        many(3_000),
        many(20_000),
        deep("(", ")", 10_000),
        deep("[", "]", 10_000),
        deep("abs(", ")", 5_000),
        deep("NOT ", "", 9_000),
        deep("- ", "", 9_000),
        deep("CASE WHEN true THEN ", " END", 2_000),
        format!("SELECT {}", "1,".repeat(30_000) + "1"),
        format!("SELECT '{}'", "x".repeat(1_000_000)),
        vec!["SELECT 1"; 4_000].join(" UNION ALL "),
        format!("SELECT 1 FROM {}", vec!["spans"; 3_000].join(", ")),
        format!("SELECT CAST(1 AS INT{})", "[]".repeat(9_000)),
        format!("SELECT a{}", "[b[1]]".repeat(3_000)),
        format!(
            "SELECT CAST(1 AS {}INT{})",
            "ARRAY<".repeat(6_000),
            ">".repeat(6_000)
        ),
        format!("SELECT 1{}", "::INT".repeat(6_000)),
        format!("SELECT 1{}", " IS NULL".repeat(6_000)),
        format!("SELECT 1{}", " + 1".repeat(9_000)),
        format!("SELECT 1{}", " AT TIME ZONE 'x'".repeat(3_000)),
        format!("SELECT 1{}", " BETWEEN 1 AND 1".repeat(3_000)),
        format!("SELECT {}1", "(SELECT ".repeat(5_000)),
    ] {
        let error = refused(&text);
        assert!(
            !error.message.is_empty() && error.message.len() < 400,
            "{error:?}"
        );
    }
}

#[test]
fn a_with_counts_wherever_it_is_used() {
    let chain = |levels: usize, used: &str| {
        let mut query = "WITH w0 AS (SELECT * FROM logs)".to_owned();
        for level in 1..=levels {
            query += &format!(
                ", w{level} AS ({})",
                used.replace('?', &format!("w{}", level - 1))
            );
        }
        query + &format!(" SELECT * FROM w{levels}")
    };
    assert!(parse(&chain(40, "SELECT * FROM ?")).is_ok());
    assert!(parse(&chain(6, "SELECT * FROM ? UNION ALL SELECT * FROM ?")).is_ok());
    for doubled in [
        "SELECT * FROM ? UNION ALL SELECT * FROM ?",
        "SELECT * FROM ? AS a JOIN ? AS b ON true",
        "SELECT * FROM \"?\", (SELECT * FROM ?) AS x",
        "SELECT (SELECT 1 FROM ?), (SELECT 1 FROM ?)",
        "WITH x AS (SELECT * FROM ?) SELECT * FROM x, x AS y",
        "SELECT 1 WHERE EXISTS (SELECT 1 FROM ?) OR 1 IN (SELECT 1 FROM ?)",
    ] {
        assert!(parse(&chain(7, doubled)).is_err(), "{doubled}");
        assert!(parse(&chain(90, doubled)).is_err(), "{doubled}");
    }
}
