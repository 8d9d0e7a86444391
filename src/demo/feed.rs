//! From the shop to the server: everything over this process's own OTLP port, as a Collector beside the shop would send it.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clearspan_storage::background::Clock;
use futures::future::join_all;
use tokio::time;
use tokio_util::sync::CancellationToken;

use super::playback::Playback;
use super::shop::Shop;
use crate::client::BaseUrl;
use crate::delivery::{Delivered, Export, Exporter, Waiting};

/// How much of the past one request carries at most: some thousand records.
const STEP_NS: u64 = 15_000_000_000;

/// Between two requests, once the past is told. Short, so that a page that refreshes has news.
const TICK: Duration = Duration::from_millis(500);

/// A request that is not taken for so long is left out, and the next tried.
const GIVE_UP_AFTER: Duration = Duration::from_secs(60);

/// One request for each signal.
const CONNECTIONS: usize = 2;

/// Being behind by more than this, as after the machine's sleep, there is no catching up.
const BEHIND_NS_MAX: u64 = 120_000_000_000;

/// What the shop sends, and when.
pub(crate) struct Feed {
    exporter: Exporter,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
}

impl Feed {
    pub(crate) fn new(
        to: &BaseUrl,
        clock: Arc<dyn Clock>,
        stop: CancellationToken,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            exporter: Exporter::new(to, CONNECTIONS)?,
            clock,
            stop,
        })
    }

    /// Tells the shop's life until it is stopped.
    ///
    /// 1. The past from `from_ns` on, as quickly as it is taken, in steps, oldest first.
    /// 2. Then the present, tick by tick.
    pub(crate) async fn run(&self, shop: Shop, from_ns: u64) -> anyhow::Result<()> {
        let mut told_ns = from_ns;
        let mut playback = Playback::new(shop, told_ns);
        let mut in_the_past = true;
        while !self.stop.is_cancelled() {
            let now_ns = self.now_ns();
            if !in_the_past && now_ns.saturating_sub(told_ns) > BEHIND_NS_MAX {
                tracing::info!("the shop was asleep and goes on from now");
                told_ns = now_ns;
                playback.skip_to(now_ns);
            }
            // A clock that is set back waits until it is here again.
            let until_ns = now_ns.min(told_ns.saturating_add(STEP_NS)).max(told_ns);
            let exports;
            (playback, exports) = requests(playback, until_ns).await?;
            join_all(exports.iter().map(|export| self.deliver(export))).await;
            told_ns = until_ns;
            if until_ns >= now_ns {
                if in_the_past {
                    in_the_past = false;
                    tracing::debug!("the shop's past is sent");
                }
                let _stopped = time::timeout(TICK, self.stop.cancelled()).await;
            }
        }
        Ok(())
    }

    async fn deliver(&self, export: &Export) {
        let records = export.records;
        match self.exporter.deliver(export, GIVE_UP_AFTER, self).await {
            Delivered::Taken { rejected: 0, .. } | Delivered::Abandoned => {}
            Delivered::Taken { rejected, message } => {
                tracing::warn!(
                    rejected,
                    records,
                    message,
                    "the shop's records were rejected"
                );
            }
            Delivered::Refused { reason } | Delivered::TimeUp { reason } => {
                tracing::warn!(records, reason, "the shop's records are left out");
            }
        }
    }

    fn now_ns(&self) -> u64 {
        u64::try_from(self.clock.now().unix_ns).unwrap_or_default()
    }
}

impl Waiting for Feed {
    fn is_over(&self) -> bool {
        self.stop.is_cancelled()
    }

    fn trying_again(&self, reason: &str) {
        tracing::debug!(reason, "the shop tries again");
    }
}

/// Makes the requests on a thread where it may take its time: the network's must not be held up.
async fn requests(
    mut playback: Playback,
    until_ns: u64,
) -> anyhow::Result<(Playback, Vec<Export>)> {
    let making = tokio::task::spawn_blocking(move || {
        let exports = playback.until(until_ns).into_exports()?;
        anyhow::Ok((playback, exports))
    });
    making.await.context("the shop ended with a panic")?
}
