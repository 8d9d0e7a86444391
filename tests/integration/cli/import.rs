//! `import` against a receiver that answers as each test says.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::Clearspan;
use super::receiver::{Receiver, Reply};

const TWO_SPANS: &str =
    r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"a"},{"name":"b"}]}]}]}"#;
const ONE_LOG: &str =
    r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"x"}}]}]}]}"#;

/// An export request with one log record without anything but a body.
const ONE_LOG_PROTOBUF: &[u8] = b"\x0A\x09\x12\x07\x12\x05\x2A\x03\x0A\x01x";

fn accept_all() -> Receiver {
    Receiver::start(|request, _| match request.content_type.as_str() {
        "application/json" => Reply::json("{}"),
        _ => Reply::status(200),
    })
}

fn import(server: &Receiver, args: &[&str]) -> Clearspan {
    Clearspan::new(["import", "--to", server.url()].iter().chain(args))
}

fn lines(lines: &[&str]) -> String {
    lines.join("\n")
}

#[test]
fn lines_are_sent_as_they_are_to_their_signals_path() {
    let server = accept_all();
    let metrics =
        r#"{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"sum":{"dataPoints":[{},{}]}}]}]}]}"#;
    let both = r#"{ "resourceSpans":[{"scopeSpans":[{"spans":[{}]}]}], "resourceLogs":[{"scopeLogs":[{"logRecords":[{}]}]}]}"#;
    let finished = import(&server, &["in.jsonl"])
        .file("in.jsonl", lines(&[TWO_SPANS, ONE_LOG, "", metrics, both]))
        .run();
    assert_eq!(finished.last_line(), "sent 7 accepted 7 rejected 0");
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    let mut sent: Vec<_> = server
        .received()
        .into_iter()
        .map(|r| (r.path.clone(), r.content_type.clone(), r.text()))
        .collect();
    sent.sort();
    let json = |path: &str, line: &str| {
        (
            path.to_owned(),
            "application/json".to_owned(),
            line.to_owned(),
        )
    };
    let mut expected = vec![
        json("/v1/traces", TWO_SPANS),
        json("/v1/logs", ONE_LOG),
        json("/v1/metrics", metrics),
        json("/v1/traces", both),
        json("/v1/logs", both),
    ];
    expected.sort();
    assert_eq!(sent, expected);
}

#[test]
fn zstd_and_standard_input_are_read() {
    let server = accept_all();
    let compressed = zstd::encode_all(lines(&[TWO_SPANS, TWO_SPANS]).as_bytes(), 3).unwrap();
    let finished = import(&server, &["in.jsonl.zst", "-"])
        .file("in.jsonl.zst", compressed)
        .stdin(ONE_LOG)
        .run();
    assert_eq!(finished.last_line(), "sent 5 accepted 5 rejected 0");
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
}

#[test]
fn frames_of_the_collector_are_read() {
    let server = accept_all();
    let compressed = zstd::encode_all(ONE_LOG_PROTOBUF, 3).unwrap();
    let frames: Vec<u8> = [ONE_LOG_PROTOBUF, &compressed, TWO_SPANS.as_bytes()]
        .iter()
        .flat_map(|message| {
            [
                &u32::try_from(message.len()).unwrap().to_be_bytes()[..],
                message,
            ]
            .concat()
        })
        .collect();
    let finished = import(&server, &["frames"]).file("frames", frames).run();
    assert_eq!(finished.last_line(), "sent 4 accepted 4 rejected 0");
    let protobuf: Vec<_> = server
        .received()
        .into_iter()
        .filter(|r| r.content_type == "application/x-protobuf")
        .collect();
    assert_eq!(protobuf.len(), 2);
    assert!(
        protobuf
            .iter()
            .all(|request| request.path == "/v1/logs" && request.body == ONE_LOG_PROTOBUF)
    );
}

#[test]
fn a_bad_line_is_named_and_the_rest_goes_on() {
    let server = accept_all();
    let finished = import(&server, &["in.jsonl"])
        .file("in.jsonl", lines(&[ONE_LOG, "{oops", "{}", ONE_LOG]))
        .run();
    assert_eq!(finished.last_line(), "sent 2 accepted 2 rejected 0");
    assert_eq!(finished.code, Some(1));
    assert!(
        finished
            .stderr
            .contains("in.jsonl:2: not sent: undecodable json"),
        "{}",
        finished.stderr
    );
    assert!(
        finished
            .stderr
            .contains("in.jsonl:3: not sent: it has neither"),
        "{}",
        finished.stderr
    );
}

#[test]
fn a_broken_file_does_not_hold_up_the_next() {
    let server = accept_all();
    let mut cut = zstd::encode_all(lines(&[ONE_LOG; 100]).as_bytes(), 3).unwrap();
    cut.truncate(cut.len() / 2);
    let finished = import(&server, &["cut.zst", "good.jsonl"])
        .file("cut.zst", cut)
        .file("good.jsonl", TWO_SPANS)
        .run();
    assert_eq!(finished.code, Some(1));
    assert!(
        finished
            .stderr
            .contains("cut.zst: not sent: cannot be read"),
        "{}",
        finished.stderr
    );
    assert_eq!(finished.last_line(), "sent 2 accepted 2 rejected 0");
}

#[test]
fn a_missing_file_is_told_before_anything_is_sent() {
    let server = accept_all();
    let finished = import(&server, &["in.jsonl", "absent.jsonl"])
        .file("in.jsonl", ONE_LOG)
        .run();
    assert_eq!(finished.code, Some(1));
    assert!(
        finished.stderr.contains("cannot open absent.jsonl"),
        "{}",
        finished.stderr
    );
    assert!(server.received().is_empty());
}

#[test]
fn rejected_records_are_counted() {
    let partial = r#"{"partialSuccess":{"rejectedSpans":"1","errorMessage":"no trace id"}}"#;
    let server = Receiver::start(move |request, _| match request.path.as_str() {
        "/v1/traces" => Reply::json(partial),
        _ => Reply::status(400),
    });
    let finished = import(&server, &["in.jsonl"])
        .file("in.jsonl", lines(&[TWO_SPANS, ONE_LOG]))
        .run();
    assert_eq!(finished.last_line(), "sent 3 accepted 1 rejected 2");
    assert_eq!(finished.code, Some(1));
    assert!(
        finished
            .stderr
            .contains("in.jsonl:1: 1 of 2 records rejected: no trace id"),
        "{}",
        finished.stderr
    );
    assert!(
        finished
            .stderr
            .contains("in.jsonl:2: all 1 records rejected: status 400"),
        "{}",
        finished.stderr
    );
}

#[test]
fn an_overloaded_server_is_asked_again_when_it_says() {
    let server = Receiver::start(|_, number| match number {
        0 => Reply::status(503).retry_after(1),
        1 => Reply::status(429),
        _ => Reply::json("{}"),
    });
    let started = Instant::now();
    let finished = import(&server, &["in.jsonl"])
        .file("in.jsonl", ONE_LOG)
        .run();
    assert_eq!(finished.last_line(), "sent 1 accepted 1 rejected 0");
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert_eq!(server.received().len(), 3);
    assert!(
        started.elapsed() >= Duration::from_secs(1),
        "came back before the server asked it to"
    );
}

#[test]
fn a_dead_server_is_given_up_once_for_all() {
    let server = Receiver::start(|_, _| Reply::status(503));
    let many = lines(&[ONE_LOG; 500]);
    let started = Instant::now();
    let finished = import(&server, &["in.jsonl", "--give-up-after", "0.5"])
        .file("in.jsonl", many)
        .run();
    assert_eq!(finished.last_line(), "sent 0 accepted 0 rejected 0");
    assert_eq!(finished.code, Some(1));
    assert!(
        finished.stderr.contains("giving up after 0.5 s"),
        "{}",
        finished.stderr
    );
    assert!(
        started.elapsed() < Duration::from_secs(20),
        "took {:?}",
        started.elapsed()
    );
}

#[test]
fn shift_to_now_moves_all_files_by_one_distance() {
    let server = accept_all();
    let log =
        |time: &str| ONE_LOG.replace("\"body\"", &format!("\"timeUnixNano\":\"{time}\",\"body\""));
    let finished = import(&server, &["--shift-to-now", "a.jsonl", "-"])
        .file("a.jsonl", log("1000000000"))
        .stdin(log("4000000000"))
        .run();
    assert_eq!(
        finished.last_line(),
        "sent 2 accepted 2 rejected 0",
        "{}",
        finished.stderr
    );
    let mut times: Vec<u128> = server
        .received()
        .iter()
        .map(|request| {
            request
                .text()
                .split('"')
                .find_map(|part| part.parse().ok())
                .unwrap()
        })
        .collect();
    times.sort_unstable();
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_nanos();
    assert_eq!(times[1] - times[0], 3_000_000_000);
    assert!(
        now - times[1] < 60_000_000_000,
        "the newest record is {} ns old",
        now - times[1]
    );
}
