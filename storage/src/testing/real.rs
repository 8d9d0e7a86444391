//! Real logs, where they are at hand: files of OTLP/JSON lines beside the checkout.
#![allow(
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a skipped test says so, and its data is a file"
)]

use std::io::{BufRead, BufReader};
use std::path::Path;

use clearspan_schema::ids::parse_hex;
use serde::Deserialize;

use crate::template::RecordIds;

/// A log record, as far as its body goes.
#[derive(Debug)]
pub(crate) struct RealLog {
    pub(crate) body: String,
    pub(crate) ids: RecordIds,
    /// Its own time, or when it was observed.
    pub(crate) time_ns: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    resource_logs: Vec<ResourceLogs>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResourceLogs {
    scope_logs: Vec<ScopeLogs>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ScopeLogs {
    log_records: Vec<Record>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    body: Body,
    #[serde(default)]
    trace_id: String,
    #[serde(default)]
    span_id: String,
    #[serde(default)]
    time_unix_nano: String,
    #[serde(default)]
    observed_time_unix_nano: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    string_value: String,
}

impl From<Record> for RealLog {
    fn from(record: Record) -> Self {
        let times = [record.time_unix_nano, record.observed_time_unix_nano];
        let mut times = times.iter().filter_map(|time| time.parse().ok());
        RealLog {
            body: record.body.string_value,
            ids: RecordIds {
                trace_id: parse_hex(&record.trace_id),
                span_id: parse_hex(&record.span_id),
            },
            time_ns: times.find(|time| *time > 0).unwrap_or(0),
        }
    }
}

/// Gives each record of the first `lines` requests of a file to `take`. Says whether the file is there.
pub(crate) fn real_logs(file: &str, lines: usize, mut take: impl FnMut(RealLog)) -> bool {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let Ok(opened) = std::fs::File::open(folder.join(file)) else {
        eprintln!("skipped: no {file}");
        return false;
    };
    let text = BufReader::new(zstd::Decoder::new(opened).unwrap());
    for line in text.split(b'\n').take(lines).map(Result::unwrap) {
        let request: Request = serde_json::from_slice(&line).unwrap();
        let scopes = request
            .resource_logs
            .into_iter()
            .flat_map(|one| one.scope_logs);
        let records = scopes.flat_map(|one| one.log_records);
        records.map(RealLog::from).for_each(&mut take);
    }
    true
}
