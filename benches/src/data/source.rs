//! The original's OTLP/JSON lines as protobuf messages. Only the fields that occur there are known, and all others are
//! errors: nothing can get lost on the way.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::{Context, Result};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::{common, logs, resource, trace};
use serde::de::{Deserializer, Error};
use serde::{Deserialize, de::DeserializeOwned};

/// The lines of a `.zst` file, each read as a `T`.
pub(super) fn lines<T: DeserializeOwned>(path: &Path) -> Result<impl Iterator<Item = Result<T>>> {
    let packed = File::open(path).with_context(|| format!("open {}", path.display()))?;
    let lines = BufReader::new(zstd::stream::read::Decoder::new(packed)?).lines();
    let name = path.display().to_string();
    Ok(lines.zip(1..).map(move |(line, number)| {
        let line = line.with_context(|| format!("read {name}"))?;
        serde_json::from_str(&line).with_context(|| format!("{name}:{number}"))
    }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct LogsRequest {
    resource_logs: Vec<ResourceLogs>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ResourceLogs {
    resource: Resource,
    scope_logs: Vec<ScopeLogs>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ScopeLogs {
    scope: Scope,
    log_records: Vec<LogRecord>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct LogRecord {
    #[serde(default)]
    time_unix_nano: Nanos,
    observed_time_unix_nano: Nanos,
    #[serde(default)]
    severity_number: i32,
    #[serde(default)]
    severity_text: String,
    body: Text,
    attributes: Vec<KeyValue>,
    trace_id: Id,
    span_id: Id,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct TracesRequest {
    resource_spans: Vec<ResourceSpans>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ResourceSpans {
    resource: Resource,
    scope_spans: Vec<ScopeSpans>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ScopeSpans {
    scope: Scope,
    spans: Vec<Span>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Span {
    trace_id: Id,
    span_id: Id,
    #[serde(default)]
    parent_span_id: Id,
    name: String,
    kind: i32,
    start_time_unix_nano: Nanos,
    end_time_unix_nano: Nanos,
    attributes: Vec<KeyValue>,
    status: Status,
}

/// Unset throughout, but there.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Status {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Resource {
    attributes: Vec<KeyValue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scope {
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyValue {
    key: String,
    value: Text,
}

/// A value that is text, as all are.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Text {
    string_value: String,
}

/// Nanoseconds since 1970, written as a string; 0 when absent.
#[derive(Default)]
struct Nanos(u64);

impl<'de> Deserialize<'de> for Nanos {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Nanos).map_err(D::Error::custom)
    }
}

/// The bytes of an id, written as hex; none when absent.
#[derive(Default)]
struct Id(Vec<u8>);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        hex::decode(text).map(Id).map_err(D::Error::custom)
    }
}

impl From<LogsRequest> for ExportLogsServiceRequest {
    fn from(request: LogsRequest) -> Self {
        let resource_logs = request.resource_logs.into_iter().map(Into::into).collect();
        Self { resource_logs }
    }
}

impl From<ResourceLogs> for logs::v1::ResourceLogs {
    fn from(group: ResourceLogs) -> Self {
        Self {
            resource: Some(group.resource.into()),
            scope_logs: group.scope_logs.into_iter().map(Into::into).collect(),
            ..Self::default()
        }
    }
}

impl From<ScopeLogs> for logs::v1::ScopeLogs {
    fn from(group: ScopeLogs) -> Self {
        Self {
            scope: Some(group.scope.into()),
            log_records: group.log_records.into_iter().map(Into::into).collect(),
            ..Self::default()
        }
    }
}

impl From<LogRecord> for logs::v1::LogRecord {
    fn from(record: LogRecord) -> Self {
        Self {
            time_unix_nano: record.time_unix_nano.0,
            observed_time_unix_nano: record.observed_time_unix_nano.0,
            severity_number: record.severity_number,
            severity_text: record.severity_text,
            body: Some(record.body.into()),
            attributes: key_values(record.attributes),
            trace_id: record.trace_id.0,
            span_id: record.span_id.0,
            ..Self::default()
        }
    }
}

impl From<TracesRequest> for ExportTraceServiceRequest {
    fn from(request: TracesRequest) -> Self {
        let resource_spans = request.resource_spans.into_iter().map(Into::into).collect();
        Self { resource_spans }
    }
}

impl From<ResourceSpans> for trace::v1::ResourceSpans {
    fn from(group: ResourceSpans) -> Self {
        Self {
            resource: Some(group.resource.into()),
            scope_spans: group.scope_spans.into_iter().map(Into::into).collect(),
            ..Self::default()
        }
    }
}

impl From<ScopeSpans> for trace::v1::ScopeSpans {
    fn from(group: ScopeSpans) -> Self {
        Self {
            scope: Some(group.scope.into()),
            spans: group.spans.into_iter().map(Into::into).collect(),
            ..Self::default()
        }
    }
}

impl From<Span> for trace::v1::Span {
    fn from(span: Span) -> Self {
        let Status {} = span.status;
        Self {
            trace_id: span.trace_id.0,
            span_id: span.span_id.0,
            parent_span_id: span.parent_span_id.0,
            name: span.name,
            kind: span.kind,
            start_time_unix_nano: span.start_time_unix_nano.0,
            end_time_unix_nano: span.end_time_unix_nano.0,
            attributes: key_values(span.attributes),
            status: Some(trace::v1::Status::default()),
            ..Self::default()
        }
    }
}

impl From<Resource> for resource::v1::Resource {
    fn from(resource: Resource) -> Self {
        Self {
            attributes: key_values(resource.attributes),
            ..Self::default()
        }
    }
}

impl From<Scope> for common::v1::InstrumentationScope {
    fn from(scope: Scope) -> Self {
        Self {
            name: scope.name,
            ..Self::default()
        }
    }
}

impl From<Text> for common::v1::AnyValue {
    fn from(text: Text) -> Self {
        Self {
            value: Some(common::v1::any_value::Value::StringValue(text.string_value)),
        }
    }
}

fn key_values(attributes: Vec<KeyValue>) -> Vec<common::v1::KeyValue> {
    let key_value = |attribute: KeyValue| common::v1::KeyValue {
        key: attribute.key,
        value: Some(attribute.value.into()),
        ..common::v1::KeyValue::default()
    };
    attributes.into_iter().map(key_value).collect()
}
