//! The memory of all plans, as DataFusion asks for it: whoever comes first is served first, out of the account that questions have in the
//! memory budget.

use std::fmt;

use clearspan_storage::memory::Account;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::memory_pool::{MemoryLimit, MemoryPool, MemoryReservation};

/// A pool over an account.
#[derive(Debug)]
pub(super) struct AccountPool(Account);

impl AccountPool {
    pub(super) fn new(account: Account) -> Self {
        Self(account)
    }
}

impl MemoryPool for AccountPool {
    fn name(&self) -> &str {
        "memory budget"
    }

    fn grow(&self, _: &MemoryReservation, additional: usize) {
        self.0.take_anyway(additional);
    }

    fn shrink(&self, _: &MemoryReservation, shrink: usize) {
        self.0.give(shrink);
    }

    fn try_grow(&self, reservation: &MemoryReservation, additional: usize) -> Result<()> {
        self.0.take(additional).map_err(|error| {
            let what = reservation.consumer().name();
            DataFusionError::ResourcesExhausted(format!(
                "{additional} bytes more for {what}: {error}"
            ))
        })
    }

    fn reserved(&self) -> usize {
        self.0.used()
    }

    fn memory_limit(&self) -> MemoryLimit {
        MemoryLimit::Finite(self.0.max())
    }
}

impl fmt::Display for AccountPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} ({} of {} bytes)",
            self.name(),
            self.0.used(),
            self.0.max()
        )
    }
}
