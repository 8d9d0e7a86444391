//! `demo`: the server with its simulated shop, from the first line to the removed folder.

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use super::super::support::{Server, await_answer};
use super::Clearspan;

/// A shop with a short past. Its temporary folder is made in `folder`.
fn demo(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_clearspan"));
    command
        .env_clear()
        .env("TMPDIR", folder)
        .current_dir(folder)
        .args(["demo", "--history", "40", "--rate", "4"]);
    command
}

fn entries(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.collect()
}

#[test]
fn the_shop_fills_every_page_and_leaves_nothing_behind() {
    let folder = TempDir::new().unwrap();
    let said = folder.path().join("said");
    let stderr = Stdio::from(fs::File::create(&said).unwrap());
    let mut server = Server::spawn(demo(folder.path()).stderr(stderr));
    let mut api = server.api();

    let services = await_answer(&mut api, "/api/v1/services?from=now-15m", |answer| {
        answer["services"].as_array().unwrap().len() >= 12
    });
    let named = |name: &str| {
        let services = services["services"].as_array().unwrap();
        services
            .iter()
            .find(|service| service["name"] == name)
            .is_some()
    };
    assert!(named("checkout") && named("web-frontend"), "{services}");

    // A log line leads to its trace, and the trace to its logs.
    let path = "/api/v1/logs/search?from=now-15m&q=trace_id:*%20service:catalog&limit=1";
    let logs = await_answer(&mut api, path, |answer| answer["matched"] != 0);
    let trace_id = logs["rows"][0]["trace_id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/traces/search?from=now-15m&q=trace_id:{trace_id}");
    let traces = await_answer(&mut api, &path, |answer| answer["matched"] == 1);
    assert!(
        !traces["traces"][0]["services"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    assert!(api.get(&format!("/api/v1/traces/{trace_id}"))["resourceSpans"].is_array());
    let logs = api.get(&format!("/api/v1/traces/{trace_id}/logs"));
    assert!(!logs["rows"].as_array().unwrap().is_empty());

    // The past is followed by the present.
    let newest = |answer: &Value| answer["spans"]["newest_ns"].to_string();
    let before = newest(&api.get("/api/v1/status"));
    let status = await_answer(&mut api, "/api/v1/status", |answer| {
        newest(answer) != before
    });
    for signal in ["spans", "logs"] {
        let rejected = status[signal]["rejected"].as_object().unwrap();
        assert!(rejected.values().all(|count| count == 0), "{status}");
        assert_eq!(status[signal]["duplicates"], 0, "{status}");
    }

    let text = fs::read_to_string(&said).unwrap();
    let last = text.lines().last().unwrap_or_default();
    assert!(
        last.trim_end()
            .ends_with(&format!("{}/traces", server.ui_url())),
        "{text}"
    );
    let data = entries(folder.path())
        .into_iter()
        .find(|name| name.starts_with("clearspan-demo-"));
    assert!(text.contains(&data.unwrap()), "{text}");

    let (status, _) = server.terminate();
    assert_eq!(
        status.code(),
        Some(0),
        "{}",
        fs::read_to_string(&said).unwrap()
    );
    assert_eq!(entries(folder.path()), ["said"]);
}

#[test]
fn a_configured_folder_is_left_alone() {
    let folder = TempDir::new().unwrap();
    let configured = folder.path().join("real");
    let mut command = demo(folder.path());
    command
        .env("CLEARSPAN_SERVER__DATA_DIR", &configured)
        .stderr(Stdio::null());
    let mut server = Server::spawn(&mut command);
    assert_eq!(server.terminate().0.code(), Some(0));
    assert!(entries(folder.path()).is_empty());
}

#[test]
fn a_named_folder_stays_and_goes_on_where_it_was_left() {
    let folder = TempDir::new().unwrap();
    let told = |answer: &Value| answer["logs"]["rows"].as_u64().unwrap();
    let logs = |server: &Server| told(&server.api().get("/api/v1/status"));
    let mut command = demo(folder.path());
    command.args(["--data-dir", "kept"]).stderr(Stdio::null());
    let mut server = Server::spawn(&mut command);
    await_answer(&mut server.api(), "/api/v1/status", |answer| {
        told(answer) > 100
    });
    assert_eq!(server.terminate().0.code(), Some(0));
    assert_eq!(entries(folder.path()), ["kept"]);

    // The same seed makes the same past, but what is there is not sent again.
    let mut command = demo(folder.path());
    command.args(["--data-dir", "kept"]).stderr(Stdio::null());
    let server = Server::spawn(&mut command);
    let before = logs(&server);
    await_answer(&mut server.api(), "/api/v1/status", |answer| {
        told(answer) > before + 20
    });
    let rows = server.api().get("/api/v1/logs/search?from=0&limit=10000");
    let mut seen = HashSet::new();
    for row in rows["rows"].as_array().unwrap() {
        // Copies of a service may say the same at the same moment.
        let identity = (
            row["resource"]["service.instance.id"].to_string(),
            row["time_ns"].to_string(),
            row["span_id"].to_string(),
            row["body"].to_string(),
        );
        assert!(seen.insert(identity), "twice: {row}");
    }
}

#[test]
fn what_the_shop_cannot_do_is_a_usage_error() {
    for (flag, value) in [
        ("--rate", "0"),
        ("--rate", "NaN"),
        ("--rate", "1e9"),
        ("--history", "86400"),
        ("--seed", "-1"),
    ] {
        let finished = Clearspan::new(["demo", &format!("{flag}={value}")]).run();
        assert_eq!(finished.code, Some(2), "{flag} {value}");
        assert!(finished.stderr.contains(flag), "{}", finished.stderr);
    }
}
