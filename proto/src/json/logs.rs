//! `ExportLogsServiceRequest`.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs, SeverityNumber};

use super::error::Malformed;
use super::group::{add_capped, read_resource, read_scope, write_resource, write_scope};
use super::reader::Reader;
use super::value::{read_attributes, read_single, write_attributes, write_value};
use super::writer::{Fields, write_object};

/// Reads a request.
pub(crate) fn request(reader: &mut Reader<'_>) -> Result<ExportLogsServiceRequest, Malformed> {
    let mut request = ExportLogsServiceRequest::default();
    reader.object(|reader, name| match name {
        "resourceLogs" | "resource_logs" => {
            reader.list(&mut request.resource_logs, read_resource_logs)
        }
        _ => reader.skip(),
    })?;
    Ok(request)
}

fn read_resource_logs(reader: &mut Reader<'_>) -> Result<ResourceLogs, Malformed> {
    reader.group()?;
    let mut group = ResourceLogs::default();
    reader.message(|reader, name| {
        match name {
            "resource" => group.resource = read_resource(reader)?,
            "scopeLogs" | "scope_logs" => reader.list(&mut group.scope_logs, read_scope_logs)?,
            "schemaUrl" | "schema_url" => reader.text(&mut group.schema_url)?,
            _ => reader.skip()?,
        }
        Ok(())
    })?;
    Ok(group)
}

fn read_scope_logs(reader: &mut Reader<'_>) -> Result<ScopeLogs, Malformed> {
    reader.group()?;
    let mut group = ScopeLogs::default();
    reader.message(|reader, name| {
        match name {
            "scope" => group.scope = read_scope(reader)?,
            "logRecords" | "log_records" => reader.list(&mut group.log_records, read_record)?,
            "schemaUrl" | "schema_url" => reader.text(&mut group.schema_url)?,
            _ => reader.skip()?,
        }
        Ok(())
    })?;
    Ok(group)
}

fn read_record(reader: &mut Reader<'_>) -> Result<LogRecord, Malformed> {
    reader.record()?;
    let mut log = LogRecord::default();
    let (mut capped, mut capped_body) = (0, 0);
    reader.message(|reader, name| match name {
        "timeUnixNano" | "time_unix_nano" => reader.integer(&mut log.time_unix_nano),
        "observedTimeUnixNano" | "observed_time_unix_nano" => {
            reader.integer(&mut log.observed_time_unix_nano)
        }
        "severityNumber" | "severity_number" => reader
            .enumeration(&mut log.severity_number, |name| {
                SeverityNumber::from_str_name(name).map(i32::from)
            }),
        "severityText" | "severity_text" => reader.text(&mut log.severity_text),
        "body" => {
            log.body = read_single(reader, &mut capped_body)?;
            Ok(())
        }
        "attributes" => read_attributes(reader, &mut log.attributes, &mut capped),
        "droppedAttributesCount" | "dropped_attributes_count" => {
            reader.integer(&mut log.dropped_attributes_count)
        }
        "flags" => reader.integer(&mut log.flags),
        "traceId" | "trace_id" => reader.id::<16>(&mut log.trace_id),
        "spanId" | "span_id" => reader.id::<8>(&mut log.span_id),
        "eventName" | "event_name" => reader.text(&mut log.event_name),
        _ => reader.skip(),
    })?;
    // A body has no count of its own; the record's is the nearest place that says so.
    add_capped(&mut log.dropped_attributes_count, capped + capped_body);
    Ok(log)
}

/// Appends a request.
pub(crate) fn write(request: &ExportLogsServiceRequest, out: &mut Vec<u8>) {
    // The one list that is written when empty: an answer then still says what it would hold.
    if request.resource_logs.is_empty() {
        return out.extend_from_slice(b"{\"resourceLogs\":[]}");
    }
    write_object(out, |fields| {
        fields.list("resourceLogs", &request.resource_logs, |fields, group| {
            write_resource(fields, group.resource.as_ref());
            fields.list("scopeLogs", &group.scope_logs, |fields, group| {
                write_scope(fields, group.scope.as_ref());
                fields.list("logRecords", &group.log_records, write_record);
                fields.text("schemaUrl", &group.schema_url);
            });
            fields.text("schemaUrl", &group.schema_url);
        });
    });
}

fn write_record(fields: &mut Fields<'_>, log: &LogRecord) {
    fields.uint64("timeUnixNano", log.time_unix_nano);
    fields.uint64("observedTimeUnixNano", log.observed_time_unix_nano);
    fields.number("severityNumber", log.severity_number);
    fields.text("severityText", &log.severity_text);
    if let Some(body) = &log.body {
        fields.object("body", |fields| write_value(fields, body));
    }
    write_attributes(fields, "attributes", &log.attributes);
    fields.number("droppedAttributesCount", log.dropped_attributes_count);
    fields.number("flags", log.flags);
    fields.id("traceId", &log.trace_id);
    fields.id("spanId", &log.span_id);
    fields.text("eventName", &log.event_name);
}
