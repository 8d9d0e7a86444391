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
    /// Where the OTLP ports are, as URLs: gRPC, HTTP.
    pub(super) otlp_urls: [String; 2],
    /// What `serve` prints when it is ready: with the real ports, where 0 was asked for.
    pub(super) lines: [String; 3],
    pub(super) ports: Ports,
}

/// Where a server of this process listens, with the real ports.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ports {
    pub(crate) otlp_http: SocketAddr,
    pub(crate) http: SocketAddr,
}

impl Listeners {
    pub(super) async fn open(server: &Server) -> anyhow::Result<Self> {
        let (otlp_grpc, grpc_url) = listen("server.otlp_grpc", server.otlp_grpc).await?;
        let (otlp_http, http_url) = listen("server.otlp_http", server.otlp_http).await?;
        let (http, ui_url) = listen("server.http", server.http).await?;
        let ports = Ports {
            otlp_http: otlp_http.local_addr()?,
            http: http.local_addr()?,
        };
        Ok(Self {
            ports,
            otlp_grpc,
            otlp_http,
            http,
            lines: [
                format!("otlp-grpc {grpc_url}"),
                format!("otlp-http {http_url}"),
                format!("ui {ui_url}"),
            ],
            otlp_urls: [grpc_url, http_url],
        })
    }
}

async fn listen(setting: &str, address: SocketAddr) -> anyhow::Result<(TcpListener, String)> {
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address} ({setting})"))?;
    let url = format!("http://{}", listener.local_addr()?);
    Ok((listener, url))
}
