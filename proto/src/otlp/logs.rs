//! Log requests to log batches and back.

use arrow::array::RecordBatch;
use clearspan_schema::any::AnyRef;
use clearspan_schema::ids::valid_id;
use clearspan_schema::logs::{Body, LogRow, LogsBuilder, LogsReader};
use clearspan_schema::{LogsBatch, SchemaError};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::common::v1::AnyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use prost::Message;

use crate::json;

use super::groups::{
    Grouped, ResourceBuffers, encode_resource, encode_scope, resource_message, scope_message,
    service_of,
};
use super::request::logs_in_pieces;
use super::{DecodeError, Decoded, Encoding, Rejections, Repairs, attributes};

/// Decodes an `ExportLogsServiceRequest`. Records without a known time are placed at `arrival_ns`
/// (nanoseconds since 1970). No log record is ever rejected.
pub fn decode_logs(
    body: &[u8],
    encoding: Encoding,
    arrival_ns: i64,
) -> Result<Decoded<LogsBatch>, DecodeError> {
    let pieces = logs_in_pieces(body, encoding)?;
    let rows = usize::try_from(pieces.records).unwrap_or_default();
    let mut logs = LogsDecoder {
        builder: LogsBuilder::new(rows, arrival_ns),
        repaired: pieces.repaired,
        attributes: Vec::new(),
        body: Vec::new(),
    };
    let mut buffers = (ResourceBuffers::default(), Vec::new());
    for piece in pieces {
        for group in &piece?.resource_logs {
            logs.push_group(group, &mut buffers)?;
        }
    }
    Ok(Decoded {
        batch: logs.builder.finish()?,
        rejected: Rejections::default(),
        repaired: logs.repaired,
    })
}

struct LogsDecoder {
    builder: LogsBuilder,
    repaired: Repairs,
    attributes: Vec<u8>,
    body: Vec<u8>,
}

impl LogsDecoder {
    fn push_group(
        &mut self,
        group: &ResourceLogs,
        (resource_buffers, scope_buffer): &mut (ResourceBuffers, Vec<u8>),
    ) -> Result<(), SchemaError> {
        let resource = group.resource.as_ref();
        let service = service_of(resource);
        let resource = encode_resource(resource, &group.schema_url, resource_buffers);
        for scope_logs in &group.scope_logs {
            let scope = scope_logs.scope.as_ref();
            let scope = encode_scope(scope, &scope_logs.schema_url, scope_buffer);
            self.builder.group(&resource, &scope, service);
            for record in &scope_logs.log_records {
                self.push(record)?;
            }
        }
        Ok(())
    }

    fn push(&mut self, record: &LogRecord) -> Result<(), SchemaError> {
        let (trace_id, span_id) = (valid_id(&record.trace_id), valid_id(&record.span_id));
        if trace_id.is_none() && !record.trace_id.is_empty() {
            self.repaired.log_trace_id_dropped += 1;
        }
        if span_id.is_none() && !record.span_id.is_empty() {
            self.repaired.log_span_id_dropped += 1;
        }
        self.builder.push(&LogRow {
            time: record.time_unix_nano,
            observed_time: record.observed_time_unix_nano,
            severity_number: record.severity_number,
            severity_text: &record.severity_text,
            event_name: &record.event_name,
            body: body(record.body.as_ref(), &mut self.body),
            trace_id,
            span_id,
            flags: record.flags,
            attributes: attributes::encode(&record.attributes, &mut self.attributes),
            dropped_attributes_count: record.dropped_attributes_count,
        })
    }
}

fn body<'a>(value: Option<&'a AnyValue>, scratch: &'a mut Vec<u8>) -> Body<'a> {
    match value {
        None => Body::Absent,
        Some(AnyValue {
            value: Some(Value::StringValue(text)),
        }) => Body::Text(text),
        Some(value) => Body::Value(attributes::encode_value(value, scratch)),
    }
}

/// Appends the log records of `batches`, which must have all columns of the canonical schema, as one JSON
/// object `{"resourceLogs":[...]}`. Records keep their order within their resource and scope; these stand in
/// the order of their first record.
pub fn encode_logs_json(batches: &[RecordBatch], out: &mut Vec<u8>) -> Result<(), SchemaError> {
    json::logs::write(&request(batches)?, out);
    Ok(())
}

/// The log records of `batches` as an `ExportLogsServiceRequest`, in the order of [`encode_logs_json`].
pub fn encode_logs_protobuf(batches: &[RecordBatch]) -> Result<Vec<u8>, SchemaError> {
    Ok(request(batches)?.encode_to_vec())
}

fn request(batches: &[RecordBatch]) -> Result<ExportLogsServiceRequest, SchemaError> {
    let mut grouped = Grouped::new();
    for batch in batches {
        let reader = LogsReader::new(batch)?;
        let (resources, scopes) = (reader.resources(), reader.scopes());
        for row in 0..reader.rows() {
            let resource = resources.value(row).unwrap_or_default();
            let scope = scopes.value(row).unwrap_or_default();
            grouped.push(resource, scope, record(reader.row(row)));
        }
    }
    let groups = grouped.into_resources().into_iter().map(|group| {
        let (resource, schema_url) = resource_message(group.resource);
        let scopes = group.scopes.into_iter().map(|group| {
            let (scope, schema_url) = scope_message(group.scope);
            ScopeLogs {
                scope,
                log_records: group.records,
                schema_url,
            }
        });
        ResourceLogs {
            resource,
            scope_logs: scopes.collect(),
            schema_url,
        }
    });
    Ok(ExportLogsServiceRequest {
        resource_logs: groups.collect(),
    })
}

fn record(row: LogRow<'_>) -> LogRecord {
    LogRecord {
        time_unix_nano: row.time,
        observed_time_unix_nano: row.observed_time,
        severity_number: row.severity_number,
        severity_text: row.severity_text.to_owned(),
        body: body_message(row.body),
        attributes: attributes::messages(row.attributes),
        dropped_attributes_count: row.dropped_attributes_count,
        flags: row.flags,
        trace_id: row.trace_id.map(Vec::from).unwrap_or_default(),
        span_id: row.span_id.map(Vec::from).unwrap_or_default(),
        event_name: row.event_name.to_owned(),
    }
}

fn body_message(body: Body<'_>) -> Option<AnyValue> {
    match body {
        Body::Absent => None,
        Body::Text(text) => Some(AnyValue {
            value: Some(Value::StringValue(text.to_owned())),
        }),
        Body::Value(encoded) => AnyRef::decode(encoded).map(attributes::value_message),
    }
}
