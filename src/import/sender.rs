//! A bounded number of requests in flight, and what became of each.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use futures::StreamExt;
use futures::stream;
use indicatif::ProgressBar;
use tokio::sync::mpsc;

use super::Read;
use super::request::Request;
use super::totals::Totals;
use crate::client::BaseUrl;
use crate::delivery::{Delivered, Exporter, Waiting};
use crate::otlp_files::Place;
use crate::output;

/// So many complaints are printed; the rest are counted.
const COMPLAINTS_MAX: u64 = 20;

/// Sends requests to one server.
pub(super) struct Sender {
    exporter: Exporter,
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
        Ok(Self {
            exporter: Exporter::new(to, connections)?,
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

    async fn deliver(&self, request: &Request) -> Outcome {
        let waiting = WaitingAt {
            sender: self,
            place: &request.place,
        };
        let delivering = self
            .exporter
            .deliver(&request.export, self.give_up_after, &waiting);
        match delivering.await {
            Delivered::Taken { rejected, message } => self.taken(request, rejected, &message),
            Delivered::Refused { reason } => self.refused(request, &reason),
            Delivered::TimeUp { reason } => self.give_up(request, &reason),
            Delivered::Abandoned => Outcome::NotSent,
        }
    }

    fn taken(&self, request: &Request, rejected: u64, message: &str) -> Outcome {
        if rejected > 0 {
            self.complain(&format!(
                "{}: {rejected} of {} records rejected: {message}",
                request.place, request.export.records
            ));
        } else if !message.is_empty() {
            self.complain(&format!("{}: the server warns: {message}", request.place));
        }
        Outcome::Taken {
            accepted: request.export.records - rejected,
            rejected,
        }
    }

    fn refused(&self, request: &Request, reason: &str) -> Outcome {
        self.complain(&format!(
            "{}: all {} records rejected: {reason}",
            request.place, request.export.records
        ));
        Outcome::Taken {
            accepted: 0,
            rejected: request.export.records,
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

/// The sender, as it waits for the request that was found at one place.
struct WaitingAt<'a> {
    sender: &'a Sender,
    place: &'a Place,
}

impl Waiting for WaitingAt<'_> {
    fn is_over(&self) -> bool {
        self.sender.gave_up()
    }

    fn trying_again(&self, reason: &str) {
        self.sender
            .complain(&format!("{}: trying again: {reason}", self.place));
    }
}
