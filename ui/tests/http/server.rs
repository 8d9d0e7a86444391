//! The routes served on a port before the store is open, and a client that can send any bytes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use clearspan_query::{Clock, Now};
use clearspan_ui::{Api, Config, router, serve};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

#[derive(Debug)]
struct StoppedClock;

impl Clock for StoppedClock {
    fn now(&self) -> Now {
        Now {
            unix_ns: 0,
            monotonic: Duration::ZERO,
        }
    }
}

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) api: Api,
    pub(crate) stop: oneshot::Sender<()>,
    pub(crate) served: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Server {
    pub(crate) async fn start(config: Config) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let api = Api::new(config, Arc::new(StoppedClock));
        let (stop, stopped) = oneshot::channel::<()>();
        let shutdown = async { stopped.await.unwrap_or_default() };
        let served = tokio::spawn(serve(listener, router(api.clone()), shutdown));
        Server {
            address,
            api,
            stop,
            served,
        }
    }

    /// Sends `request` as it is and reads until the server closes.
    pub(crate) async fn raw(&self, request: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let (mut reader, mut writer) = stream.split();
        let mut answer = Vec::new();
        let send = async {
            // A server that has heard enough may close first.
            let _broken = writer.write_all(request).await;
        };
        let (_, read) = tokio::join!(send, reader.read_to_end(&mut answer));
        read.unwrap();
        Answer::parse(&answer)
    }

    pub(crate) async fn send(&self, method: &str, path: &str, headers: &str, body: &str) -> Answer {
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n"
        );
        let head = if headers.contains("host:") {
            head
        } else {
            head.replacen("\r\n", "\r\nhost: localhost\r\n", 1)
        };
        self.raw((head + body).as_bytes()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, "", "").await
    }

    pub(crate) async fn post(&self, path: &str, body: &str) -> Answer {
        self.send("POST", path, "content-type: application/json\r\n", body)
            .await
    }
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        let text = std::str::from_utf8(bytes).unwrap();
        let (head, body) = text
            .split_once("\r\n\r\n")
            .unwrap_or_else(|| panic!("no HTTP: {text:?}"));
        Answer {
            status: head[9..12].parse().unwrap(),
            head: head.to_lowercase(),
            body: body.to_owned(),
        }
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {:?}", self.body))
    }

    /// Each error has the contract's form, whoever in the server made it.
    #[track_caller]
    pub(crate) fn is_error(&self, status: u16, code: &str) {
        let error = &self.json()["error"];
        assert_eq!(
            (self.status, error["code"].as_str()),
            (status, Some(code)),
            "{}",
            self.body
        );
        assert!(
            error["message"]
                .as_str()
                .is_some_and(|text| !text.is_empty()),
            "{error}"
        );
        assert!(
            error["hint"].as_str().is_some_and(|text| !text.is_empty()),
            "{error}"
        );
        assert!(
            self.head.contains("content-type: application/json"),
            "{}",
            self.head
        );
        assert!(
            self.head.contains("x-content-type-options: nosniff"),
            "{}",
            self.head
        );
        assert!(
            self.head.contains("cache-control: no-store"),
            "{}",
            self.head
        );
    }
}
