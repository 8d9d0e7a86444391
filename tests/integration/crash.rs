//! `kill -9` and SIGTERM in the middle of an import by several clients.
//!
//! The oracle: each record has an id of its own, and each client notes which of its records were acknowledged. After a
//! new start on the same folder no acknowledged record is missing, nothing stands twice, and nothing is there that
//! was never sent. What was in flight may be there or not.
//!
//! What each client sends and after how many acknowledgements the end comes follows from a seed, which is printed.
//! `CLEARSPAN_CRASH_SEED` sets the first seed, `CLEARSPAN_CRASH_ROUNDS` the number of rounds, each with the next.

#![allow(
    clippy::print_stdout,
    reason = "a seed and the figures are what a failure is reproduced from"
)]

mod clients;
mod oracle;

use std::env;
use std::time::Duration;

use tempfile::TempDir;

use super::support::Server;
use clients::{Clients, Sent};
use oracle::compare;

const CLIENTS: u64 = 6;

/// Small memtables, so that flushes happen all the while and the end also comes in the middle of one.
const SETTINGS: &[(&str, &str)] = &[
    ("CLEARSPAN_STORAGE__FLUSH_BYTES", "200000"),
    ("CLEARSPAN_STORAGE__FLUSH_INTERVAL_MS", "300"),
];

fn setting(name: &str, default: u64) -> u64 {
    match env::var(name) {
        Ok(text) => text.parse().unwrap(),
        Err(_) => default,
    }
}

/// Runs rounds on one data folder, so that each also has what the earlier ones left behind.
fn rounds(number: u64, end: impl Fn(&mut Server)) {
    let first = setting("CLEARSPAN_CRASH_SEED", 1);
    let folder = TempDir::new().unwrap();
    let mut sent = Sent::default();
    for seed in first..first + setting("CLEARSPAN_CRASH_ROUNDS", number) {
        let mut server = Server::start(folder.path(), SETTINGS);
        let clients = Clients::start(server.otlp_url(), seed, CLIENTS);
        clients.await_acknowledgements();
        end(&mut server);
        sent.add(clients.join());
        let again = Server::start(folder.path(), SETTINGS);
        println!("seed {seed}: {}", compare(&again, &sent));
    }
    let status = Server::start(folder.path(), SETTINGS)
        .api()
        .get("/api/v1/status");
    for signal in ["logs", "spans"] {
        // A start flushes nothing so small: what is in segments was flushed before a kill. Compaction may have merged it into one by now.
        let segments = status[signal]["segments"].as_u64();
        assert!(
            segments > Some(0),
            "{signal} were never flushed, so no flush was interrupted"
        );
    }
}

#[test]
fn nothing_acknowledged_is_lost_when_the_process_is_killed() {
    rounds(4, Server::kill);
}

#[test]
fn nothing_acknowledged_is_lost_when_the_process_is_asked_to_end() {
    rounds(2, |server| {
        let (status, took) = server.terminate();
        assert!(status.success(), "ended with {status}");
        assert!(took < Duration::from_secs(30), "took {took:?}");
    });
}

/// What a real client does about requests without an answer: it sends them again. Of spans, that stores nothing twice.
#[test]
fn spans_sent_again_after_a_crash_are_stored_once() {
    let folder = TempDir::new().unwrap();
    let seed = setting("CLEARSPAN_CRASH_SEED", 101);
    println!("seed {seed}");
    let mut server = Server::start(folder.path(), SETTINGS);
    let clients = Clients::start(server.otlp_url(), seed, CLIENTS);
    clients.await_acknowledgements();
    server.kill();
    let mut sent = clients.join();
    let mut again = Server::start(folder.path(), SETTINGS);
    sent.send_spans_again(&mut again.otlp());
    println!("{}", compare(&again, &sent));
    // Once more from segments: what was dropped as a repeat must not come back.
    again.terminate();
    let figures = compare(&Server::start(folder.path(), SETTINGS), &sent);
    println!("{figures}");
}
