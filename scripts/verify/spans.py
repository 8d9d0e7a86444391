"""What a plain scan says of spans, traces and services."""

import json
from collections import Counter, defaultdict

from . import otlp, source, words

CALL_KINDS = (2, 5)  # SERVER and CONSUMER
ERROR = 2


class Span:
    """One span as it was sent."""

    __slots__ = (
        "attributes", "digest", "duration_ns", "folded", "is_error", "kind", "name", "parent_id",
        "resource", "service", "span_id", "start_ns", "end_ns",
    )

    def __init__(self, span, resource, span_digest):
        self.name = span.get("name", "")
        self.folded = words.fold(self.name)
        self.kind = span.get("kind", 0)
        self.start_ns = int(span["startTimeUnixNano"])
        self.end_ns = int(span["endTimeUnixNano"])
        self.duration_ns = self.end_ns - self.start_ns
        self.span_id = span["spanId"]
        self.parent_id = span.get("parentSpanId", "")
        self.is_error = span.get("status", {}).get("code", 0) == ERROR
        self.attributes = otlp.shown_attributes(span.get("attributes", []))
        self.resource = resource
        self.service = resource.get("service.name")
        self.digest = span_digest


def digests(resource_spans):
    """Each span of an OTLP/JSON message, and what stands for it with its resource and scope."""
    for group in resource_spans:
        resource = [otlp.message(group.get("resource", {})), group.get("schemaUrl", "")]
        for scope_group in group["scopeSpans"]:
            scope = [otlp.message(scope_group.get("scope", {})), scope_group.get("schemaUrl", "")]
            for span in scope_group["spans"]:
                yield span, group, otlp.digest([resource, scope, otlp.message(span)])


class Trace:
    """The distinct spans of one trace, and what a page shows of it."""

    def __init__(self, spans):
        self.spans = spans
        self.start_ns = min(span.start_ns for span in spans)
        self.duration_ns = max(span.end_ns for span in spans) - self.start_ns
        self.errors = sum(span.is_error for span in spans)
        self.services = Counter(span.service for span in spans)

    def roots(self):
        """The service and name of the root; several when spans start at the same time."""
        candidates = [span for span in self.spans if not span.parent_id]
        if not candidates:
            present = {span.span_id for span in self.spans}
            candidates = [span for span in self.spans if span.parent_id not in present]
        earliest = min((span.start_ns for span in candidates), default=None)
        return {(span.service, span.name) for span in candidates if span.start_ns == earliest}


class Traces:
    """All of them, by id."""

    def __init__(self, folder):
        self.sent = 0
        spans = defaultdict(dict)
        resources = {}
        for request in source.requests(folder, source.TRACES):
            for span, group, digest in digests(request["resourceSpans"]):
                self.sent += 1
                key = json.dumps(group["resource"], sort_keys=True)
                resource = resources.get(key)
                if resource is None:
                    resource = resources[key] = otlp.shown_attributes(group["resource"]["attributes"])
                spans[span["traceId"]].setdefault(digest, Span(span, resource, digest))
        self.by_id = {trace_id: Trace(list(found.values())) for trace_id, found in spans.items()}

    @property
    def distinct(self):
        return sum(len(trace.spans) for trace in self.by_id.values())

    def matching(self, predicate):
        """The ids of the traces of which one span satisfies it."""
        return {trace_id for trace_id, trace in self.by_id.items() if any(map(predicate, trace.spans))}

    def services(self, from_ns=None, to_ns=None):
        """What `/api/v1/services` must say of the spans that start in [`from_ns`, `to_ns`)."""
        by_name = defaultdict(list)
        for trace in self.by_id.values():
            for span in trace.spans:
                if (from_ns is None or span.start_ns >= from_ns) and (to_ns is None or span.start_ns < to_ns):
                    by_name[span.service].append(span)
        return {name: service(spans) for name, spans in by_name.items()}


def service(spans):
    newest = max(spans, key=lambda span: span.start_ns)
    calls = [span for span in spans if span.kind in CALL_KINDS]
    durations = sorted(span.duration_ns for span in calls)
    return {
        "namespace": newest.resource.get("service.namespace"),
        "environment": newest.resource.get("deployment.environment.name"),
        "spans": len(spans),
        "calls": len(calls),
        "errors": sum(span.is_error for span in calls),
        "p50_ns": nearest_rank(durations, 50),
        "p95_ns": nearest_rank(durations, 95),
        "p99_ns": nearest_rank(durations, 99),
        "last_seen_ns": str(newest.start_ns),
    }


def nearest_rank(ascending, percent):
    """The value at position ceil(n * percent / 100), from 1, as the API writes it."""
    rank = -(-len(ascending) * percent // 100)
    return str(ascending[rank - 1]) if rank else None
