//! A record a second for a simulated month, on the real disk and catalog, with the clock and the loops driven by hand; read meanwhile. What it leaves is
//! a few hundred files, and a needle is found as quickly on the last day as on the first.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, Waker};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clearspan_schema::Signal;
use clearspan_schema::any::{AnyWriter, KeyValues};
use clearspan_schema::group::{ResourceRef, ScopeRef};
use clearspan_schema::logs::{Body, LogRow, LogsBuilder};
use clearspan_storage::background::{Clock, ManualClock, ManualRunner};
use clearspan_storage::scan::{ScanStats, TextSearch, TimeRange};
use clearspan_storage::text::TextPattern;
use clearspan_storage::vfs::OsVfs;
use clearspan_storage::{Config, Environment, FsyncMode, Incoming, Storage, TenantId};

use crate::TrickleArgs;
use crate::percentiles::Percentiles;

/// 2023-11-14 22:13:20 UTC.
const START_NS: i64 = 1_700_000_000_000_000_000;
const DAY_S: u64 = 24 * 3_600;
const TURNS_MAX: usize = 100_000;

struct Store {
    storage: Storage,
    clock: Arc<ManualClock>,
    runner: Arc<ManualRunner>,
    tenant: TenantId,
}

pub(crate) fn run(args: &TrickleArgs) -> Result<()> {
    let folder = tempfile::Builder::new()
        .prefix("trickle-")
        .disable_cleanup(args.keep)
        .tempdir_in(args.places.cache()?)?;
    let data = folder.path().join("data");
    // An append waits for room by its timer, which never rings here.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()?;
    let _within = runtime.enter();
    let store = Store::open(&data)?;
    let (mut most, mut needles) = (0, Vec::new());
    for second in 0..args.days * DAY_S {
        store.append(&body(second), second)?;
        if second % 3_600 == 3_599 {
            needles.push(store.find(&needle(second / 2), 1)?);
            needles.push(store.find("nowhere", 0)?);
            most = most.max(files(&data)?);
        }
    }
    println!("{} days, {} logs", args.days, args.days * DAY_S);
    println!(
        "  files, at most after an hour / at the end: {most} / {}",
        files(&data)?
    );
    let last = needles.split_off(needles.len().saturating_sub(48));
    println!(
        "  a needle, all but the last day: {}",
        Percentiles::of(needles)
    );
    println!(
        "  a needle, the last day:         {}",
        Percentiles::of(last)
    );
    store.storage.shutdown();
    if args.keep {
        println!("  data folder: {}", data.display());
    }
    Ok(())
}

/// A word that stands in one record alone, and no id that filters know.
fn needle(second: u64) -> String {
    let letters = second.to_string().into_bytes();
    let letters = letters
        .into_iter()
        .map(|digit| char::from(digit - b'0' + b'g'));
    letters.chain("zz".chars()).collect()
}

fn body(second: u64) -> String {
    format!(
        "request {second} of user {} took {} ms, token {}",
        second * 7_919 % 1_000,
        second * 104_729 % 977,
        needle(second)
    )
}

impl Store {
    fn open(data: &Path) -> Result<Self> {
        let clock = Arc::new(ManualClock::new(START_NS));
        let runner = Arc::new(ManualRunner::new(Arc::clone(&clock)));
        let environment = Environment {
            vfs: Arc::new(OsVfs),
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            runner: Arc::clone(&runner) as _,
            catalog: None,
            formulas: clearspan_query::formulas(),
            store_id: 1,
        };
        let config = Config {
            // Two and a half million commits, each of one record: the disk is not what is measured.
            fsync: FsyncMode::Never,
            ..Config::new(data.to_path_buf())
        };
        Ok(Store {
            storage: Storage::open(config, environment)?,
            clock,
            runner,
            tenant: TenantId::default(),
        })
    }

    /// One record of now; then a second passes.
    fn append(&self, body: &str, second: u64) -> Result<()> {
        let now_ns = self.clock.now().unix_ns;
        let records = Incoming::Logs(record(body, second, now_ns)?);
        let mut append = pin!(self.storage.append(&self.tenant, records));
        let mut context = TaskContext::from_waker(Waker::noop());
        loop {
            if let Poll::Ready(appended) = append.as_mut().poll(&mut context) {
                appended?;
                break;
            }
            self.runner.run_until_idle(TURNS_MAX);
        }
        self.clock.advance(Duration::from_secs(1));
        self.runner.run_until_idle(TURNS_MAX);
        Ok(())
    }

    /// How long it takes to count the records with a word: `expected` of them.
    fn find(&self, word: &str, expected: u64) -> Result<Duration> {
        let begun = Instant::now();
        let search = TextSearch::new([TextPattern::new(word)], true);
        let snapshot = self.storage.snapshot(&self.tenant, Signal::Logs)?;
        let mut found = 0;
        for part in snapshot.parts() {
            let mut stats = ScanStats::default();
            found += part
                .count_text(&search, TimeRange::ALL, &mut stats)?
                .unwrap_or(0);
        }
        let taken = begun.elapsed();
        ensure!(found == expected, "{word} stands {found} times");
        Ok(taken)
    }
}

fn record(body: &str, second: u64, time_ns: i64) -> Result<clearspan_schema::LogsBatch> {
    let mut resource = Vec::new();
    AnyWriter::new(&mut resource)
        .key("service.name")
        .string("trickle");
    let resource = ResourceRef {
        present: true,
        attributes: KeyValues::new(&resource),
        ..ResourceRef::default()
    };
    let mut attributes = Vec::new();
    AnyWriter::new(&mut attributes)
        .key("second")
        .int(i64::try_from(second)?);
    let mut builder = LogsBuilder::new(1, time_ns);
    builder.group(&resource, &ScopeRef::default(), Some("trickle"));
    builder.push(&LogRow {
        time: u64::try_from(time_ns)?,
        observed_time: 0,
        severity_number: 9,
        severity_text: "INFO",
        event_name: "",
        body: Body::Text(body),
        trace_id: None,
        span_id: None,
        flags: 0,
        attributes: KeyValues::new(&attributes),
        dropped_attributes_count: 0,
    })?;
    Ok(builder.finish()?)
}

/// All files below a folder.
fn files(folder: &Path) -> Result<usize> {
    let mut folders: Vec<PathBuf> = vec![folder.to_path_buf()];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder);
        for entry in entries.with_context(|| format!("read {}", folder.display()))? {
            let path = entry?.path();
            match path.is_dir() {
                true => folders.push(path),
                false => files += 1,
            }
        }
    }
    Ok(files)
}
