//! `query` and `tail` against a real server, and against one that does not behave.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::thread;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::super::support::{Server, await_answer, await_figure};
use super::{Clearspan, Finished};

const TRACE: &str = "0102030405060708090a0b0c0d0e0f10";

/// What a terminal would obey, and what would read otherwise than it is.
const HOSTILE: &str = "\u{1b}]0;owned\u{7}\u{1b}[2Jline\nnext\r\u{9b}31m\u{202e}x";

fn record(number: u64, body: &Value) -> Value {
    json!({
        "timeUnixNano": (1_700_000_000_000_000_000 + number * 1_000_000_000).to_string(),
        "severityNumber": 17, "body": body, "traceId": TRACE, "spanId": "0102030405060708",
        "attributes": [{"key": "n", "value": {"intValue": number.to_string()}}]
    })
}

/// Logs of the service `shop`, in one request.
fn logs(records: &[Value]) -> String {
    let resource =
        json!({"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]});
    json!({"resourceLogs": [{"resource": resource, "scopeLogs": [{"logRecords": records}]}]})
        .to_string()
}

fn text(body: &str) -> Value {
    json!({"stringValue": body})
}

fn send(server: &Server, request: &str) {
    let answer = server.otlp().post_json("/v1/logs", request).unwrap();
    assert_eq!(answer.status, 200);
}

/// A server with so many logs, once they can be found.
fn filled(folder: &TempDir, bodies: impl Iterator<Item = String>) -> Server {
    let server = Server::start(folder.path(), &[]);
    let records: Vec<Value> = (0..)
        .zip(bodies)
        .map(|(number, body)| record(number, &text(&body)))
        .collect();
    send(&server, &logs(&records));
    await_answer(
        &mut server.api(),
        "/api/v1/logs/search?count=exact",
        |answer| answer["matched"] == records.len(),
    );
    server
}

fn run(server: &Server, args: &[&str]) -> Finished {
    let asked = [&args[..1], &["--to-server", server.ui_url()], &args[1..]].concat();
    Clearspan::new(asked).run()
}

fn good(finished: &Finished) -> Vec<&str> {
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    finished.stdout.lines().collect()
}

#[test]
fn a_search_is_printed_in_three_forms() {
    let folder = TempDir::new().unwrap();
    let server = filled(&folder, (0..3).map(|number| format!("line {number}")));
    let lines = run(&server, &["query", "line"]);
    assert_eq!(
        good(&lines)[..2],
        [
            format!("2023-11-14T22:13:22.000Z ERROR shop line 2  n=2 trace={TRACE}"),
            format!("2023-11-14T22:13:21.000Z ERROR shop line 1  n=1 trace={TRACE}"),
        ]
    );
    let raw = run(&server, &["query", "-o", "raw", "--order", "asc", "-n:1"]);
    assert_eq!(good(&raw), ["line 0", "line 2"]);
    let rows = run(&server, &["query", "", "--output=jsonl"]);
    let rows: Vec<Value> = good(&rows)
        .iter()
        .map(|row| serde_json::from_str(row).unwrap())
        .collect();
    let answer = server.api().get("/api/v1/logs/search");
    assert_eq!(json!(rows), answer["rows"]);
    let ranged = run(
        &server,
        &[
            "query",
            "--from",
            "1700000001000",
            "--to=1700000002000",
            "-o",
            "raw",
        ],
    );
    assert_eq!(good(&ranged), ["line 1"]);
    let long_ago = run(&server, &["query", "--since", "15m"]);
    assert_eq!((long_ago.code, long_ago.stdout.as_str()), (Some(1), ""));
    assert!(
        long_ago.stderr.contains("newest record"),
        "{}",
        long_ago.stderr
    );
    let painted = run(&server, &["query", "--color=always", "n:1"]);
    assert!(
        good(&painted)[0].contains("\u{1b}[31mERROR\u{1b}[0m"),
        "{}",
        painted.stdout
    );
}

#[test]
fn traces_are_one_line_each() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &[]);
    let span = format!(
        r#"{{"resourceSpans":[{{"resource":{{"attributes":[{{"key":"service.name","value":{{"stringValue":"shop"}}}}]}},"scopeSpans":[{{"spans":[{{"traceId":"{TRACE}","spanId":"0102030405060708","name":"buy","startTimeUnixNano":"1700000000000000000","endTimeUnixNano":"1700000000250000000","status":{{"code":2}}}}]}}]}}]}}"#
    );
    assert_eq!(
        server.otlp().post_json("/v1/traces", &span).unwrap().status,
        200
    );
    await_answer(&mut server.api(), "/api/v1/traces/search", |answer| {
        answer["matched"] == 1
    });
    let lines = run(&server, &["query", "--signal", "traces", "status:error"]);
    let expected =
        format!("2023-11-14T22:13:20.000Z  250.0ms shop buy  spans=1 errors=1 trace={TRACE}");
    assert_eq!(good(&lines), [expected]);
    let ids = run(
        &server,
        &["query", "--signal=traces", "-o", "raw", "--order=asc"],
    );
    assert_eq!(good(&ids), [TRACE]);
}

#[test]
fn as_many_rows_come_as_are_wanted() {
    let folder = TempDir::new().unwrap();
    let server = filled(&folder, (0..1_250).map(|number| format!("line {number}")));
    for (limit, expected) in [("1", 1), ("500", 500), ("1200", 1_200), ("100000", 1_250)] {
        let found = run(&server, &["query", "-o", "raw", "--limit", limit]);
        let rows = good(&found);
        assert_eq!(rows[0], "line 1249");
        assert_eq!(
            rows.iter().collect::<BTreeSet<_>>().len(),
            expected,
            "each once"
        );
        assert_eq!(rows.len(), expected);
    }
    assert_eq!(good(&run(&server, &["query"])).len(), 100);
}

#[test]
fn who_has_read_enough_is_no_fault() {
    let folder = TempDir::new().unwrap();
    let server = filled(
        &folder,
        (0..1_200).map(|number| format!("{number} {}", "x".repeat(500))),
    );
    let mut child = spawn(&["query", "--to-server", server.ui_url(), "--limit=5000"]);
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    assert!(line.contains("1199 xxx"), "{line}");
    drop(stdout);
    let ended = child.wait_with_output().unwrap();
    assert_eq!(
        (
            ended.status.code(),
            String::from_utf8(ended.stderr).unwrap()
        ),
        (Some(0), String::new())
    );
}

#[test]
fn the_exit_status_is_that_of_grep() {
    let folder = TempDir::new().unwrap();
    let server = filled(&folder, ["a".to_owned()].into_iter());
    assert_eq!(run(&server, &["query", "a"]).code, Some(0));
    assert_eq!(run(&server, &["query", "b"]).code, Some(1));
    for command in ["query", "tail"] {
        let mistake = run(&server, &[command, "severity:"]);
        assert_eq!((mistake.code, mistake.stdout.as_str()), (Some(2), ""));
        assert!(
            mistake
                .stderr
                .contains("\n  severity:\n           ^ expected"),
            "{}",
            mistake.stderr
        );
        let absent = Clearspan::new([command, "--server", "http://127.0.0.1:1", "a"]).run();
        assert_eq!(absent.code, Some(2));
        assert!(
            absent.stderr.contains("http://127.0.0.1:1"),
            "{}",
            absent.stderr
        );
        for wrong in [
            "--since=yesterday",
            "--output=xml",
            "--limit=0",
            "--limt=5",
            "-oraw",
        ] {
            assert_eq!(
                Clearspan::new([command, wrong]).run().code,
                Some(2),
                "{wrong}"
            );
        }
    }
    let range = run(&server, &["query", "--from", "yesterday"]);
    assert_eq!(range.code, Some(2));
    assert!(range.stderr.contains("yesterday"), "{}", range.stderr);
}

#[test]
fn what_was_sent_cannot_act_on_a_terminal() {
    let folder = TempDir::new().unwrap();
    let server = filled(&folder, [HOSTILE.to_owned()].into_iter());
    let shown = r"\x1b]0;owned\x07\x1b[2Jline\nnext\r\u{9b}31m\u{202e}x";
    let lines = run(&server, &["query"]);
    assert!(good(&lines)[0].contains(shown), "{}", lines.stdout);
    // A pipe gets what was sent.
    assert_eq!(
        run(&server, &["query", "-o", "raw"]).stdout,
        format!("{HOSTILE}\n")
    );
    for form in ["text", "raw", "jsonl"] {
        let output = on_terminal(&[
            "query",
            "--server",
            server.ui_url(),
            "--color=never",
            "-o",
            form,
        ]);
        assert!(
            output.contains("owned") && output.contains("next"),
            "{form}: {output:?}"
        );
        let acts = |c: char| c.is_control() && !['\n', '\r'].contains(&c) || c == '\u{202e}';
        assert!(!output.contains(acts), "{form}: {output:?}");
    }
    let painted = on_terminal(&["query", "--server", server.ui_url()]);
    assert!(painted.contains("\u{1b}[31mERROR\u{1b}[0m"), "{painted:?}");
}

/// What a command prints on a terminal of its own.
fn on_terminal(args: &[&str]) -> String {
    let words = [&[env!("CARGO_BIN_EXE_clearspan")], args].concat();
    let words: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    let mut command = Command::new("script");
    command.args(["-qe", "-E", "never", "-c", &words.join(" "), "/dev/null"]);
    command.env_remove("NO_COLOR").env("TERM", "xterm");
    let output = command.stdin(Stdio::null()).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

fn spawn(args: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_clearspan"));
    command.env_clear().args(args);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.spawn().unwrap()
}

#[test]
fn a_tail_prints_what_comes_and_ends_after_its_rows() {
    let folder = TempDir::new().unwrap();
    let server = filled(&folder, ["before".to_owned()].into_iter());
    let url = server.ui_url();
    let tail = spawn(&[
        "tail", "--server", url, "-o", "raw", "--limit", "2", "-skipped",
    ]);
    await_figure(&mut server.api(), "clearspan_tails 1");
    let bodies = ["one", "skipped", "two", "three"].map(text);
    let records: Vec<Value> = bodies.iter().map(|body| record(7, body)).collect();
    send(&server, &logs(&records));
    let ended = tail.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0));
    assert_eq!(String::from_utf8(ended.stdout).unwrap(), "one\ntwo\n");

    // With what was before; in the end nothing more is read.
    let mut tail = spawn(&[
        "tail",
        "--server",
        url,
        "--since=10000d",
        "-o",
        "raw",
        "-skipped",
    ]);
    let mut stdout = BufReader::new(tail.stdout.take().unwrap()).lines();
    let earlier: Vec<String> = stdout.by_ref().take(4).map(Result::unwrap).collect();
    assert_eq!(earlier, ["before", "one", "two", "three"]);
    send(&server, &logs(&[record(8, &text("new"))]));
    assert_eq!(stdout.next().unwrap().unwrap(), "new");
    drop(stdout);
    send(&server, &logs(&[record(9, &text("unread"))]));
    assert_eq!(tail.wait().unwrap().code(), Some(0));
}

/// Answers each request with the next of these bodies, closes, and gives the requests.
fn answering(answers: Vec<&'static str>) -> (String, thread::JoinHandle<Vec<Value>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = thread::spawn(move || {
        let answer = |body: &str| {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"}") {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                request.push(byte[0]);
            }
            stream.write_all(body.as_bytes()).unwrap();
            let request = String::from_utf8(request).unwrap();
            serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap()
        };
        answers.into_iter().map(answer).collect()
    });
    (url, asked)
}

#[test]
fn a_tail_goes_on_where_it_was_and_tells_what_is_missing() {
    const HEAD: &str =
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
    let row = |id: &str, body: &str| {
        format!("event: log\nid: {id}\ndata: {{\"id\":\"{id}\",\"body\":\"{body}\"}}\n\n")
    };
    let gap = "event: dropped\nid: 3-c\ndata: {\"count\":41,\"since\":\"2023-11-14T22:13:20Z\",\"unexamined\":2}\n\n";
    let first = format!(
        "{HEAD}: hello\nevent: heartbeat\nid: 1-a\ndata: {{}}\n\n{}",
        row("2-b", "one")
    );
    let second = format!("{HEAD}{gap}event: end\ndata: {{}}\n\n");
    let busy =
        "HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}";
    let strange = "HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 31\r\n\r\n{\"error\":{\"code\":\"bad_cursor\"}}";
    let third = format!("{HEAD}{}", row("9-z", "two"));
    let answers: [&'static str; 5] = [first.leak(), busy, second.leak(), strange, third.leak()];
    let (url, asked) = answering(answers.to_vec());
    let tail = Clearspan::new(["tail", "--server", &url, "-o", "raw", "--limit=2", "q"]).run();
    assert_eq!((tail.code, tail.stdout.as_str()), (Some(0), "one\ntwo\n"));
    for told in [
        "dropped 41 rows since 2023-11-14T22:13:20Z, and 2 records",
        "trying again",
        "connected again",
        "another store",
    ] {
        assert!(tail.stderr.contains(told), "{told}: {}", tail.stderr);
    }
    let after: Vec<Value> = asked
        .join()
        .unwrap()
        .iter()
        .map(|request| request["after"].clone())
        .collect();
    assert_eq!(json!(after), json!([null, "2-b", "2-b", "3-c", null]));
}
