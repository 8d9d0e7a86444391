"""What gRPC clients send wrong, and what senders of metrics hear. (HTTP's refusals are tested without an SDK.)"""

import grpc
import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest, ExportTraceServiceResponse
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

import transports

TRACES = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
LOGS = "/opentelemetry.proto.collector.logs.v1.LogsService/Export"
TOO_LARGE = b"\x0a\x00" * (65 << 19)


@pytest.fixture
def call(server):
    """Sends bytes as they are, and checks afterwards that the server still takes good ones."""
    with grpc.insecure_channel(server.otlp_grpc.removeprefix("http://")) as channel:
        def export(path, body, compression=None):
            return channel.unary_unary(path)(body, compression=compression, timeout=30)

        yield export
        good = ExportTraceServiceRequest()
        span = good.resource_spans.add().scope_spans.add().spans.add()
        span.trace_id, span.span_id, span.name = bytes(range(16)), bytes(range(1, 9)), "good"
        answer = ExportTraceServiceResponse.FromString(export(TRACES, good.SerializeToString()))
        assert not answer.HasField("partial_success")


def refusal(call, *request, **options):
    with pytest.raises(grpc.RpcError) as refused:
        call(*request, **options)
    return refused.value


@pytest.mark.parametrize("path", [TRACES, LOGS])
def test_an_undecodable_body_is_an_invalid_argument(call, path):
    assert refusal(call, path, b"\x0a\xff not protobuf").code() == grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize("compression", [None, grpc.Compression.Gzip])
def test_a_body_beyond_the_limit_is_never_sent_again(call, compression):
    refused = refusal(call, TRACES, TOO_LARGE, compression=compression)
    assert refused.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    # Details would hold the RetryInfo that makes clients send it again.
    assert "grpc-status-details-bin" not in dict(refused.trailing_metadata())


def test_an_unknown_method_is_unimplemented(call):
    assert refusal(call, TRACES + "All", b"").code() == grpc.StatusCode.UNIMPLEMENTED


def test_bad_spans_are_counted_and_the_others_kept(call, server):
    request = ExportTraceServiceRequest()
    spans = request.resource_spans.add().scope_spans.add().spans
    good = 0xABCDEF.to_bytes(16, "big")
    for trace_id, span_id in [(good, b"12345678"), (bytes(16), b"12345678"), (good, bytes(8)), (b"short", b"12345678")]:
        spans.add(trace_id=trace_id, span_id=span_id, name="one of four")
    answer = ExportTraceServiceResponse.FromString(call(TRACES, request.SerializeToString()))
    assert answer.partial_success.rejected_spans == 3
    assert answer.partial_success.error_message
    found = server.await_rows(1, f"traces/{good.hex()}", lambda answer: answer.json()["resourceSpans"])
    assert len(found.json()["resourceSpans"][0]["scopeSpans"][0]["spans"]) == 1


def test_an_empty_request_is_a_success(call):
    assert not ExportLogsServiceResponse.FromString(call(LOGS, b"")).HasField("partial_success")


@pytest.mark.parametrize("transport", transports.ALL)
def test_metrics_are_no_error_in_the_senders_log(server, transport):
    before = server.get("status").json()["metrics"]["rejected"]
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader])
    provider.get_meter("meter").create_counter("requests").add(3)
    result = transports.metrics(server, transport).export(reader.get_metrics_data())
    provider.shutdown()
    assert result.name == "SUCCESS"
    after = server.get("status").json()["metrics"]["rejected"]
    assert sum(after.values()) == sum(before.values()) + 1
