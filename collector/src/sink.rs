//! Where batches go.

use std::fmt::Debug;

use async_trait::async_trait;
use clearspan_storage::{AppendError, Incoming, Storage, TenantId};

/// Makes batches durable. A trait, so that a test can be a store that is overloaded, full or closing.
#[async_trait]
pub trait Sink: Send + Sync + Debug {
    /// Returns when all rows of `batch` are durable, or an error when none of them will be.
    async fn append(&self, tenant: &TenantId, batch: Incoming) -> Result<(), AppendError>;
}

#[async_trait]
impl Sink for Storage {
    async fn append(&self, tenant: &TenantId, batch: Incoming) -> Result<(), AppendError> {
        Storage::append(self, tenant, batch).await.map(|_| ())
    }
}
