//! A line every few seconds on stderr: how it goes.

use std::sync::Arc;

use tokio::time::{self, Instant, MissedTickBehavior};

use super::limits::PROGRESS_EVERY;
use super::sender::Sender;
use crate::output;

/// Says how it goes, until it is dropped.
pub(super) async fn tell(sender: Arc<Sender>, start: Instant) {
    let mut ticks = time::interval_at(start + PROGRESS_EVERY, PROGRESS_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut acknowledged_before = 0;
    loop {
        ticks.tick().await;
        let line = {
            let tally = sender.tally();
            let acknowledged = tally.acknowledged.records;
            let since = acknowledged - acknowledged_before;
            acknowledged_before = acknowledged;
            let per_s = since as f64 / PROGRESS_EVERY.as_secs_f64();
            format!(
                "{:.0} s: offered {}, acknowledged {acknowledged} ({per_s:.0}/s), not taken {}, dropped {}, requests waiting {}, p99 {:.1} ms",
                start.elapsed().as_secs_f64(),
                tally.offered.records,
                tally.not_taken.values().sum::<u64>(),
                tally.dropped.records,
                sender.waiting(),
                tally.latency.quantile_ms(0.99),
            )
        };
        output::remark(&line);
    }
}
