//! Questions in SQL: turns and threads of their own, and a time limit of their own.

use std::sync::Arc;

use clearspan_schema::Signal;
use clearspan_storage::TenantId;

use super::{Inner, QueryEngine};
use crate::QueryError;
use crate::sql::{self, Question, SqlAnswer, SqlRequest};

impl QueryEngine {
    /// The rows of one SELECT over `logs` and `spans`.
    pub async fn sql(
        &self,
        tenant: &TenantId,
        request: SqlRequest,
    ) -> Result<SqlAnswer, QueryError> {
        let inner = Arc::clone(&self.0);
        let tenant = tenant.clone();
        let limit = self.0.config.sql_time_limit;
        self.take_turn("sql", &self.0.sql, limit, move |turn| async move {
            let question = inner.question(&tenant)?;
            let threads = inner.config.scan_partitions;
            sql::on_own_threads(threads, turn, sql::answer(question, request)).await
        })
        .await
    }
}

impl Inner {
    fn question(&self, tenant: &TenantId) -> Result<Question, QueryError> {
        let mut snapshots = Vec::with_capacity(Signal::ALL.len());
        for signal in Signal::ALL {
            snapshots.push(Arc::new(self.storage.snapshot(tenant, signal)?));
        }
        Ok(Question {
            snapshots,
            plans: self.plans.clone(),
            now_ns: self.clock.now().unix_ns,
            rows_max: self.config.sql_rows_max,
        })
    }
}
