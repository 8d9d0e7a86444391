//! What is exported is what was sent, record for record and field for field: odd records of both signals,
//! made by the generator of proto's own tests, and real ones where they are at hand.

#![allow(clippy::print_stderr, reason = "a skipped test says so")]

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use clearspan_proto::otlp::{
    Encoding, decode_logs, decode_traces, encode_logs_protobuf, encode_traces_protobuf,
};
use clearspan_storage::Incoming;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use prost::Message;

use super::server::{Answer, NOW_NS, Server};
use generate::{logs, traces};
use meaning::{Meaning, each_value_of_logs, each_value_of_traces, of_logs, of_traces, unify_nan};

#[path = "../../../proto/src/otlp/tests/generate.rs"]
mod generate;
#[path = "../../../proto/src/otlp/tests/meaning.rs"]
mod meaning;

/// Requests of each signal: more than a thousand records.
const REQUESTS: usize = 400;

/// Lines of each file of real data, with up to 512 records.
const REAL_LINES: usize = 12;

fn lines(answer: &Answer) -> impl Iterator<Item = &str> {
    answer.text().lines()
}

/// The spans of a protobuf request.
fn spans_in(request: &[u8]) -> Meaning {
    of_traces(&Message::decode(request).unwrap())
}

/// The logs of a protobuf request.
fn logs_in(request: &[u8]) -> Meaning {
    of_logs(&Message::decode(request).unwrap())
}

/// The spans of a line of OTLP/JSON.
fn spans_of_line(line: &str) -> Meaning {
    let read = decode_traces(line.as_bytes(), Encoding::Json, NOW_NS).unwrap();
    assert_eq!(read.rejected.total() + read.repaired.total(), 0, "{line}");
    spans_in(&encode_traces_protobuf(&[read.batch.into_inner()]).unwrap())
}

/// The logs of a line of OTLP/JSON.
fn logs_of_line(line: &str) -> Meaning {
    let read = decode_logs(line.as_bytes(), Encoding::Json, NOW_NS).unwrap();
    assert_eq!(read.rejected.total() + read.repaired.total(), 0, "{line}");
    logs_in(&encode_logs_protobuf(&[read.batch.into_inner()]).unwrap())
}

fn sorted(logs: impl Iterator<Item = Meaning>) -> Meaning {
    let mut all: Meaning = logs.flatten().collect();
    all.sort();
    all
}

/// Spans that are the same in everything are kept once.
fn set(spans: impl Iterator<Item = Meaning>) -> BTreeSet<[Vec<u8>; 3]> {
    spans.flatten().collect()
}

async fn check(server: &Server, spans: &BTreeSet<[Vec<u8>; 3]>, logs: &Meaning, when: &str) {
    let exported = server.get("/api/v1/traces/export").await;
    let found = set(lines(&exported).map(spans_of_line));
    assert!(
        found == *spans,
        "{when}: {} of {} spans",
        found.intersection(spans).count(),
        spans.len()
    );
    let exported = server.get("/api/v1/logs/export?format=otlp").await;
    let found = sorted(lines(&exported).map(logs_of_line));
    assert!(
        found == *logs,
        "{when}: {} logs for {}",
        found.len(),
        logs.len()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_records() {
    let server = Server::start().await;
    let mut runner = TestRunner::deterministic();
    let (mut sent_spans, mut sent_logs) = (Vec::new(), Vec::new());
    for request in 0..REQUESTS {
        let mut spans = traces().new_tree(&mut runner).unwrap().current();
        each_value_of_traces(&mut spans, &mut unify_nan);
        let body = spans.encode_to_vec();
        let decoded = decode_traces(&body, Encoding::Protobuf, NOW_NS).unwrap();
        server.append(Incoming::Spans(decoded.batch));
        sent_spans.push(of_traces(&spans));

        let mut records = logs().new_tree(&mut runner).unwrap().current();
        each_value_of_logs(&mut records, &mut unify_nan);
        let body = records.encode_to_vec();
        let decoded = decode_logs(&body, Encoding::Protobuf, NOW_NS).unwrap();
        server.append(Incoming::Logs(decoded.batch));
        sent_logs.push(of_logs(&records));
        if request == REQUESTS / 2 {
            server.flush();
        }
    }
    let spans = set(sent_spans.into_iter());
    let logs = sorted(sent_logs.into_iter());
    assert!(
        spans.len() > 200 && logs.len() > 500,
        "{} and {}",
        spans.len(),
        logs.len()
    );
    check(&server, &spans, &logs, "segments and memtable").await;
    server.flush();
    check(&server, &spans, &logs, "segments").await;
    let server = server.restart(|_| {}).await;
    check(&server, &spans, &logs, "restarted").await;
}

/// The first lines of a file; none when it is not there.
fn real_lines(file: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let Ok(file) = File::open(folder.join(file)) else {
        eprintln!("skipped: no {file}");
        return Vec::new();
    };
    let text = BufReader::new(zstd::Decoder::new(file).unwrap());
    text.lines().take(REAL_LINES).map(Result::unwrap).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn real_records() {
    let server = Server::start().await;
    let (mut sent_spans, mut sent_logs) = (Vec::new(), Vec::new());
    for system in ["trainticket", "onlineboutique"] {
        for line in real_lines(&format!("{system}-traces.otlp.jsonl.zst")) {
            let decoded = decode_traces(line.as_bytes(), Encoding::Json, NOW_NS).unwrap();
            server.append(Incoming::Spans(decoded.batch));
            sent_spans.push(spans_of_line(&line));
        }
        for line in real_lines(&format!("{system}-logs.otlp.jsonl.zst")) {
            let decoded = decode_logs(line.as_bytes(), Encoding::Json, NOW_NS).unwrap();
            server.append(Incoming::Logs(decoded.batch));
            sent_logs.push(logs_of_line(&line));
        }
        server.flush();
    }
    let spans = set(sent_spans.into_iter());
    let logs = sorted(sent_logs.into_iter());
    check(&server, &spans, &logs, "segments").await;
}
