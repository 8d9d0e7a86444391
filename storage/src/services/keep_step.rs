//! The loop that keeps new slots.

use std::sync::Arc;
use std::time::Duration;

use super::ServiceRegister;
use crate::background::{Next, Now, Step};

/// How long a failed try waits for the next.
const RETRY: Duration = Duration::from_secs(1);

/// Keeps the slots of one tenant's services whenever new ones were given out.
#[derive(Debug)]
pub(crate) struct KeepStep(pub(crate) Arc<ServiceRegister>);

impl Step for KeepStep {
    fn run(&mut self, _: Now) -> Next {
        match self.0.keep() {
            Ok(()) => Next::OnWake,
            Err(error) => {
                tracing::warn!(%error, "cannot keep the colours of new services, will try again");
                Next::After(RETRY)
            }
        }
    }

    fn finish(&mut self, _: Now) {
        if let Err(error) = self.0.keep() {
            tracing::warn!(%error, "cannot keep the colours of new services: the next start finds them in the WAL");
        }
    }
}
