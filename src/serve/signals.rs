//! Being asked to stop.

use std::process;

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Exit status after a second signal, when the first one's shutdown was not waited for: as a shell has it for SIGINT.
const EXIT_INTERRUPTED: i32 = 130;

/// A token that is cancelled by SIGTERM or SIGINT. A second signal ends the process at once: whoever sends it will not
/// wait, and what was acknowledged is on disk.
pub(crate) fn install() -> anyhow::Result<CancellationToken> {
    let context = "cannot listen for signals";
    let mut terminate = signal(SignalKind::terminate()).context(context)?;
    let mut interrupt = signal(SignalKind::interrupt()).context(context)?;
    let stop = CancellationToken::new();
    let asked = stop.clone();
    tokio::spawn(async move {
        for first in [true, false] {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            if first {
                asked.cancel();
            } else {
                process::exit(EXIT_INTERRUPTED);
            }
        }
    });
    Ok(stop)
}
