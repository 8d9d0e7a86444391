//! How long after its acknowledgement a record is found: one record with a word of its own, and a search for the word in
//! a tight loop, once while nothing else happens and once while the data is sent.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, any_value::Value};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use prost::Message;
use tempfile::TempDir;

use crate::FreshnessArgs;
use crate::data::{self, Made, Signal};
use crate::http::Connection;
use crate::ingest::send_until_taken;
use crate::percentiles::Percentiles;
use crate::server::Server;

/// A record that is not found for this long will never be.
const GIVE_UP_AFTER: Duration = Duration::from_secs(30);

pub(crate) fn run(args: &FreshnessArgs) -> Result<()> {
    let cache = args.places.cache()?;
    let load = data::make(Signal::Logs, &args.places.source, &cache, false)?;
    let folder = TempDir::with_prefix_in("freshness-", &cache)?;
    let server = Server::start(&args.server, &folder.path().join("data"))?;
    sample(&server, "idle", args.samples)?.print();
    let (sampled, sent) = under_load(&server, &load, args.samples)?;
    sampled.print();
    println!("  load beside it: {sent} requests of up to 512 logs, one connection");
    server.stop()?;
    Ok(())
}

/// What some hundred records had to wait.
#[derive(Debug)]
struct Sampled {
    when: &'static str,
    acknowledged: Vec<Duration>,
    searchable: Vec<Duration>,
    searches: u64,
}

impl Sampled {
    fn print(self) {
        let samples = self.searchable.len();
        let searches = self.searches as f64 / samples.max(1) as f64;
        println!("{}, {samples} records:", self.when);
        println!(
            "  sent to acknowledged:       {}",
            Percentiles::of(self.acknowledged)
        );
        println!(
            "  acknowledged to searchable: {}",
            Percentiles::of(self.searchable)
        );
        println!("  searches until found, mean: {searches:.2}");
    }
}

fn sample(server: &Server, when: &'static str, samples: usize) -> Result<Sampled> {
    let mut otlp = Connection::open(server.otlp_http())?;
    let mut api = Connection::open(server.ui())?;
    let mut sampled = Sampled {
        when,
        acknowledged: Vec::new(),
        searchable: Vec::new(),
        searches: 0,
    };
    for number in 0..samples {
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
        let now_ns = u64::try_from(now.as_nanos())?;
        let word = format!("fresh{now_ns:x}n{number}");
        let started = Instant::now();
        send_until_taken(&mut otlp, Signal::Logs, &one_log(&word, now_ns))?;
        sampled.acknowledged.push(started.elapsed());
        let acknowledged = Instant::now();
        sampled.searches += search_until_found(&mut api, &word, acknowledged)?;
        sampled.searchable.push(acknowledged.elapsed());
    }
    Ok(sampled)
}

/// The number of searches it took.
fn search_until_found(api: &mut Connection, word: &str, acknowledged: Instant) -> Result<u64> {
    // The last minutes, as the pages ask.
    let path = format!("/api/v1/logs/search?q={word}&from=now-15m");
    let mut searches = 0;
    loop {
        searches += 1;
        let found = api.get(&path)?.json()?["matched"].as_u64();
        if found.context("an answer without `matched`")? == 1 {
            return Ok(searches);
        }
        ensure!(
            acknowledged.elapsed() < GIVE_UP_AFTER,
            "{word} is never found"
        );
    }
}

/// Samples while one connection sends the data, again from its start when it ends. Also gives the number of requests sent.
fn under_load(server: &Server, load: &Made, samples: usize) -> Result<(Sampled, u64)> {
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let sender = scope.spawn(|| send_until(&stop, server.otlp_http(), load));
        let sampled = sample(server, "under load", samples);
        stop.store(true, Ordering::Relaxed);
        let sent = sender.join().ok().context("the sender panicked")?;
        Ok((sampled?, sent?))
    })
}

fn send_until(stop: &AtomicBool, url: &str, load: &Made) -> Result<u64> {
    let mut connection = Connection::open(url)?;
    let mut sent = 0;
    loop {
        let mut requests = load.requests()?;
        while let Some(body) = requests.next()? {
            if stop.load(Ordering::Relaxed) {
                return Ok(sent);
            }
            send_until_taken(&mut connection, Signal::Logs, body)?;
            sent += 1;
        }
    }
}

fn one_log(word: &str, now_ns: u64) -> Vec<u8> {
    let record = LogRecord {
        time_unix_nano: now_ns,
        observed_time_unix_nano: now_ns,
        body: Some(AnyValue {
            value: Some(Value::StringValue(format!("a record with the word {word}"))),
        }),
        ..LogRecord::default()
    };
    let scope_logs = vec![ScopeLogs {
        log_records: vec![record],
        ..ScopeLogs::default()
    }];
    let resource_logs = vec![ResourceLogs {
        scope_logs,
        ..ResourceLogs::default()
    }];
    ExportLogsServiceRequest { resource_logs }.encode_to_vec()
}
