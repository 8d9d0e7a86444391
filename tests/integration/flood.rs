//! Questions in masses, and what they must not do: hold up a sender, or each other's needles. Memory under a limit that is reached.
//!
//! The floods here do not end by themselves, and each test sees them running before and after what it does meanwhile.

use std::io::Write;
use std::net::TcpStream;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::support::{Answer, Connection, Server, await_answer};

const STATUS: &str = "/api/v1/status";

/// A question that reads little, holds little, and takes longer than anybody lives: each join keeps one table and lets the rows of the other side pass.
const ENDLESS: &str = "SELECT count(*) AS n FROM logs a JOIN (SELECT b.body FROM logs b JOIN (SELECT c.body FROM logs c JOIN logs d \
     ON c.body < d.body) c ON b.body < c.body) b ON a.body < b.body";

/// Room for questions and the cache that a server below has, and no more.
const COMMON_BYTES: u64 = 64 << 20;

/// A server with a memory budget of which as little as possible is guaranteed: small memtables, small requests.
fn small(folder: &Path, settings: &[(&str, &str)]) -> Server {
    let (memtables, requests) = (4 * FLUSH_BYTES, 3 * REQUEST_BYTES);
    let total = (memtables + requests + COMMON_BYTES).to_string();
    let (flush, request) = (FLUSH_BYTES.to_string(), REQUEST_BYTES.to_string());
    let mut all = vec![
        ("CLEARSPAN_STORAGE__FLUSH_BYTES", flush.as_str()),
        ("CLEARSPAN_COLLECTOR__MAX_REQUEST_BYTES", &request),
        ("CLEARSPAN_MEMORY__TOTAL_BYTES", &total),
        // More than there is: the budget is what ends a question.
        ("CLEARSPAN_QUERY__MEMORY_BYTES", "1000000000"),
    ];
    all.extend_from_slice(settings);
    Server::start(folder, &all)
}

const FLUSH_BYTES: u64 = 1 << 20;
const REQUEST_BYTES: u64 = 1 << 20;

fn logs(bodies: impl Iterator<Item = String>) -> String {
    let records: Vec<Value> = bodies
        .map(|body| json!({"body": {"stringValue": body}}))
        .collect();
    json!({"resourceLogs": [{"scopeLogs": [{"logRecords": records}]}]}).to_string()
}

/// The id of the trace of number `n`.
fn trace_id(n: u64) -> String {
    format!("{n:032x}")
}

fn spans(traces: impl Iterator<Item = u64>) -> String {
    let span = |n| {
        json!({"traceId": trace_id(n), "spanId": format!("{n:016x}"), "name": format!("span {n}"),
        "attributes": [{"key": "text", "value": {"stringValue": format!("text of span {n}")}}]})
    };
    let spans: Vec<Value> = traces.map(span).collect();
    json!({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}).to_string()
}

#[track_caller]
fn send(otlp: &mut Connection, path: &str, body: &str) {
    let answer = otlp.post_json(path, body).unwrap();
    assert_eq!((answer.status, answer.json()), (200, json!({})));
}

fn ask_sql(api: &mut Connection, query: &str) -> Answer {
    let headers = [("content-type", "application/json")];
    let body = json!({"query": query}).to_string();
    let asked = api.request("POST", "/api/v1/sql", &headers, body.as_bytes());
    asked.unwrap()
}

/// Clients that have asked, and wait for their answers until this is dropped.
fn flood(server: &Server, clients: usize, query: &str) -> Vec<TcpStream> {
    let authority = server.ui_url().trim_start_matches("http://");
    let body = json!({"query": query}).to_string();
    let request = format!(
        "POST /api/v1/sql HTTP/1.1\r\nhost: {authority}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let ask = |_| {
        let mut stream = TcpStream::connect(authority).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        stream
    };
    (0..clients).map(ask).collect()
}

/// `n` in the status, by where it stands there.
fn figure(status: &Value, place: &str) -> u64 {
    let figure = status.pointer(place).and_then(Value::as_u64);
    figure.unwrap_or_else(|| panic!("{place} in {status}"))
}

#[test]
fn a_flood_of_sql_holds_up_neither_senders_nor_needles() {
    let folder = TempDir::new().unwrap();
    let settings = [("CLEARSPAN_QUERY__SQL_TIME_LIMIT_MS", "3600000")];
    let mut server = Server::start(folder.path(), &settings);
    let mut api = server.api();
    send(
        &mut server.otlp(),
        "/v1/logs",
        &logs((0..3_000).map(|n| format!("line {n}"))),
    );
    await_answer(&mut api, STATUS, |status| status["logs"]["rows"] == 3_000);
    let is_flooded = |status: &Value| {
        let questions = &status["questions"];
        questions["running"]["sql"] == 4 && questions["waiting"] == 8
    };
    let flooding = flood(&server, 12, ENDLESS);
    await_answer(&mut api, STATUS, is_flooded);
    let mut otlp = server.otlp();
    for n in 1..=50 {
        send(
            &mut otlp,
            "/v1/logs",
            &logs([format!("sent{n} meanwhile")].into_iter()),
        );
        send(&mut otlp, "/v1/traces", &spans(std::iter::once(n)));
        await_found(&mut api, &format!("/api/v1/traces/{}", trace_id(n)));
        let search = format!("/api/v1/logs/search?q=sent{n}");
        await_answer(&mut api, &search, |found| found["matched"] == 1);
    }
    let status = api.get(STATUS);
    assert!(is_flooded(&status), "{status}");
    assert_eq!(
        (
            figure(&status, "/logs/accepted"),
            figure(&status, "/spans/accepted")
        ),
        (3_050, 50)
    );
    assert_eq!(figure(&status, "/memory/requests/refused"), 0);
    assert_eq!(figure(&status, "/memory/memtables/refused"), 0);
    // Nobody waits for an answer any more.
    drop(flooding);
    await_answer(&mut api, STATUS, |status| {
        let questions = &status["questions"];
        questions["running"]["sql"] == 0 && questions["waiting"] == 0
    });
    server.kill();
    // What was acknowledged under the flood is there.
    let server = Server::start(folder.path(), &[]);
    let status = server.api().get(STATUS);
    assert_eq!(
        (
            figure(&status, "/logs/rows"),
            figure(&status, "/spans/rows")
        ),
        (3_050, 50)
    );
}

#[test]
fn questions_that_hold_all_memory_end_and_senders_are_taken() {
    let folder = TempDir::new().unwrap();
    let settings = [("CLEARSPAN_QUERY__SQL_TIME_LIMIT_MS", "3600000")];
    let server = small(folder.path(), &settings);
    let mut api = server.api();
    send(
        &mut server.otlp(),
        "/v1/logs",
        &logs((0..2_000).map(|n| format!("line {n}"))),
    );
    await_answer(&mut api, STATUS, |status| status["logs"]["rows"] == 2_000);
    // A thousand long rows of its answer, and then one that never comes: some twenty megabytes, for as long as it is waited for.
    let hog = format!(
        "SELECT body || repeat('x', 10000) FROM (SELECT body FROM logs LIMIT 1000) UNION ALL SELECT CAST(n AS VARCHAR) FROM ({ENDLESS})"
    );
    let held = |status: &Value| figure(status, "/memory/queries/used_bytes");
    let _running = flood(&server, 1, &hog);
    await_answer(&mut api, STATUS, |status| held(status) > COMMON_BYTES / 4);
    // Another one like it finds too little, and says so.
    let one_more = "SELECT body || repeat('x', 40000) AS body FROM logs ORDER BY body OFFSET 1999";
    let refused = ask_sql(&mut api, one_more);
    assert_eq!(refused.status, 422, "{:?}", refused.json());
    assert_eq!(refused.json()["error"]["code"], "memory_limit");
    let status = api.get(STATUS);
    assert!(figure(&status, "/memory/queries/refused") > 0);
    assert!(held(&status) > COMMON_BYTES / 4, "{status}");
    // Several times what memtables may hold together, with flushes between.
    let mut otlp = server.otlp();
    for n in 0..40_u64 {
        let long = "y".repeat(1_000);
        send(
            &mut otlp,
            "/v1/logs",
            &logs((0..200).map(|at| format!("more{n} {at} {long}"))),
        );
    }
    await_answer(&mut api, STATUS, |status| status["logs"]["rows"] == 10_000);
    let status = api.get(STATUS);
    assert!(held(&status) > COMMON_BYTES / 4, "{status}");
    assert_eq!(figure(&status, "/logs/accepted"), 10_000);
    assert_eq!(figure(&status, "/memory/requests/refused"), 0);
}

#[test]
fn the_cache_gives_way_to_questions() {
    let folder = TempDir::new().unwrap();
    let server = small(folder.path(), &[]);
    let (mut api, mut otlp) = (server.api(), server.otlp());
    // Spans become segments as soon as a memtable is full, and the few logs stay in theirs.
    for part in 0..10 {
        send(
            &mut otlp,
            "/v1/traces",
            &spans(part * 1_000 + 1..part * 1_000 + 1_001),
        );
    }
    send(
        &mut otlp,
        "/v1/logs",
        &logs((0..500).map(|n| format!("line {n}"))),
    );
    await_answer(&mut api, STATUS, |status| {
        figure(status, "/spans/rows") == 10_000
            && figure(status, "/spans/segments") > 0
            && figure(status, "/logs/rows") == 500
    });
    api.get(&format!("/api/v1/traces/{}", trace_id(1)));
    let cached = |api: &mut Connection| figure(&api.get(STATUS), "/memory/cache/used_bytes");
    let before = cached(&mut api);
    assert!(before > 10_000, "{before}");
    // Of logs alone, more than there is.
    let large = "SELECT a.body || repeat('x', 1000) AS x FROM logs a, (SELECT 1 FROM logs LIMIT 400) ORDER BY x OFFSET 199999";
    let refused = ask_sql(&mut api, large);
    assert_eq!(
        (refused.status, &refused.json()["error"]["code"]),
        (422, &json!("memory_limit"))
    );
    let after = cached(&mut api);
    assert!(after < before / 2, "{after} of {before}");
    // What has gone is opened again.
    api.get(&format!("/api/v1/traces/{}", trace_id(1)));
    assert!(cached(&mut api) > after);
}

/// Asks until it is there.
fn await_found(api: &mut Connection, path: &str) {
    let begun = std::time::Instant::now();
    loop {
        let answer = api.request("GET", path, &[], b"").unwrap();
        if answer.status == 200 {
            return;
        }
        assert_eq!(answer.status, 404, "{path}: {:?}", answer.json());
        assert!(
            begun.elapsed() < super::support::PATIENCE,
            "{path} is not found"
        );
    }
}
