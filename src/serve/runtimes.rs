//! Which threads do what. Nothing slow may hold up an acknowledgement, so each of these has threads of its own, and the first come first when
//! there are more than cores:
//!
//! 1. **network**: the ports of senders. Sockets, decoding, acknowledging; what takes longer than a moment goes to a thread of its own.
//! 2. **answers**: the port of API and pages, what is written there, and questions that read few rows.
//! 3. **scans**: questions that may read everything, and SQL, whose threads are started from there.
//!
//! The loops of storage have threads too, which storage's runner owns: commit and flush with the priority of the network, for senders wait for
//! them; compaction and retention behind everything else.

use anyhow::Context;
use clearspan_query::Lanes;
use clearspan_storage::background::{Priority, lower_this_thread};
use tokio::runtime::{Builder, Runtime};

/// At least so many threads of each kind, so that one that is busy does not stop all.
const THREADS_MIN: usize = 2;

/// The runtimes of the program.
pub(super) struct Runtimes {
    pub(super) network: Runtime,
    pub(super) answers: Runtime,
    pub(super) scans: Runtime,
}

impl Runtimes {
    pub(super) fn start() -> anyhow::Result<Self> {
        Ok(Self {
            network: runtime("network", None)?,
            answers: runtime("answers", Some(Priority::Answers))?,
            scans: runtime("scans", Some(Priority::Scans))?,
        })
    }

    /// Where questions are worked on.
    pub(super) fn lanes(&self) -> Lanes {
        Lanes {
            needles: self.answers.handle().clone(),
            scans: self.scans.handle().clone(),
        }
    }

    /// Ends without waiting for threads that block.
    pub(super) fn leave(self) {
        self.network.shutdown_background();
        self.answers.shutdown_background();
        self.scans.shutdown_background();
    }
}

fn runtime(name: &str, priority: Option<Priority>) -> anyhow::Result<Runtime> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Builder::new_multi_thread()
        .worker_threads(cores.max(THREADS_MIN))
        .thread_name(name)
        .on_thread_start(move || priority.into_iter().for_each(lower_this_thread))
        .enable_all()
        .build()
        .with_context(|| format!("cannot start the {name} threads"))
}
