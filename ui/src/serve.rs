//! Serving the routes on a bound port.

use std::future::Future;
use std::io;
use std::net::SocketAddr;

use axum::Router;
use axum::serve::Listener;
use tokio::net::{TcpListener, TcpStream};

use crate::attended::Attended;
use crate::explained::Explained;
use crate::limits::WRITE_STALL_MAX;

/// Serves `router` on `listener` until `shutdown` is done; then takes no more connections, finishes the
/// requests that are running and returns. How long they may still take is up to whoever awaits this.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    axum::serve(ApiListener(listener), router)
        .with_graceful_shutdown(shutdown)
        .await
}

struct ApiListener(TcpListener);

impl Listener for ApiListener {
    type Io = Explained<Attended<TcpStream>>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        // The trait's own `accept` waits a while when the process has no file handle left.
        let (stream, address) = Listener::accept(&mut self.0).await;
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection keeps its delay");
        }
        let attended = Attended::new(stream, WRITE_STALL_MAX);
        (Explained::new(attended), address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}
