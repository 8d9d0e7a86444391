//! What the routes work with.

use std::fmt;
use std::sync::{Arc, OnceLock};

use clearspan_query::{Clock, QueryEngine, TenantId};
use futures::future::BoxFuture;
use tokio::sync::watch;

use crate::Config;
use crate::api::uncounted::Uncounted;
use crate::error::{ApiError, shown};
use crate::status::{Status, StatusSource};

/// The API before its port opens, while it answers, and while it drains. Cheap to clone; all clones
/// are the same API.
///
/// It can be served before the store is open: until [`Api::open`] each question is answered with 503
/// and `/readyz` says why.
#[derive(Clone)]
pub struct Api(Arc<Inner>);

struct Inner {
    config: Config,
    clock: Arc<dyn Clock>,
    rooms: OnceLock<Rooms>,
    uncounted: Uncounted,
    draining: watch::Sender<bool>,
}

struct Rooms {
    engine: QueryEngine,
    status: Arc<dyn StatusSource>,
    endpoints: Endpoints,
}

/// Where telemetry is received, for the page that tells how to send it.
pub struct Endpoints {
    /// URL of OTLP over gRPC.
    pub otlp_grpc: String,
    /// URL of OTLP over HTTP.
    pub otlp_http: String,
    /// Sends one trace to the port above, where the program can do that.
    pub demo_trace: Option<Arc<dyn DemoTrace>>,
}

/// Sends a trace to this server's own OTLP port, as any exporter would.
pub trait DemoTrace: Send + Sync {
    /// Done when the trace is acknowledged; else why it was not, in words.
    fn send(&self) -> BoxFuture<'static, Result<(), String>>;
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api")
            .field("config", &self.0.config)
            .field("ready", &self.ready())
            .finish_non_exhaustive()
    }
}

impl Api {
    /// An API whose store is not open yet. The clock measures how long answers took.
    pub fn new(config: Config, clock: Arc<dyn Clock>) -> Self {
        Api(Arc::new(Inner {
            config,
            clock,
            rooms: OnceLock::new(),
            uncounted: Uncounted::default(),
            draining: watch::Sender::new(false),
        }))
    }

    /// From now on questions are answered by `engine`, and `/readyz` answers 200. Has no effect when the
    /// API is open already.
    pub fn open(&self, engine: QueryEngine, status: Arc<dyn StatusSource>, endpoints: Endpoints) {
        // A second opening would change the store beneath running requests.
        let _already_open = self.0.rooms.set(Rooms {
            engine,
            status,
            endpoints,
        });
    }

    /// From now on `/readyz` answers 503, so that no new clients are sent here. Questions are still answered; tails end.
    pub fn drain(&self) {
        self.0.draining.send_replace(true);
    }

    /// Whether the server is about to end.
    pub(crate) fn is_draining(&self) -> bool {
        *self.0.draining.borrow()
    }

    /// Done when the server is about to end.
    pub(crate) async fn drained(&self) {
        let mut draining = self.0.draining.subscribe();
        let _sender_lives_as_long = draining.wait_for(|draining| *draining).await;
    }

    /// The present, in nanoseconds since 1970.
    pub(crate) fn now_ns(&self) -> i64 {
        self.0.clock.now().unix_ns
    }

    /// Fails, saying why, while no new clients should be sent here.
    pub(crate) fn ready(&self) -> Result<(), ApiError> {
        if self.is_draining() {
            return Err(ApiError::NotReady {
                doing: "shutting down",
            });
        }
        if self.rooms()?.status.failed_loops().is_empty() {
            return Ok(());
        }
        Err(ApiError::NotReady {
            doing: "damaged: a background loop has died, restart it",
        })
    }

    pub(crate) fn engine(&self) -> Result<&QueryEngine, ApiError> {
        Ok(&self.rooms()?.engine)
    }

    pub(crate) fn status_source(&self) -> Result<Arc<dyn StatusSource>, ApiError> {
        Ok(Arc::clone(&self.rooms()?.status))
    }

    /// The figures, gathered where it may block.
    pub(crate) async fn status(&self) -> Result<Status, ApiError> {
        let source = self.status_source()?;
        let gathered = tokio::task::spawn_blocking(move || source.status()).await;
        gathered.map_err(|_| ApiError::Internal)
    }

    /// The figures for a scraper, gathered where it may block.
    pub(crate) async fn metrics(&self) -> Result<String, ApiError> {
        let source = self.status_source()?;
        let gathered = tokio::task::spawn_blocking(move || source.metrics()).await;
        gathered.ok().flatten().ok_or(ApiError::Internal)
    }

    pub(crate) fn endpoints(&self) -> Result<&Endpoints, ApiError> {
        Ok(&self.rooms()?.endpoints)
    }

    pub(crate) async fn send_demo_trace(&self) -> Result<(), ApiError> {
        let Some(sender) = &self.endpoints()?.demo_trace else {
            return Err(ApiError::DemoTrace {
                reason: "this server cannot send one".into(),
            });
        };
        let sent = sender.send().await;
        sent.map_err(|reason| ApiError::DemoTrace {
            reason: shown(&reason),
        })
    }

    /// Searches that were not told how many match.
    pub(crate) fn uncounted(&self) -> &Uncounted {
        &self.0.uncounted
    }

    pub(crate) fn config(&self) -> &Config {
        &self.0.config
    }

    /// Whose data a request is about: there is one tenant until credentials name others.
    pub(crate) fn tenant(&self) -> TenantId {
        TenantId::default()
    }

    /// Starts measuring how long an answer takes.
    pub(crate) fn timer(&self) -> Timer<'_> {
        Timer {
            clock: self.0.clock.as_ref(),
            started: self.0.clock.now().monotonic,
        }
    }

    fn rooms(&self) -> Result<&Rooms, ApiError> {
        self.0.rooms.get().ok_or(ApiError::NotReady {
            doing: "replaying its write-ahead log",
        })
    }
}

/// A running measurement.
pub(crate) struct Timer<'a> {
    clock: &'a dyn Clock,
    started: std::time::Duration,
}

impl Timer<'_> {
    /// Milliseconds since the start, rounded down.
    pub(crate) fn elapsed_ms(&self) -> u64 {
        let elapsed = self.clock.now().monotonic.saturating_sub(self.started);
        u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
    }
}
