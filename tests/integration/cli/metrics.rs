//! `/metrics` of the real binary, read as a scraper reads it.

use std::collections::BTreeMap;

use regex::Regex;

use super::super::support::{Server, await_answer};

const THREE_LOGS: &str = r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[
    {"body":{"stringValue":"first"}},{"body":{"stringValue":"second"}},{"body":{"stringValue":"third"}}]}]}]}"#;

/// The samples by name and labels. Every line must be of the format, and follow its family's help and type.
fn samples(page: &str) -> BTreeMap<String, f64> {
    let sample = Regex::new(
        r#"^([a-z_:][a-z0-9_:]*)(\{[a-z_]+="(?:[^"\\]|\\.)*"(?:,[a-z_]+="(?:[^"\\]|\\.)*")*\})? (\S+)$"#,
    )
    .unwrap();
    let mut found = BTreeMap::new();
    let (mut family, mut typed) = (String::new(), false);
    for line in page.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            family = help.split(' ').next().unwrap().to_owned();
            typed = false;
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            assert_eq!(kind.split(' ').next(), Some(family.as_str()), "{line}");
            typed = true;
        } else {
            let parts = sample.captures(line).unwrap_or_else(|| panic!("{line:?}"));
            assert!(typed && parts[1].starts_with(&family), "{line}");
            let labels = parts.get(2).map_or("", |labels| labels.as_str());
            let value: f64 = parts[3].parse().unwrap();
            let before = found.insert(format!("{}{labels}", &parts[1]), value);
            assert!(before.is_none(), "twice: {line}");
        }
    }
    found
}

#[test]
fn a_scraper_finds_what_happened() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let sent = server.otlp().post_json("/v1/logs", THREE_LOGS).unwrap();
    assert_eq!(sent.status, 200);
    let refused = server.otlp().post_json("/v1/logs", "{broken").unwrap();
    assert_eq!(refused.status, 400);
    let mut api = server.api();
    await_answer(&mut api, "/api/v1/logs/search?from=0", |answer| {
        answer["matched"] == 3
    });
    let mistaken = api
        .request("GET", "/api/v1/logs/search?q=(", &[], b"")
        .unwrap();
    assert_eq!(mistaken.status, 400);

    let page = api.request("GET", "/metrics", &[], b"").unwrap();
    assert_eq!(
        page.header("content-type"),
        Some("text/plain; version=0.0.4; charset=utf-8")
    );
    let text = String::from_utf8(page.body).unwrap();
    let found = samples(&text);
    let value = |name: &str| {
        *found
            .get(name)
            .unwrap_or_else(|| panic!("{name} in {text}"))
    };
    let is = |name: &str, expected: f64| {
        assert!(
            (value(name) - expected).abs() < f64::EPSILON,
            "{name} {}",
            value(name)
        );
    };
    is("clearspan_received_requests_total{signal=\"logs\"}", 2.0);
    is(
        "clearspan_received_bytes_total{signal=\"logs\"}",
        (THREE_LOGS.len() + "{broken".len()) as f64,
    );
    is("clearspan_accepted_records_total{signal=\"logs\"}", 3.0);
    is("clearspan_accepted_records_total{signal=\"traces\"}", 0.0);
    is("clearspan_stored_rows{signal=\"logs\"}", 3.0);
    is("clearspan_flush_pending_rows{signal=\"logs\"}", 3.0);
    is("clearspan_wal_commit_seconds_count{signal=\"logs\"}", 1.0);
    is("clearspan_wal_committed_rows_total{signal=\"logs\"}", 3.0);
    is("clearspan_commit_queue_bytes{signal=\"logs\"}", 0.0);
    is(
        "clearspan_questions_total{outcome=\"bad_query\",question=\"logs_search\"}",
        1.0,
    );
    assert!(
        value("clearspan_questions_total{outcome=\"answered\",question=\"logs_search\"}") >= 1.0
    );
    assert!(value("clearspan_question_seconds_count{question=\"logs_search\"}") >= 2.0);
    // What has not occurred stands there with 0.
    for never in [
        "clearspan_questions_total{outcome=\"time_limit\",question=\"traces_search\"}",
        "clearspan_question_seconds_count{question=\"dependencies\"}",
        "clearspan_refused_requests_total{reason=\"disk_full\",signal=\"traces\"}",
        "clearspan_rejected_records_total{reason=\"invalid_span_id\",signal=\"traces\"}",
        "clearspan_repaired_records_total{reason=\"value_capped\",signal=\"logs\"}",
    ] {
        is(never, 0.0);
    }
    let refusals = found.iter().filter(|(name, _)| {
        name.starts_with("clearspan_refused_requests_total{") && name.contains("signal=\"logs\"")
    });
    assert!((refusals.map(|(_, count)| count).sum::<f64>() - 1.0).abs() < f64::EPSILON);
    is("clearspan_memory_total_bytes", f64::from(768 << 20));
    assert!(value("clearspan_memory_bytes{purpose=\"memtables\"}") > 0.0);
    is(
        "clearspan_memory_guaranteed_bytes{purpose=\"memtables\"}",
        f64::from(256 << 20),
    );
    is(
        "clearspan_memory_limit_bytes{purpose=\"queries\"}",
        f64::from(256 << 20),
    );
    is("clearspan_memory_refusals_total{purpose=\"requests\"}", 0.0);
    is("clearspan_questions_running{lane=\"sql\"}", 0.0);
    if cfg!(target_os = "linux") {
        assert!(value("process_resident_memory_bytes") > 1e6);
    }

    let status = api.get("/api/v1/status");
    assert_eq!(status["logs"]["accepted"], 3);
    assert_eq!(status["logs"]["flush_pending"], 3);
    let wal = folder.path().join("tenants/default/logs/wal");
    let files = std::fs::read_dir(wal).unwrap().map(Result::unwrap);
    let bytes: u64 = files.map(|file| file.metadata().unwrap().len()).sum();
    assert!(bytes > 0);
    let expected = serde_json::json!({"files": 1, "bytes": bytes, "queued_bytes": 0});
    assert_eq!(status["logs"]["wal"], expected);
    is("clearspan_wal_bytes{signal=\"logs\"}", bytes as f64);
    is("clearspan_wal_bytes{signal=\"spans\"}", 0.0);
    is("clearspan_retention_age_wait_seconds", 0.0);
    assert_eq!(status["storage"]["age_waits_ms"], serde_json::Value::Null);
}
