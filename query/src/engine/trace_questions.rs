//! The questions about spans, traces and services, one method each.

use clearspan_schema::{Signal, SpanId, TraceId};
use clearspan_storage::TenantId;

use super::QueryEngine;
use crate::{
    AskedRange, DependenciesAnswer, DependenciesRequest, ExceptionsAnswer, LatencyAnswer,
    LatencyRequest, LogsAnswer, OperationsAnswer, QueryError, ScatterAnswer, ScatterRequest,
    ServicesAnswer, ServicesRequest, Skeleton, SpanRows, SpanSortKey, SpansAnswer, SpansRequest,
    TraceSpans, TracesAnswer, TracesRequest, dependencies, services, spans, trace,
};

impl QueryEngine {
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
