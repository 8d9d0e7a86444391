//! What a server has, against what was sent to it and acknowledged.

use std::collections::{HashMap, HashSet};
use std::fmt;

use serde_json::Value;

use super::super::support::{Connection, Server};
use super::clients::{Records, Sent};

/// Figures of one comparison.
pub(super) struct Figures {
    logs: (usize, usize),
    spans: (usize, usize),
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ((logs, more_logs), (spans, more_spans)) = (self.logs, self.spans);
        write!(
            f,
            "0 of {} acknowledged records lost ({logs} logs, {spans} spans); \
             {more_logs} logs and {more_spans} spans stored whose answer was on its way",
            logs + spans
        )
    }
}

/// Pages through everything. Fails when something acknowledged is missing, stands twice, or was never sent.
pub(super) fn compare(server: &Server, sent: &Sent) -> Figures {
    let mut api = server.api();
    let figures = Figures {
        logs: check("logs", &logs(&mut api), &sent.logs),
        spans: check("spans", &spans(&mut api), &sent.spans),
    };
    let status = api.get("/api/v1/status");
    for signal in ["logs", "spans"] {
        assert_eq!(status[signal]["missing"], serde_json::json!([]), "{signal}");
    }
    assert_eq!(status["storage"]["failed_loops"], serde_json::json!([]));
    figures
}

/// The number of records that were acknowledged, and of those that are there without.
fn check(signal: &str, found: &[String], records: &Records) -> (usize, usize) {
    let distinct: HashSet<&String> = found.iter().collect();
    let missing: Vec<_> = records
        .acknowledged
        .iter()
        .filter(|id| !distinct.contains(id))
        .collect();
    let invented: Vec<_> = distinct
        .iter()
        .filter(|id| !records.sent.contains(**id))
        .collect();
    let mut times: HashMap<&String, usize> = HashMap::new();
    for id in found {
        *times.entry(id).or_default() += 1;
    }
    let twice: Vec<_> = times.iter().filter(|(_, times)| **times > 1).collect();
    assert!(
        missing.is_empty() && invented.is_empty() && twice.is_empty(),
        "{signal}: {} found, {} acknowledged, {} sent; {} missing: {:?}; {} more than once: {:?}; {} never sent: {:?}",
        found.len(),
        records.acknowledged.len(),
        records.sent.len(),
        missing.len(),
        &missing[..missing.len().min(3)],
        twice.len(),
        &twice[..twice.len().min(3)],
        invented.len(),
        &invented[..invented.len().min(3)],
    );
    let acknowledged = records.acknowledged.len();
    (acknowledged, distinct.len() - acknowledged)
}

/// The id in the body of every log.
fn logs(api: &mut Connection) -> Vec<String> {
    let rows = pages(api, "/api/v1/logs/search?limit=5000", "rows");
    let id = |row: &Value| {
        let body = row["body"].as_str().unwrap();
        body.split(' ').nth(1).unwrap().to_owned()
    };
    rows.iter().map(id).collect()
}

/// The span id of every span of every trace.
fn spans(api: &mut Connection) -> Vec<String> {
    let mut found = Vec::new();
    for trace in pages(api, "/api/v1/traces/search?limit=500", "traces") {
        let id = trace["trace_id"].as_str().unwrap();
        let spans = spans_of(&api.get(&format!("/api/v1/traces/{id}")));
        assert_eq!(trace["span_count"], spans.len(), "trace {id}");
        found.extend(spans);
    }
    found
}

fn spans_of(trace: &Value) -> Vec<String> {
    let list = |value: &Value, name: &str| value[name].as_array().cloned().unwrap_or_default();
    let groups = list(trace, "resourceSpans").into_iter();
    let scopes = groups.flat_map(|group| list(&group, "scopeSpans"));
    let spans = scopes.flat_map(|scope| list(&scope, "spans"));
    spans
        .map(|span| span["spanId"].as_str().unwrap().to_owned())
        .collect()
}

/// Everything, page by page. `matched` must say on each page how much that is.
fn pages(api: &mut Connection, path: &str, name: &str) -> Vec<Value> {
    let mut all = Vec::new();
    let mut cursor = String::new();
    loop {
        let mut page = api.get(&format!("{path}{cursor}"));
        let matched = page["matched"].as_u64().unwrap();
        let Value::Array(rows) = page[name].take() else {
            panic!("no {name}")
        };
        all.extend(rows);
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={}", percent_encoded(next)),
            None => {
                assert_eq!(matched, all.len() as u64, "{path}");
                return all;
            }
        }
    }
}

fn percent_encoded(text: &str) -> String {
    let encode = |byte| match byte {
        b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

/// Checks what is found against two records that were sent, `a` with an acknowledgement and `b` without.
fn check_found(found: &[&str]) -> (usize, usize) {
    let set = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
    let records = Records {
        sent: set(&["a", "b"]),
        acknowledged: set(&["a"]),
    };
    let found: Vec<String> = found.iter().map(|id| (*id).to_owned()).collect();
    check("logs", &found, &records)
}

#[test]
fn what_was_in_flight_may_be_there_or_not() {
    assert_eq!(check_found(&["a"]), (1, 0));
    assert_eq!(check_found(&["b", "a"]), (1, 1));
}

#[test]
#[should_panic(expected = "1 missing: [\"a\"]")]
fn a_lost_record_is_noticed() {
    check_found(&["b"]);
}

#[test]
#[should_panic(expected = "1 more than once: [(\"a\", 2)]")]
fn a_record_that_stands_twice_is_noticed() {
    check_found(&["a", "b", "a"]);
}

#[test]
#[should_panic(expected = "1 never sent: [\"c\"]")]
fn an_invented_record_is_noticed() {
    check_found(&["a", "c"]);
}
