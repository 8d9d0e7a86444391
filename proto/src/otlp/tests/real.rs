//! Real data, where it is at hand: files of OTLP/JSON lines beside the checkout.
#![allow(
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a skipped test says so, and its data is a file"
)]

use std::io::{BufRead, BufReader};
use std::path::Path;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;

use super::{ARRIVAL_NS, meaning};
use crate::otlp::{
    Encoding, WireSignal, decode_logs, decode_traces, encode_logs_protobuf, encode_traces_protobuf,
    frames, newest_time,
};
use crate::{json, jsonl};

/// The first `count` lines of a file; none when it is not there.
fn lines(file: &str, count: usize) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let Ok(file) = std::fs::File::open(folder.join(file)) else {
        eprintln!("skipped: no {file}");
        return Vec::new();
    };
    let text = BufReader::new(zstd::Decoder::new(file).unwrap());
    text.split(b'\n').take(count).map(Result::unwrap).collect()
}

#[test]
fn real_spans_are_accepted_and_come_out_again() {
    for line in lines("onlineboutique-traces.otlp.jsonl.zst", 20) {
        assert_eq!(jsonl::signal_of_line(&line), Some(WireSignal::Traces));
        let sent = json::read(&line, json::traces::request).unwrap();
        let decoded = decode_traces(&line, Encoding::Json, ARRIVAL_NS).unwrap();
        assert_eq!(decoded.rejected.total() + decoded.repaired.total(), 0);
        assert_eq!(
            decoded.batch.rows() as u64,
            jsonl::count_records(&line).unwrap()
        );
        assert_eq!(sent.records, decoded.batch.rows() as u64);
        let out = encode_traces_protobuf(&[decoded.batch.into_inner()]).unwrap();
        assert_eq!(frames::detect_signal(&out), Some(WireSignal::Traces));
        let out = ExportTraceServiceRequest::decode(out.as_slice()).unwrap();
        assert_eq!(meaning::of_traces(&out), meaning::of_traces(&sent.message));
    }
}

#[test]
fn real_logs_are_accepted_and_come_out_again() {
    for file in [
        "trainticket-logs.otlp.jsonl.zst",
        "onlineboutique-logs.otlp.jsonl.zst",
    ] {
        for line in lines(file, 10) {
            assert_eq!(jsonl::signal_of_line(&line), Some(WireSignal::Logs));
            let sent = json::read(&line, json::logs::request).unwrap();
            let decoded = decode_logs(&line, Encoding::Json, ARRIVAL_NS).unwrap();
            assert_eq!(decoded.repaired.total(), 0);
            assert_eq!(sent.records, decoded.batch.rows() as u64);
            let out = encode_logs_protobuf(&[decoded.batch.into_inner()]).unwrap();
            assert_eq!(frames::detect_signal(&out), Some(WireSignal::Logs));
            let newest = newest_time(&out, WireSignal::Logs, Encoding::Protobuf).unwrap();
            assert_eq!(newest, jsonl::newest_time(&line).unwrap());
            let moved = jsonl::shift_times(&line, 1_000).unwrap();
            assert_eq!(
                jsonl::newest_time(&moved).unwrap(),
                newest.map(|time| time + 1_000)
            );
            let out = ExportLogsServiceRequest::decode(out.as_slice()).unwrap();
            assert_eq!(meaning::of_logs(&out), meaning::of_logs(&sent.message));
        }
    }
}
