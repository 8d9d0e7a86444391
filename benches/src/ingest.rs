//! What it costs to take the data: a fresh server, one signal, as fast as the server takes it, until all is flushed and merged.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceResponse;
use prost::Message;
use serde_json::Value;
use tempfile::TempDir;

use crate::IngestArgs;
use crate::data::{self, Made, Requests, Signal};
use crate::disk::Kinds;
use crate::http::{Answer, Connection};
use crate::percentiles::Percentiles;
use crate::server::Server;

/// The setting after which rows are flushed, and with that when hours count as quiet and are merged.
const FLUSH_INTERVAL: &str = "CLEARSPAN_STORAGE__FLUSH_INTERVAL_MS";

/// How often the server is asked whether it has come to rest: seldom enough to cost it nothing.
const STATUS_INTERVAL: Duration = Duration::from_millis(200);

/// Many times what flushing and merging the data takes.
const GIVE_UP_AFTER: Duration = Duration::from_secs(900);

pub(crate) fn run(args: &IngestArgs) -> Result<()> {
    let cache = args.places.cache()?;
    let signals = match args.signal {
        Some(signal) => vec![signal],
        None => Signal::BOTH.to_vec(),
    };
    for signal in signals {
        let data = data::make(signal, &args.places.source, &cache, false)?;
        println!("{data}");
        let folder = TempDir::with_prefix_in(format!("ingest-{}-", signal.name()), &cache)?;
        measure(args, signal, &data, &folder)?;
        if args.keep {
            println!("data folder: {}", folder.keep().display());
        }
    }
    Ok(())
}

fn measure(args: &IngestArgs, signal: Signal, data: &Made, folder: &TempDir) -> Result<()> {
    let data_dir: PathBuf = folder.path().join("data");
    let server = args.server.with(FLUSH_INTERVAL, args.flush_interval_ms);
    let server = Server::start(&server, &data_dir)?;
    let started = Instant::now();
    let sent = send_all(args.connections, &server, signal, data)?;
    let acknowledged = Reading::of(&server, started)?;
    let status = wait_until_settled(&server)?;
    let settled = Reading::of(&server, started)?;
    let kinds = Kinds::at_rest(&data_dir)?;
    let used = server.stop()?;
    ensure!(
        sent.rejected == 0,
        "{} records were rejected",
        sent.rejected
    );
    let records = data.records();
    println!(
        "{}: {:.0} records/s until the last acknowledgement; refused and sent again: {}; duplicates: {}; segments: {}",
        signal.name(),
        records as f64 / acknowledged.elapsed.as_secs_f64(),
        sent.retries,
        status[signal.name()]["duplicates"],
        status[signal.name()]["segments"],
    );
    println!("  acknowledgement: {}", Percentiles::of(sent.latencies));
    acknowledged.print("until the last acknowledgement", records);
    settled.print("until all is flushed and merged", records);
    println!(
        "  with the shutdown of {:.1} s: {:.2} CPU-seconds per million, peak resident {:.0} MB",
        used.shutdown.as_secs_f64(),
        used.cpu.as_secs_f64() * 1e6 / records as f64,
        used.peak_resident as f64 / 1e6,
    );
    print_disk(&kinds, &data_dir, records)
}

/// What the server has used so far.
#[derive(Debug, Clone, Copy)]
struct Reading {
    /// Since the first request.
    elapsed: Duration,
    cpu: Duration,
    peak_resident: u64,
}

impl Reading {
    fn of(server: &Server, started: Instant) -> Result<Self> {
        let process = server.process();
        let peak_resident = process.peak_resident();
        Ok(Reading {
            elapsed: started.elapsed(),
            cpu: process.cpu()?,
            peak_resident: peak_resident.context("the server has ended")?,
        })
    }

    fn print(&self, until: &str, records: u64) {
        println!(
            "  {until:<31} {:>6.1} s, {:>6.2} CPU-seconds per million, peak resident {:>4.0} MB",
            self.elapsed.as_secs_f64(),
            self.cpu.as_secs_f64() * 1e6 / records as f64,
            self.peak_resident as f64 / 1e6,
        );
    }
}

/// Waits until nothing is left to flush or to merge, and gives the server's status then.
fn wait_until_settled(server: &Server) -> Result<Value> {
    let mut api = Connection::open(server.ui())?;
    let begun = Instant::now();
    loop {
        let status = api.get("/api/v1/status")?.json()?;
        let pending = pending(&status)?;
        if pending == 0 {
            return Ok(status);
        }
        ensure!(
            begun.elapsed() < GIVE_UP_AFTER,
            "{pending} rows and segments are pending and stay so"
        );
        thread::sleep(STATUS_INTERVAL);
    }
}

/// Rows of both signals to be flushed, and segments to be merged.
fn pending(status: &Value) -> Result<u64> {
    let figures = Signal::BOTH.into_iter().flat_map(|signal| {
        let figures = &status[signal.name()];
        [&figures["flush_pending"], &figures["compaction_pending"]]
    });
    let figures = figures.map(Value::as_u64);
    let sum = figures.sum::<Option<u64>>();
    sum.context("a status without what is pending")
}

fn print_disk(kinds: &Kinds, data_dir: &Path, records: u64) -> Result<()> {
    let each = |bytes: u64| bytes as f64 / records as f64;
    println!(
        "  bytes per record on disk, all flushed and merged: {:.2} (without the write-ahead log {:.2}; after the end {:.2})",
        each(kinds.total()),
        each(kinds.without_wal()),
        each(Kinds::of(data_dir)?.total())
    );
    kinds.print(records);
    Ok(())
}

/// What came of sending.
#[derive(Debug, Default)]
struct Sent {
    retries: u64,
    rejected: i64,
    latencies: Vec<Duration>,
}

/// Sends every request once, over several connections with one request in flight each.
fn send_all(connections: usize, server: &Server, signal: Signal, data: &Made) -> Result<Sent> {
    let requests = Mutex::new(data.requests()?);
    let next = || next_request(&requests);
    thread::scope(|scope| {
        let send = || send_in_turn(server.otlp_http(), signal, next);
        let senders: Vec<_> = (0..connections).map(|_| scope.spawn(send)).collect();
        let mut all = Sent::default();
        for sender in senders {
            let Ok(sent) = sender.join() else {
                bail!("a sender panicked");
            };
            let sent = sent?;
            all.retries += sent.retries;
            all.rejected += sent.rejected;
            all.latencies.extend(sent.latencies);
        }
        Ok(all)
    })
}

fn next_request(requests: &Mutex<Requests>) -> Result<Option<Vec<u8>>> {
    let mut requests = requests.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(requests.next()?.map(<[u8]>::to_vec))
}

fn send_in_turn(
    url: &str,
    signal: Signal,
    next: impl Fn() -> Result<Option<Vec<u8>>>,
) -> Result<Sent> {
    let mut connection = Connection::open(url)?;
    let mut sent = Sent::default();
    while let Some(body) = next()? {
        let started = Instant::now();
        let (answer, retries) = send_until_taken(&mut connection, signal, &body)?;
        sent.latencies.push(started.elapsed());
        sent.retries += retries;
        sent.rejected += rejected(&answer)?;
    }
    Ok(sent)
}

/// Sends one request again for as long as the server asks for it.
pub(crate) fn send_until_taken(
    connection: &mut Connection,
    signal: Signal,
    body: &[u8],
) -> Result<(Answer, u64)> {
    let mut retries = 0;
    loop {
        let answer = connection.post_protobuf(signal.otlp_path(), body)?;
        if answer.status == 200 {
            return Ok((answer, retries));
        }
        let text = String::from_utf8_lossy(&answer.body);
        ensure!(
            answer.is_refusal_for_now(),
            "status {}: {text}",
            answer.status
        );
        retries += 1;
        thread::sleep(Duration::from_secs(answer.retry_after.unwrap_or(1)));
    }
}

/// The records that a 200 says were rejected. Both signals' answers have the same form.
fn rejected(answer: &Answer) -> Result<i64> {
    let response = ExportLogsServiceResponse::decode(answer.body.as_slice())?;
    let partial = response.partial_success;
    Ok(partial.map_or(0, |partial| partial.rejected_log_records))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    #[test]
    fn both_signals_and_both_kinds_of_work_are_pending() {
        let status = |flush: u64, compaction: u64| {
            let signal = json!({ "flush_pending": flush, "compaction_pending": compaction });
            json!({ "logs": signal, "spans": { "flush_pending": 0, "compaction_pending": 1 } })
        };
        assert_eq!(pending(&status(0, 0)).unwrap(), 1);
        assert_eq!(pending(&status(40, 2)).unwrap(), 43);
        assert!(pending(&json!({ "logs": {} })).is_err());
    }
}
