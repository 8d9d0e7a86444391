//! Running plans within the memory budget.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use arrow::array::RecordBatch;
use clearspan_storage::memory::Account;
#[cfg(test)]
use clearspan_storage::memory::{MemoryBudget, Purpose};
use datafusion::error::DataFusionError;
use datafusion::execution::TaskContext;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::physical_plan::{
    ExecutionPlan, SendableRecordBatchStream, collect, execute_stream,
};
use datafusion::prelude::SessionConfig;

use super::pool::AccountPool;
use crate::QueryError;

/// Runs plans. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Plans {
    context: Arc<TaskContext>,
    partitions: usize,
    memory_bytes: usize,
}

impl fmt::Debug for Plans {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plans")
            .field("partitions", &self.partitions)
            .finish_non_exhaustive()
    }
}

impl Plans {
    /// All plans together may hold for sorting and joining what `memory` has; none spills to disk.
    pub(crate) fn new(partitions: usize, memory: Account) -> Result<Self, QueryError> {
        let memory_bytes = memory.max();
        let runtime = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(AccountPool::new(memory)))
            .with_disk_manager_builder(
                DiskManagerBuilder::default().with_mode(DiskManagerMode::Disabled),
            )
            .build_arc()
            .map_err(|error| QueryError::Internal(error.to_string()))?;
        let config = SessionConfig::new().with_target_partitions(partitions);
        let context = TaskContext::new(
            None,
            String::new(),
            config,
            HashMap::new(),
            HashMap::new(),
            HashMap::new(),
            HashMap::new(),
            runtime,
        );
        Ok(Plans {
            context: Arc::new(context),
            partitions,
            memory_bytes,
        })
    }

    /// Plans with so much memory of their own.
    #[cfg(test)]
    pub(crate) fn of_bytes(partitions: usize, bytes: usize) -> Result<Self, QueryError> {
        let account = MemoryBudget::new(bytes).account(Purpose::Queries, 0, bytes);
        let account = account.map_err(|error| QueryError::Internal(error.to_string()))?;
        Self::new(partitions, account)
    }

    /// The one memory pool, and no disk.
    pub(crate) fn runtime(&self) -> Arc<RuntimeEnv> {
        self.context.runtime_env()
    }

    /// Bytes that all plans together may hold.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.memory_bytes
    }

    /// Partitions of one scan.
    pub(crate) fn partitions(&self) -> usize {
        self.partitions
    }

    /// All batches that `plan` yields.
    pub(crate) async fn collect(
        &self,
        plan: Arc<dyn ExecutionPlan>,
    ) -> Result<Vec<RecordBatch>, QueryError> {
        collect(plan, Arc::clone(&self.context))
            .await
            .map_err(|error| self.query_error(&error))
    }

    /// The batches that `plan` yields, as they come.
    pub(crate) fn stream(
        &self,
        plan: Arc<dyn ExecutionPlan>,
    ) -> Result<SendableRecordBatchStream, QueryError> {
        execute_stream(plan, Arc::clone(&self.context)).map_err(|error| self.query_error(&error))
    }

    /// Memory of the budget that all plans share, for what is held outside of a plan; none of it taken yet.
    pub(crate) fn reservation(&self, what: &str) -> MemoryReservation {
        MemoryConsumer::new(what).register(self.context.memory_pool())
    }

    /// What `error` means to whoever asked.
    pub(crate) fn query_error(&self, error: &DataFusionError) -> QueryError {
        match error.find_root() {
            DataFusionError::ResourcesExhausted(_) => self.memory_limit(),
            root => QueryError::Internal(root.to_string()),
        }
    }

    /// What is told when there is no more memory, be it that questions have all that they may have, or that others have it.
    pub(crate) fn memory_limit(&self) -> QueryError {
        QueryError::MemoryLimit {
            limit: self.memory_bytes as u64,
            unit: "bytes",
        }
    }
}
