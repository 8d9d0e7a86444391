//! The run's name in each resource, and a number in each record.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;

use super::{FIRST_NUMBER, Label};

pub(super) fn traces(request: &mut ExportTraceServiceRequest, label: &Label<'_>) {
    for group in &mut request.resource_spans {
        name(&mut group.resource, label);
        let scopes = group.scope_spans.iter_mut();
        for span in scopes.flat_map(|scope| &mut scope.spans) {
            number(&mut span.attributes, label);
        }
    }
}

pub(super) fn logs(request: &mut ExportLogsServiceRequest, label: &Label<'_>) {
    for group in &mut request.resource_logs {
        name(&mut group.resource, label);
        let scopes = group.scope_logs.iter_mut();
        for record in scopes.flat_map(|scope| &mut scope.log_records) {
            number(&mut record.attributes, label);
        }
    }
}

fn name(resource: &mut Option<Resource>, label: &Label<'_>) {
    let resource = resource.get_or_insert_with(Resource::default);
    let run = Value::StringValue(label.run.to_owned());
    set(&mut resource.attributes, label.run_key, run);
}

/// Which number it is, a copy says.
fn number(attributes: &mut Vec<KeyValue>, label: &Label<'_>) {
    let any = Value::IntValue(FIRST_NUMBER as i64);
    set(attributes, label.number_key, any);
}

/// What was exported from an earlier run and is sent again has the key already.
fn set(attributes: &mut Vec<KeyValue>, key: &str, value: Value) {
    attributes.retain(|attribute| attribute.key != key);
    attributes.push(KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    });
}
