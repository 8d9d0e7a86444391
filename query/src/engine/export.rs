//! Exports: settled as a question is answered, then made piece by piece for as long as somebody reads.

use std::sync::Arc;

use clearspan_schema::ids::hex;
use clearspan_schema::{Signal, TraceId};
use clearspan_storage::TenantId;
use tokio::sync::{OwnedSemaphorePermit, mpsc};

use super::{Inner, QueryEngine};
use crate::export::{self, Export, ExportPiece, ExportRequest, Pieces, Plan};
use crate::limits::{EXPORT_PIECES_WAITING, EXPORTS_MAX};
use crate::{AskedRange, QueryError};

impl QueryEngine {
    /// All logs that match, newest first. The time limit of questions holds until the first piece is begun.
    pub async fn export_logs(
        &self,
        tenant: &TenantId,
        request: ExportRequest,
    ) -> Result<Export, QueryError> {
        let place = self.export_place()?;
        let plan = self.settle_logs(tenant, request).await?;
        Ok(self.export(vec![plan], place))
    }

    /// All spans of the traces that match, newest trace first.
    pub async fn export_traces(
        &self,
        tenant: &TenantId,
        request: ExportRequest,
    ) -> Result<Export, QueryError> {
        let place = self.export_place()?;
        let plan = self.ask(
            &self.0.scans,
            "traces_export",
            tenant,
            Signal::Spans,
            |session| export::traces(session, request),
        );
        Ok(self.export(vec![plan.await?], place))
    }

    /// The spans of one trace, then its logs, newest first.
    pub async fn export_trace(&self, tenant: &TenantId, id: TraceId) -> Result<Export, QueryError> {
        let place = self.export_place()?;
        let spans = self.ask(
            &self.0.scans,
            "trace_export",
            tenant,
            Signal::Spans,
            move |session| export::trace(session, id),
        );
        let spans = spans.await?;
        let of_trace = ExportRequest {
            query: format!("trace_id:{}", hex(&id)),
            range: AskedRange::ALL,
        };
        let logs = self.settle_logs(tenant, of_trace).await?;
        Ok(self.export(vec![spans, logs], place))
    }

    async fn settle_logs(
        &self,
        tenant: &TenantId,
        request: ExportRequest,
    ) -> Result<Plan, QueryError> {
        self.ask(
            &self.0.scans,
            "logs_export",
            tenant,
            Signal::Logs,
            |session| export::logs(session, request),
        )
        .await
    }

    fn export_place(&self) -> Result<OwnedSemaphorePermit, QueryError> {
        let place = Arc::clone(&self.0.exports).try_acquire_owned();
        place.map_err(|_| QueryError::TooManyExports { max: EXPORTS_MAX })
    }

    /// Begins to make pieces, one plan after the other.
    fn export(&self, plans: Vec<Plan>, place: OwnedSemaphorePermit) -> Export {
        let mut missing = Vec::new();
        let mut all = Vec::with_capacity(plans.len());
        for plan in plans {
            missing.extend(plan.missing);
            all.push(plan.pieces);
        }
        let (to, from) = mpsc::channel(EXPORT_PIECES_WAITING);
        let inner = Arc::clone(&self.0);
        let making = self.0.export_pieces.runtime.spawn(async move {
            let _place = place;
            for pieces in all {
                if !inner.make_all(pieces, &to).await {
                    break;
                }
            }
        });
        Export::new(missing, from, making)
    }
}

impl Inner {
    /// Makes and sends all pieces. `false` when nobody wants more, or no more can be made.
    async fn make_all(
        &self,
        mut pieces: Pieces,
        to: &mpsc::Sender<Result<ExportPiece, QueryError>>,
    ) -> bool {
        loop {
            // A client that reads slowly must not keep a turn from others.
            let turn = Arc::clone(&self.export_pieces.turns).acquire_owned().await;
            let next = pieces.next().await;
            drop(turn);
            let Some(piece) = next.transpose() else {
                return true;
            };
            let is_last = piece.is_err();
            if to.send(piece).await.is_err() || is_last {
                return false;
            }
        }
    }
}
