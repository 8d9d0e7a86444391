//! What a flood of SQL does to acknowledgements: records at a fixed rate, whatever the server answers, first while nobody asks anything and then
//! while more heavy questions come than there are turns.
//!
//! The sender is `clearspan load`, which measures from the moment at which a request was due. The flood is looked at too: it counts only
//! while every turn of SQL is taken, so its share of the time is told.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tempfile::TempDir;

use crate::FloodArgs;
use crate::http::{Answer, Connection};
use crate::server::Server;

/// Heavy in four ways: a text of every record, a sort, many groups, and a join that does not end.
const QUESTIONS: [&str; 4] = [
    "SELECT count(*) FROM logs WHERE upper(body) LIKE '%Q%Z%X%'",
    "SELECT body FROM logs ORDER BY length(body) DESC, body LIMIT 100",
    "SELECT service, name, count(DISTINCT trace_id), approx_percentile_cont(duration_ns, 0.95) FROM spans GROUP BY ALL ORDER BY 3 DESC LIMIT 100",
    "SELECT count(*) FROM logs a, logs b WHERE a.body || 'x' < b.body",
];

/// How often the server is asked what it is doing.
const WATCH_INTERVAL: Duration = Duration::from_millis(100);

pub(crate) fn run(args: &FloodArgs) -> Result<()> {
    let cache = args.places.cache()?;
    let folder = TempDir::with_prefix_in("flood-", &cache)?;
    let server = Server::start(&args.server, &folder.path().join("data"))?;
    let binary = args.server.binary()?;
    // Something to ask about, and the server warm.
    let filled = load(&binary, &server, args, args.fill)?;
    println!(
        "filled with {} records; {} records/s in requests of {}, {} connections",
        filled.acknowledged, args.rate, args.batch, args.connections
    );
    println!(
        "{:<14} {:>9} {:>9} {:>9} {:>9} {:>9} {:>13}",
        "", "requests", "p50 ms", "p99 ms", "p99.9 ms", "max ms", "not taken"
    );
    load(&binary, &server, args, args.duration)?.print("alone");
    let (stop, asked) = (&AtomicBool::new(false), &Asked::default());
    let url = server.ui();
    let (loaded, seen) = thread::scope(|scope| {
        let ask = |first| scope.spawn(move || ask_until(stop, url, first, asked));
        let askers: Vec<_> = (0..args.questions).map(ask).collect();
        let watcher = scope.spawn(move || watch_until(stop, url));
        let loaded = load(&binary, &server, args, args.duration);
        stop.store(true, Ordering::Relaxed);
        let seen = watcher.join().ok().context("the watcher panicked")?;
        for asker in askers {
            asker.join().ok().context("an asker panicked")??;
        }
        Ok::<_, anyhow::Error>((loaded?, seen?))
    })?;
    loaded.print("under a flood");
    seen.print(args.questions, asked)?;
    let used = server.stop()?;
    println!("  peak resident {:.0} MB", used.peak_resident as f64 / 1e6);
    Ok(())
}

impl Seen {
    fn print(&self, clients: usize, asked: &Asked) -> Result<()> {
        let mean = self.waiting as f64 / self.looks.max(1) as f64;
        let mb = |bytes: u64| bytes as f64 / 1e6;
        println!("the flood: {clients} clients, {}", asked.told());
        println!(
            "  all turns of SQL taken in {} of {} looks, questions waiting on average: {mean:.1}",
            self.full, self.looks
        );
        println!(
            "  memory of queries at most {:.0} MB of {:.0}, of everything {:.0} MB of {:.0}",
            mb(self.queries_max),
            mb(self.queries_limit),
            mb(self.used_max),
            mb(self.total)
        );
        ensure!(self.full > 0, "the flood never took all turns");
        Ok(())
    }
}

/// What `clearspan load` reports.
#[derive(Debug)]
struct Loaded {
    acknowledged: u64,
    report: Value,
}

impl Loaded {
    fn print(&self, when: &str) {
        let latency = |name: &str| self.report["latency_ms"][name].as_f64().unwrap_or(f64::NAN);
        println!(
            "{when:<14} {:>9} {:>9.2} {:>9.2} {:>9.2} {:>9.2} {:>13}",
            self.report["acknowledged"]["requests"],
            latency("p50"),
            latency("p99"),
            latency("p99_9"),
            latency("max"),
            self.report["not_taken"].to_string(),
        );
        let late = self.report["driver"]["late_ms"]["p99"]
            .as_f64()
            .unwrap_or(f64::NAN);
        println!("{:<14} of these the driver itself, p99: {late:.2} ms", "");
    }
}

/// Sends records for so long at the fixed rate.
fn load(binary: &Path, server: &Server, args: &FloodArgs, seconds: u64) -> Result<Loaded> {
    let output = Command::new(binary)
        .args(["load", "--output", "json", "--to", server.otlp_http()])
        .args([
            "--rate",
            &args.rate.to_string(),
            "--duration",
            &format!("{seconds}s"),
        ])
        .args([
            "--batch",
            &args.batch.to_string(),
            "--connections",
            &args.connections.to_string(),
        ])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .with_context(|| format!("run {} load", binary.display()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    ensure!(
        output.status.success(),
        "load ended with {}: {text}",
        output.status
    );
    let report: Value = serde_json::from_str(text.trim()).context("a report that is not JSON")?;
    let acknowledged = report["acknowledged"]["records"].as_u64();
    Ok(Loaded {
        acknowledged: acknowledged.context("a report without what was acknowledged")?,
        report,
    })
}

/// How the questions ended.
#[derive(Debug, Default)]
struct Asked {
    answered: AtomicU64,
    at_a_limit: AtomicU64,
    refused: AtomicU64,
}

impl Asked {
    fn count(&self, answer: &Answer) -> Result<()> {
        let counter = match answer.status {
            200 => &self.answered,
            422 => &self.at_a_limit,
            429 => &self.refused,
            status => anyhow::bail!("status {status}: {}", String::from_utf8_lossy(&answer.body)),
        };
        counter.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn told(&self) -> String {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        format!(
            "{} questions answered, {} ended at a limit of time or memory, {} refused",
            count(&self.answered),
            count(&self.at_a_limit),
            count(&self.refused)
        )
    }
}

/// Asks one question after the other. A question that is refused for now is not asked at once again.
fn ask_until(stop: &AtomicBool, url: &str, first: usize, asked: &Asked) -> Result<()> {
    let mut connection = Connection::open(url)?;
    for at in first.. {
        let query = QUESTIONS[at % QUESTIONS.len()];
        let body = serde_json::json!({ "query": query }).to_string();
        let answer = connection.post("/api/v1/sql", "application/json", body.as_bytes())?;
        asked.count(&answer)?;
        if stop.load(Ordering::Relaxed) {
            break;
        }
        if answer.is_refusal_for_now() {
            thread::sleep(Duration::from_secs(answer.retry_after.unwrap_or(1)));
        }
    }
    Ok(())
}

/// What the server said of itself meanwhile.
#[derive(Debug, Default)]
struct Seen {
    looks: u64,
    full: u64,
    waiting: u64,
    queries_max: u64,
    queries_limit: u64,
    used_max: u64,
    total: u64,
}

fn watch_until(stop: &AtomicBool, url: &str) -> Result<Seen> {
    let mut connection = Connection::open(url)?;
    let (mut seen, started) = (Seen::default(), Instant::now());
    while !stop.load(Ordering::Relaxed) {
        let status = connection.get("/api/v1/status")?.json()?;
        let figure = |value: &Value| value.as_u64().unwrap_or_default();
        let (memory, questions) = (&status["memory"], &status["questions"]);
        seen.looks += 1;
        // Where one waits, no turn was free.
        seen.full += u64::from(figure(&questions["waiting"]) > 0);
        seen.waiting += figure(&questions["waiting"]);
        seen.queries_max = seen
            .queries_max
            .max(figure(&memory["queries"]["used_bytes"]));
        seen.queries_limit = figure(&memory["queries"]["limit_bytes"]);
        seen.used_max = seen.used_max.max(figure(&memory["used_bytes"]));
        seen.total = figure(&memory["total_bytes"]);
        let next = WATCH_INTERVAL * u32::try_from(seen.looks).unwrap_or(u32::MAX);
        thread::sleep(next.saturating_sub(started.elapsed()).min(WATCH_INTERVAL));
    }
    Ok(seen)
}
