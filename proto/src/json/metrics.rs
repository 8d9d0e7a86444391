//! `ExportMetricsServiceRequest`, of which only the data points are counted.

use super::reader::{Malformed, Reader};

/// Reads a request; its data points are the records that the reader counts.
pub(crate) fn request(reader: &mut Reader<'_>) -> Result<(), Malformed> {
    reader.object(|reader, name| match name {
        "resourceMetrics" | "resource_metrics" => reader.array(read_resource_metrics),
        _ => reader.skip(),
    })
}

fn read_resource_metrics(reader: &mut Reader<'_>) -> Result<(), Malformed> {
    reader.message(|reader, name| match name {
        "scopeMetrics" | "scope_metrics" => reader.array(read_scope_metrics),
        _ => reader.skip(),
    })
}

fn read_scope_metrics(reader: &mut Reader<'_>) -> Result<(), Malformed> {
    reader.message(|reader, name| match name {
        "metrics" => reader.array(read_metric),
        _ => reader.skip(),
    })
}

fn read_metric(reader: &mut Reader<'_>) -> Result<(), Malformed> {
    reader.message(|reader, name| match name {
        "gauge"
        | "sum"
        | "histogram"
        | "exponentialHistogram"
        | "exponential_histogram"
        | "summary" => reader.message(|reader, name| match name {
            "dataPoints" | "data_points" => reader.array(read_point),
            _ => reader.skip(),
        }),
        _ => reader.skip(),
    })
}

fn read_point(reader: &mut Reader<'_>) -> Result<(), Malformed> {
    reader.record()?;
    reader.message(|reader, _| reader.skip())
}
