//! What OTLP over HTTP answers to bad input; and that the server keeps serving after each of it.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::support::{Answer, Server, await_answer};

const JSON: (&str, &str) = ("content-type", "application/json");
const PROTOBUF: (&str, &str) = ("content-type", "application/x-protobuf");
const GZIP: (&str, &str) = ("content-encoding", "gzip");

const MIB: usize = 1 << 20;

/// The limit of a request's size, counted after decompression.
const LIMIT: usize = 64 * MIB;

/// A running server, and the number of good records that it was given in between.
struct Room {
    server: Server,
    good: u32,
    _folder: TempDir,
}

impl Room {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        Self {
            server: Server::start(folder.path(), &[]),
            good: 0,
            _folder: folder,
        }
    }

    /// Sends something bad to each signal's path, and sees each time that the server keeps serving.
    fn check(&mut self, headers: &[(&str, &str)], body: &[u8], check: impl Fn(&Answer)) {
        for path in ["/v1/traces", "/v1/logs", "/v1/metrics"] {
            check(&self.send("POST", path, headers, body));
        }
    }

    fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let answer = self.server.otlp().request(method, path, headers, body);
        self.keeps_serving();
        answer.unwrap_or_else(|error| panic!("no answer to {method} {path}: {error}"))
    }

    /// A good record is taken and found.
    fn keeps_serving(&mut self) {
        self.good += 1;
        let word = format!("good{}", self.good);
        let log = format!(
            r#"{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{{"body":{{"stringValue":"{word}"}}}}]}}]}}]}}"#
        );
        let answer = self.server.otlp().post_json("/v1/logs", &log).unwrap();
        assert_eq!((answer.status, answer.json()), (200, json!({})));
        let path = format!("/api/v1/logs/search?q={word}");
        await_answer(&mut self.server.api(), &path, |found| found["matched"] == 1);
    }
}

/// A refusal is a `google.rpc.Status` in the request's own content type, and one that is not sent again.
fn is_refused(status: u16, content_type: &str) -> impl Fn(&Answer) {
    move |answer| {
        assert_eq!(answer.status, status, "{answer:?}");
        assert_eq!(
            answer.header("content-type"),
            Some(content_type),
            "{answer:?}"
        );
        assert_eq!(answer.header("retry-after"), None, "{answer:?}");
        if content_type == "application/json" {
            let message = &answer.json()["message"];
            assert!(
                message.as_str().is_some_and(|text| !text.is_empty()),
                "{message}"
            );
        } else {
            // Field 2 of the message is the text; a code may stand before it.
            assert!(answer.body.contains(&0x12), "{answer:?}");
        }
    }
}

fn gzip(parts: impl IntoIterator<Item = Vec<u8>>) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    for part in parts {
        encoder.write_all(&part).unwrap();
    }
    encoder.finish().unwrap()
}

#[test]
fn an_undecodable_body_is_a_bad_request() {
    let mut room = Room::new();
    for body in [&b"\x0A\xFFnot protobuf"[..], b"\x0A", b"{}"] {
        room.check(&[PROTOBUF], body, is_refused(400, "application/x-protobuf"));
    }
    for body in [
        &b"{"[..],
        b"[]",
        b"\xFF",
        b"",
        br#"{"resourceSpans":1,"resourceLogs":1,"resourceMetrics":1}"#,
    ] {
        room.check(&[JSON], body, is_refused(400, "application/json"));
    }
}

#[test]
fn a_body_beyond_the_limit_is_too_large() {
    let mut room = Room::new();
    let zeros = vec![0; 65 * MIB];
    room.check(
        &[PROTOBUF],
        &zeros,
        is_refused(413, "application/x-protobuf"),
    );
    room.check(&[JSON], &zeros, is_refused(413, "application/json"));
}

#[test]
fn a_bomb_is_refused_while_it_is_inflated() {
    let mut room = Room::new();
    let bomb = gzip((0..1024).map(|_| vec![0; MIB]));
    assert!(bomb.len() < 2 * MIB, "{} bytes", bomb.len());
    // What a first write and a first search leave behind is not the bomb's.
    room.keeps_serving();
    let before = room.server.peak_resident();
    room.check(
        &[PROTOBUF, GZIP],
        &bomb,
        is_refused(413, "application/x-protobuf"),
    );
    room.check(&[JSON, GZIP], &bomb, is_refused(413, "application/json"));
    let grown = room.server.peak_resident() - before;
    let allowed = LIMIT + 8 * MIB;
    assert!(
        grown <= allowed as u64,
        "grown by {grown} bytes, allowed are {allowed}"
    );
}

#[test]
fn a_bomb_in_the_second_member_is_a_bomb() {
    let mut room = Room::new();
    let small = gzip([b"small".to_vec()]);
    let bomb = gzip((0..65).map(|_| vec![0; MIB]));
    room.check(
        &[PROTOBUF, GZIP],
        &[small, bomb].concat(),
        is_refused(413, "application/x-protobuf"),
    );
}

#[test]
fn broken_compression_is_a_bad_request() {
    let mut room = Room::new();
    let whole = gzip([vec![0; 1000]]);
    let cut = &whole[..whole.len() - 4];
    let mut damaged = whole.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 0x55;
    for body in [cut, &damaged, b"not compressed", b""] {
        room.check(
            &[PROTOBUF, GZIP],
            body,
            is_refused(400, "application/x-protobuf"),
        );
    }
    for encoding in ["zstd", "deflate"] {
        let headers = [JSON, ("content-encoding", encoding)];
        room.check(
            &headers,
            b"not compressed",
            is_refused(400, "application/json"),
        );
    }
}

#[test]
fn what_is_not_ours_is_unsupported() {
    let mut room = Room::new();
    let json_status = is_refused(415, "application/json");
    room.check(&[("content-type", "text/plain")], b"{}", &json_status);
    room.check(&[], b"{}", &json_status);
    let unknown = ("content-encoding", "br");
    room.check(&[JSON, unknown], b"{}", &json_status);
    room.check(
        &[PROTOBUF, unknown],
        b"",
        is_refused(415, "application/x-protobuf"),
    );
    for method in ["GET", "PUT", "DELETE"] {
        let answer = room.send(method, "/v1/logs", &[], b"");
        is_refused(405, "application/json")(&answer);
        assert_eq!(answer.header("allow"), Some("POST"));
    }
}

#[test]
fn a_span_with_an_id_of_zeros_is_rejected_and_the_others_kept() {
    let mut room = Room::new();
    let span =
        |trace: &str, span: &str| json!({"traceId": trace, "spanId": span, "name": "one of four"});
    let (trace, id) = ("0123456789abcdef0123456789abcdef", "0123456789abcdef");
    let spans = [
        span(&"0".repeat(32), id),
        span(trace, &"0".repeat(16)),
        span(trace, id),
        span("", id),
    ];
    let request = json!({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]});
    let answer = room.send(
        "POST",
        "/v1/traces",
        &[JSON],
        request.to_string().as_bytes(),
    );
    assert_eq!(answer.status, 200);
    let partial = &answer.json()["partialSuccess"];
    // 64-bit integers are strings in OTLP/JSON.
    assert_eq!(partial["rejectedSpans"], "3", "{partial}");
    assert!(
        partial["errorMessage"]
            .as_str()
            .is_some_and(|text| !text.is_empty())
    );
    let mut api = room.server.api();
    let found = await_answer(&mut api, "/api/v1/traces/search", |found| {
        found["matched"] == 1
    });
    assert_eq!(found["traces"][0]["trace_id"], trace);
    assert_eq!(found["traces"][0]["span_count"], 1);
    let status = api.get("/api/v1/status");
    assert_eq!(sum(&status["spans"]["rejected"]), 3, "{status}");
}

#[test]
fn a_log_with_an_id_of_zeros_is_kept_without_it() {
    let mut room = Room::new();
    let log = json!({"traceId": "0".repeat(32), "spanId": "0".repeat(16), "body": {"stringValue": "zeros"}});
    let request = json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [log]}]}]});
    let answer = room.send("POST", "/v1/logs", &[JSON], request.to_string().as_bytes());
    assert_eq!((answer.status, answer.json()), (200, json!({})));
    let mut api = room.server.api();
    let found = await_answer(&mut api, "/api/v1/logs/search?q=zeros", |found| {
        found["matched"] == 1
    });
    assert_eq!(found["rows"][0]["trace_id"], Value::Null);
    assert_eq!(found["rows"][0]["span_id"], Value::Null);
}

#[test]
fn an_empty_request_is_a_success() {
    let mut room = Room::new();
    room.check(&[JSON], b"{}", |answer| {
        assert_eq!((answer.status, answer.json()), (200, json!({})))
    });
    room.check(&[PROTOBUF], b"", |answer| {
        assert_eq!((answer.status, answer.body.len()), (200, 0));
        assert_eq!(
            answer.header("content-type"),
            Some("application/x-protobuf")
        );
    });
}

/// The sum of an object of counts.
fn sum(counts: &Value) -> u64 {
    let counts = counts.as_object().unwrap().values();
    counts.map(|count| count.as_u64().unwrap()).sum()
}
