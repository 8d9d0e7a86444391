//! The counts of a run, while it goes on and when it is over.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;

use super::ledger::{Entry, Word};
use super::limits::{LATENCY_DIGITS, LATENCY_US_MAX};
use super::maker::Made;
use crate::delivery::Cause;

/// Requests and their records.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub(super) struct Count {
    pub(super) records: u64,
    pub(super) requests: u64,
}

impl Count {
    pub(super) fn add(&mut self, records: u64) {
        self.records += records;
        self.requests += 1;
    }
}

/// What became of a request in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// Taken, less so many records.
    Taken { rejected: u64 },
    /// The last word was no: for good, or as often as it was tried.
    Refused,
    /// Given up, and the last attempt got no answer.
    TimedOut,
    /// Given up, and the last attempt had no connection, or one that broke.
    Failed,
}

/// How long things took, in microseconds.
#[derive(Debug, Clone)]
pub(super) struct Times(Histogram<u64>);

impl Times {
    fn new() -> anyhow::Result<Self> {
        let histogram = Histogram::new_with_bounds(1, LATENCY_US_MAX, LATENCY_DIGITS);
        histogram.map(Self).map_err(anyhow::Error::from)
    }

    /// What is out of range counts as the longest time that is not.
    fn record(&mut self, time: Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        self.0.saturating_record(micros);
    }

    pub(super) fn count(&self) -> u64 {
        self.0.len()
    }

    /// Nearest rank, in milliseconds.
    pub(super) fn quantile_ms(&self, quantile: f64) -> f64 {
        self.0.value_at_quantile(quantile) as f64 / 1e3
    }

    pub(super) fn max_ms(&self) -> f64 {
        self.0.max() as f64 / 1e3
    }
}

/// All counts.
#[derive(Debug, Clone)]
pub(super) struct Tally {
    /// What became due.
    pub(super) offered: Count,
    /// Requests with what was rejected of them taken off.
    pub(super) acknowledged: Count,
    /// Records of requests that were taken in part, and those requests.
    pub(super) rejected: Count,
    pub(super) refused: Count,
    pub(super) timed_out: Count,
    pub(super) failed: Count,
    /// Not sent: the backlog was full.
    pub(super) dropped: Count,
    /// Attempts, and those that were not the first of their request.
    pub(super) attempts: u64,
    pub(super) retries: u64,
    /// Attempts that were not taken, by why.
    pub(super) not_taken: BTreeMap<Cause, u64>,
    /// Bytes of bodies as they travel: of all attempts, and once of each request that was taken.
    pub(super) sent_bytes: u64,
    pub(super) acknowledged_bytes: u64,
    /// Of those that were taken, before compression.
    pub(super) acknowledged_encoded_bytes: u64,
    /// From when a request was due to the answer that took it.
    pub(super) latency: Times,
    /// From the start of the attempt that was taken.
    pub(super) attempt: Times,
    /// From when a request was due until it was handed over: the driver's own lateness.
    pub(super) late: Times,
    /// From when it was handed over until a connection was free.
    pub(super) queued: Times,
    /// When the last answer came.
    pub(super) last_answer: Duration,
    /// What was sent, for the verification.
    pub(super) entries: Vec<Entry>,
}

impl Tally {
    pub(super) fn new() -> anyhow::Result<Self> {
        Ok(Self {
            offered: Count::default(),
            acknowledged: Count::default(),
            rejected: Count::default(),
            refused: Count::default(),
            timed_out: Count::default(),
            failed: Count::default(),
            dropped: Count::default(),
            attempts: 0,
            retries: 0,
            not_taken: BTreeMap::new(),
            sent_bytes: 0,
            acknowledged_bytes: 0,
            acknowledged_encoded_bytes: 0,
            latency: Times::new()?,
            attempt: Times::new()?,
            late: Times::new()?,
            queued: Times::new()?,
            last_answer: Duration::ZERO,
            entries: Vec::new(),
        })
    }

    /// A request is due and goes its way.
    pub(super) fn offer(&mut self, records: u64, late: Duration) {
        self.offered.add(records);
        self.late.record(late);
    }

    /// A request is due and cannot go its way.
    pub(super) fn drop_request(&mut self, records: u64, late: Duration) {
        self.offer(records, late);
        self.dropped.add(records);
    }

    pub(super) fn attempt(&mut self, bytes: usize, number: u32, queued: Duration) {
        self.attempts += 1;
        self.sent_bytes += bytes as u64;
        if number == 0 {
            self.queued.record(queued);
        } else {
            self.retries += 1;
        }
    }

    pub(super) fn not_taken(&mut self, cause: Cause) {
        *self.not_taken.entry(cause).or_default() += 1;
    }

    /// A request has ended `now`, since the start of the run.
    pub(super) fn end(&mut self, made: &Made, fate: Fate, ended: &Ended) {
        let records = made.due.records;
        match fate {
            Fate::Taken { rejected } => {
                self.acknowledged.add(records - rejected);
                if rejected > 0 {
                    self.rejected.add(rejected);
                }
                self.acknowledged_bytes += made.export.body.len() as u64;
                self.acknowledged_encoded_bytes += made.encoded_bytes as u64;
                self.latency.record(ended.at.saturating_sub(made.due.at));
                self.attempt
                    .record(ended.at.saturating_sub(ended.attempted_at));
                self.last_answer = self.last_answer.max(ended.at);
            }
            Fate::Refused => self.refused.add(records),
            Fate::TimedOut => self.timed_out.add(records),
            Fate::Failed => self.failed.add(records),
        }
        self.entries.push(Entry {
            first_number: made.due.first_number,
            records,
            word: word(fate, ended.in_doubt),
            may_be_twice: ended.in_doubt,
        });
    }
}

/// How a request ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ended {
    /// When, since the start of the run.
    pub(super) at: Duration,
    /// When its last attempt began.
    pub(super) attempted_at: Duration,
    /// Whether an attempt that was not taken may have been taken all the same.
    pub(super) in_doubt: bool,
}

fn word(fate: Fate, in_doubt: bool) -> Word {
    match fate {
        Fate::Taken { rejected: 0 } => Word::Acknowledged,
        Fate::Taken { rejected } => Word::Partly { rejected },
        Fate::Refused if !in_doubt => Word::Refused,
        Fate::Refused | Fate::TimedOut | Fate::Failed => Word::Unknown,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

    use bytes::Bytes;
    use clearspan_proto::otlp::{Encoding, WireSignal};

    use super::super::schedule::Due;
    use super::*;
    use crate::delivery::Export;

    fn made(at_ms: u64) -> Made {
        Made {
            due: Due {
                index: 0,
                pass: 0,
                first_number: 0,
                records: 10,
                at: Duration::from_millis(at_ms),
            },
            export: Export {
                signal: WireSignal::Logs,
                encoding: Encoding::Protobuf,
                records: 10,
                body: Bytes::from_static(b"12345"),
            },
            encoded_bytes: 9,
        }
    }

    fn ended(at_ms: u64, in_doubt: bool) -> Ended {
        Ended {
            at: Duration::from_millis(at_ms),
            attempted_at: Duration::from_millis(at_ms - 5),
            in_doubt,
        }
    }

    #[test]
    fn latency_counts_from_when_a_request_was_due() {
        // A receiver that stalls for two seconds, and answers each of these in 5 ms after that.
        let mut tally = Tally::new().unwrap();
        for at_ms in (0..2_000).step_by(100) {
            tally.offer(10, Duration::ZERO);
            let fate = Fate::Taken { rejected: 0 };
            tally.end(&made(at_ms), fate, &ended(2_000, false));
        }
        assert_eq!(tally.latency.count(), 20);
        let near = |found: f64, expected: f64| (found - expected).abs() <= expected / 500.0;
        assert!(near(
            tally.latency.quantile_ms(0.5),
            1_000.0 + 100.0 - 100.0
        ));
        assert!(near(tally.latency.max_ms(), 2_000.0));
        assert!(near(tally.attempt.max_ms(), 5.0));
    }

    #[test]
    fn every_record_has_one_fate() {
        let mut tally = Tally::new().unwrap();
        let fates = [
            Fate::Taken { rejected: 0 },
            Fate::Taken { rejected: 3 },
            Fate::Refused,
            Fate::TimedOut,
            Fate::Failed,
        ];
        for fate in fates {
            tally.offer(10, Duration::ZERO);
            tally.end(&made(0), fate, &ended(10, false));
        }
        tally.drop_request(10, Duration::ZERO);
        let ends = [
            tally.acknowledged,
            tally.rejected,
            tally.refused,
            tally.timed_out,
            tally.failed,
            tally.dropped,
        ];
        let records: u64 = ends.iter().map(|count| count.records).sum();
        assert_eq!(records, tally.offered.records);
        assert_eq!(tally.acknowledged.records, 17);
        assert_eq!(
            (tally.acknowledged_bytes, tally.acknowledged_encoded_bytes),
            (10, 18)
        );
    }

    #[test]
    fn a_refusal_after_silence_is_no_certainty() {
        assert_eq!(word(Fate::Refused, false), Word::Refused);
        assert_eq!(word(Fate::Refused, true), Word::Unknown);
        assert_eq!(word(Fate::TimedOut, true), Word::Unknown);
    }
}
