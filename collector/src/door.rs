//! What stands around every request, whatever its transport.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use clearspan_proto::otlp::WireSignal;
use futures::FutureExt;
use tokio_util::sync::CancellationToken;

use crate::Config;
use crate::ingest::{Ingest, Outcome};
use crate::refusal::Refusal;

/// The way in through one listening port.
#[derive(Debug, Clone)]
pub(crate) struct Door {
    pub(crate) ingest: Arc<Ingest>,
    pub(crate) config: Arc<Config>,
    /// Cancelled when requests in flight have had their time after a shutdown began.
    pub(crate) closed: CancellationToken,
}

impl Door {
    pub(crate) fn new(ingest: Arc<Ingest>, config: Arc<Config>) -> Self {
        let closed = CancellationToken::new();
        Self {
            ingest,
            config,
            closed,
        }
    }

    /// Sees a request through: counts it, refuses it retryably when the door closes before it is done, and
    /// turns a panic into a refusal. The last is our fault, and so never one for which a sender
    /// drops its data.
    pub(crate) async fn attend(
        &self,
        signal: WireSignal,
        journey: impl Future<Output = Result<Outcome, Refusal>>,
    ) -> Result<Outcome, Refusal> {
        let counters = &self.ingest.counters;
        counters.requested(signal);
        let journey = AssertUnwindSafe(journey).catch_unwind();
        let answer = tokio::select! {
            biased;
            answer = journey => answer.unwrap_or(Err(Refusal::Fault)),
            () = self.closed.cancelled() => Err(Refusal::ShuttingDown),
        };
        if let Err(refusal) = &answer {
            counters.refused(signal, refusal);
            if matches!(refusal, Refusal::Fault | Refusal::Unstorable(_)) {
                tracing::error!(?signal, %refusal, "request refused for a fault of our own");
            }
        }
        answer
    }
}
