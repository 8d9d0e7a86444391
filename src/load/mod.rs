//! `clearspan load`: an open-loop load driver for any OTLP receiver.
//!
//! Requests are due at fixed times, whatever the receiver answers, and latency counts from when a request was *due*. A driver that
//! sends its next request when the last one is answered slows down with the receiver it measures, and leaves out just the
//! requests that would have waited longest (coordinated omission). What cannot be sent because too much is unanswered is
//! dropped and counted, never sent later in silence.
//!
//! Words: the *material* is what is sent over and over, a *pass* one time through it; the *backlog* are requests that are not
//! answered yet.
//!
//! | file | holds |
//! |---|---|
//! | `mod` | the command: one run from its flags to its report |
//! | `limits` | every limit that no flag sets |
//! | `material/` | the requests, encoded once before the run |
//! | `schedule` | when each request is due |
//! | `maker` | copies of the material with fresh ids and times, ahead of their time |
//! | `pacer` | handing each request over when it is due |
//! | `sender` | requests on their way: attempts, retries, giving up |
//! | `tally` | the counts |
//! | `ledger` | what was sent, by the numbers of records, held against what is found |
//! | `verify` | looking for every acknowledged record afterwards |
//! | `progress` | a line every few seconds |
//! | `report` | what a run has shown |

mod ledger;
mod limits;
mod maker;
mod material;
mod pacer;
mod progress;
mod report;
mod schedule;
mod sender;
mod tally;
mod verify;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use clearspan_proto::otlp::Stencil;
use clearspan_storage::background::{Clock as _, SystemClock};
use rustix::time::{ClockId, clock_gettime};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::cli::{CompressionArg, LoadArgs, OutputArg, ProtocolArg};
use crate::client::BaseUrl;
use crate::delivery::{self, Compression, Exporter, Form, Protocol};
use crate::output;
use crate::serve::signals;
use limits::{LEAD, RECORDS_MAX, REQUESTS_MAX};
use maker::Maker;
use pacer::{Paced, RealClock};
use report::{Facts, Report};
use schedule::Schedule;
use sender::{Patience, Sender};
use verify::Store;

/// Where `serve` listens unless it is told otherwise.
const HTTP_DEFAULT: &str = "http://127.0.0.1:4318";
const GRPC_DEFAULT: &str = "http://127.0.0.1:4317";

/// Threads for the network. Making and pacing have one each besides.
const THREADS: usize = 2;

/// Runs a load and prints its report.
///
/// 1. What is wrong with the flags, the files or the store that is to verify is told before anything is sent.
/// 2. The material is made, then sent at its times; the last answers are waited for.
/// 3. With `--verify` every acknowledged record is looked for.
/// 4. Exit status 1 when nothing was acknowledged, or something that was is not there once.
pub(crate) fn run(args: &LoadArgs) -> anyhow::Result<ExitCode> {
    let load = Load::new(args)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(THREADS)
        .enable_all()
        .build()?;
    let report = runtime.block_on(load.run())?;
    output::line(&match args.output {
        OutputArg::Text => report.to_string(),
        OutputArg::Json => serde_json::to_string(&report)?,
    });
    Ok(if report.is_sound() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// One run, ready to begin.
struct Load<'a> {
    args: &'a LoadArgs,
    to: BaseUrl,
    verify: Option<BaseUrl>,
    run: String,
    form: Form,
}

impl<'a> Load<'a> {
    fn new(args: &'a LoadArgs) -> anyhow::Result<Self> {
        let default = match args.protocol {
            ProtocolArg::Http => HTTP_DEFAULT,
            ProtocolArg::Grpc => GRPC_DEFAULT,
        };
        let records = args.rate * args.duration.as_secs_f64();
        if records > RECORDS_MAX as f64 {
            bail!("more than {RECORDS_MAX} records; shorten --duration or lower --rate");
        }
        if records / f64::from(args.batch) > REQUESTS_MAX as f64 {
            bail!("more than {REQUESTS_MAX} requests; raise --batch or shorten --duration");
        }
        let run = args.run.clone();
        Ok(Self {
            args,
            to: BaseUrl::parse(args.to.as_deref().unwrap_or(default))?,
            verify: args.verify.as_deref().map(BaseUrl::parse).transpose()?,
            run: run.unwrap_or_else(|| format!("{:016x}", delivery::random())),
            form: form(args),
        })
    }

    async fn run(&self) -> anyhow::Result<Report> {
        let stop = signals::install()?;
        let store = self.store();
        if let Some(store) = &store {
            store.is_fresh().await?;
        }
        let records = schedule::records(self.args.rate, self.args.duration);
        let material = material::gather(self.args, &self.run, records)?;
        self.greet(&material);
        let (mut report, sender) = self.send(material, stop).await?;
        if let Some(store) = &store {
            let entries = std::mem::take(&mut sender.tally().entries);
            report.verification = Some(store.verify(&entries).await?);
        }
        Ok(report)
    }

    fn store(&self) -> Option<Store<'_>> {
        let api = self.verify.clone()?;
        Some(Store::new(api, &self.run, self.args.signal))
    }

    fn greet(&self, material: &[Stencil]) {
        let records: u64 = material.iter().map(Stencil::records).sum();
        let bytes: usize = material.iter().map(Stencil::bytes).sum();
        output::remark(&format!(
            "run {}: {} records/s to {} for {} s; {records} different records in {} requests of {} bytes on average",
            self.run,
            self.args.rate,
            self.to,
            self.args.duration.as_secs_f64(),
            material.len(),
            bytes / material.len().max(1),
        ));
    }

    /// Sends everything and waits for the last answer.
    async fn send(
        &self,
        material: Vec<Stencil>,
        stop: CancellationToken,
    ) -> anyhow::Result<(Report, Arc<Sender>)> {
        let args = self.args;
        let sizes = material.iter().map(Stencil::records).collect();
        let schedule = Schedule::new(sizes, args.rate, args.duration);
        let cpu_before = cpu();
        let start = Instant::now() + LEAD;
        let sender = Arc::new(self.sender(start)?);
        let requests = self.maker(material, &schedule)?.start(schedule.clone())?;
        let telling = tokio::spawn(progress::tell(Arc::clone(&sender), start));

        // Every request under way holds one end of this channel; when the last lets go, all have ended.
        let (ongoing, mut all_ended) = mpsc::channel(1);
        let (pacing, runtime, duration) = (Arc::clone(&sender), Handle::current(), args.duration);
        let paced = tokio::task::spawn_blocking(move || {
            let clock = RealClock { start, stop };
            pacer::pace(&clock, duration, requests, |made, late| {
                pacing.send(made, late, &runtime, ongoing.clone());
            })
        });
        let paced = paced.await.context("the pacer ended with a panic")??;
        while all_ended.recv().await.is_some() {}
        telling.abort();

        let tally = sender.tally();
        let not_offered = schedule.records_left() - tally.offered.records;
        if paced == Paced::All && not_offered > 0 {
            bail!("the thread that makes requests has ended early");
        }
        let facts = Facts {
            run: self.run.clone(),
            to: self.to.to_string(),
            protocol: match self.form.protocol {
                Protocol::Http => "http",
                Protocol::Grpc => "grpc",
            },
            compression: self.form.compression.name().unwrap_or("none"),
            rate: args.rate,
            duration,
            paced,
            elapsed: start.elapsed(),
            // Of a run that somebody stopped, the rest was not due.
            not_made_records: match paced {
                Paced::Overtime => not_offered,
                Paced::All | Paced::Stopped => 0,
            },
            cpu: cpu().saturating_sub(cpu_before),
        };
        let report = Report::new(facts, &tally);
        drop(tally);
        Ok((report, sender))
    }

    fn sender(&self, start: Instant) -> anyhow::Result<Sender> {
        let args = self.args;
        let connections = usize::from(args.connections);
        let streams = match args.protocol {
            ProtocolArg::Http => 1,
            ProtocolArg::Grpc => usize::from(args.streams),
        };
        let exporter = Exporter::with_form(&self.to, connections, self.form.clone())?;
        let patience = Patience {
            attempt: args.timeout,
            request: args.give_up_after,
            backlog: args.backlog as usize,
        };
        Sender::new(exporter, start, patience, connections * streams)
    }

    fn maker(&self, material: Vec<Stencil>, schedule: &Schedule) -> anyhow::Result<Maker> {
        let now_ns = u64::try_from(SystemClock::new().now().unix_ns).unwrap_or_default();
        let last = match schedule.smaller_last() {
            None => None,
            Some(due) => {
                let cut = material[due.index].first(due.records, &material::label(&self.run));
                Some(cut.context("cannot make the last request")?)
            }
        };
        Ok(Maker {
            material,
            last,
            form: self.form.clone(),
            run: maker::number_of(&self.run),
            starts_ns: now_ns.saturating_add(u64::try_from(LEAD.as_nanos()).unwrap_or_default()),
        })
    }
}

fn form(args: &LoadArgs) -> Form {
    Form {
        protocol: match args.protocol {
            ProtocolArg::Http => Protocol::Http,
            ProtocolArg::Grpc => Protocol::Grpc,
        },
        compression: match args.compression {
            CompressionArg::None => Compression::None,
            CompressionArg::Gzip => Compression::Gzip,
            CompressionArg::Zstd => Compression::Zstd,
        },
        headers: args.header.iter().cloned().collect(),
    }
}

/// CPU time of this process so far.
fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(
        u64::try_from(time.tv_sec).unwrap_or_default(),
        u32::try_from(time.tv_nsec).unwrap_or_default(),
    )
}
