//! Loads of a real server: what it acknowledged is there, each record once.

use serde_json::Value;
use tempfile::TempDir;

use super::super::super::support::{Server, await_answer};
use super::super::receiver::{Receiver, Reply};
use super::load;

/// Half a second at 2,000 records a second.
const RECORDS: u64 = 1_000;
const SMALL: [&str; 6] = ["--rate", "2000", "--duration", "500ms", "--batch", "50"];

fn verified(report: &Value, name: &str) -> u64 {
    report["verification"][name].as_u64().unwrap()
}

#[test]
fn every_record_is_found_over_each_protocol_and_compression() {
    let data = TempDir::new().unwrap();
    let server = Server::start(data.path(), &[]);
    for (protocol, to) in [("http", server.otlp_url()), ("grpc", server.grpc_url())] {
        for compression in ["none", "gzip", "zstd"] {
            let run = format!("{protocol}-{compression}");
            let flags = ["--protocol", protocol, "--to", to, "--run", &run];
            let more = ["--compression", compression, "--verify", server.ui_url()];
            let loaded = load(&[&flags[..], &more, &SMALL].concat()).loaded();
            let report = &loaded.report;
            assert_eq!(loaded.code, Some(0), "{run}: {report} {}", loaded.stderr);
            loaded.assert_adds_up();
            assert_eq!(loaded.records("acknowledged"), RECORDS, "{run}: {report}");
            assert_eq!(verified(report, "found"), RECORDS, "{run}: {report}");
            assert_eq!(verified(report, "counted"), RECORDS);
            for none in ["missing", "doubled", "foreign", "unacknowledged"] {
                assert_eq!(verified(report, none), 0, "{run}: {none}");
            }
            assert_eq!(report["latency_ms"]["requests"], RECORDS / 50);
            let bytes = |name: &str| report["bytes"][name].as_u64().unwrap();
            let is_smaller = bytes("acknowledged") < bytes("acknowledged_uncompressed") / 2;
            assert_eq!(is_smaller, compression != "none", "{report}");
        }
    }
    // All that was stored are the loads, in records of several services with lines of all severities.
    let status = server.api().get("/api/v1/status");
    let rows = |signal: &str| status[signal]["rows"].as_u64().unwrap();
    assert_eq!(rows("logs") + rows("spans"), 6 * RECORDS);
    assert!(rows("logs") > 0 && rows("spans") > 0);
    assert_eq!(status["spans"]["duplicates"], 0);
    let services = server.api().get("/api/v1/services");
    assert!(
        services["services"].as_array().unwrap().len() >= 5,
        "{services}"
    );
}

#[test]
fn a_rate_that_is_no_multiple_of_the_batch_is_kept_and_both_signals_come_at_once() {
    let data = TempDir::new().unwrap();
    let server = Server::start(data.path(), &[]);
    let flags = ["--rate", "130", "--duration", "500ms", "--batch", "50"];
    let more = ["--to", server.otlp_url(), "--verify", server.ui_url()];
    let loaded = load(&[&flags[..], &more].concat()).loaded();
    let report = &loaded.report;
    assert_eq!(loaded.code, Some(0), "{report} {}", loaded.stderr);
    loaded.assert_adds_up();
    assert_eq!(loaded.records("offered"), 65, "{report}");
    assert_eq!(report["offered"]["requests"], 2);
    assert_eq!(verified(report, "found"), 65, "{report}");
    let status = server.api().get("/api/v1/status");
    let rows = |signal: &str| status[signal]["rows"].as_u64().unwrap();
    let mut rows = [rows("logs"), rows("spans")];
    rows.sort_unstable();
    assert_eq!(rows, [15, 50]);
}

#[test]
fn files_are_replayed_as_new_records() {
    let log = |trace: &str, n: u32| {
        format!(
            r#"{{"resourceLogs":[{{"resource":{{"attributes":[{{"key":"service.name","value":{{"stringValue":"old"}}}}]}},
            "scopeLogs":[{{"logRecords":[{{"timeUnixNano":"{n}000000000","traceId":"{trace}","spanId":"00000000000000a1",
            "body":{{"stringValue":"trace {trace} took {n}"}}}}]}}]}}]}}"#
        )
        .replace('\n', "")
    };
    let data = TempDir::new().unwrap();
    let server = Server::start(data.path(), &[]);
    let old = "0af7651916cd43dd8448eb211c80319c";
    let flags = [
        "--to",
        server.otlp_url(),
        "--verify",
        server.ui_url(),
        "--run",
        "again",
    ];
    let more = [
        "--rate",
        "1000",
        "--duration",
        "0.1",
        "--batch",
        "2",
        "--from",
        "in.jsonl",
    ];
    let loaded = load(&[&flags[..], &more].concat())
        .file(
            "in.jsonl",
            [log(old, 1), log(old, 4), log(old, 7)].join("\n"),
        )
        .loaded();
    assert_eq!(loaded.code, Some(0), "{} {}", loaded.report, loaded.stderr);
    assert_eq!(verified(&loaded.report, "found"), loaded.records("offered"));

    let path = "/api/v1/logs/search?q=load.run:again%20took&limit=1000";
    let rows = await_answer(&mut server.api(), path, |answer| answer["matched"] != 0);
    let rows = rows["rows"].as_array().unwrap();
    assert_eq!(rows.len() as u64, loaded.records("offered"));
    for row in rows {
        let trace = row["trace_id"].as_str().unwrap();
        assert_ne!(trace, old);
        let body = row["body"].as_str().unwrap();
        assert!(body.contains(trace), "{body} is not of trace {trace}");
        assert_eq!(row["service"], "old");
    }
    // The newest record of a request is now, and the others keep their distance.
    let status = server.api().get("/api/v1/logs/search?from=now-1m&limit=1");
    assert_eq!(status["matched"], loaded.records("offered"));
}

#[test]
fn a_name_is_used_once_for_a_store() {
    let data = TempDir::new().unwrap();
    let server = Server::start(data.path(), &[]);
    let flags = [
        "--to",
        server.otlp_url(),
        "--verify",
        server.ui_url(),
        "--run",
        "one",
    ];
    let line = [&flags[..], &SMALL].concat();
    assert_eq!(load(&line).loaded().code, Some(0));
    let again = load(&line).run();
    assert_eq!(again.code, Some(1));
    let expected = format!("{RECORDS} records of a run with the name one already");
    assert!(again.stderr.contains(&expected), "{}", again.stderr);
    assert_eq!(again.stdout, "");
}

#[test]
fn what_was_acknowledged_and_is_not_there_is_missing() {
    let data = TempDir::new().unwrap();
    let server = Server::start(data.path(), &[]);
    // It takes everything and keeps nothing.
    let forgetful = Receiver::start(|_, _| Reply::status(200));
    let flags = ["--to", forgetful.url(), "--verify", server.ui_url()];
    let loaded = load(&[&flags[..], &SMALL].concat()).loaded();
    assert_eq!(loaded.code, Some(1));
    assert_eq!(loaded.records("acknowledged"), RECORDS);
    assert_eq!(verified(&loaded.report, "missing"), RECORDS);
    assert_eq!(verified(&loaded.report, "found"), 0);
}

#[test]
fn the_report_for_people_says_the_same() {
    let data = TempDir::new().unwrap();
    let server = Server::start(data.path(), &[]);
    let flags = [
        "load",
        "--to",
        server.otlp_url(),
        "--verify",
        server.ui_url(),
    ];
    let finished = super::super::Clearspan::new(flags.iter().chain(&SMALL)).run();
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    let last = finished.last_line();
    assert_eq!(
        last,
        "verified: 1000 acknowledged, 1000 found, 0 missing, 0 doubled"
    );
    for line in [
        "offered ",
        "acknowledged ",
        "latency from due ",
        "driver CPU ",
    ] {
        let found = finished.stdout.lines().any(|found| found.starts_with(line));
        assert!(found, "{line} in {}", finished.stdout);
    }
}
