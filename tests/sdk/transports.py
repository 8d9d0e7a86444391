"""The SDK's exporters, over each transport and compression that they offer."""

import grpc
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter as GrpcLogs
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter as GrpcMetrics
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcSpans
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter as HttpLogs
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter as HttpMetrics
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpSpans

GRPC = {
    "grpc": grpc.Compression.NoCompression,
    "grpc-gzip": grpc.Compression.Gzip,
    "grpc-deflate": grpc.Compression.Deflate,
}
HTTP = {
    "http": Compression.NoCompression,
    "http-gzip": Compression.Gzip,
    "http-deflate": Compression.Deflate,
}
ALL = [*GRPC, *HTTP]


def exporter(server, transport, over_grpc, over_http, path):
    if transport in GRPC:
        return over_grpc(endpoint=server.otlp_grpc, insecure=True, compression=GRPC[transport])
    return over_http(endpoint=f"{server.otlp_http}{path}", compression=HTTP[transport])


def spans(server, transport):
    return exporter(server, transport, GrpcSpans, HttpSpans, "/v1/traces")


def logs(server, transport):
    return exporter(server, transport, GrpcLogs, HttpLogs, "/v1/logs")


def metrics(server, transport):
    return exporter(server, transport, GrpcMetrics, HttpMetrics, "/v1/metrics")
