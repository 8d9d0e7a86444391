//! What the loops do, counted and timed since the start, by signal.
//!
//! Figures that are a state (rows, pending work) stand in the status; here is what only happens.

use std::sync::Arc;
use std::time::Duration;

use clearspan_schema::Signal;
use prometheus::core::Collector;
use prometheus::{
    Counter, CounterVec, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, Opts,
};

use crate::background::Clock;

const SIGNAL: &str = "signal";
/// Upper bounds of a commit, in seconds: a sync takes from a tenth of a millisecond to what a sick disk takes.
const COMMIT_SECONDS: [f64; 11] = [
    0.000_3, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0,
];
/// Of a flush.
const FLUSH_SECONDS: [f64; 8] = [0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0];

/// Of all tables.
#[derive(Debug)]
pub(crate) struct Metrics {
    commit_seconds: HistogramVec,
    committed_rows: IntCounterVec,
    flush_seconds: HistogramVec,
    flushed_rows: IntCounterVec,
    flush_failures: IntCounterVec,
    compactions: IntCounterVec,
    compacted_rows: IntCounterVec,
    compaction_seconds: CounterVec,
    compaction_failures: IntCounterVec,
    expired_segments: IntCounterVec,
    expired_rows: IntCounterVec,
}

/// Of one table.
#[derive(Debug)]
pub(crate) struct TableMetrics {
    clock: Arc<dyn Clock>,
    /// From the moment that a group of requests is taken up until it is synced, or refused for the disk's sake.
    pub(crate) commit_seconds: Histogram,
    pub(crate) committed_rows: IntCounter,
    /// Of a memtable, until its segments are durable and searched.
    pub(crate) flush_seconds: Histogram,
    pub(crate) flushed_rows: IntCounter,
    pub(crate) flush_failures: IntCounter,
    /// Merges that were published.
    pub(crate) compactions: IntCounter,
    pub(crate) compacted_rows: IntCounter,
    /// At work, rests left out.
    pub(crate) compaction_seconds: Counter,
    pub(crate) compaction_failures: IntCounter,
    /// Deleted by retention.
    pub(crate) expired_segments: IntCounter,
    pub(crate) expired_rows: IntCounter,
}

impl Metrics {
    /// All at 0.
    pub(crate) fn new() -> Result<Self, prometheus::Error> {
        let seconds = |name: &str, help: &str, bounds: &[f64]| {
            let opts = HistogramOpts::new(name, help).buckets(bounds.to_vec());
            HistogramVec::new(opts, &[SIGNAL])
        };
        let count = |name: &str, help: &str| IntCounterVec::new(Opts::new(name, help), &[SIGNAL]);
        Ok(Metrics {
            commit_seconds: seconds(
                "clearspan_wal_commit_seconds",
                "Time to write a group of requests to the write-ahead log and sync it.",
                &COMMIT_SECONDS,
            )?,
            committed_rows: count(
                "clearspan_wal_committed_rows_total",
                "Records written to the write-ahead log.",
            )?,
            flush_seconds: seconds(
                "clearspan_flush_seconds",
                "Time to write a memtable to segments.",
                &FLUSH_SECONDS,
            )?,
            flushed_rows: count(
                "clearspan_flushed_rows_total",
                "Records flushed to segments.",
            )?,
            flush_failures: count(
                "clearspan_flush_failures_total",
                "Flushes that failed and are tried again.",
            )?,
            compactions: count(
                "clearspan_compactions_total",
                "Merges of segments that were published.",
            )?,
            compacted_rows: count(
                "clearspan_compacted_rows_total",
                "Records that these merges have written.",
            )?,
            compaction_seconds: CounterVec::new(
                Opts::new(
                    "clearspan_compaction_work_seconds_total",
                    "Time that compaction was at work, its rests left out.",
                ),
                &[SIGNAL],
            )?,
            compaction_failures: count(
                "clearspan_compaction_failures_total",
                "Compactions that were given up.",
            )?,
            expired_segments: count(
                "clearspan_expired_segments_total",
                "Segments that retention has deleted.",
            )?,
            expired_rows: count(
                "clearspan_expired_rows_total",
                "Records that retention has deleted.",
            )?,
        })
    }

    /// Those of a signal's table.
    pub(crate) fn of(&self, signal: Signal, clock: Arc<dyn Clock>) -> TableMetrics {
        let labels = &[signal.name()];
        TableMetrics {
            clock,
            commit_seconds: self.commit_seconds.with_label_values(labels),
            committed_rows: self.committed_rows.with_label_values(labels),
            flush_seconds: self.flush_seconds.with_label_values(labels),
            flushed_rows: self.flushed_rows.with_label_values(labels),
            flush_failures: self.flush_failures.with_label_values(labels),
            compactions: self.compactions.with_label_values(labels),
            compacted_rows: self.compacted_rows.with_label_values(labels),
            compaction_seconds: self.compaction_seconds.with_label_values(labels),
            compaction_failures: self.compaction_failures.with_label_values(labels),
            expired_segments: self.expired_segments.with_label_values(labels),
            expired_rows: self.expired_rows.with_label_values(labels),
        }
    }

    /// For a registry.
    pub(crate) fn collectors(&self) -> Vec<Box<dyn Collector>> {
        vec![
            Box::new(self.commit_seconds.clone()),
            Box::new(self.committed_rows.clone()),
            Box::new(self.flush_seconds.clone()),
            Box::new(self.flushed_rows.clone()),
            Box::new(self.flush_failures.clone()),
            Box::new(self.compactions.clone()),
            Box::new(self.compacted_rows.clone()),
            Box::new(self.compaction_seconds.clone()),
            Box::new(self.compaction_failures.clone()),
            Box::new(self.expired_segments.clone()),
            Box::new(self.expired_rows.clone()),
        ]
    }
}

impl TableMetrics {
    /// Does `work` and returns how long it took.
    pub(crate) fn timed<T>(&self, work: impl FnOnce() -> T) -> (T, Duration) {
        let started = self.clock.now().monotonic;
        let done = work();
        (done, self.clock.now().monotonic.saturating_sub(started))
    }
}
