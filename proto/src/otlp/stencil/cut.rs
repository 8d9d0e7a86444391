//! The first records of a request: groups that are left without any go.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;

pub(super) fn traces(request: &mut ExportTraceServiceRequest, records: u64) {
    let mut left = records;
    for group in &mut request.resource_spans {
        for scope in &mut group.scope_spans {
            take(&mut scope.spans, &mut left);
        }
        group.scope_spans.retain(|scope| !scope.spans.is_empty());
    }
    request
        .resource_spans
        .retain(|group| !group.scope_spans.is_empty());
}

pub(super) fn logs(request: &mut ExportLogsServiceRequest, records: u64) {
    let mut left = records;
    for group in &mut request.resource_logs {
        for scope in &mut group.scope_logs {
            take(&mut scope.log_records, &mut left);
        }
        group
            .scope_logs
            .retain(|scope| !scope.log_records.is_empty());
    }
    request
        .resource_logs
        .retain(|group| !group.scope_logs.is_empty());
}

fn take<R>(records: &mut Vec<R>, left: &mut u64) {
    records.truncate(usize::try_from(*left).unwrap_or(usize::MAX));
    *left -= records.len() as u64;
}
