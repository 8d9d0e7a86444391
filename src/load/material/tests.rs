//! What is sent is what the seed or the files say.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may fail loudly"
)]

use clap::Parser;
use clearspan_proto::otlp::Stamp;

use super::*;
use crate::cli::{Cli, Command};

const STAMP: Stamp = Stamp {
    trace_mask: [3; 16],
    span_mask: [5; 8],
    first_number: 0,
    newest_ns: 1_790_000_000_000_000_000,
};

fn gathered(flags: &[&str], records: u64) -> Vec<Stencil> {
    let line = ["clearspan", "load"].iter().chain(flags);
    let cli = Cli::try_parse_from(line).unwrap();
    let Some(Command::Load(args)) = cli.command else {
        unreachable!("not load")
    };
    gather(&args, "r", records).unwrap()
}

fn copies(material: &[Stencil]) -> Vec<Vec<u8>> {
    material
        .iter()
        .map(|stencil| stencil.copy(&STAMP))
        .collect()
}

#[test]
fn the_same_seed_makes_the_same_requests() {
    let made = |seed: &str| copies(&gathered(&["--seed", seed, "--batch", "100"], 2_000));
    assert_eq!(made("7"), made("7"));
    assert_ne!(made("7"), made("8"));
}

#[test]
fn requests_have_the_size_that_is_asked_for() {
    for signal in ["logs", "spans", "both"] {
        let material = gathered(&["--signal", signal, "--batch", "70"], 1_000);
        assert!(material.iter().all(|stencil| stencil.records() == 70));
        let records: u64 = material.iter().map(Stencil::records).sum();
        assert!(records >= 1_000, "{signal}: {records}");
        let has = |wanted| material.iter().any(|stencil| stencil.signal() == wanted);
        assert_eq!(has(WireSignal::Logs), signal != "spans");
        assert_eq!(has(WireSignal::Traces), signal != "logs");
    }
}

#[test]
fn files_are_cut_into_requests_of_that_size() {
    let logs = |from: usize, records: usize| {
        let records: Vec<String> = (from..from + records)
            .map(|n| {
                format!(
                    r#"{{"timeUnixNano":"{}","body":{{"stringValue":"line {n:04}"}}}}"#,
                    1_000_000 + n
                )
            })
            .collect();
        format!(
            r#"{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{}]}}]}}]}}"#,
            records.join(",")
        )
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("in.jsonl");
    std::fs::write(&file, [logs(0, 7), logs(7, 1), logs(8, 12)].join("\n")).unwrap();
    let material = gathered(&["--batch", "6", "--from", file.to_str().unwrap()], 1);
    let sizes: Vec<u64> = material.iter().map(Stencil::records).collect();
    assert_eq!(sizes, [6, 6, 6, 2]);
    // Every line is there once, in its order.
    let text = String::from_utf8_lossy(&copies(&material).concat()).into_owned();
    let lines = text
        .match_indices("line 0")
        .map(|(at, _)| text[at..at + 9].to_owned());
    let expected = (0..20).map(|n| format!("line {n:04}"));
    assert!(lines.eq(expected), "{text}");
}

#[test]
fn both_signals_come_in_their_proportion_from_the_first() {
    for (batch, records) in [("50", 5_000), ("500", 1_000), ("500", 20_000)] {
        let material = gathered(&["--batch", batch], records);
        let is_log = |stencil: &Stencil| stencil.signal() == WireSignal::Logs;
        let logs = material.iter().filter(|one| is_log(one)).count();
        let share = logs as f64 / material.len() as f64;
        assert_ne!(is_log(&material[0]), is_log(&material[1]), "{batch}");
        let mut sent = 0;
        for (before, stencil) in material.iter().enumerate() {
            sent += usize::from(is_log(stencil));
            let due = share * (before + 1) as f64;
            assert!((sent as f64 - due).abs() <= 1.0, "{sent} of {before}");
        }
    }
}
