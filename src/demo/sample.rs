//! One visit to the shop, for a server that has nothing to show yet: what "Send a demo trace" on the first page sends.

use std::sync::Arc;
use std::time::Duration;

use clearspan_storage::background::Clock;
use clearspan_ui::DemoTrace;
use futures::FutureExt;
use futures::future::BoxFuture;

use super::shop::Shop;
use crate::client::BaseUrl;
use crate::delivery::{Delivered, Exporter, Waiting};

/// After this nothing is tried again. An attempt that is under way is waited for.
const GIVE_UP_AFTER: Duration = Duration::from_secs(5);

/// How long ago the visit began: so that it has ended.
const AGO_NS: u64 = 5_000_000_000;

/// The spans are sent, then the logs.
const CONNECTIONS: usize = 1;

/// A shop that sends one visit at a time, when asked to.
pub(crate) struct SampleVisit {
    shop: Shop,
    exporter: Arc<Exporter>,
    clock: Arc<dyn Clock>,
}

impl SampleVisit {
    /// Visits are sent to OTLP over HTTP at this base URL.
    pub(crate) fn new(to: &BaseUrl, clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        Ok(Self {
            shop: Shop::new(1, 1.0),
            exporter: Arc::new(Exporter::new(to, CONNECTIONS)?),
            clock,
        })
    }
}

impl DemoTrace for SampleVisit {
    fn send(&self) -> BoxFuture<'static, Result<(), String>> {
        let (shop, exporter) = (self.shop.clone(), Arc::clone(&self.exporter));
        let now_ns = u64::try_from(self.clock.now().unix_ns).unwrap_or_default();
        async move {
            let visit = shop.visit(now_ns.saturating_sub(AGO_NS));
            let exports = visit.into_exports().map_err(|error| error.to_string())?;
            for export in &exports {
                match exporter.deliver(export, GIVE_UP_AFTER, &Patient).await {
                    Delivered::Taken { rejected: 0, .. } => {}
                    Delivered::Taken { message, .. } => return Err(message),
                    Delivered::Refused { reason } | Delivered::TimeUp { reason } => {
                        return Err(reason);
                    }
                    Delivered::Abandoned => return Err("nobody waits for it".to_owned()),
                }
            }
            Ok(())
        }
        .boxed()
    }
}

/// Waits to the end.
struct Patient;

impl Waiting for Patient {
    fn is_over(&self) -> bool {
        false
    }

    fn trying_again(&self, reason: &str) {
        tracing::debug!(reason, "the demo trace is tried again");
    }
}
