//! The questions about logs, and those that both signals have, one method each.

use clearspan_schema::Signal;
use clearspan_storage::TenantId;

use super::QueryEngine;
use crate::{
    CompletionAnswer, CompletionRequest, ContextAnswer, ContextRequest, CountedRows, FacetsAnswer,
    FacetsRequest, FieldsAnswer, HistogramAnswer, LogId, LogRows, LogsAnswer, LogsRequest,
    PatternsAnswer, PatternsRequest, QueryError, Same, SlotsAnswer, SlotsRequest, ValuesAnswer,
    ValuesRequest, complete, count, logs, patterns,
};

impl QueryEngine {
    /// A page of the logs that match, and how many do.
    pub async fn search_logs(
        &self,
        tenant: &TenantId,
        request: LogsRequest,
    ) -> Result<LogsAnswer, QueryError> {
        // Everything, newest first: the first record batches hold the page, and what is counted is known without reading.
        let is_newest_page = request.query.trim().is_empty();
        let lane = if is_newest_page {
            &self.0.needles
        } else {
            &self.0.scans
        };
        self.ask(lane, "logs_search", tenant, Signal::Logs, |session| {
            logs::search(session, request)
        })
        .await
    }

    /// The logs that match, over time and by severity, in at most `buckets` + 1 buckets.
    pub async fn logs_histogram(
        &self,
        tenant: &TenantId,
        logs: CountedRows,
        buckets: usize,
    ) -> Result<HistogramAnswer, QueryError> {
        self.ask(
            &self.0.scans,
            "logs_histogram",
            tenant,
            Signal::Logs,
            move |session| count::histogram(session, logs, buckets),
        )
        .await
    }

    /// The fields of the rows of a signal that match; those in the most rows, at most `limit`.
    pub async fn fields(
        &self,
        tenant: &TenantId,
        signal: Signal,
        rows: CountedRows,
        limit: usize,
    ) -> Result<FieldsAnswer, QueryError> {
        self.ask(
            &self.0.scans,
            of_signal(signal, "log_fields", "span_fields"),
            tenant,
            signal,
            move |session| count::fields(session, rows, limit),
        )
        .await
    }

    /// The values that a field has in the rows of a signal that match.
    pub async fn field_values(
        &self,
        tenant: &TenantId,
        signal: Signal,
        request: ValuesRequest,
    ) -> Result<ValuesAnswer, QueryError> {
        self.ask(
            &self.0.scans,
            of_signal(signal, "log_field_values", "span_field_values"),
            tenant,
            signal,
            move |session| count::values(session, request),
        )
        .await
    }

    /// The values of several fields of the rows of a signal that match, all from one scan.
    pub async fn facets(
        &self,
        tenant: &TenantId,
        signal: Signal,
        request: FacetsRequest,
    ) -> Result<FacetsAnswer, QueryError> {
        self.ask(
            &self.0.scans,
            of_signal(signal, "log_facets", "span_facets"),
            tenant,
            signal,
            move |session| count::facets(session, request),
        )
        .await
    }

    /// What may stand at a place of a query of a signal.
    pub async fn complete(
        &self,
        tenant: &TenantId,
        signal: Signal,
        request: CompletionRequest,
    ) -> Result<CompletionAnswer, QueryError> {
        self.ask(
            &self.0.scans,
            of_signal(signal, "log_completion", "span_completion"),
            tenant,
            signal,
            move |session| complete::complete(session, request),
        )
        .await
    }

    /// The patterns of the logs that match.
    pub async fn patterns(
        &self,
        tenant: &TenantId,
        request: PatternsRequest,
    ) -> Result<PatternsAnswer, QueryError> {
        self.ask(
            &self.0.scans,
            "log_patterns",
            tenant,
            Signal::Logs,
            move |session| patterns::patterns(session, request),
        )
        .await
    }

    /// The values of a pattern's variables in the logs that match.
    pub async fn slots(
        &self,
        tenant: &TenantId,
        request: SlotsRequest,
    ) -> Result<SlotsAnswer, QueryError> {
        self.ask(
            &self.0.scans,
            "log_slots",
            tenant,
            Signal::Logs,
            move |session| patterns::slots(session, request),
        )
        .await
    }

    /// One log record by its id, as rows of which there is one; `None` when there is no such record.
    pub async fn log_record(
        &self,
        tenant: &TenantId,
        id: LogId,
    ) -> Result<Option<LogRows>, QueryError> {
        self.ask(
            &self.0.needles,
            "log_record",
            tenant,
            Signal::Logs,
            move |session| logs::log(session, id),
        )
        .await
    }

    /// One log record, and the rows next to it in the order of log search.
    pub async fn logs_context(
        &self,
        tenant: &TenantId,
        request: ContextRequest,
    ) -> Result<ContextAnswer, QueryError> {
        // An instance may be so rare that everything has to be looked at.
        let lane = if request.same == Same::default() {
            &self.0.needles
        } else {
            &self.0.scans
        };
        self.ask(lane, "logs_context", tenant, Signal::Logs, move |session| {
            logs::context(session, request)
        })
        .await
    }
}

/// The name under which a question of one of two signals is measured.
fn of_signal(signal: Signal, logs: &'static str, spans: &'static str) -> &'static str {
    match signal {
        Signal::Logs => logs,
        Signal::Spans => spans,
    }
}
