//! `export` from a real server, and from servers that do not behave.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::thread;

use tempfile::TempDir;

use super::super::support::{Server, await_answer};
use super::{Clearspan, Finished};

const TRACE: &str = "0102030405060708090a0b0c0d0e0f10";

fn sent() -> String {
    let ids = format!(r#""traceId":"{TRACE}","spanId":"0102030405060708""#);
    let resource = r#""resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}],"droppedAttributesCount":3}"#;
    [
        format!(
            r#"{{"resourceSpans":[{{{resource},"scopeSpans":[{{"scope":{{"name":"lib"}},"spans":[{{{ids},"traceState":"a=b","flags":257,"name":"buy","startTimeUnixNano":"1700000000000000000","droppedEventsCount":2}}],"schemaUrl":"s"}}],"schemaUrl":"r"}}]}}"#
        ),
        format!(
            r#"{{"resourceLogs":[{{{resource},"scopeLogs":[{{"logRecords":[{{"timeUnixNano":"1700000000000000001","body":{{"arrayValue":{{"values":[{{"doubleValue":"NaN"}}]}}}},{ids}}}]}}]}}]}}"#
        ),
        r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"1700000000000000002","severityText":"loud","body":{"stringValue":"elsewhere"}}]}]}]}"#.to_owned(),
    ]
    .join("\n")
}

/// A server with what was sent, once it can be found.
fn filled(folder: &Path, lines: &str) -> Server {
    let server = Server::start(folder, &[]);
    let imported = Clearspan::new(["import", "--to", server.otlp_url(), "-"])
        .stdin(lines)
        .run();
    assert_eq!(imported.code, Some(0), "{}", imported.stderr);
    let mut api = server.api();
    await_answer(&mut api, "/api/v1/logs/search", |answer| {
        answer["matched"] == 2
    });
    await_answer(&mut api, "/api/v1/traces/search", |answer| {
        answer["matched"] == 1
    });
    server
}

fn export(url: &str, args: &[&str]) -> Clearspan {
    Clearspan::new(["export", "--to-server", url].iter().chain(args))
}

fn good(finished: &Finished) -> BTreeSet<&str> {
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    finished.stdout.lines().collect()
}

#[test]
fn what_was_imported_is_exported() {
    let (first, second) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let sent = sent();
    let server = filled(first.path(), &sent);
    let url = server.ui_url();
    let logs = export(url, &["--signal", "logs"]).run();
    let traces = export(url, &["--signal", "traces", "--query", "service:shop"]).run();
    let of_trace = export(url, &["--trace", TRACE]).run();
    let sent: Vec<&str> = sent.lines().collect();
    assert_eq!(good(&traces), BTreeSet::from([sent[0]]));
    assert_eq!(good(&of_trace), BTreeSet::from([sent[0], sent[1]]));
    // One line holds both logs, the newer group first.
    assert_eq!(good(&logs).len(), 1);
    let everything = [logs.stdout.as_str(), &traces.stdout].concat();
    let again = filled(second.path(), &everything);
    for (args, finished) in [
        (["--signal", "logs"], &logs),
        (["--signal", "traces"], &traces),
    ] {
        assert_eq!(good(&export(again.ui_url(), &args).run()), good(finished));
    }
    let some = export(
        url,
        &[
            "--signal",
            "logs",
            "--query",
            "-elsewhere",
            "--from",
            "1700000000000",
        ],
    );
    assert_eq!(good(&some.run()), BTreeSet::from([sent[1]]));
    let none = export(url, &["--signal", "logs", "--to", "1700000000000"]).run();
    assert!(good(&none).is_empty());
}

#[test]
fn a_file_is_put_in_place_when_it_is_whole() {
    let folder = TempDir::new().unwrap();
    let server = filled(folder.path(), &sent());
    let url = server.ui_url();
    let target = folder.path().join("out.jsonl");
    let name = target.to_str().unwrap();
    let finished = export(url, &["--trace", TRACE, "-o", name]).run();
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    let written = std::fs::read_to_string(&target).unwrap();
    let expected = format!("exported 2 lines, {} bytes to {name}\n", written.len());
    assert_eq!((finished.stdout, written.lines().count()), (expected, 2));
    // What goes wrong later leaves it as it is.
    for (args, message) in [
        (
            ["--trace", "ffffffffffffffffffffffffffffffff"],
            "there is no trace",
        ),
        (["--signal=logs", "--query=a AND"], "at character"),
        (["--signal=logs", "--from=yesterday"], "from"),
    ] {
        let finished = export(url, &[&args[..], &["-o", name]].concat()).run();
        assert_eq!(finished.code, Some(1), "{}", finished.stdout);
        assert!(finished.stderr.contains(message), "{}", finished.stderr);
        assert_eq!(std::fs::read_to_string(&target).unwrap(), written);
    }
    let files = |end: &str| {
        let found = std::fs::read_dir(folder.path()).unwrap();
        let names = found.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.ends_with(end)).count()
    };
    assert_eq!(files(".partial"), 0, "nothing is left behind");
    let nowhere = export(url, &["--trace", TRACE, "-o", "no/such/folder/x"]).run();
    assert_eq!(nowhere.code, Some(1));
    let device = export(url, &["--trace", TRACE, "-o", "/dev/null"]).run();
    assert_eq!(device.code, Some(0), "{}", device.stderr);
}

#[test]
fn wrong_words_are_told() {
    for args in [
        &[][..],
        &["--trace", TRACE, "--signal", "logs"],
        &["--trace", TRACE, "--query", "x"],
        &["--signal", "metrics"],
    ] {
        let finished = export("http://127.0.0.1:1", args).run();
        assert_eq!(finished.code, Some(2), "{args:?}: {}", finished.stderr);
    }
    let id = export("http://127.0.0.1:1", &["--trace", "xyz"]).run();
    assert_eq!(id.code, Some(1));
    assert!(id.stderr.contains("`xyz` is no trace id"), "{}", id.stderr);
    let absent = export("http://127.0.0.1:1", &["--signal", "logs"]).run();
    assert_eq!((absent.code, absent.stdout.as_str()), (Some(1), ""));
    assert!(
        absent.stderr.contains("http://127.0.0.1:1"),
        "{}",
        absent.stderr
    );
}

/// Answers each request with these bytes, and closes.
fn answering(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = Vec::new();
            // The request's body is short and its end is known by its brace.
            while !request.ends_with(b"}") {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                request.push(byte[0]);
            }
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    url
}

#[test]
fn a_transfer_that_breaks_off_looks_whole_nowhere() {
    let chunk = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\n{}\n\r\n";
    for answer in [
        chunk,
        "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{}\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n30\r\n{}\n",
    ] {
        let url = answering(answer);
        let finished = export(&url, &["--signal", "logs"]).run();
        assert_eq!(finished.code, Some(1), "{answer:?}");
        assert!(finished.stderr.contains("broke off"), "{}", finished.stderr);
        let call = export(&url, &["--signal", "logs", "-o", "out"]).file("out", "old");
        let folder = call.path().to_owned();
        let kept = call.run_and_look(&folder);
        assert_eq!(kept, (Some(1), vec![("out".to_owned(), "old".to_owned())]));
    }
}

#[test]
fn a_partial_answer_is_kept_under_another_name() {
    let url =
        answering("HTTP/1.1 200 OK\r\ncontent-length: 3\r\nclearspan-partial: true\r\n\r\n{}\n");
    let to_stdout = export(&url, &["--signal", "logs"]).run();
    assert_eq!(
        (to_stdout.code, to_stdout.stdout.as_str()),
        (Some(1), "{}\n")
    );
    assert!(
        to_stdout.stderr.contains("not whole"),
        "{}",
        to_stdout.stderr
    );
    let call = export(&url, &["--signal", "logs", "-o", "out"]);
    let folder = call.path().to_owned();
    let kept = call.run_and_look(&folder);
    assert_eq!(
        kept,
        (Some(1), vec![("out.partial".to_owned(), "{}\n".to_owned())])
    );
}

impl Clearspan {
    /// Runs, and gives the files that its folder then holds.
    fn run_and_look(mut self, folder: &Path) -> (Option<i32>, Vec<(String, String)>) {
        let code = self.command.output().unwrap().status.code();
        let files = std::fs::read_dir(folder).unwrap().map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read_to_string(&path).unwrap())
        });
        (code, files.collect())
    }
}
