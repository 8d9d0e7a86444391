//! Loads of receivers over HTTP that do not take everything at once.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::thread;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use prost::Message;
use serde_json::Value;

use super::super::receiver::{Receiver, Reply};
use super::load;

/// Ten requests of ten logs, one each 20 ms.
const TEN: [&str; 8] = [
    "--rate",
    "500",
    "--duration",
    "200ms",
    "--batch",
    "10",
    "--signal",
    "logs",
];

fn load_of(receiver: &Receiver, more: &[&str]) -> super::Loaded {
    load(&[&["--to", receiver.url()], &TEN[..], more].concat()).loaded()
}

#[test]
fn refusals_for_a_while_are_tried_again() {
    let receiver = Receiver::start(|_, number| match number {
        0 => Reply::status(503).retry_after(1),
        1..=3 => Reply::status(429),
        _ => Reply::status(200),
    });
    let loaded = load_of(&receiver, &[]);
    let report = &loaded.report;
    assert_eq!(loaded.code, Some(0), "{report}");
    loaded.assert_adds_up();
    assert_eq!(loaded.records("acknowledged"), 100);
    assert_eq!(report["retries"], 4);
    assert_eq!(report["attempts"], 14);
    assert_eq!(receiver.received().len(), 14);
    assert_eq!(report["not_taken"]["HTTP 503"], 1);
    assert_eq!(report["not_taken"]["HTTP 429"], 3);
    // The request that had to come back after a second was due before it was tried: no coordinated omission.
    let max = |times: &str| report[times]["max"].as_f64().unwrap();
    assert!(max("latency_ms") >= 1_000.0, "{report}");
    assert!(max("attempt_ms") < max("latency_ms"), "{report}");
}

#[test]
fn a_refusal_for_good_is_not_tried_again() {
    let receiver = Receiver::start(|_, number| match number {
        0..3 => Reply::status(400),
        3 => Reply::status(413),
        _ => Reply::status(200),
    });
    let loaded = load_of(&receiver, &[]);
    assert_eq!(loaded.code, Some(0), "{}", loaded.report);
    loaded.assert_adds_up();
    assert_eq!(loaded.records("refused"), 40);
    assert_eq!(loaded.records("acknowledged"), 60);
    assert_eq!(loaded.report["retries"], 0);
    assert_eq!(loaded.report["not_taken"]["HTTP 400"], 3);
    assert!(loaded.stderr.contains("status 400"), "{}", loaded.stderr);
}

#[test]
fn a_receiver_that_refuses_for_ever_is_given_up() {
    let receiver = Receiver::start(|_, _| Reply::status(503));
    let loaded = load_of(&receiver, &["--give-up-after", "0.3"]);
    assert_eq!(loaded.code, Some(1), "nothing was acknowledged");
    loaded.assert_adds_up();
    assert_eq!(loaded.records("refused"), 100);
    assert_eq!(loaded.report["latency_ms"]["requests"], 0);
    assert!(
        loaded.report["latency_ms"]["p99"].is_null(),
        "of nothing there is no time"
    );
}

#[test]
fn rejected_records_are_counted() {
    // Field 1, a partial success: of it field 1 with 3, and field 2 with a word.
    let partial = "\u{a}\u{7}\u{8}\u{3}\u{12}\u{3}why";
    let receiver = Receiver::start(move |_, number| match number {
        0 => Reply::json(partial),
        _ => Reply::status(200),
    });
    let loaded = load_of(&receiver, &[]);
    assert_eq!(loaded.code, Some(0), "{}", loaded.report);
    loaded.assert_adds_up();
    assert_eq!(loaded.records("rejected"), 3);
    assert_eq!(loaded.records("acknowledged"), 97);
    assert!(loaded.stderr.contains("why"), "{}", loaded.stderr);
}

#[test]
fn a_receiver_that_stalls_does_not_slow_the_load() {
    let receiver = Receiver::start(|_, _| {
        loop {
            thread::park();
        }
    });
    let few = ["--connections", "1", "--backlog", "2"];
    let impatient = ["--timeout", "0.2", "--give-up-after", "3"];
    let loaded = load_of(&receiver, &[&few[..], &impatient].concat());
    assert_eq!(loaded.code, Some(1), "nothing was acknowledged");
    loaded.assert_adds_up();
    // All are due although nothing is answered; two wait, and the rest cannot even do that.
    assert_eq!(loaded.records("offered"), 100);
    assert_eq!(loaded.records("timed_out"), 20, "{}", loaded.report);
    assert_eq!(loaded.records("dropped"), 80);
    assert!(loaded.report["not_taken"]["no answer in time"].as_u64() >= Some(1));
}

#[test]
fn without_a_receiver_everything_fails() {
    let to = ["--to", "http://127.0.0.1:1", "--give-up-after", "0.2"];
    let loaded = load(&[&to[..], &TEN].concat()).loaded();
    assert_eq!(loaded.code, Some(1));
    loaded.assert_adds_up();
    assert_eq!(loaded.records("failed"), 100, "{}", loaded.report);
    assert!(loaded.report["not_taken"]["no connection"].as_u64() >= Some(10));
}

#[test]
fn a_run_that_is_interrupted_still_reports() {
    let receiver = Receiver::start(|_, _| Reply::status(200));
    let mut command = Command::new(env!("CARGO_BIN_EXE_clearspan"));
    command.env_clear().args(["load", "--to", receiver.url()]);
    command.args([
        "--rate",
        "100",
        "--duration",
        "1m",
        "--batch",
        "10",
        "-o",
        "json",
    ]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let child = child.unwrap();
    while receiver.received().is_empty() {
        thread::yield_now();
    }
    let pid = child.id().to_string();
    let kill = Command::new("kill").args(["-INT", &pid]).status().unwrap();
    assert!(kill.success());
    let output = child.wait_with_output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["ended"], "stopped", "{report}");
    assert_eq!(report["acknowledged"], report["offered"]);
    assert_eq!(report["not_made_records"], 0);
    assert_eq!(output.status.code(), Some(0));
}

/// What a record is, but for its times: by its number its ids, attributes and text.
type Records = BTreeMap<i64, (Vec<u8>, Vec<u8>, Vec<KeyValue>, Option<AnyValue>)>;

fn records(receiver: &Receiver) -> Records {
    let mut records = Records::new();
    for request in receiver.received() {
        let request = ExportLogsServiceRequest::decode(request.body.as_slice()).unwrap();
        for group in request.resource_logs {
            let run = group.resource.unwrap().attributes.into_iter();
            let run = run.filter(|attribute| attribute.key == "load.run");
            assert_eq!(run.count(), 1);
            for record in group
                .scope_logs
                .into_iter()
                .flat_map(|scope| scope.log_records)
            {
                let number = record.attributes.iter().find(|a| a.key == "load.number");
                let number = number.and_then(|number| number.value.clone()?.value);
                let Some(Any::IntValue(number)) = number else {
                    panic!("no number: {record:?}")
                };
                let ids = (record.trace_id, record.span_id);
                let rest = (ids.0, ids.1, record.attributes, record.body);
                assert!(records.insert(number, rest).is_none(), "{number} twice");
            }
        }
    }
    records
}

#[test]
fn the_same_seed_and_name_send_the_same_records() {
    let sent = |flags: &[&str]| {
        let receiver = Receiver::start(|_, _| Reply::status(200));
        assert_eq!(load_of(&receiver, flags).code, Some(0));
        records(&receiver)
    };
    let first = sent(&["--seed", "5", "--run", "a"]);
    assert_eq!(first.len(), 100);
    assert!(first == sent(&["--seed", "5", "--run", "a"]));
    let other_seed = sent(&["--seed", "6", "--run", "a"]);
    let texts = |records: &Records| {
        let texts = records.values().map(|record| format!("{:?}", record.3));
        texts.collect::<Vec<_>>()
    };
    assert!(texts(&first) != texts(&other_seed));
    let other_run = sent(&["--seed", "5", "--run", "b"]);
    let ids = |records: &Records| {
        let ids = records.values().map(|record| record.1.clone());
        ids.filter(|id| !id.is_empty()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&first).len(), ids(&other_run).len());
    assert!(
        ids(&first)
            .iter()
            .zip(ids(&other_run))
            .all(|(a, b)| *a != b)
    );
}

#[test]
fn wrong_flags_are_told_before_anything_is_sent() {
    for flags in [
        &["--rate", "0"][..],
        &["--duration", "5 days"],
        &["--protocol", "udp"],
        &["--batch", "0"],
        &["--header", "nonsense"],
        &["--run", "a b"],
    ] {
        let finished = super::super::Clearspan::new(["load"].iter().chain(flags)).run();
        assert_eq!(finished.code, Some(2), "{flags:?}");
        assert!(finished.stderr.contains(flags[0]), "{}", finished.stderr);
    }
    let too_many = ["load", "--rate", "1e6", "--duration", "24h"];
    let finished = super::super::Clearspan::new(too_many).run();
    assert_eq!(finished.code, Some(1));
    assert!(
        finished.stderr.contains("records; shorten"),
        "{}",
        finished.stderr
    );
}
