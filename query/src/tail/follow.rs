//! Batch after batch.

use clearspan_schema::{SEQ, columns};
use clearspan_storage::scan::PartError;
use clearspan_storage::{Fed, FedBatch, Subscription};
use tokio::time::{MissedTickBehavior, interval};

use super::Outlet;
use crate::language::Matcher;
use crate::limits::{TAIL_BEAT_INTERVAL, TAIL_STEP_ROWS};

/// What happens next.
enum Step {
    Fed(Option<Fed>),
    Tell,
    Beat,
    Gone,
}

/// Hands over what matches until the client has gone or the store is closed.
pub(crate) async fn follow(mut subscription: Subscription, matcher: Matcher, mut outlet: Outlet) {
    let mut beats = interval(TAIL_BEAT_INTERVAL);
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // One was told at the start.
    beats.reset();
    loop {
        let owes = outlet.owes();
        let step = tokio::select! {
            biased;
            () = outlet.gone() => Step::Gone,
            () = outlet.may_tell(), if owes => Step::Tell,
            fed = subscription.next() => Step::Fed(fed),
            _ = beats.tick() => Step::Beat,
        };
        match step {
            Step::Gone | Step::Fed(None) => return,
            Step::Fed(Some(Fed::Batch(batch))) => examine(&batch, &matcher, &mut outlet).await,
            Step::Fed(Some(Fed::Lost { rows, end_seq, .. })) => {
                outlet.lose(0, rows);
                outlet.advance(end_seq);
            }
            Step::Tell => {
                outlet.tell();
            }
            Step::Beat => outlet.beat(),
        }
    }
}

/// Some rows at a time, so that a long batch and a dear query do not keep the thread.
async fn examine(batch: &FedBatch, matcher: &Matcher, outlet: &mut Outlet) {
    let rows = batch.rows.num_rows();
    for first in (0..rows).step_by(TAIL_STEP_ROWS) {
        let length = TAIL_STEP_ROWS.min(rows - first);
        if let Err(error) = examine_rows(batch, first, length, matcher, outlet) {
            tracing::error!(%error, "a tail cannot look at a batch");
            outlet.lose(0, length as u64);
        }
        tokio::task::yield_now().await;
    }
    outlet.advance(batch.end_seq);
}

fn examine_rows(
    batch: &FedBatch,
    first: usize,
    length: usize,
    matcher: &Matcher,
    outlet: &mut Outlet,
) -> Result<(), PartError> {
    let rows = batch.rows.slice(first, length);
    let seqs = columns::uint64(&rows, SEQ)?;
    let end_seq = seqs.values().last().map_or(0, |last| last + 1);
    let mask = matcher.matches(&rows)?;
    outlet.offer(&rows, &mask, end_seq)
}
