//! Where batches go.

use std::fmt::Debug;

use async_trait::async_trait;
use clearspan_storage::memory::Hold;
use clearspan_storage::{AppendError, Incoming, Storage, TenantId};

/// Makes batches durable. A trait, so that a test can be a store that is overloaded, full or closing.
#[async_trait]
pub trait Sink: Send + Sync + Debug {
    /// Returns when all rows of `batch` are durable, or an error when none of them will be. `memory` is what was taken for them; it is
    /// held for as long as they are, which may be longer than somebody waits here.
    async fn append(
        &self,
        tenant: &TenantId,
        batch: Incoming,
        memory: Hold,
    ) -> Result<(), AppendError>;
}

#[async_trait]
impl Sink for Storage {
    async fn append(
        &self,
        tenant: &TenantId,
        batch: Incoming,
        memory: Hold,
    ) -> Result<(), AppendError> {
        let appended = self.append_counted(tenant, batch, Some(memory));
        appended.await.map(|_| ())
    }
}
