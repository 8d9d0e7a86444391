"""What a plain scan says of the logs."""

import re
from collections import Counter

from . import otlp, source, words


class Log:
    """One log record as it was sent."""

    __slots__ = (
        "attributes", "body", "digest", "folded", "observed_ns", "resource", "service",
        "severity_number", "severity_text", "span_id", "time_ns", "trace_id",
    )

    def __init__(self, record, resource, scope):
        self.time_ns = int(record.get("timeUnixNano", 0))
        self.observed_ns = int(record.get("observedTimeUnixNano", 0))
        self.severity_number = record.get("severityNumber", 0)
        self.severity_text = record.get("severityText", "")
        self.body = otlp.shown(record.get("body"))
        self.trace_id = record.get("traceId", "")
        self.span_id = record.get("spanId", "")
        self.attributes = otlp.shown_attributes(record.get("attributes", []))
        self.resource = resource
        self.service = resource.get("service.name")
        self.folded = words.fold(self.body)
        self.digest = digest(
            self.time_ns, self.observed_ns, self.severity_number, self.severity_text, self.service,
            self.body, self.trace_id, self.span_id, self.attributes, resource, scope,
        )

    @property
    def placed_ns(self):
        """Where it is placed: by its event time, else by its observed time."""
        return self.time_ns or self.observed_ns


def digest(*fields):
    """Stands for a record's fields, in the order of `Log`."""
    return otlp.digest(fields)


def row_digest(row):
    """The same of a row of the API."""
    scope = {name: held for name, held in row["scope"].items() if held not in (None, "", {})}
    return digest(
        int(row["time_ns"] or 0), int(row["observed_time_ns"] or 0), row["severity_number"] or 0,
        row["severity_text"] or "", row["service"], row["body"], row["trace_id"] or "", row["span_id"] or "",
        row["attributes"], row["resource"], scope,
    )


class Logs:
    """All of them, in order of arrival."""

    def __init__(self, folder):
        self.all = list(self._scan(folder))

    @staticmethod
    def _scan(folder):
        for request in source.requests(folder, source.LOGS):
            for group in request["resourceLogs"]:
                resource = otlp.shown_attributes(group["resource"]["attributes"])
                for scope_group in group["scopeLogs"]:
                    scope = otlp.message(scope_group["scope"])
                    for record in scope_group["logRecords"]:
                        yield Log(record, resource, scope)

    def matching(self, predicate):
        return [log for log in self.all if predicate(log)]

    def rare_words(self, count):
        """Words of five or more letters that stand in one record alone."""
        return self._once(r"\b[a-z]{5,}\b", count)

    def rare_uuids(self, count):
        """UUIDs that stand in one record alone."""
        return self._once(r"(?<![0-9a-f-])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-f-])", count)

    def _once(self, pattern, count):
        find = re.compile(pattern).findall
        records = Counter()
        for log in self.all:
            records.update(set(find(log.folded)))
        return sorted(text for text, n in records.items() if n == 1)[:count]
