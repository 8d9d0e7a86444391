//! The server under test, and a store that can refuse.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use clearspan_collector::{Collector, CollectorStatus, Config, Sink};
use clearspan_storage::background::ManualClock;
use clearspan_storage::memory::{Hold, MemoryBudget};
use clearspan_storage::{AppendError, Incoming, TenantId};
use parking_lot::Mutex;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinHandle;

/// More than any limit of the collector's own.
const MEMORY_BYTES: usize = 1 << 40;

/// What the store does with a batch.
#[derive(Debug)]
pub enum Mood {
    /// Keeps it.
    Keep,
    /// Answers this.
    Refuse(AppendError),
    /// Keeps it once [`Store::release`] has been called that often.
    Wait,
    /// Panics.
    Panic,
}

#[derive(Debug)]
pub struct Store {
    mood: Mood,
    rows: AtomicU64,
    batches: AtomicU64,
    arrived: Semaphore,
    released: Semaphore,
}

impl Store {
    fn new(mood: Mood) -> Self {
        Self {
            mood,
            rows: AtomicU64::new(0),
            batches: AtomicU64::new(0),
            arrived: Semaphore::new(0),
            released: Semaphore::new(0),
        }
    }

    /// Rows kept.
    pub fn rows(&self) -> u64 {
        self.rows.load(Ordering::SeqCst)
    }

    /// Batches kept.
    pub fn batches(&self) -> u64 {
        self.batches.load(Ordering::SeqCst)
    }

    /// Returns when so many batches more have come.
    pub async fn arrived(&self, batches: u32) {
        self.arrived.acquire_many(batches).await.unwrap().forget();
    }

    /// Lets so many waiting batches be kept.
    pub fn release(&self, batches: usize) {
        self.released.add_permits(batches);
    }
}

#[async_trait::async_trait]
impl Sink for Store {
    async fn append(
        &self,
        tenant: &TenantId,
        batch: Incoming,
        _memory: Hold,
    ) -> Result<(), AppendError> {
        assert_eq!(tenant.as_str(), "default");
        self.arrived.add_permits(1);
        match &self.mood {
            Mood::Keep => {}
            Mood::Refuse(error) => return Err(error.clone()),
            Mood::Wait => self.released.acquire().await.unwrap().forget(),
            Mood::Panic => panic!("planted"),
        }
        let rows = match batch {
            Incoming::Logs(batch) => batch.rows(),
            Incoming::Spans(batch) => batch.rows(),
        };
        assert!(rows > 0, "an empty batch was appended");
        self.rows.fetch_add(rows as u64, Ordering::SeqCst);
        self.batches.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

/// Both ports of one collector.
pub struct Server {
    pub grpc: SocketAddr,
    pub http: SocketAddr,
    pub store: Arc<Store>,
    collector: Arc<Collector>,
    stops: Mutex<Vec<oneshot::Sender<()>>>,
    servers: Mutex<Vec<JoinHandle<()>>>,
}

impl Server {
    pub async fn start() -> Self {
        Self::with(Config::default(), Mood::Keep).await
    }

    pub async fn with(config: Config, mood: Mood) -> Self {
        Self::with_memory(config, mood, &MemoryBudget::new(MEMORY_BYTES)).await
    }

    pub async fn with_memory(config: Config, mood: Mood, memory: &MemoryBudget) -> Self {
        let store = Arc::new(Store::new(mood));
        let clock = Arc::new(ManualClock::new(1_700_000_000_000_000_000));
        let sink = Arc::clone(&store) as Arc<dyn Sink>;
        let tenant = TenantId::default();
        let collector = Collector::new(config, sink, clock, tenant, memory).unwrap();
        let collector = Arc::new(collector);
        let grpc = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let http = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let (stop_grpc, grpc_stopped) = oneshot::channel();
        let (stop_http, http_stopped) = oneshot::channel();
        let server = Self {
            grpc: grpc.local_addr().unwrap(),
            http: http.local_addr().unwrap(),
            store,
            collector: Arc::clone(&collector),
            stops: Mutex::new(vec![stop_grpc, stop_http]),
            servers: Mutex::default(),
        };
        let on_http = Arc::clone(&collector);
        let serving = [
            tokio::spawn(async move { collector.serve_grpc(grpc, ends(grpc_stopped)).await }),
            tokio::spawn(async move { on_http.serve_http(http, ends(http_stopped)).await }),
        ];
        server.servers.lock().extend(serving);
        server
    }

    pub fn status(&self) -> CollectorStatus {
        self.collector.status()
    }

    /// Begins the shutdown of both ports.
    pub fn begin_shutdown(&self) {
        self.stops.lock().clear();
    }

    /// Returns when both ports are closed and nothing is served any more.
    pub async fn ended(&self) {
        let servers: Vec<_> = self.servers.lock().drain(..).collect();
        for server in servers {
            server.await.unwrap();
        }
    }
}

/// Completes when the other end is dropped.
async fn ends(stopped: oneshot::Receiver<()>) {
    let _ = stopped.await;
}
