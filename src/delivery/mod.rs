//! Handing OTLP to a server, as a polite sender does: what `import`, `demo` and `load` have in common.
//!
//! | file | holds |
//! |---|---|
//! | `mod` | one request, from its first attempt to the server's last word |
//! | `form` | how a request is written: its protocol, compression and further headers |
//! | `answer` | what a server's answer over HTTP means |
//! | `grpc` | what one over gRPC means |
//! | `backoff` | how long to wait before a retry |

mod answer;
mod backoff;
mod form;
mod grpc;

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use clearspan_proto::otlp::{Encoding, WireSignal};
use http::Uri;
use tokio::time::{self, Instant};

use crate::client::{BaseUrl, Client};
pub(crate) use answer::{Cause, Verdict};
pub(crate) use backoff::wait;
pub(crate) use form::{Compression, Form, Protocol};

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
    /// One for all connections of HTTP, and one for each of gRPC.
    clients: Vec<Client>,
    /// Whose turn it is.
    turn: AtomicUsize,
    form: Form,
    traces: Uri,
    logs: Uri,
    metrics: Uri,
}

impl Exporter {
    /// Over HTTP, uncompressed. `connections` is how many requests the caller has in flight at most.
    pub(crate) fn new(to: &BaseUrl, connections: usize) -> anyhow::Result<Self> {
        Self::with_form(to, connections, Form::default())
    }

    /// As the form says, over so many connections. One of HTTP carries one request at a time, one of gRPC many.
    pub(crate) fn with_form(to: &BaseUrl, connections: usize, form: Form) -> anyhow::Result<Self> {
        let clients = match form.protocol {
            Protocol::Http => vec![Client::new(connections)],
            Protocol::Grpc => (0..connections.max(1)).map(|_| Client::http2()).collect(),
        };
        let url = |signal| to.join(form.path(signal));
        Ok(Self {
            clients,
            turn: AtomicUsize::new(0),
            traces: url(WireSignal::Traces)?,
            logs: url(WireSignal::Logs)?,
            metrics: url(WireSignal::Metrics)?,
            form,
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
            let (reason, after) = match self.attempt(export, ATTEMPT_TIMEOUT).await {
                Verdict::Taken { rejected, message } => {
                    return Delivered::Taken { rejected, message };
                }
                Verdict::Refused { reason, .. } => return Delivered::Refused { reason },
                Verdict::Retry { reason, after, .. } => (reason, after),
            };
            if retry == 0 {
                waiting.trying_again(&reason);
            }
            let wait = backoff::wait(retry, after, random());
            if started.elapsed().saturating_add(wait) > give_up_after {
                return Delivered::TimeUp { reason };
            }
            time::sleep(wait).await;
        }
        Delivered::Abandoned
    }

    /// Tries once. An attempt that takes longer than `timeout` is broken off.
    pub(crate) async fn attempt(&self, export: &Export, timeout: Duration) -> Verdict {
        let request = self.form.request(self.url(export.signal), export.encoding);
        let exchange = async {
            let arriving = self.client().request(request, export.body.clone()).await?;
            arriving.whole().await
        };
        match time::timeout(timeout, exchange).await {
            Ok(Ok(answer)) => match self.form.protocol {
                Protocol::Http => answer::verdict(export, &answer),
                Protocol::Grpc => grpc::verdict(export, &answer),
            },
            Ok(Err(error)) => retry(Cause::Disconnected, format!("{error:#}")),
            Err(_) => retry(Cause::Unanswered, "no answer in time".to_owned()),
        }
    }

    /// The connections take turns.
    fn client(&self) -> &Client {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        &self.clients[turn % self.clients.len()]
    }

    /// Where a signal is taken.
    fn url(&self, signal: WireSignal) -> &Uri {
        match signal {
            WireSignal::Traces => &self.traces,
            WireSignal::Logs => &self.logs,
            WireSignal::Metrics => &self.metrics,
        }
    }
}

fn retry(cause: Cause, reason: String) -> Verdict {
    Verdict::Retry {
        cause,
        reason,
        after: None,
    }
}

/// Good enough to spread waits: a hasher of the standard library is seeded anew each time.
pub(crate) fn random() -> u64 {
    RandomState::new().hash_one(0)
}
