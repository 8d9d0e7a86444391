//! Counting data points, which are not stored yet.

use crate::json;

use super::request::check_size;
use super::wire::{Messages, each_record};
use super::{DecodeError, Encoding};

/// The field numbers of `Metric`'s data: gauge, sum, histogram, exponential histogram, summary. Each holds its data
/// points in field 1.
const DATA: [u32; 5] = [5, 7, 9, 10, 11];
const DATA_POINTS: u32 = 1;

/// The number of data points of an `ExportMetricsServiceRequest`. What the points hold is not looked at.
pub fn count_metric_points(body: &[u8], encoding: Encoding) -> Result<u64, DecodeError> {
    check_size(body)?;
    match encoding {
        Encoding::Json => Ok(json::read(body, json::metrics::request)?.records),
        Encoding::Protobuf => {
            let mut points = 0;
            each_record(body, |metric| {
                for field in DATA {
                    for data in Messages::of(metric, field) {
                        for point in Messages::of(data?, DATA_POINTS) {
                            point?;
                            points += 1;
                        }
                    }
                }
                Ok(())
            })?;
            Ok(points)
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
    use opentelemetry_proto::tonic::metrics::v1::metric::Data;
    use opentelemetry_proto::tonic::metrics::v1::{
        ExponentialHistogram, Gauge, Histogram, Metric, ResourceMetrics, ScopeMetrics, Sum, Summary,
    };
    use prost::Message;

    fn request(data: Vec<Data>) -> ExportMetricsServiceRequest {
        let metrics = data.into_iter().map(|data| Metric {
            name: "requests".into(),
            data: Some(data),
            ..Metric::default()
        });
        ExportMetricsServiceRequest {
            resource_metrics: vec![ResourceMetrics {
                scope_metrics: vec![ScopeMetrics {
                    metrics: metrics.collect(),
                    ..ScopeMetrics::default()
                }],
                ..ResourceMetrics::default()
            }],
        }
    }

    #[test]
    fn points_of_every_kind_count() {
        let request = request(vec![
            Data::Gauge(Gauge {
                data_points: vec![Default::default(); 2],
            }),
            Data::Sum(Sum {
                data_points: vec![Default::default(); 3],
                aggregation_temporality: 2,
                is_monotonic: true,
            }),
            Data::Histogram(Histogram {
                data_points: vec![Default::default(); 5],
                aggregation_temporality: 1,
            }),
            Data::ExponentialHistogram(ExponentialHistogram {
                data_points: vec![Default::default(); 7],
                aggregation_temporality: 1,
            }),
            Data::Summary(Summary {
                data_points: vec![Default::default(); 11],
            }),
        ]);
        let count = count_metric_points(&request.encode_to_vec(), Encoding::Protobuf);
        assert_eq!(count.unwrap(), 28);
        assert_eq!(count_metric_points(&[], Encoding::Protobuf).unwrap(), 0);
        assert!(count_metric_points(b"not protobuf", Encoding::Protobuf).is_err());
    }

    #[test]
    fn points_of_json_count() {
        let body = br#"{"resourceMetrics":[{"scopeMetrics":[{"metrics":[
            {"name":"a","gauge":{"dataPoints":[{"asInt":"1"},{"asDouble":1.5}]}},
            {"name":"b","exponential_histogram":{"data_points":[{}],"aggregationTemporality":1}},
            {"name":"c","sum":null,"summary":{"dataPoints":null},"other":[{}]}]}]}]}"#;
        assert_eq!(count_metric_points(body, Encoding::Json).unwrap(), 3);
        assert!(count_metric_points(b"{", Encoding::Json).is_err());
    }
}
