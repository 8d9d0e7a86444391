//! Answers that are not whole, and faults inside: each says so, and the server goes on.

use std::path::Path;

use clearspan_ui::{Status, StatusSource};
use serde_json::{Value, json};

use super::server::{NOW_NS, Server};

/// Cuts every segment's rows short.
pub(crate) fn damage(folder: &Path) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            damage(&path);
        } else if path.file_name().unwrap() == "rows.arrow" {
            let bytes = std::fs::read(&path).unwrap();
            std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        }
    }
}

#[track_caller]
fn is_partial(answer: &Value) {
    assert_eq!(answer["partial"], json!(true), "{answer}");
    let missing = &answer["missing"][0];
    assert_eq!(
        (&missing["kind"], &missing["rows"]),
        (&json!("segment"), &json!(1)),
        "{answer}"
    );
    assert!(
        missing["segment"].is_string() && missing["fault"].is_string(),
        "{answer}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn segments_that_cannot_be_read() {
    let server = Server::start().await;
    let id = "0102030405060708090a0b0c0d0e0f10";
    let log =
        json!({"timeUnixNano": NOW_NS.to_string(), "traceId": id, "body": {"stringValue": "x"}});
    server.send_logs(&json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [log]}]}]}));
    let span = |span_id: &str| {
        json!({"resourceSpans": [{"scopeSpans": [{"spans": [{
            "traceId": id, "spanId": span_id, "name": "x", "startTimeUnixNano": NOW_NS.to_string()
        }]}]}]})
    };
    server.send_spans(&span("0102030405060708"));
    server.flush();
    let server = server.restart(damage).await;
    is_partial(&server.get("/api/v1/logs/search").await.json());
    for call in [
        "histogram",
        "fields",
        "fields/k/values",
        "facets?fields=k",
        "patterns",
        "patterns/0123456789abcdef/slots",
    ] {
        is_partial(&server.get(&format!("/api/v1/logs/{call}")).await.json());
    }
    is_partial(&server.get("/api/v1/traces/search").await.json());
    is_partial(
        &server
            .get(&format!("/api/v1/traces/{id}/logs"))
            .await
            .json(),
    );
    is_partial(&server.get("/api/v1/services").await.json());
    for path in ["", "/skeleton", "/export"] {
        let unknown = server.get(&format!("/api/v1/traces/{id}{path}")).await;
        let hint = unknown.error(404, "unknown_trace")["hint"].to_string();
        assert!(hint.contains("cannot be read: 1"), "{path}: {hint}");
    }
    server.send_spans(&span("1112131415161718"));
    let known = server.get(&format!("/api/v1/traces/{id}")).await;
    is_partial(&known.json());
    let protobuf = server
        .get(&format!("/api/v1/traces/{id}?format=protobuf"))
        .await;
    for answer in [&known, &protobuf] {
        assert!(
            answer.head.contains("\r\nclearspan-partial: true\r\n"),
            "{}",
            answer.head
        );
    }
}

struct Panics;

impl StatusSource for Panics {
    fn status(&self) -> Status {
        panic!("a defect in the figures")
    }

    fn metrics(&self) -> Option<String> {
        panic!("a defect in the figures")
    }

    fn failed_loops(&self) -> Vec<&'static str> {
        Vec::new()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_defect_costs_one_answer() {
    let server = Server::with_figures(Panics).await;
    for _ in 0..3 {
        server.get("/api/v1/status").await.error(503, "internal");
        server.get("/metrics").await.error(503, "internal");
    }
    assert_eq!(
        server.get("/readyz").await.json(),
        json!({"status": "ready"})
    );
    assert_eq!(
        server.get("/api/v1/logs/search").await.json()["matched"],
        json!(0)
    );
}

struct DeadLoop;

impl StatusSource for DeadLoop {
    fn status(&self) -> Status {
        Status::default()
    }

    fn metrics(&self) -> Option<String> {
        None
    }

    fn failed_loops(&self) -> Vec<&'static str> {
        vec!["flush"]
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_loop_sends_new_clients_elsewhere() {
    let server = Server::with_figures(DeadLoop).await;
    server.get("/readyz").await.error(503, "not_ready");
    assert_eq!(server.get("/livez").await.status, 200);
    assert_eq!(
        server.get("/api/v1/logs/search").await.json()["matched"],
        json!(0)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn status() {
    let status = Server::start().await.get("/api/v1/status").await.json();
    for signal in ["logs", "spans"] {
        assert_eq!(
            status[signal],
            json!({
                "accepted": 0, "rejected": {}, "repaired": {}, "duplicates": 0, "rows": 0, "wal": {"files": 0, "bytes": 0, "queued_bytes": 0},
                "memtable": {"rows": 0, "bytes": 0}, "segments": 0, "bytes": 0, "oldest_ns": null, "newest_ns": null,
                "flush_pending": 0, "compaction_pending": 0, "compaction_set_aside": 0, "missing": []
            })
        );
    }
}
