//! How long after its acknowledgement a record is found: one log with a word of its own and a search for the word, or one
//! span and its trace, asked for in a tight loop; once while nothing else happens and once while the data is sent.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, any_value::Value};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;
use tempfile::TempDir;

use crate::FreshnessArgs;
use crate::data::{self, Made, Signal};
use crate::http::{Answer, Connection};
use crate::ingest::send_until_taken;
use crate::percentiles::Percentiles;
use crate::server::Server;

/// A record that is not found for this long will never be.
const GIVE_UP_AFTER: Duration = Duration::from_secs(30);

pub(crate) fn run(args: &FreshnessArgs) -> Result<()> {
    let cache = args.places.cache()?;
    for signal in Signal::BOTH {
        let load = data::make(signal, &args.places.source, &cache, false)?;
        let folder = TempDir::with_prefix_in("freshness-", &cache)?;
        let server = Server::start(&args.server, &folder.path().join("data"))?;
        sample(&server, signal, args.samples)?.print(signal, "idle");
        let (sampled, sent) = under_load(&server, signal, &load, args.samples)?;
        sampled.print(signal, "under load");
        println!("  load beside it: {sent} requests of up to 512 records, one connection");
        server.stop()?;
    }
    Ok(())
}

/// What some hundred records had to wait.
#[derive(Debug, Default)]
struct Sampled {
    acknowledged: Vec<Duration>,
    searchable: Vec<Duration>,
    searches: u64,
}

impl Sampled {
    fn print(self, signal: Signal, when: &str) {
        let samples = self.searchable.len();
        let searches = self.searches as f64 / samples.max(1) as f64;
        println!("{}, {when}, {samples} records:", signal.name());
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

fn sample(server: &Server, signal: Signal, samples: usize) -> Result<Sampled> {
    let mut otlp = Connection::open(server.otlp_http())?;
    let mut api = Connection::open(server.ui())?;
    let mut sampled = Sampled::default();
    for _ in 0..samples {
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
        let probe = Probe::new(signal, u64::try_from(now.as_nanos())?);
        let started = Instant::now();
        send_until_taken(&mut otlp, signal, &probe.request)?;
        sampled.acknowledged.push(started.elapsed());
        let acknowledged = Instant::now();
        sampled.searches += search_until_found(&mut api, &probe, acknowledged)?;
        sampled.searchable.push(acknowledged.elapsed());
    }
    Ok(sampled)
}

/// The number of searches it took.
fn search_until_found(api: &mut Connection, probe: &Probe, acknowledged: Instant) -> Result<u64> {
    let mut searches = 0;
    loop {
        searches += 1;
        if probe.is_in(&api.get(&probe.search)?)? {
            return Ok(searches);
        }
        ensure!(
            acknowledged.elapsed() < GIVE_UP_AFTER,
            "{} never finds it",
            probe.search
        );
    }
}

/// One record that no other is like, and the question that finds it.
#[derive(Debug)]
struct Probe {
    request: Vec<u8>,
    search: String,
    signal: Signal,
}

impl Probe {
    fn new(signal: Signal, now_ns: u64) -> Self {
        let (request, search) = match signal {
            // Of the last minutes, as the pages ask.
            Signal::Logs => (
                one_log(&format!("fresh{now_ns:x}"), now_ns),
                format!("/api/v1/logs/search?q=fresh{now_ns:x}&from=now-15m"),
            ),
            Signal::Spans => (
                one_span(u128::from(now_ns), now_ns),
                format!("/api/v1/traces/{now_ns:032x}"),
            ),
        };
        Self {
            request,
            search,
            signal,
        }
    }

    fn is_in(&self, answer: &Answer) -> Result<bool> {
        match self.signal {
            Signal::Spans if answer.status == 404 => Ok(false),
            Signal::Spans => answer.json().map(|_| true),
            Signal::Logs => {
                let matched = answer.json()?["matched"].as_u64();
                Ok(matched.context("an answer without `matched`")? == 1)
            }
        }
    }
}

/// Samples while one connection sends the data, again from its start when it ends. Also gives the number of requests sent.
fn under_load(
    server: &Server,
    signal: Signal,
    load: &Made,
    samples: usize,
) -> Result<(Sampled, u64)> {
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let sender = scope.spawn(|| send_until(&stop, server.otlp_http(), signal, load));
        let sampled = sample(server, signal, samples);
        stop.store(true, Ordering::Relaxed);
        let sent = sender.join().ok().context("the sender panicked")?;
        Ok((sampled?, sent?))
    })
}

fn send_until(stop: &AtomicBool, url: &str, signal: Signal, load: &Made) -> Result<u64> {
    let mut connection = Connection::open(url)?;
    let mut sent = 0;
    loop {
        let mut requests = load.requests()?;
        while let Some(body) = requests.next()? {
            if stop.load(Ordering::Relaxed) {
                return Ok(sent);
            }
            send_until_taken(&mut connection, signal, body)?;
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

fn one_span(trace_id: u128, now_ns: u64) -> Vec<u8> {
    let span = Span {
        trace_id: trace_id.to_be_bytes().to_vec(),
        span_id: now_ns.to_be_bytes().to_vec(),
        name: "a fresh span".to_owned(),
        start_time_unix_nano: now_ns,
        end_time_unix_nano: now_ns + 1_000,
        ..Span::default()
    };
    let scope_spans = vec![ScopeSpans {
        spans: vec![span],
        ..ScopeSpans::default()
    }];
    let resource_spans = vec![ResourceSpans {
        scope_spans,
        ..ResourceSpans::default()
    }];
    ExportTraceServiceRequest { resource_spans }.encode_to_vec()
}
