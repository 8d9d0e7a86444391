//! What a run has shown, for people and for programs.

use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::time::Duration;

use serde::Serialize;

use super::ledger::Comparison;
use super::pacer::Paced;
use super::tally::{Count, Tally, Times};
use super::verify::Verification;
use crate::delivery::Cause;

/// The whole report. Its JSON is documented in `docs/load.md`.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) run: String,
    pub(super) to: String,
    pub(super) protocol: &'static str,
    pub(super) compression: &'static str,
    /// What was asked for.
    pub(super) rate: f64,
    pub(super) duration_s: f64,
    /// `all`, `stopped` by somebody, or `overtime`: the driver was too slow.
    pub(super) ended: &'static str,
    /// Until the last request was answered or given up.
    pub(super) elapsed_s: f64,
    pub(super) offered: Count,
    pub(super) acknowledged: Count,
    pub(super) rejected: Count,
    pub(super) refused: Count,
    pub(super) timed_out: Count,
    pub(super) failed: Count,
    pub(super) dropped: Count,
    /// Records that became due and were not even made.
    pub(super) not_made_records: u64,
    pub(super) attempts: u64,
    pub(super) retries: u64,
    /// Attempts that were not taken, by why.
    pub(super) not_taken: BTreeMap<String, u64>,
    /// Bytes of bodies.
    pub(super) bytes: Bytes,
    /// Records per second: of those offered over the time of the run, of those acknowledged until the last answer.
    pub(super) offered_per_s: f64,
    pub(super) acknowledged_per_s: f64,
    /// Of acknowledged requests, from when they were due.
    pub(super) latency_ms: Quantiles,
    /// Of the same, from the start of the attempt that was taken: what a sender sees that waits with the receiver.
    pub(super) attempt_ms: Quantiles,
    pub(super) driver: Driver,
    pub(super) verification: Option<Verification>,
}

/// Bytes of bodies.
#[derive(Debug, Serialize)]
pub(super) struct Bytes {
    /// Of all attempts, as they travelled.
    pub(super) sent: u64,
    /// Of acknowledged requests, as they travelled.
    pub(super) acknowledged: u64,
    /// Of the same, before compression.
    pub(super) acknowledged_uncompressed: u64,
}

/// A distribution, in milliseconds; of no request there are only nulls.
#[derive(Debug, Serialize)]
pub(super) struct Quantiles {
    requests: u64,
    p50: Option<f64>,
    p90: Option<f64>,
    p99: Option<f64>,
    p99_9: Option<f64>,
    max: Option<f64>,
}

impl From<&Times> for Quantiles {
    fn from(times: &Times) -> Self {
        let requests = times.count();
        let known = |ms: f64| (requests > 0).then_some(ms);
        Self {
            requests,
            p50: known(times.quantile_ms(0.5)),
            p90: known(times.quantile_ms(0.9)),
            p99: known(times.quantile_ms(0.99)),
            p99_9: known(times.quantile_ms(0.999)),
            max: known(times.max_ms()),
        }
    }
}

/// The driver's own part in it.
#[derive(Debug, Serialize)]
pub(super) struct Driver {
    /// CPU time of this process for the run: making, sending, waiting.
    pub(super) cpu_s: f64,
    /// From when a request was due until it was handed over. In `latency_ms` too.
    pub(super) late_ms: Quantiles,
    /// From then until a connection was free. In `latency_ms` too.
    pub(super) queued_ms: Quantiles,
}

/// What a report says beside the counts.
pub(super) struct Facts {
    pub(super) run: String,
    pub(super) to: String,
    pub(super) protocol: &'static str,
    pub(super) compression: &'static str,
    pub(super) rate: f64,
    pub(super) duration: Duration,
    pub(super) paced: Paced,
    pub(super) elapsed: Duration,
    pub(super) not_made_records: u64,
    pub(super) cpu: Duration,
}

impl Report {
    pub(super) fn new(facts: Facts, tally: &Tally) -> Self {
        let per_s = |records: u64, time: Duration| {
            let seconds = time.as_secs_f64();
            if seconds > 0.0 {
                records as f64 / seconds
            } else {
                0.0
            }
        };
        let offered_time = match facts.paced {
            Paced::Stopped => facts.elapsed.min(facts.duration),
            Paced::All | Paced::Overtime => facts.duration,
        };
        let answered_time = tally.last_answer.max(offered_time);
        Self {
            run: facts.run,
            to: facts.to,
            protocol: facts.protocol,
            compression: facts.compression,
            rate: facts.rate,
            duration_s: facts.duration.as_secs_f64(),
            ended: match facts.paced {
                Paced::All => "all",
                Paced::Stopped => "stopped",
                Paced::Overtime => "overtime",
            },
            elapsed_s: facts.elapsed.as_secs_f64(),
            offered: tally.offered,
            acknowledged: tally.acknowledged,
            rejected: tally.rejected,
            refused: tally.refused,
            timed_out: tally.timed_out,
            failed: tally.failed,
            dropped: tally.dropped,
            not_made_records: facts.not_made_records,
            attempts: tally.attempts,
            retries: tally.retries,
            not_taken: tally
                .not_taken
                .iter()
                .map(|(cause, count)| (name(*cause), *count))
                .collect(),
            bytes: Bytes {
                sent: tally.sent_bytes,
                acknowledged: tally.acknowledged_bytes,
                acknowledged_uncompressed: tally.acknowledged_encoded_bytes,
            },
            offered_per_s: per_s(tally.offered.records, offered_time),
            acknowledged_per_s: per_s(tally.acknowledged.records, answered_time),
            latency_ms: (&tally.latency).into(),
            attempt_ms: (&tally.attempt).into(),
            driver: Driver {
                cpu_s: facts.cpu.as_secs_f64(),
                late_ms: (&tally.late).into(),
                queued_ms: (&tally.queued).into(),
            },
            verification: None,
        }
    }

    /// Whether something was taken, and nothing of it lost.
    pub(super) fn is_sound(&self) -> bool {
        self.acknowledged.records > 0
            && self
                .verification
                .as_ref()
                .is_none_or(Verification::is_sound)
    }
}

/// As it stands in reports.
fn name(cause: Cause) -> String {
    match cause {
        Cause::Http(status) => format!("HTTP {status}"),
        Cause::Grpc(code) => format!("gRPC {code}"),
        Cause::Unanswered => "no answer in time".to_owned(),
        Cause::Disconnected => "no connection".to_owned(),
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "run {} to {} over {}, compression {}: {} records/s for {} s{}",
            self.run,
            self.to,
            self.protocol,
            self.compression,
            self.rate,
            self.duration_s,
            match self.ended {
                "all" => "",
                "stopped" => ", stopped before its end",
                _ => ", left unfinished: the driver is too slow for it",
            }
        )?;
        writeln!(f, "{:<13} {:>12} {:>10}", "", "records", "requests")?;
        let lines = [
            ("offered", self.offered),
            ("acknowledged", self.acknowledged),
            ("rejected", self.rejected),
            ("refused", self.refused),
            ("timed out", self.timed_out),
            ("failed", self.failed),
            ("dropped", self.dropped),
        ];
        for (name, count) in lines {
            writeln!(f, "{name:<13} {:>12} {:>10}", count.records, count.requests)?;
        }
        if self.not_made_records > 0 {
            writeln!(f, "{:<13} {:>12}", "not made", self.not_made_records)?;
        }
        write!(
            f,
            "attempts {}, of which retries {}",
            self.attempts, self.retries
        )?;
        for (cause, count) in &self.not_taken {
            write!(f, "; {cause}: {count}")?;
        }
        writeln!(
            f,
            "\nbytes sent {}, acknowledged {} ({} before compression)",
            self.bytes.sent, self.bytes.acknowledged, self.bytes.acknowledged_uncompressed
        )?;
        writeln!(
            f,
            "offered {:.0} records/s, acknowledged {:.0} records/s, ended after {:.1} s",
            self.offered_per_s, self.acknowledged_per_s, self.elapsed_s
        )?;
        writeln!(f, "latency from due    {}", self.latency_ms)?;
        writeln!(f, "last attempt alone  {}", self.attempt_ms)?;
        writeln!(f, "driver late         {}", self.driver.late_ms)?;
        writeln!(f, "wait for connection {}", self.driver.queued_ms)?;
        write!(f, "driver CPU {:.2} s", self.driver.cpu_s)?;
        match &self.verification {
            Some(verification) => write!(f, "\n{verification}"),
            None => Ok(()),
        }
    }
}

impl Display for Quantiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let points = [
            ("p50", self.p50),
            ("p90", self.p90),
            ("p99", self.p99),
            ("p99.9", self.p99_9),
            ("max", self.max),
        ];
        let known = points
            .into_iter()
            .filter_map(|(name, ms)| Some((name, ms?)));
        let words: Vec<String> = known
            .map(|(name, ms)| format!("{name} {ms:.2} ms"))
            .collect();
        if words.is_empty() {
            return f.write_str("-");
        }
        f.write_str(&words.join(", "))
    }
}

impl Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} acknowledged, {} found, {} missing, {} doubled",
            self.acknowledged, self.found, self.missing, self.doubled
        )?;
        let more = [
            (self.doubled_by_resending, "doubled by resending"),
            (self.unacknowledged, "found though refused"),
            (self.unanswered, "found though not answered"),
            (self.foreign, "found though not sent"),
        ];
        for (count, what) in more.into_iter().filter(|(count, _)| *count > 0) {
            write!(f, ", {count} {what}")?;
        }
        Ok(())
    }
}
