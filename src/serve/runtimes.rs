//! Which threads do what. Nothing slow may hold up an acknowledgement, so searches have threads of their own, and the loops of
//! storage (commit, flush) each have one too, which storage's runner owns.

use anyhow::Context;
use tokio::runtime::{Builder, Runtime};

/// At least so many threads of each kind, so that one that is busy does not stop all.
const THREADS_MIN: usize = 2;

/// The runtimes of the program.
pub(super) struct Runtimes {
    /// Sockets, decoding, acknowledging.
    pub(super) network: Runtime,
    /// Searches.
    pub(super) query: Runtime,
}

impl Runtimes {
    pub(super) fn start() -> anyhow::Result<Self> {
        Ok(Self {
            network: runtime("network")?,
            query: runtime("query")?,
        })
    }

    /// Ends without waiting for threads that block.
    pub(super) fn leave(self) {
        self.network.shutdown_background();
        self.query.shutdown_background();
    }
}

fn runtime(name: &str) -> anyhow::Result<Runtime> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Builder::new_multi_thread()
        .worker_threads(cores.max(THREADS_MIN))
        .thread_name(name)
        .enable_all()
        .build()
        .with_context(|| format!("cannot start the {name} threads"))
}
