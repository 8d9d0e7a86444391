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
pub(crate) const NOW_NS: i64 = 1_700_000_000_000_000_000;

const TURNS_MAX: usize = 100_000;

pub(crate) struct Server {
    folder: TempDir,
    storage: Storage,
    clock: Arc<ManualClock>,
    runner: Arc<ManualRunner>,
    address: SocketAddr,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::open(tempfile::tempdir().unwrap(), Arc::new(Stored::default())).await
    }

    /// With other settings of query.
    pub(crate) async fn with_query(config: clearspan_query::Config) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self::open_with(folder, Arc::new(Stored::default()), config).await
    }

    pub(crate) async fn with_figures(figures: impl StatusSource + 'static) -> Self {
        Self::open(tempfile::tempdir().unwrap(), Arc::new(figures)).await
    }

    async fn open(folder: TempDir, figures: Arc<dyn StatusSource>) -> Self {
        Self::open_with(folder, figures, clearspan_query::Config::default()).await
    }

    async fn open_with(
        folder: TempDir,
        figures: Arc<dyn StatusSource>,
        query: clearspan_query::Config,
    ) -> Self {
        let clock = Arc::new(ManualClock::new(NOW_NS));
        let runner = Arc::new(ManualRunner::new(Arc::clone(&clock)));
        let environment = Environment {
            vfs: Arc::new(OsVfs),
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            runner: Arc::clone(&runner) as _,
            catalog: None,
            formulas: clearspan_query::formulas(),
            store_id: 7,
        };
        let config = clearspan_storage::Config::new(folder.path().to_owned());
        let storage = Storage::open(config, environment).unwrap();
        let address = serve(&storage, &clock, figures, query).await;
        Self {
            folder,
            storage,
            clock,
            runner,
            address,
        }
    }

    /// Shuts down in good order, lets `change` work on the data folder, and opens again.
    pub(crate) async fn restart(self, change: impl FnOnce(&Path)) -> Self {
        self.storage.shutdown();
        drop(self.storage);
        change(self.folder.path());
        Self::open(self.folder, Arc::new(Stored::default())).await
    }

    /// Stores log records given as OTLP/JSON.
    pub(crate) fn send_logs(&self, request: &Value) {
        let decoded = decode_logs(request.to_string().as_bytes(), Encoding::Json, NOW_NS).unwrap();
        self.append(Incoming::Logs(decoded.batch));
    }

    /// Stores spans given as OTLP/JSON.
    pub(crate) fn send_spans(&self, request: &Value) {
        let decoded = decode_traces(request.to_string().as_bytes(), Encoding::Json, NOW_NS);
        self.append(Incoming::Spans(decoded.unwrap().batch));
    }

    /// Lets so much time pass that everything is flushed to segments.
    pub(crate) fn flush(&self) {
        self.clock.advance(Duration::from_secs(3600));
        self.runner.run_until_idle(TURNS_MAX);
        self.clock.set_unix_ns(NOW_NS);
    }

    /// Appends, and lets the loops run until the records can be found.
    pub(crate) fn append(&self, records: Incoming) {
        let tenant = TenantId::default();
        // Polled in a loop that never waits, it would use up the budget of its task.
        let append = self.storage.append(&tenant, records);
        let mut append = pin!(tokio::task::unconstrained(append));
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

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.request("GET", path, "").await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.request("POST", path, &body.to_string()).await
    }

    async fn request(&self, method: &str, path: &str, body: &str) -> Answer {
        let headers = "content-type: application/json\r\n";
        self.request_with(method, path, headers, body).await
    }

    /// `headers` end with a line break each.
    pub(super) async fn request_with(
        &self,
        method: &str,
        path: &str,
        headers: &str,
        body: &str,
    ) -> Answer {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{headers}content-length: {}\r\n\r\n{body}",
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
    config: clearspan_query::Config,
) -> SocketAddr {
    let clock = Arc::clone(clock) as Arc<dyn Clock>;
    let engine = QueryEngine::new(
        storage.clone(),
        config,
        Arc::clone(&clock),
        Handle::current(),
    );
    let api = Api::new(clearspan_ui::Config::default(), clock);
    let endpoints = clearspan_ui::Endpoints {
        otlp_grpc: "http://127.0.0.1:4317".into(),
        otlp_http: "http://127.0.0.1:4318".into(),
        demo_trace: None,
    };
    api.open(engine.unwrap(), figures, endpoints);
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

/// Figures of a store with so many rows.
#[derive(Default)]
pub(crate) struct Stored {
    pub(crate) spans: u64,
    pub(crate) logs: u64,
    /// How far ahead of now the newest log is placed, in nanoseconds.
    pub(crate) ahead_ns: i64,
}

impl StatusSource for Stored {
    fn status(&self) -> Status {
        let mut status = Status::default();
        status.spans.rows = self.spans;
        status.logs.rows = self.logs;
        status.logs.newest_ns = (self.logs > 0).then_some(NOW_NS + self.ahead_ns);
        status
    }

    fn metrics(&self) -> Option<String> {
        None
    }

    fn failed_loops(&self) -> Vec<&'static str> {
        Vec::new()
    }
}

/// The content of a chunked body, and whether its last chunk is there.
fn unchunked(mut rest: &[u8]) -> (Vec<u8>, bool) {
    let mut content = Vec::new();
    loop {
        let Some(end) = rest.windows(2).position(|two| two == b"\r\n") else {
            return (content, false);
        };
        let length = str::from_utf8(&rest[..end]).unwrap();
        let length = usize::from_str_radix(length, 16).unwrap();
        let Some(chunk) = rest.get(end + 2..end + 2 + length) else {
            return (content, false);
        };
        content.extend_from_slice(chunk);
        if length == 0 {
            return (content, true);
        }
        rest = rest.get(end + 4 + length..).unwrap_or_default();
    }
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
    /// Whether the body has come to its end.
    pub(crate) is_whole: bool,
}

impl Answer {
    fn parse(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        let (head, body) = bytes.split_at(end.expect("an answer of HTTP") + 4);
        let head = String::from_utf8(head.to_vec()).unwrap();
        let is_chunked = head.contains("\r\ntransfer-encoding: chunked\r\n");
        let (body, is_whole) = if is_chunked {
            unchunked(body)
        } else {
            (body.to_vec(), true)
        };
        Self {
            status: head[9..12].parse().unwrap(),
            head,
            body,
            is_whole,
        }
    }

    /// A header's value, by its lower-case name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    /// The body of a good answer that came to its end, as text.
    #[track_caller]
    pub(crate) fn text(&self) -> &str {
        let text = str::from_utf8(&self.body).unwrap();
        assert_eq!((self.status, self.is_whole), (200, true), "{text}");
        text
    }

    /// The body of a good answer.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        let text = String::from_utf8_lossy(&self.body);
        assert_eq!(self.status, 200, "{text}");
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// The `error` of a refusal.
    #[track_caller]
    pub(crate) fn error(&self, status: u16, code: &str) -> Value {
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
