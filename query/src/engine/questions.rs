//! The questions, one method each.

use clearspan_schema::{Signal, SpanId, TraceId};
use clearspan_storage::TenantId;

use super::QueryEngine;
use crate::{
    AskedRange, CompletionAnswer, CompletionRequest, ContextAnswer, ContextRequest, CountedRows,
    DependenciesAnswer, DependenciesRequest, ExceptionsAnswer, FacetsAnswer, FacetsRequest,
    FieldsAnswer, HistogramAnswer, LatencyAnswer, LatencyRequest, LogId, LogRows, LogsAnswer,
    LogsRequest, OperationsAnswer, PatternsAnswer, PatternsRequest, QueryError, Same,
    ScatterAnswer, ScatterRequest, ServicesAnswer, ServicesRequest, Skeleton, SlotsAnswer,
    SlotsRequest, SpanRows, SpanSortKey, SpansAnswer, SpansRequest, TraceSpans, TracesAnswer,
    TracesRequest, ValuesAnswer, ValuesRequest, complete, count, dependencies, logs, patterns,
    services, spans, trace,
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

    /// A page of the traces that match, and how many do.
    pub async fn search_traces(
        &self,
        tenant: &TenantId,
        request: TracesRequest,
    ) -> Result<TracesAnswer, QueryError> {
        self.ask(
            &self.0.scans,
            "traces_search",
            tenant,
            Signal::Spans,
            |session| trace::search(session, request),
        )
        .await
    }

    /// The traces that match as points, or a fair sample of them.
    pub async fn scatter_traces(
        &self,
        tenant: &TenantId,
        request: ScatterRequest,
    ) -> Result<ScatterAnswer, QueryError> {
        self.ask(
            &self.0.scans,
            "traces_scatter",
            tenant,
            Signal::Spans,
            |session| trace::scatter(session, request),
        )
        .await
    }

    /// A page of the spans that match, each by itself, and how many do.
    pub async fn search_spans(
        &self,
        tenant: &TenantId,
        request: SpansRequest,
    ) -> Result<SpansAnswer, QueryError> {
        // As with logs.
        let is_newest_page =
            request.query.trim().is_empty() && request.sort.by == SpanSortKey::Start;
        let lane = if is_newest_page {
            &self.0.needles
        } else {
            &self.0.scans
        };
        self.ask(lane, "spans_search", tenant, Signal::Spans, |session| {
            spans::search(session, request)
        })
        .await
    }

    /// All spans of one trace.
    pub async fn trace(&self, tenant: &TenantId, id: TraceId) -> Result<TraceSpans, QueryError> {
        self.ask(
            &self.0.needles,
            "trace",
            tenant,
            Signal::Spans,
            move |session| trace::spans(session, id),
        )
        .await
    }

    /// The logs of one trace, oldest first. More than [`crate::limits::TRACE_LOGS_MAX`] are cut off:
    /// `matched` says how many there are.
    pub async fn trace_logs(
        &self,
        tenant: &TenantId,
        id: TraceId,
    ) -> Result<LogsAnswer, QueryError> {
        self.ask(
            &self.0.needles,
            "trace_logs",
            tenant,
            Signal::Logs,
            move |session| trace::logs(session, id),
        )
        .await
    }

    /// What a waterfall draws of one trace.
    pub async fn skeleton(&self, tenant: &TenantId, id: TraceId) -> Result<Skeleton, QueryError> {
        let mut skeleton = self
            .ask(
                &self.0.needles,
                "skeleton",
                tenant,
                Signal::Spans,
                move |session| trace::skeleton(session, id),
            )
            .await?;
        skeleton.colour(&self.service_slots(tenant));
        Ok(skeleton)
    }

    /// The spans of one trace that have this id, with everything they have; mostly one or none.
    pub async fn span(
        &self,
        tenant: &TenantId,
        id: TraceId,
        span_id: SpanId,
    ) -> Result<SpanRows, QueryError> {
        self.ask(
            &self.0.needles,
            "span",
            tenant,
            Signal::Spans,
            move |session| trace::span(session, id, span_id),
        )
        .await
    }

    /// The logs of one span of a trace, oldest first. More than [`crate::limits::SPAN_LOGS_MAX`] are cut
    /// off: `matched` says how many there are.
    pub async fn span_logs(
        &self,
        tenant: &TenantId,
        id: TraceId,
        span_id: SpanId,
    ) -> Result<LogsAnswer, QueryError> {
        self.ask(
            &self.0.needles,
            "span_logs",
            tenant,
            Signal::Logs,
            move |session| trace::span_logs(session, id, span_id),
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

    /// The services that sent spans in a range.
    pub async fn services(
        &self,
        tenant: &TenantId,
        request: ServicesRequest,
    ) -> Result<ServicesAnswer, QueryError> {
        self.ask(
            &self.0.scans,
            "services",
            tenant,
            Signal::Spans,
            move |session| services::services(session, request),
        )
        .await
    }

    /// The operations of one service: its spans by name and kind. Of a service that sent none in the range, none.
    pub async fn operations(
        &self,
        tenant: &TenantId,
        service: String,
        range: AskedRange,
    ) -> Result<OperationsAnswer, QueryError> {
        self.ask(
            &self.0.scans,
            "operations",
            tenant,
            Signal::Spans,
            move |session| services::operations(session, service, range),
        )
        .await
    }

    /// Calls, errors and durations of one service, or of one of its operations, over time.
    pub async fn latency(
        &self,
        tenant: &TenantId,
        request: LatencyRequest,
    ) -> Result<LatencyAnswer, QueryError> {
        self.ask(
            &self.0.scans,
            "latency",
            tenant,
            Signal::Spans,
            move |session| services::latency(session, request),
        )
        .await
    }

    /// The exceptions that events of a service's spans tell of, by type and top frame.
    pub async fn exceptions(
        &self,
        tenant: &TenantId,
        service: String,
        range: AskedRange,
    ) -> Result<ExceptionsAnswer, QueryError> {
        self.ask(
            &self.0.scans,
            "exceptions",
            tenant,
            Signal::Spans,
            move |session| services::exceptions(session, service, range),
        )
        .await
    }

    /// Who called whom in a range.
    pub async fn dependencies(
        &self,
        tenant: &TenantId,
        request: DependenciesRequest,
    ) -> Result<DependenciesAnswer, QueryError> {
        self.ask(
            &self.0.scans,
            "dependencies",
            tenant,
            Signal::Spans,
            move |session| dependencies::dependencies(session, request),
        )
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
