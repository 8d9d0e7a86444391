//! Opening the ports.

use std::net::SocketAddr;

use anyhow::Context;
use tokio::net::TcpListener;

use crate::config::Server;

/// The open ports, and the lines that name them.
pub(super) struct Listeners {
    pub(super) otlp_grpc: TcpListener,
    pub(super) otlp_http: TcpListener,
    pub(super) http: TcpListener,
    /// What `serve` prints when it is ready: with the real ports, where 0 was asked for.
    pub(super) lines: [String; 3],
}

impl Listeners {
    pub(super) async fn open(server: &Server) -> anyhow::Result<Self> {
        let (otlp_grpc, grpc_line) =
            listen("otlp-grpc", "server.otlp_grpc", server.otlp_grpc).await?;
        let (otlp_http, http_line) =
            listen("otlp-http", "server.otlp_http", server.otlp_http).await?;
        let (http, ui_line) = listen("ui", "server.http", server.http).await?;
        Ok(Self {
            otlp_grpc,
            otlp_http,
            http,
            lines: [grpc_line, http_line, ui_line],
        })
    }
}

async fn listen(
    name: &str,
    setting: &str,
    address: SocketAddr,
) -> anyhow::Result<(TcpListener, String)> {
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address} ({setting})"))?;
    let line = format!("{name} http://{}", listener.local_addr()?);
    Ok((listener, line))
}
