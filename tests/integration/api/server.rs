//! A store in a temporary folder, the API over it on a port, and a client that can send anything.

use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use clearspan_proto::otlp::{Encoding, decode_logs, decode_traces};
use clearspan_query::QueryEngine;
use clearspan_storage::background::{Clock, ManualClock, ManualRunner};
use clearspan_storage::vfs::OsVfs;
use clearspan_storage::{Environment, Incoming, Storage, TenantId};
use clearspan_ui::{Api, Status, StatusSource};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;

/// When everything arrives.
pub(super) const NOW_NS: i64 = 1_700_000_000_000_000_000;

const TURNS_MAX: usize = 100_000;

pub(super) struct Server {
    folder: TempDir,
    storage: Storage,
    clock: Arc<ManualClock>,
    runner: Arc<ManualRunner>,
    address: SocketAddr,
}

impl Server {
    pub(super) async fn start() -> Self {
        Self::open(tempfile::tempdir().unwrap(), Arc::new(Figures)).await
    }

    pub(super) async fn with_figures(figures: impl StatusSource + 'static) -> Self {
        Self::open(tempfile::tempdir().unwrap(), Arc::new(figures)).await
    }

    async fn open(folder: TempDir, figures: Arc<dyn StatusSource>) -> Self {
        let clock = Arc::new(ManualClock::new(NOW_NS));
        let runner = Arc::new(ManualRunner::new(Arc::clone(&clock)));
        let environment = Environment {
            vfs: Arc::new(OsVfs),
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            runner: Arc::clone(&runner) as _,
            catalog: None,
            store_id: 7,
        };
        let config = clearspan_storage::Config::new(folder.path().to_owned());
        let storage = Storage::open(config, environment).unwrap();
        let address = serve(&storage, &clock, figures).await;
        Self {
            folder,
            storage,
            clock,
            runner,
            address,
        }
    }

    /// Shuts down in good order, lets `change` work on the data folder, and opens again.
    pub(super) async fn restart(self, change: impl FnOnce(&Path)) -> Self {
        self.storage.shutdown();
        drop(self.storage);
        change(self.folder.path());
        Self::open(self.folder, Arc::new(Figures)).await
    }

    /// Stores log records given as OTLP/JSON.
    pub(super) fn send_logs(&self, request: &Value) {
        let decoded = decode_logs(request.to_string().as_bytes(), Encoding::Json, NOW_NS).unwrap();
        self.append(Incoming::Logs(decoded.batch));
    }

    /// Stores spans given as OTLP/JSON.
    pub(super) fn send_spans(&self, request: &Value) {
        let decoded = decode_traces(request.to_string().as_bytes(), Encoding::Json, NOW_NS);
        self.append(Incoming::Spans(decoded.unwrap().batch));
    }

    /// Lets so much time pass that everything is flushed to segments.
    pub(super) fn flush(&self) {
        self.clock.advance(Duration::from_secs(3600));
        self.runner.run_until_idle(TURNS_MAX);
        self.clock.set_unix_ns(NOW_NS);
    }

    /// Appends, and lets the loops run until the records can be found.
    fn append(&self, records: Incoming) {
        let tenant = TenantId::default();
        let mut append = pin!(self.storage.append(&tenant, records));
        let mut context = Context::from_waker(Waker::noop());
        let appended = loop {
            if let Poll::Ready(appended) = append.as_mut().poll(&mut context) {
                break appended;
            }
            self.runner.run_until_idle(TURNS_MAX);
        };
        appended.unwrap();
        self.runner.run_until_idle(TURNS_MAX);
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.request("GET", path, "").await
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.request("POST", path, &body.to_string()).await
    }

    async fn request(&self, method: &str, path: &str, body: &str) -> Answer {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        Answer::parse(&answer)
    }
}

async fn serve(
    storage: &Storage,
    clock: &Arc<ManualClock>,
    figures: Arc<dyn StatusSource>,
) -> SocketAddr {
    let clock = Arc::clone(clock) as Arc<dyn Clock>;
    let config = clearspan_query::Config::default();
    let engine = QueryEngine::new(
        storage.clone(),
        config,
        Arc::clone(&clock),
        Handle::current(),
    );
    let api = Api::new(clearspan_ui::Config::default(), clock);
    api.open(engine.unwrap(), figures);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let routes = clearspan_ui::router(api);
    // Ends with the test's runtime.
    tokio::spawn(clearspan_ui::serve(
        listener,
        routes,
        std::future::pending(),
    ));
    address
}

/// Figures of nothing.
struct Figures;

impl StatusSource for Figures {
    fn status(&self) -> Status {
        Status::default()
    }

    fn failed_loops(&self) -> Vec<&'static str> {
        Vec::new()
    }
}

pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: Vec<u8>,
}

impl Answer {
    fn parse(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        let (head, body) = bytes.split_at(end.expect("an answer of HTTP") + 4);
        let head = String::from_utf8(head.to_vec()).unwrap();
        Self {
            status: head[9..12].parse().unwrap(),
            head,
            body: body.to_vec(),
        }
    }

    /// The body of a good answer.
    #[track_caller]
    pub(super) fn json(&self) -> Value {
        let text = String::from_utf8_lossy(&self.body);
        assert_eq!(self.status, 200, "{text}");
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// The `error` of a refusal.
    #[track_caller]
    pub(super) fn error(&self, status: u16, code: &str) -> Value {
        let text = String::from_utf8_lossy(&self.body);
        let error = serde_json::from_str::<Value>(&text).unwrap()["error"].take();
        assert_eq!(
            (self.status, error["code"].as_str()),
            (status, Some(code)),
            "{text}"
        );
        error
    }
}
