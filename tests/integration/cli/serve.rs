//! `serve`: how it begins and how it ends.

use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use super::super::support::{Server, await_answer};
use super::Clearspan;

const TWO_LOGS: &str = r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[
    {"timeUnixNano":"1000000000","body":{"stringValue":"first"}},
    {"timeUnixNano":"2000000000","body":{"stringValue":"second"}}]}]}]}"#;

/// Ports that never collide with those of another test.
const FREE_PORTS: [&str; 6] = [
    "--otlp-grpc",
    "127.0.0.1:0",
    "--otlp-http",
    "127.0.0.1:0",
    "--http",
    "127.0.0.1:0",
];

fn matched(server: &Server) -> Value {
    server.api().get("/api/v1/logs/search?from=0")["matched"].clone()
}

fn import(server: &Server, lines: &str) {
    let finished = Clearspan::new(["import", "--to", server.otlp_url(), "-"])
        .stdin(lines.replace('\n', ""))
        .run();
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
}

#[test]
fn what_is_imported_is_found_and_flushed_at_the_end() {
    let folder = TempDir::new().unwrap();
    let mut server = Server::start(folder.path(), &[]);
    import(&server, TWO_LOGS);
    let path = "/api/v1/logs/search?from=0";
    await_answer(&mut server.api(), path, |answer| answer["matched"] == 2);
    assert_eq!(
        server.api().get("/api/v1/status")["logs"]["memtable"]["rows"],
        2
    );

    let (status, time) = server.terminate();
    assert_eq!(status.code(), Some(0));
    assert!(time < Duration::from_secs(30), "took {time:?}");

    let again = Server::start(folder.path(), &[]);
    let status = again.api().get("/api/v1/status");
    assert_eq!(status["logs"]["segments"], 1, "{status}");
    assert_eq!(status["logs"]["memtable"]["rows"], 0, "{status}");
    assert_eq!(matched(&again), 2);
}

#[test]
fn idle_connections_do_not_hold_up_the_end() {
    let folder = TempDir::new().unwrap();
    let mut server = Server::start(folder.path(), &[]);
    let mut api = server.api();
    api.get("/livez");
    let _otlp = server.otlp();
    let (status, time) = server.terminate();
    assert_eq!(status.code(), Some(0));
    assert!(time < Duration::from_secs(5), "took {time:?}");
}

#[test]
fn a_data_folder_belongs_to_one_process() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &[]);
    let data_dir = folder.path().to_str().unwrap();
    let second = Clearspan::new(["serve", "--data-dir", data_dir].iter().chain(&FREE_PORTS)).run();
    assert_eq!(second.code, Some(1));
    assert!(second.stdout.is_empty(), "{}", second.stdout);
    assert!(
        second.stderr.contains("in use by another process"),
        "{}",
        second.stderr
    );
    assert!(second.stderr.contains(data_dir), "{}", second.stderr);
    assert_eq!(server.api().get("/api/v1/logs/search?from=0")["matched"], 0);
}

#[test]
fn a_taken_port_is_named_with_its_setting() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let finished = Clearspan::new(["--otlp-grpc", "127.0.0.1:0", "--otlp-http", &address]).run();
    assert_eq!(finished.code, Some(1));
    let expected = format!("cannot listen on {address} (server.otlp_http)");
    assert!(finished.stderr.contains(&expected), "{}", finished.stderr);
}

#[test]
fn a_running_server_is_healthy() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &[]);
    let finished = Clearspan::new(["health", "--url", server.ui_url()]).run();
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert_eq!(finished.stdout, "ready\n");
}
