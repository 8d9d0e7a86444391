//! `clearspan demo`: `serve`, and a simulated shop in the same process that sends to it. Nothing is seeded behind the server's
//! back: the shop's spans and logs come in over the OTLP port like anybody's.
//!
//! | file | holds |
//! |---|---|
//! | `mod` | the command |
//! | `feed` | sending: first the past, then the present |
//! | `sample` | one visit on request, for the first page of a server that has nothing to show |
//! | `past` | how much of the past is to be sent |
//! | `playback` | the shop's life in the order of time |
//! | `shop/` | the shop itself |
//! | `incidents` | what goes wrong, and when |
//! | `telemetry/` | spans, logs, and the requests that carry them |
//! | `random` | randomness from a seed |

mod feed;
mod incidents;
mod past;
mod playback;
pub(crate) mod random;
mod sample;
pub(crate) mod shop;
pub(crate) mod telemetry;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clearspan_storage::background::{Clock, SystemClock};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use toml::Value;

use crate::cli::DemoArgs;
use crate::client::{BaseUrl, reachable};
use crate::serve::{self, Ports};
use crate::{config, output};
use feed::Feed;
pub(crate) use sample::SampleVisit;
use shop::Shop;

/// What the names of temporary data folders begin with.
const FOLDER_PREFIX: &str = "clearspan-demo-";

/// Runs until SIGTERM or SIGINT.
///
/// 1. Without `--data-dir` the data go into a temporary folder. A configured folder is not used: it is a real server's, and a
///    demo must not fill it.
/// 2. The server starts as `serve` does. When it is ready, the shop opens.
/// 3. Asked to stop, the shop closes first, then the server ends as always, then the temporary folder goes.
pub(crate) fn run(args: &DemoArgs) -> anyhow::Result<ExitCode> {
    let mut flags = args.serve.flags();
    let temporary = match &args.serve.data_dir {
        Some(_) => None,
        None => Some(temporary_folder()?),
    };
    if let Some(folder) = &temporary {
        let path = folder.path().to_string_lossy().into_owned();
        flags.push(("server.data_dir", Value::String(path)));
    }
    let settings = config::load(args.serve.config.as_deref(), flags)?;
    let greeting = Greeting {
        args: args.clone(),
        data_dir: settings.server.data_dir.clone(),
        kept: temporary.is_none(),
    };
    let code = serve::run_with(&settings, |ports, stop| open_shop(greeting, ports, stop))?;
    if let Some(folder) = temporary {
        let path = folder.path().to_path_buf();
        folder
            .close()
            .with_context(|| format!("cannot remove {}", path.display()))?;
    }
    Ok(code)
}

fn temporary_folder() -> anyhow::Result<TempDir> {
    let folder = tempfile::Builder::new().prefix(FOLDER_PREFIX).tempdir();
    folder.context("cannot make a temporary folder; name one with --data-dir")
}

async fn open_shop(greeting: Greeting, ports: Ports, stop: CancellationToken) {
    greeting.say(&ports);
    if let Err(error) = run_shop(&greeting.args, &ports, stop).await {
        tracing::error!(error = format!("{error:#}"), "the shop is closed");
    }
}

async fn run_shop(args: &DemoArgs, ports: &Ports, stop: CancellationToken) -> anyhow::Result<()> {
    let otlp = BaseUrl::parse(&format!("http://{}", reachable(ports.otlp_http)))?;
    let api = BaseUrl::parse(&format!("http://{}", reachable(ports.http)))?;
    let clock = SystemClock::new();
    let now_ns = u64::try_from(clock.now().unix_ns).unwrap_or_default();
    let from_ns = past::begins_ns(&api, now_ns, args.history).await?;
    let feed = Feed::new(&otlp, Arc::new(clock), stop)?;
    feed.run(Shop::new(args.seed, args.rate), from_ns).await
}

/// What is said when all is ready.
struct Greeting {
    args: DemoArgs,
    data_dir: PathBuf,
    /// Whether the data stay when the demo ends.
    kept: bool,
}

impl Greeting {
    /// On stderr: stdout has the three lines of `serve` and nothing else.
    fn say(&self, ports: &Ports) {
        let DemoArgs { seed, rate, .. } = &self.args;
        let (services, past) = (shop::SERVICES, in_words(self.args.history));
        let fate = if self.kept {
            "."
        } else {
            " and goes when it ends."
        };
        output::remark(&format!(
            "\nA simulated shop of {services} services is open: {rate} visits a second (seed {seed}), and its last {past} come \
             in now.\nWhat it sends lies in {}{fate} Ctrl-C ends it. Look at",
            self.data_dir.display()
        ));
        for (name, path) in [("services", "/"), ("logs", "/logs"), ("traces", "/traces")] {
            let address = reachable(ports.http);
            output::remark(&format!("  {name:<8}  http://{address}{path}"));
        }
    }
}

/// `15 minutes`, or `40 seconds`.
fn in_words(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds >= 120.0 && seconds % 60.0 == 0.0 {
        format!("{} minutes", seconds / 60.0)
    } else {
        format!("{seconds} seconds")
    }
}
