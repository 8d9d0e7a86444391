//! Handing OTLP to a server over HTTP, as a polite sender does: what `import` and `demo` have in common.
//!
//! | file | holds |
//! |---|---|
//! | `mod` | one request, from its first attempt to the server's last word |
//! | `answer` | what a server's answer means |
//! | `backoff` | how long to wait before a retry |

mod answer;
mod backoff;

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use bytes::Bytes;
use clearspan_proto::otlp::{Encoding, WireSignal};
use http::Uri;
use tokio::time::{self, Instant};

use crate::client::{BaseUrl, Client};
use answer::{Verdict, verdict};

/// An attempt that takes longer is broken off and tried again.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);

/// One export request, ready to be sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Export {
    pub(crate) signal: WireSignal,
    pub(crate) encoding: Encoding,
    /// Spans, log records or data points.
    pub(crate) records: u64,
    pub(crate) body: Bytes,
}

/// What became of one request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Delivered {
    /// Taken, less so many records; the message is the server's.
    Taken { rejected: u64, message: String },
    /// Refused as a whole, for good.
    Refused { reason: String },
    /// Its time is up.
    TimeUp { reason: String },
    /// Whoever waited for it does not any more.
    Abandoned,
}

/// Who waits for a delivery.
pub(crate) trait Waiting {
    /// Whether no further attempt is wanted.
    fn is_over(&self) -> bool;

    /// The first attempt failed, and another will follow.
    fn trying_again(&self, reason: &str);
}

/// Sends export requests to one server.
pub(crate) struct Exporter {
    client: Client,
    traces: Uri,
    logs: Uri,
    metrics: Uri,
}

impl Exporter {
    /// `connections` is how many requests the caller has in flight at most.
    pub(crate) fn new(to: &BaseUrl, connections: usize) -> anyhow::Result<Self> {
        Ok(Self {
            client: Client::new(connections),
            traces: to.join("/v1/traces")?,
            logs: to.join("/v1/logs")?,
            metrics: to.join("/v1/metrics")?,
        })
    }

    /// Tries until the server takes or refuses the request for good, or its time is up.
    pub(crate) async fn deliver(
        &self,
        export: &Export,
        give_up_after: Duration,
        waiting: &impl Waiting,
    ) -> Delivered {
        let started = Instant::now();
        for retry in 0.. {
            if waiting.is_over() {
                break;
            }
            let (reason, after_s) = match self.attempt(export).await {
                Verdict::Taken { rejected, message } => {
                    return Delivered::Taken { rejected, message };
                }
                Verdict::Refused { reason } => return Delivered::Refused { reason },
                Verdict::Retry { reason, after_s } => (reason, after_s),
            };
            if retry == 0 {
                waiting.trying_again(&reason);
            }
            let wait = backoff::wait(retry, after_s, random());
            if started.elapsed().saturating_add(wait) > give_up_after {
                return Delivered::TimeUp { reason };
            }
            time::sleep(wait).await;
        }
        Delivered::Abandoned
    }

    async fn attempt(&self, export: &Export) -> Verdict {
        let post = self.client.post(
            self.url(export.signal),
            content_type(export.encoding),
            export.body.clone(),
        );
        match time::timeout(ATTEMPT_TIMEOUT, post).await {
            Ok(Ok(answer)) => verdict(export, &answer),
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

    /// Where OTLP/HTTP takes a signal.
    fn url(&self, signal: WireSignal) -> &Uri {
        match signal {
            WireSignal::Traces => &self.traces,
            WireSignal::Logs => &self.logs,
            WireSignal::Metrics => &self.metrics,
        }
    }
}

/// The content type of an encoding.
fn content_type(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Json => "application/json",
        Encoding::Protobuf => "application/x-protobuf",
    }
}

/// Good enough to spread waits: a hasher of the standard library is seeded anew each time.
fn random() -> u64 {
    RandomState::new().hash_one(0)
}
