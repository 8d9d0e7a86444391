//! What was received, by signal: the figures of the status page. They begin at 0 with the process.
//!
//! `accepted` and all of `rejected` add up to the records of the requests that were answered with success.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use clearspan_proto::otlp::{Rejections, Repairs, WireSignal};
use parking_lot::Mutex;

use crate::refusal::Refusal;
use crate::unpack::{Contents, METRICS_NOT_STORED};

/// Figures of the collector since the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CollectorStatus {
    /// Requests with spans.
    pub traces: SignalStatus,
    /// Requests with log records.
    pub logs: SignalStatus,
    /// Requests with metrics, which are taken and rejected.
    pub metrics: SignalStatus,
    /// Bytes that requests in flight hold now.
    pub in_flight_bytes: u64,
}

/// Figures of one signal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SignalStatus {
    /// Requests of which at least the head was read, whatever became of them.
    pub requests: u64,
    /// Bytes of their bodies as they were sent, for those that were read whole.
    pub bytes: u64,
    /// Records on disk, repeats included.
    pub accepted: u64,
    /// Records that were not kept, by reason.
    pub rejected: BTreeMap<&'static str, u64>,
    /// Records that were kept otherwise than sent, by what was changed.
    pub repaired: BTreeMap<&'static str, u64>,
    /// Requests of which nothing was kept, by reason. Of these a sender repeats the retryable ones.
    pub refused: BTreeMap<&'static str, u64>,
}

impl SignalStatus {
    /// Every reason that [`SignalStatus::rejected`] may come to have.
    pub fn rejections() -> impl Iterator<Item = &'static str> {
        Rejections::REASONS.into_iter().chain([METRICS_NOT_STORED])
    }

    /// Every change that [`SignalStatus::repaired`] may come to have.
    pub fn repairs() -> impl Iterator<Item = &'static str> {
        Repairs::KINDS.into_iter()
    }

    /// Every reason that [`SignalStatus::refused`] may come to have.
    pub fn refusals() -> impl Iterator<Item = &'static str> {
        Refusal::KINDS.into_iter()
    }
}

/// Counts for all signals.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    traces: SignalCounters,
    logs: SignalCounters,
    metrics: SignalCounters,
}

#[derive(Debug, Default)]
struct SignalCounters {
    requests: AtomicU64,
    bytes: AtomicU64,
    accepted: AtomicU64,
    rejected: Tally,
    repaired: Tally,
    refused: Tally,
}

/// Counts by name. The names come from the code, so there are few; locked only when there is something to count.
#[derive(Debug, Default)]
struct Tally(Mutex<BTreeMap<&'static str, u64>>);

impl Counters {
    /// A request's head was read.
    pub(crate) fn requested(&self, signal: WireSignal) {
        add(&self.of(signal).requests, 1);
    }

    /// Its body was read.
    pub(crate) fn received(&self, signal: WireSignal, bytes: usize) {
        add(&self.of(signal).bytes, bytes as u64);
    }

    /// Its good records are on disk.
    pub(crate) fn taken(&self, signal: WireSignal, contents: &Contents) {
        let counters = self.of(signal);
        add(&counters.accepted, contents.rows);
        counters.rejected.add(&contents.rejected_by_reason);
        counters.repaired.add(&contents.repaired);
    }

    /// Nothing of it was kept.
    pub(crate) fn refused(&self, signal: WireSignal, refusal: &Refusal) {
        self.of(signal).refused.add(&[(refusal.kind(), 1)]);
    }

    pub(crate) fn signal_status(&self, signal: WireSignal) -> SignalStatus {
        let counters = self.of(signal);
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        SignalStatus {
            requests: count(&counters.requests),
            bytes: count(&counters.bytes),
            accepted: count(&counters.accepted),
            rejected: counters.rejected.counts(),
            repaired: counters.repaired.counts(),
            refused: counters.refused.counts(),
        }
    }

    fn of(&self, signal: WireSignal) -> &SignalCounters {
        match signal {
            WireSignal::Traces => &self.traces,
            WireSignal::Logs => &self.logs,
            WireSignal::Metrics => &self.metrics,
        }
    }
}

impl Tally {
    fn add(&self, counts: &[(&'static str, u64)]) {
        // A figure whose name nobody was told of would be missed until it counts something.
        debug_assert!(counts.iter().all(|(name, _)| known(name)), "{counts:?}");
        if counts.is_empty() {
            return;
        }
        let mut tally = self.0.lock();
        for (name, count) in counts {
            *tally.entry(name).or_default() += count;
        }
    }

    fn counts(&self) -> BTreeMap<&'static str, u64> {
        self.0.lock().clone()
    }
}

fn known(name: &str) -> bool {
    SignalStatus::rejections()
        .chain(SignalStatus::repairs())
        .chain(SignalStatus::refusals())
        .any(|known| known == name)
}

fn add(counter: &AtomicU64, count: u64) {
    counter.fetch_add(count, Ordering::Relaxed);
}
