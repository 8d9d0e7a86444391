//! WHERE against a plain scan, and what is skipped; joins; counts.

use std::collections::BTreeSet;

use serde_json::Value;

use super::*;

const ROWS: u64 = 3_000;
const SECOND: u64 = 1_000_000_000;

/// A log as the oracle sees it.
struct Log {
    n: u64,
    time: Option<u64>,
    service: &'static str,
    body: String,
    trace: Option<u64>,
}

fn log(n: u64) -> Log {
    let service = ["cart", "pay", "Cart"][(n % 3) as usize];
    let body = match n % 50 {
        0 => format!("connection refused by peer {n}"),
        1 => format!("Connection  refused, code {}", n % 7),
        2 => format!("100% of film-camera.jpg_{n}"),
        _ => format!("request {n} done"),
    };
    Log {
        n,
        time: (n % 40 != 39).then(|| NOW_NS as u64 - (ROWS - n) * SECOND),
        service,
        body,
        trace: (n % 10 != 9).then_some(n / 20),
    }
}

impl Log {
    fn sent(&self) -> Value {
        let mut record = json!({"body": {"stringValue": self.body}, "severityNumber": self.n % 25,
                                "attributes": [int("n", self.n as i64)]});
        if let Some(time) = self.time {
            record["timeUnixNano"] = json!(time.to_string());
        } else {
            record["observedTimeUnixNano"] = json!((NOW_NS as u64 - SECOND).to_string());
        }
        if let Some(trace) = self.trace {
            record["traceId"] = json!(trace_id(trace));
        }
        record
    }

    fn has_trace(&self, n: u64) -> bool {
        self.trace == Some(n)
    }
}

/// A part in segments, a part in memory.
async fn stored() -> (Server, Vec<Log>) {
    let server = Server::start().await;
    let all: Vec<Log> = (0..ROWS).map(log).collect();
    for (at, part) in all.chunks(1_000).enumerate() {
        for service in ["cart", "pay", "Cart"] {
            let records: Vec<Value> = part
                .iter()
                .filter(|log| log.service == service)
                .map(Log::sent)
                .collect();
            server.send_logs(&logs(service, &records));
        }
        if at < 2 {
            server.flush();
        }
    }
    (server, all)
}

type Passes = fn(&Log) -> bool;

#[tokio::test(flavor = "multi_thread")]
async fn conditions_against_a_plain_scan() {
    let (server, all) = stored().await;
    let time = |n: u64| NOW_NS as u64 - (ROWS - n) * SECOND;
    let at = |n: u64| {
        let ns = time(n) as i128;
        jiff_like(ns)
    };
    let conditions: Vec<(String, Passes)> = vec![
        ("true".into(), |_| true),
        ("service = 'cart'".into(), |log| log.service == "cart"),
        ("service IN ('cart', 'Cart', 'x')".into(), |log| {
            log.service != "pay"
        }),
        ("service <> 'cart'".into(), |log| log.service != "cart"),
        ("NOT (service = 'cart' OR service = 'pay')".into(), |log| {
            log.service == "Cart"
        }),
        (format!("trace_id = '{}'", trace_id(7)), |log| {
            log.has_trace(7)
        }),
        (format!("'{}' = trace_id", trace_id(7)), |log| {
            log.has_trace(7)
        }),
        (
            format!("trace_id = '{}'", trace_id(10).to_uppercase()),
            |_| false,
        ),
        (
            format!("trace_id IN ('{}', '{}', 'x')", trace_id(7), trace_id(8)),
            |log| log.has_trace(7) || log.has_trace(8),
        ),
        (
            format!("trace_id = '{}' OR service = 'pay'", trace_id(7)),
            |log| log.has_trace(7) || log.service == "pay",
        ),
        ("trace_id IS NULL".into(), |log| log.trace.is_none()),
        ("trace_id = 'nothing'".into(), |_| false),
        (format!("time >= '{}'", at(2_500)), |log| {
            log.time.is_some() && log.n >= 2_500
        }),
        (
            format!("time > '{}' AND time <= '{}'", at(100), at(200)),
            |log| log.time.is_some() && (101..=200).contains(&log.n),
        ),
        (
            format!("time BETWEEN '{}' AND '{}'", at(100), at(200)),
            |log| log.time.is_some() && (100..=200).contains(&log.n),
        ),
        (
            format!("time NOT BETWEEN '{}' AND '{}'", at(100), at(2_900)),
            |log| log.time.is_some() && !(100..=2_900).contains(&log.n),
        ),
        (
            format!("time = '{}' OR time < '{}'", at(2_000), at(5)),
            |log| log.time.is_some() && (log.n == 2_000 || log.n < 5),
        ),
        (format!("time < '{}' OR service = 'pay'", at(5)), |log| {
            (log.time.is_some() && log.n < 5) || log.service == "pay"
        }),
        ("time >= now() - INTERVAL '100 seconds'".into(), |log| {
            log.time.is_some() && log.n >= ROWS - 100
        }),
        ("time IS NULL".into(), |log| log.time.is_none()),
        (
            format!("placed_time >= '{}' AND time IS NULL", at(2_999)),
            |log| log.time.is_none(),
        ),
        ("matches(body, 'refused')".into(), |log| log.n % 50 < 2),
        ("matches(body, '\"connection refused\"')".into(), |log| {
            log.n % 50 == 0
        }),
        ("NOT matches(body, 'refused')".into(), |log| log.n % 50 >= 2),
        (
            "matches(body, 'refused') AND service = 'pay'".into(),
            |log| log.n % 50 < 2 && log.service == "pay",
        ),
        (
            "matches(body, 'refused') OR service = 'pay'".into(),
            |log| log.n % 50 < 2 || log.service == "pay",
        ),
        ("matches(body, 'peer OR camera')".into(), |log| {
            matches!(log.n % 50, 0 | 2)
        }),
        ("matches(body, 'refused NOT peer')".into(), |log| {
            log.n % 50 == 1
        }),
        ("matches(body, 'cam')".into(), |_| false),
        ("matches(body, 'cam*')".into(), |log| log.n % 50 == 2),
        ("matches(body, '/code [35]/')".into(), |log| {
            log.n % 50 == 1 && matches!(log.n % 7, 3 | 5)
        }),
        ("matches(body, 'refused service:pay')".into(), |log| {
            log.n % 50 < 2 && log.service == "pay"
        }),
        ("matches(body, '')".into(), |_| true),
        ("matches(service, 'CART')".into(), |log| {
            log.service != "pay"
        }),
        ("body = 'request 77 done'".into(), |log| log.n == 77),
        ("body = 'REQUEST 77 done'".into(), |_| false),
        (
            "body IN ('request 77 done', 'request 78 done')".into(),
            |log| log.n == 77 || log.n == 78,
        ),
        ("body LIKE 'request 2_ done'".into(), |log| {
            (20..=29).contains(&log.n)
        }),
        ("body LIKE '%peer 100_'".into(), |log| log.n == 1_000),
        ("body LIKE '%peer 100%'".into(), |log| {
            log.n % 50 == 0 && log.n.to_string().starts_with("100")
        }),
        ("body ILIKE '%CAMERA.jpg\\_%'".into(), |log| log.n % 50 == 2),
        ("body ILIKE 'CONNECTION refused%'".into(), |log| {
            log.n % 50 == 0
        }),
        ("body NOT LIKE 'request%'".into(), |log| log.n % 50 < 3),
        ("body LIKE '%%'".into(), |_| true),
        ("starts_with(body, '100%')".into(), |log| log.n % 50 == 2),
        ("attributes_num(attributes, 'n') >= 2990".into(), |log| {
            log.n >= 2_990
        }),
        ("attributes['n'] = '17'".into(), |log| log.n == 17),
        ("severity_number BETWEEN 17 AND 20".into(), |log| {
            (17..=20).contains(&(log.n % 25))
        }),
        ("severity_name(severity_number) = 'ERROR'".into(), |log| {
            (17..=20).contains(&(log.n % 25))
        }),
    ];
    for (condition, passes) in conditions {
        let query = format!("SELECT attributes['n'] FROM logs WHERE {condition}");
        let found: BTreeSet<u64> = numbers(&server.rows(&query).await);
        let expected: BTreeSet<u64> = all
            .iter()
            .filter(|log| passes(log))
            .map(|log| log.n)
            .collect();
        assert_eq!(found, expected, "{condition}");
        let count = server
            .value(&format!("SELECT count(*) FROM logs WHERE {condition}"))
            .await;
        assert_eq!(count, json!(expected.len()), "{condition}");
    }
}

fn numbers(rows: &Value) -> BTreeSet<u64> {
    rows.as_array()
        .unwrap()
        .iter()
        .map(|row| row[0].as_str().unwrap().parse().unwrap())
        .collect()
}

/// RFC 3339 of whole seconds.
fn jiff_like(ns: i128) -> String {
    let seconds = (ns / 1_000_000_000) as i64;
    let day = seconds.div_euclid(86_400);
    let rest = seconds.rem_euclid(86_400);
    assert!(
        (19_675..=19_676).contains(&day),
        "the 14th or 15th of November 2023"
    );
    format!(
        "2023-11-{:02}T{:02}:{:02}:{:02}Z",
        day - 19_675 + 14,
        rest / 3_600,
        rest / 60 % 60,
        rest % 60
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_ruled_out_is_not_read() {
    let (server, _) = stored().await;
    let server = {
        server.flush();
        server
    };
    let read = async |condition: &str| {
        let query = format!("SELECT body FROM logs WHERE {condition}");
        let stats = server.sql(&query).await.json()["stats"].take();
        (
            stats["rows_scanned"].as_u64().unwrap(),
            stats["rows_total"].as_u64().unwrap(),
        )
    };
    let (all, total) = read("true").await;
    assert_eq!((all, total), (ROWS, ROWS));
    for condition in [
        &*format!("trace_id = '{}'", trace_id(7)),
        &*format!("trace_id IN ('{}', '{}')", trace_id(7), trace_id(8)),
        "trace_id = 'nothing'",
        "matches(body, 'peer AND 1500')",
        "body = 'request 1777 done'",
        "body LIKE '%request 1777 %'",
        "time >= now() - INTERVAL '20 seconds'",
        "time < '1999-01-01T00:00:00Z'",
    ] {
        let (read, _) = read(condition).await;
        assert!(read <= ROWS / 3, "{condition}: {read} rows");
    }
    let from = json!({"query": "SELECT count(*) FROM logs WHERE time >= $from AND time < $to",
                      "params": {"from": "now-20s", "to": "now-10s"}});
    let answer = server.post(SQL, &from).await.json();
    assert_eq!(answer["rows"], json!([[10]]));
    assert!(
        answer["stats"]["rows_scanned"].as_u64().unwrap() < ROWS / 3,
        "{answer}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn counts_of_everything_read_nothing() {
    let (server, _) = stored().await;
    for flushed in [false, true] {
        if flushed {
            server.flush();
        }
        let answer = server.sql("SELECT count(*) FROM logs").await.json();
        assert_eq!(answer["rows"], json!([[ROWS]]));
        assert_eq!(answer["stats"]["rows_scanned"], json!(0));
        assert_eq!(answer["stats"]["rows_total"], json!(ROWS));
    }
    assert_eq!(
        server.rows("SELECT count(*) FROM spans").await,
        json!([[0]])
    );
    assert_eq!(
        server.rows("SELECT count(*), min(name) FROM spans").await,
        json!([[0, null]])
    );
    // Only the tables that a query names count.
    let stats = server.sql("SELECT count(*) FROM spans").await.json()["stats"].take();
    assert_eq!(stats["rows_total"], json!(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn joins_on_the_trace_id_read_the_traces_that_are_left() {
    let (server, all) = stored().await;
    let span = |n: u64| {
        // Logs of neighbouring traces lie in one group of the id filters.
        let status = if n == 7 || n == 8 { 2 } else { 1 };
        json!({"traceId": trace_id(n), "spanId": span_id(n), "name": format!("op {n}"), "status": {"code": status},
               "startTimeUnixNano": (NOW_NS as u64 - n * SECOND).to_string()})
    };
    server.send_spans(&spans(
        "shop",
        &(0..ROWS / 20).map(span).collect::<Vec<_>>(),
    ));
    for flushed in [false, true] {
        if flushed {
            server.flush();
        }
        let joined = "SELECT l.attributes['n'] FROM spans s JOIN logs l ON l.trace_id = s.trace_id \
                      WHERE s.status_code = 'ERROR'";
        let answer = server.sql(joined).await.json();
        let expected: BTreeSet<u64> = all
            .iter()
            .filter(|log| log.has_trace(7) || log.has_trace(8))
            .map(|log| log.n)
            .collect();
        assert_eq!(numbers(&answer["rows"]), expected);
        if flushed {
            let read = answer["stats"]["rows_scanned"].as_u64().unwrap();
            assert!(read < ROWS / 2, "{read} rows were read, {answer}");
        }
        for query in [
            "SELECT count(*) FROM spans JOIN logs USING (trace_id)",
            "SELECT count(*) FROM logs WHERE trace_id IN (SELECT trace_id FROM spans)",
            "SELECT count(*) FROM logs l WHERE EXISTS (SELECT 1 FROM spans s WHERE s.trace_id = l.trace_id)",
            "SELECT sum(n) FROM (SELECT trace_id, count(*) AS n FROM logs GROUP BY trace_id) JOIN spans USING (trace_id)",
        ] {
            let expected = all.iter().filter(|log| log.trace.is_some()).count();
            assert_eq!(server.value(query).await, json!(expected), "{query}");
        }
        let without = "SELECT count(*) FROM logs l LEFT JOIN spans s USING (trace_id) WHERE s.trace_id IS NULL";
        let expected = all.iter().filter(|log| log.trace.is_none()).count();
        assert_eq!(server.value(without).await, json!(expected));
        for of_one in [
            "logs l JOIN spans s ON s.trace_id = l.trace_id WHERE s.trace_id",
            "logs JOIN spans USING (trace_id) WHERE trace_id",
            "spans s RIGHT JOIN logs l USING (trace_id) WHERE trace_id",
        ] {
            let query = format!("SELECT count(*) FROM {of_one} = '{}'", trace_id(3));
            let expected = all.iter().filter(|log| log.has_trace(3)).count();
            assert_eq!(server.value(&query).await, json!(expected), "{query}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_of_spans_are_found_by_their_words() {
    let server = Server::start().await;
    let span = |n: u64| {
        json!({"traceId": trace_id(n), "spanId": span_id(n), "name": if n == 500 { "POST /pay".into() } else { format!("GET /item/{n}") },
               "kind": 1 + n % 5, "startTimeUnixNano": (NOW_NS as u64 - n * SECOND).to_string()})
    };
    server.send_spans(&spans("shop", &(0..5_000).map(span).collect::<Vec<_>>()));
    server.flush();
    for (condition, expected, reads_little) in [
        ("name = 'POST /pay'", 1, true),
        ("matches(name, 'pay')", 1, true),
        ("matches(name, 'pay kind:internal')", 1, true),
        ("matches(name, 'pay kind:server')", 0, true),
        ("name LIKE 'POST %'", 1, true),
        ("name LIKE 'GET%'", 4_999, false),
        ("kind = 'SERVER'", 1_000, false),
        (&format!("span_id = '{}'", span_id(500)), 1, true),
        ("start_time > now() - INTERVAL '10 seconds'", 10, false),
    ] {
        let answer = server
            .sql(&format!("SELECT count(*) FROM spans WHERE {condition}"))
            .await
            .json();
        assert_eq!(answer["rows"], json!([[expected]]), "{condition}");
        let read = answer["stats"]["rows_scanned"].as_u64().unwrap();
        assert!(!reads_little || read < 3_000, "{condition}: {read} rows");
    }
}
