//! What it costs to take the data: a fresh server, one signal, as fast as the server takes it.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceResponse;
use prost::Message;
use tempfile::TempDir;

use crate::IngestArgs;
use crate::data::{self, Made, Requests, Signal};
use crate::disk::bytes_by_kind;
use crate::http::{Answer, Connection};
use crate::percentiles::Percentiles;
use crate::server::{Server, Used};

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
    let server = Server::start(&args.server, &data_dir)?;
    let started = Instant::now();
    let sent = send_all(args.connections, &server, signal, data)?;
    let acknowledged = started.elapsed();
    let cpu_acknowledged = server.process().cpu()?;
    let status = Connection::open(server.ui())?
        .get("/api/v1/status")?
        .json()?;
    let used = server.stop()?;
    ensure!(
        sent.rejected == 0,
        "{} records were rejected",
        sent.rejected
    );
    let millions = data.records() as f64 / 1e6;
    let per_million = |time: Duration| time.as_secs_f64() / millions;
    println!(
        "{}: {:.1} s until acknowledged ({:.0} records/s), {:.1} s of shutdown",
        signal.name(),
        acknowledged.as_secs_f64(),
        data.records() as f64 / acknowledged.as_secs_f64(),
        used.shutdown.as_secs_f64(),
    );
    println!(
        "  CPU-seconds per million: {:.2} (of these {:.2} until the last acknowledgement)",
        per_million(used.cpu),
        per_million(cpu_acknowledged)
    );
    println!("  acknowledgement: {}", Percentiles::of(sent.latencies));
    println!("  refused and sent again: {}", sent.retries);
    println!("  duplicates: {}", status[signal.name()]["duplicates"]);
    print_memory(&used);
    print_disk(&data_dir, data.records())
}

fn print_memory(used: &Used) {
    println!("  peak resident: {:.0} MB", used.peak_resident as f64 / 1e6);
}

fn print_disk(data_dir: &std::path::Path, records: u64) -> Result<()> {
    let kinds = bytes_by_kind(data_dir)?;
    let total: u64 = kinds.values().sum();
    let each = |bytes: u64| bytes as f64 / records as f64;
    println!("  bytes per record: {:.2}", each(total));
    for (kind, bytes) in kinds.iter().filter(|(_, bytes)| **bytes > 0) {
        println!("    {kind:<14} {:>8.3}  ({bytes} B)", each(*bytes));
    }
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
