"""Spans of the SDK, read back and compared with what its in-memory exporter got."""

import uuid
from collections import Counter

import pytest
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, SpanKind, Status, StatusCode, TraceFlags, TraceState

import transports
from clearspan_server import Server
from values import EVERY_KIND, attributes_from_json, typed_attributes

# As OTLP numbers them; the SDK counts from 0.
KINDS = {SpanKind.INTERNAL: 1, SpanKind.SERVER: 2, SpanKind.CLIENT: 3, SpanKind.PRODUCER: 4, SpanKind.CONSUMER: 5}
HAS_IS_REMOTE, IS_REMOTE = 0x100, 0x200


def send(server, transport):
    """One trace with something of everything; gives the spans as the SDK handed them to its exporters."""
    memory = InMemorySpanExporter()
    resource = Resource({"service.name": "sdk-spans", "run": str(uuid.uuid4()), **EVERY_KIND}, "https://example.org/resource/1")
    provider = TracerProvider(resource=resource, span_limits=SpanLimits(max_events=3, max_links=2, max_span_attributes=64))
    provider.add_span_processor(SimpleSpanProcessor(memory))
    provider.add_span_processor(BatchSpanProcessor(transports.spans(server, transport)))
    shop = provider.get_tracer("shop", "1.2.3", "https://example.org/scope/2", {"scope.kind": "test", "scope.number": 3})
    plain = provider.get_tracer("plain")

    remote = SpanContext(
        trace_id=uuid.uuid4().int, span_id=0x1234, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED),
        trace_state=TraceState([("vendor", "some:thing"), ("other", "x=y")]),
    )
    arrived = trace.set_span_in_context(NonRecordingSpan(remote))
    elsewhere = SpanContext(trace_id=0xABC, span_id=0xDEF, is_remote=False, trace_flags=TraceFlags(0))
    links = [Link(elsewhere, EVERY_KIND), Link(remote), Link(elsewhere)]
    with shop.start_as_current_span("GET /buy", arrived, SpanKind.SERVER, EVERY_KIND, links) as root:
        root.set_status(Status(StatusCode.ERROR, "card refused"))
        root.add_event("tried", EVERY_KIND)
        root.add_event("gave up", timestamp=1)
        for kind in SpanKind:
            with plain.start_as_current_span(f"step {kind.name}", kind=kind) as step:
                step.set_status(Status(StatusCode.OK))
                with shop.start_as_current_span("deeper") as deeper:
                    for number in range(5):
                        deeper.add_event(f"event {number}")
        try:
            with plain.start_as_current_span("fails"):
                raise ValueError("on purpose")
        except ValueError:
            pass
        with plain.start_as_current_span("many") as many:
            many.set_attributes({f"key {number}": number for number in range(100)})
        # A span that ends before it starts is odd, and none of the store's business.
        plain.start_span("backwards", start_time=2_000).end(end_time=1_000)
    assert provider.force_flush()
    provider.shutdown()
    return memory.get_finished_spans()


def trace_id(spans):
    (found,) = {span.context.trace_id for span in spans}
    return f"{found:032x}"


def read_back(server, spans):
    """The trace as JSON, once it is whole."""
    path = f"traces/{trace_id(spans)}"
    return server.await_rows(len(spans), path, lambda answer: list(spans_of_json(answer.json()))).json()


def spans_of_json(answer):
    for group in answer["resourceSpans"]:
        for scope_group in group["scopeSpans"]:
            for span in scope_group["spans"]:
                yield group, scope_group, span


def of_json(group, scope_group, span):
    """A span of an answer, in a form that compares."""
    scope = scope_group.get("scope", {})
    counts = [f"dropped{what}Count" for what in ("Attributes", "Events", "Links")]
    return (
        typed_attributes(attributes_from_json(group["resource"].get("attributes", []))),
        group.get("schemaUrl", ""),
        (scope.get("name", ""), scope.get("version", "")),
        typed_attributes(attributes_from_json(scope.get("attributes", []))),
        scope_group.get("schemaUrl", ""),
        (span["traceId"], span["spanId"], span.get("parentSpanId", ""), span.get("traceState", ""), span.get("flags", 0)),
        (span["name"], span["kind"], int(span["startTimeUnixNano"]), int(span["endTimeUnixNano"])),
        (span.get("status", {}).get("code", 0), span.get("status", {}).get("message", "")),
        typed_attributes(attributes_from_json(span.get("attributes", []))),
        tuple(
            (event["name"], int(event["timeUnixNano"]), typed_attributes(attributes_from_json(event.get("attributes", []))))
            for event in span.get("events", [])
        ),
        tuple(
            (link["traceId"], link["spanId"], link.get("flags", 0),
             typed_attributes(attributes_from_json(link.get("attributes", []))))
            for link in span.get("links", [])
        ),
        tuple(span.get(name, 0) for name in counts),
    )


def of_sdk(span):
    """The same of a span of the SDK, by what OTLP says of its fields rather than by the SDK's own encoder."""
    scope, context, parent = span.instrumentation_scope, span.context, span.parent
    is_remote = parent is not None and parent.is_remote
    return (
        typed_attributes(span.resource.attributes),
        span.resource.schema_url,
        (scope.name, scope.version or ""),
        typed_attributes(scope.attributes),
        scope.schema_url or "",
        (
            f"{context.trace_id:032x}", f"{context.span_id:016x}", f"{parent.span_id:016x}" if parent else "",
            ",".join(f"{key}={value}" for key, value in context.trace_state.items()),
            HAS_IS_REMOTE | (IS_REMOTE if is_remote else 0),
        ),
        (span.name, KINDS[span.kind], span.start_time, span.end_time),
        (span.status.status_code.value, span.status.description or ""),
        typed_attributes(span.attributes),
        tuple((event.name, event.timestamp, typed_attributes(event.attributes)) for event in span.events),
        tuple(
            (f"{link.context.trace_id:032x}", f"{link.context.span_id:016x}",
             HAS_IS_REMOTE | (IS_REMOTE if link.context.is_remote else 0), typed_attributes(link.attributes))
            for link in span.links
        ),
        (span.dropped_attributes, span.dropped_events, span.dropped_links),
    )


def sorted_attributes(message):
    """Puts the attributes of a protobuf message and of all within it in one order, which carries no meaning."""
    for field, held in message.ListFields():
        if field.type != field.TYPE_MESSAGE:
            continue
        for inner in held if field.is_repeated else [held]:
            sorted_attributes(inner)
        if field.name == "attributes" or message.DESCRIPTOR.name == "KeyValueList":
            held.sort(key=lambda pair: (pair.key, pair.SerializeToString(deterministic=True)))
    return message


def of_protobuf(traces):
    """The spans of a protobuf message with their groups, as bytes that compare."""
    spans = Counter()
    for group in sorted_attributes(traces).resource_spans:
        for scope_group in group.scope_spans:
            for span in scope_group.spans:
                around = [group.resource, scope_group.scope, span]
                urls = (group.schema_url, scope_group.schema_url)
                spans[(*urls, *(message.SerializeToString(deterministic=True) for message in around))] += 1
    return spans


def check(server, spans):
    found = [of_json(*parts) for parts in spans_of_json(read_back(server, spans))]
    assert sorted(found) == sorted(map(of_sdk, spans))
    answer = server.get(f"traces/{trace_id(spans)}", format="protobuf")
    assert answer.headers["content-type"] == "application/x-protobuf"
    assert of_protobuf(TracesData.FromString(answer.content)) == of_protobuf(encode_spans(spans))


@pytest.mark.parametrize("transport", transports.ALL)
def test_spans_come_back_as_they_were_sent(server, transport):
    spans = send(server, transport)
    assert len(spans) == 14
    assert any(span.dropped_events for span in spans) and any(span.dropped_links for span in spans)
    check(server, spans)


@pytest.mark.parametrize("transport", transports.ALL)
def test_a_trace_is_found_and_summarised(server, transport):
    spans = send(server, transport)
    read_back(server, spans)
    run = spans[0].resource.attributes["run"]
    queries = [
        f"run:{run}", f'resource.run:"{run}" status:error', f'run:{run} name:"GET /buy" kind:server',
        f'run:{run} buy', f"run:{run} int.large:{2**53 + 1}", f"run:{run} kind:CONSUMER status:ok",
        f"trace_id:{trace_id(spans)}", f"run:{run} true:true int<0 double:0.1 texts:c",
    ]
    for query in queries:
        answer = server.get("traces/search", q=query).json()
        assert answer["matched"] == 1, (query, answer)
        (row,) = answer["traces"]
        assert row["trace_id"] == trace_id(spans)
        # Its parent is on another machine, and the backwards span starts in 1970: so that one is the earliest.
        assert row["span_count"] == len(spans)
        assert row["error_count"] == sum(span.status.status_code == StatusCode.ERROR for span in spans) == 2
        assert row["services"] == [{"name": "sdk-spans", "spans": len(spans)}]
        assert row["root_name"] == "GET /buy"
        assert int(row["start_ns"]) == min(span.start_time for span in spans)
        assert int(row["duration_ns"]) == max(s.end_time for s in spans) - min(s.start_time for s in spans)
    assert server.get("traces/search", q=f"run:{run} int.large:{2**53}").json()["matched"] == 0


def test_a_span_that_is_sent_again_is_stored_once(server):
    spans = send(server, "http")
    read_back(server, spans)
    before = server.get("status").json()["spans"]
    for transport in ("grpc", "http-gzip"):
        assert transports.spans(server, transport).export(spans).name == "SUCCESS"
    again = len(spans) * 2
    answer = server.await_rows(
        before["duplicates"] + again, "status", lambda status: range(status.json()["spans"]["duplicates"])
    )
    after = answer.json()["spans"]
    assert after["duplicates"] == before["duplicates"] + again
    assert after["rows"] == before["rows"]
    check(server, spans)


def test_spans_are_the_same_after_a_restart(binary, tmp_path):
    with Server(binary, tmp_path) as own:
        sent = [send(own, transport) for transport in ("grpc", "http")]
        for spans in sent:
            check(own, spans)
        own.restart()
        assert own.get("status").json()["spans"]["memtable"]["rows"] == 0
        for spans in sent:
            check(own, spans)
