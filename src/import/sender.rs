//! Delivery: a bounded number of requests in flight, each tried until it is answered for good or its time is up.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use clearspan_proto::otlp::WireSignal;
use futures::StreamExt;
use futures::stream;
use http::Uri;
use indicatif::ProgressBar;
use tokio::sync::mpsc;
use tokio::time::{self, Instant};

use super::Read;
use super::answer::{Verdict, verdict};
use super::backoff;
use super::request::{self, Request};
use super::totals::Totals;
use crate::client::{BaseUrl, Client};
use crate::output;

/// An attempt that takes longer is broken off and tried again.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);

/// So many complaints are printed; the rest are counted.
const COMPLAINTS_MAX: u64 = 20;

/// Sends requests to one server.
pub(super) struct Sender {
    client: Client,
    traces: Uri,
    logs: Uri,
    metrics: Uri,
    connections: usize,
    give_up_after: Duration,
    progress: ProgressBar,
    gave_up: AtomicBool,
    complaints: AtomicU64,
}

/// What became of one request.
enum Outcome {
    Taken { accepted: u64, rejected: u64 },
    NotSent,
}

impl Sender {
    pub(super) fn new(
        to: &BaseUrl,
        connections: usize,
        give_up_after: Duration,
        progress: ProgressBar,
    ) -> anyhow::Result<Self> {
        let url = |signal| to.join(request::path(signal));
        Ok(Self {
            client: Client::new(connections),
            traces: url(WireSignal::Traces)?,
            logs: url(WireSignal::Logs)?,
            metrics: url(WireSignal::Metrics)?,
            connections,
            give_up_after,
            progress,
            gave_up: AtomicBool::new(false),
            complaints: AtomicU64::new(0),
        })
    }

    /// Whether one request's time was up; then no other is tried either, or a dead server would cost that time for each.
    pub(super) fn gave_up(&self) -> bool {
        self.gave_up.load(Ordering::Relaxed)
    }

    /// Sends all that is read, and counts.
    pub(super) async fn send_all(&self, mut reads: mpsc::Receiver<Read>) -> Totals {
        let reads = stream::poll_fn(move |context| reads.poll_recv(context));
        let mut outcomes = reads
            .map(|read| self.send(read))
            .buffer_unordered(self.connections);
        let mut totals = Totals::default();
        while let Some(outcome) = outcomes.next().await {
            match outcome {
                Outcome::Taken { accepted, rejected } => {
                    totals.accepted += accepted;
                    totals.rejected += rejected;
                }
                Outcome::NotSent => totals.not_sent += 1,
            }
            self.progress.set_message(totals.to_string());
        }
        self.progress.finish_and_clear();
        self.summarise(&totals);
        totals
    }

    async fn send(&self, read: Read) -> Outcome {
        match read {
            Read::Request(request) => self.deliver(&request).await,
            Read::Fault(place, reason) => {
                self.complain(&format!("{place}: not sent: {reason}"));
                Outcome::NotSent
            }
        }
    }

    /// Tries until the server takes or refuses the request for good, or its time is up.
    async fn deliver(&self, request: &Request) -> Outcome {
        let started = Instant::now();
        for retry in 0.. {
            if self.gave_up() {
                return Outcome::NotSent;
            }
            let (reason, after_s) = match self.attempt(request).await {
                Verdict::Taken { rejected, message } => {
                    return self.taken(request, rejected, &message);
                }
                Verdict::Refused { reason } => return self.refused(request, &reason),
                Verdict::Retry { reason, after_s } => (reason, after_s),
            };
            if retry == 0 {
                self.complain(&format!("{}: trying again: {reason}", request.place));
            }
            let wait = backoff::wait(retry, after_s, random());
            if started.elapsed() + wait > self.give_up_after {
                return self.give_up(request, &reason);
            }
            time::sleep(wait).await;
        }
        Outcome::NotSent
    }

    async fn attempt(&self, request: &Request) -> Verdict {
        let url = match request.signal {
            WireSignal::Traces => &self.traces,
            WireSignal::Logs => &self.logs,
            WireSignal::Metrics => &self.metrics,
        };
        let post = self.client.post(
            url,
            request::content_type(request.encoding),
            request.body.clone(),
        );
        match time::timeout(ATTEMPT_TIMEOUT, post).await {
            Ok(Ok(answer)) => verdict(request, &answer),
            Ok(Err(error)) => Verdict::Retry {
                reason: format!("{error:#}"),
                after_s: None,
            },
            Err(_) => Verdict::Retry {
                reason: "no answer in time".to_owned(),
                after_s: None,
            },
        }
    }

    fn taken(&self, request: &Request, rejected: u64, message: &str) -> Outcome {
        if rejected > 0 {
            self.complain(&format!(
                "{}: {rejected} of {} records rejected: {message}",
                request.place, request.records
            ));
        } else if !message.is_empty() {
            self.complain(&format!("{}: the server warns: {message}", request.place));
        }
        Outcome::Taken {
            accepted: request.records - rejected,
            rejected,
        }
    }

    fn refused(&self, request: &Request, reason: &str) -> Outcome {
        self.complain(&format!(
            "{}: all {} records rejected: {reason}",
            request.place, request.records
        ));
        Outcome::Taken {
            accepted: 0,
            rejected: request.records,
        }
    }

    fn give_up(&self, request: &Request, reason: &str) -> Outcome {
        if !self.gave_up.swap(true, Ordering::Relaxed) {
            let seconds = self.give_up_after.as_secs_f64();
            self.print(&format!(
                "{}: giving up after {seconds} s, the rest is not sent: {reason}",
                request.place
            ));
        }
        Outcome::NotSent
    }

    fn complain(&self, text: &str) {
        if self.complaints.fetch_add(1, Ordering::Relaxed) < COMPLAINTS_MAX {
            self.print(text);
        }
    }

    fn summarise(&self, totals: &Totals) {
        let hidden = self
            .complaints
            .load(Ordering::Relaxed)
            .saturating_sub(COMPLAINTS_MAX);
        if hidden > 0 {
            self.print(&format!("{hidden} more complaints are not shown"));
        }
        if totals.not_sent > 0 {
            self.print(&format!(
                "{} lines, frames or requests were not sent",
                totals.not_sent
            ));
        }
    }

    /// Prints beside the progress bar, not into it.
    fn print(&self, text: &str) {
        self.progress.suspend(|| output::error(text));
    }
}

/// Good enough to spread waits: a hasher of the standard library is seeded anew each time.
fn random() -> u64 {
    RandomState::new().hash_one(0)
}
