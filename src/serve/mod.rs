//! `clearspan serve`: everything in one process.
//!
//! | file | holds |
//! |---|---|
//! | `mod` | the life of the server, from the first setting to the last flush |
//! | `listeners` | opening the ports |
//! | `open_files` | the limit of open files |
//! | `resident` | giving unused memory back when there is much |
//! | `runtimes` | which threads do what |
//! | `metrics` | the same figures, for a scraper |
//! | `signals` | being asked to stop |
//! | `status` | every room's figures as one answer |

mod listeners;
mod metrics;
mod open_files;
#[cfg(target_os = "linux")]
mod resident;
mod runtimes;
pub(crate) mod signals;
mod status;

use std::future::{self, Future};
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::Context;
use clearspan_collector::Collector;
use clearspan_query::QueryEngine;
use clearspan_storage::background::Clock;
use clearspan_storage::{Environment, Storage, TenantId};
use clearspan_ui::{Api, Endpoints};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::{self, Instant};
use tokio_util::sync::CancellationToken;

use crate::cli::ServeArgs;
use crate::client::{BaseUrl, reachable};
use crate::config::{self, Settings};
use crate::demo::SampleVisit;
use crate::{logging, output};
use listeners::Listeners;
pub(crate) use listeners::Ports;
use runtimes::Runtimes;
use status::Figures;

/// From the signal to the exit. Whoever stops us kills us after 30 s.
const SHUTDOWN_TIME: Duration = Duration::from_secs(27);

/// A client in this process ends within this, or is left behind.
const GUEST_TIME: Duration = Duration::from_secs(5);

/// Runs until SIGTERM or SIGINT.
pub(crate) fn run(args: &ServeArgs) -> anyhow::Result<ExitCode> {
    let settings = config::load(args.config.as_deref(), args.flags())?;
    run_with(&settings, |_, _| future::ready(()))
}

/// Runs until SIGTERM or SIGINT, with a guest: a client of the server in the server's own process. It begins when the server is
/// ready and is asked to stop before the server is.
pub(crate) fn run_with<G, F>(settings: &Settings, guest: G) -> anyhow::Result<ExitCode>
where
    G: FnOnce(Ports, CancellationToken) -> F,
    F: Future<Output = ()> + Send + 'static,
{
    logging::start(settings)?;
    open_files::raise();
    let runtimes = Runtimes::start()?;
    let outcome = runtimes.network.block_on(serve(settings, &runtimes, guest));
    // What still runs is beyond its time, and has nothing to lose.
    runtimes.leave();
    outcome.map(|()| ExitCode::SUCCESS)
}

/// 1. The ports open first, so that one that is taken is told at once. The API answers already, that it is not ready.
/// 2. Storage opens: it takes the data folder for itself and replays the write-ahead log. Until the collector
///    serves its ports, senders wait in the kernel's queue.
/// 3. Ready: three lines on stdout name the ports.
/// 4. Asked to stop: a guest ends; the API says that it is not ready any more; the collector refuses new requests
///    retryably and finishes those in flight.
/// 5. Storage writes its memtables to segments and lets go of the folder; the API ends last, as it still answers meanwhile.
async fn serve<G, F>(settings: &Settings, runtimes: &Runtimes, guest: G) -> anyhow::Result<()>
where
    G: FnOnce(Ports, CancellationToken) -> F,
    F: Future<Output = ()> + Send + 'static,
{
    let stop = signals::install()?;
    let Listeners {
        otlp_grpc,
        otlp_http,
        http,
        otlp_urls: [grpc_url, http_url],
        lines,
        ports,
    } = Listeners::open(&settings.server).await?;

    let environment = Environment {
        formulas: clearspan_query::formulas(),
        ..Environment::system()
    };
    let clock = Arc::clone(&environment.clock);
    let api = Api::new(settings.ui_config(), Arc::clone(&clock));
    let api_end = CancellationToken::new();
    let routes = clearspan_ui::router(api.clone());
    let serving_api = runtimes.answers.spawn(clearspan_ui::serve(
        http,
        routes,
        api_end.clone().cancelled_owned(),
    ));

    let budget = Arc::new(OnceLock::new());
    #[cfg(target_os = "linux")]
    runtimes.network.spawn(resident::watch(Arc::clone(&budget)));
    let opening = open_storage(settings, environment);
    let storage = tokio::select! {
        storage = opening => storage?,
        // Nothing has been acknowledged yet: the log is as good as it was.
        () = stop.cancelled() => return Ok(()),
    };
    budget.get_or_init(|| storage.memory().clone());
    let collector = collector(settings, &storage, &clock)?;
    let engine = QueryEngine::new(
        storage.clone(),
        settings.query_config(),
        Arc::clone(&clock),
        runtimes.lanes(),
    )?;
    let own = BaseUrl::parse(&format!("http://{}", reachable(ports.otlp_http)))?;
    let close = CancellationToken::new();
    let receiving = receive(&collector, otlp_grpc, otlp_http, &close);
    let figures = Figures::new(
        collector,
        storage.clone(),
        engine.clone(),
        Arc::clone(&clock),
    );
    api.open(
        engine,
        Arc::new(figures),
        Endpoints {
            otlp_grpc: grpc_url,
            otlp_http: http_url,
            demo_trace: Some(Arc::new(SampleVisit::new(&own, Arc::clone(&clock))?)),
        },
    );
    lines.iter().for_each(|line| output::line(line));
    tracing::info!(data_dir = %settings.server.data_dir.display(), "ready");
    let guest = tokio::spawn(guest(ports, stop.clone()));

    stop.cancelled().await;
    let deadline = Instant::now() + SHUTDOWN_TIME;
    tracing::info!("shutting down");
    let _beyond_its_time = time::timeout(GUEST_TIME, guest).await;
    close.cancel();
    api.drain();
    let received = receiving.await;
    close_storage(storage, deadline).await?;
    api_end.cancel();
    let _beyond_its_time = time::timeout_at(deadline, serving_api).await;
    tracing::info!("stopped");
    received.context("the collector ended with a panic")
}

/// Opens the store on a thread where it may block, as long as the replay takes. What the replay found wrong stands in
/// the status and is said at once.
async fn open_storage(settings: &Settings, environment: Environment) -> anyhow::Result<Storage> {
    let config = settings.storage_config();
    let opened = tokio::task::spawn_blocking(move || Storage::open(config, environment)).await;
    let storage = opened.context("opening the store ended with a panic")??;
    for finding in storage.status(&TenantId::default())?.wal_findings {
        tracing::warn!(finding, "the write-ahead log is damaged");
    }
    Ok(storage)
}

/// Flushes and closes the store. What is not flushed by the deadline is left to the next start's replay.
async fn close_storage(storage: Storage, deadline: Instant) -> anyhow::Result<()> {
    let closing = tokio::task::spawn_blocking(move || storage.shutdown());
    match time::timeout_at(deadline, closing).await {
        Ok(closed) => closed.context("closing the store ended with a panic"),
        Err(_) => {
            tracing::warn!(
                "the memtable is not flushed in time and will be replayed from the write-ahead log"
            );
            Ok(())
        }
    }
}

fn collector(
    settings: &Settings,
    storage: &Storage,
    clock: &Arc<dyn Clock>,
) -> anyhow::Result<Arc<Collector>> {
    let sink = Arc::new(storage.clone());
    let collector = Collector::new(
        settings.collector_config(),
        sink,
        Arc::clone(clock),
        TenantId::default(),
        storage.memory(),
    );
    collector.map(Arc::new).map_err(anyhow::Error::msg)
}

/// Serves both ports until `close`; the handle ends when the last request in flight is answered.
fn receive(
    collector: &Arc<Collector>,
    otlp_grpc: TcpListener,
    otlp_http: TcpListener,
    close: &CancellationToken,
) -> JoinHandle<()> {
    let collector = Arc::clone(collector);
    let (close_grpc, close_http) = (
        close.clone().cancelled_owned(),
        close.clone().cancelled_owned(),
    );
    tokio::spawn(async move {
        tokio::join!(
            collector.serve_grpc(otlp_grpc, close_grpc),
            collector.serve_http(otlp_http, close_http)
        );
    })
}
