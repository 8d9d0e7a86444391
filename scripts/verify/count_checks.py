"""Comparisons over what is counted of logs: histogram, fields, values, facets."""

from collections import Counter, defaultdict

from .log_checks import rfc3339
from .queries import BANDS, attribute, both, severity, word

HISTOGRAM = "/api/v1/logs/histogram"
FIELDS = "/api/v1/logs/fields"
FACETS = "/api/v1/logs/facets"

# What is known beside attributes, and what it is of a log.
KNOWN = {
    "service": lambda log: log.service,
    "severity": lambda log: log.severity_text or band(log) or None,
    "body": lambda log: log.body,
    "trace_id": lambda log: log.trace_id or None,
    "span_id": lambda log: log.span_id or None,
}

# As many as one call takes; more values than the data has.
FACETS_MAX = 20
ALL_VALUES = 10_000

QUERIES = [
    ("", lambda log: True),
    ("severity:error", severity("error")),
    ("shanghai", word("shanghai")),
    ("shanghai log.iostream:stdout", both(word("shanghai"), attribute("log.iostream", "stdout"))),
    ("nowhereinthedata", lambda log: False),
]


def band(log):
    """The name of the severity number, in capitals."""
    return next((name.upper() for name, numbers in BANDS.items() if log.severity_number in numbers), "")


def name_of_severity(log):
    """By number, else by text, else unset."""
    return band(log).lower() or {text: text for text in BANDS}.get(log.severity_text.lower(), "unset")


def check(server, logs, report):
    for query, predicate in QUERIES:
        matching = logs.matching(predicate)
        check_histograms(server, query, matching, report)
        check_fields(server, query, matching, report)
        check_values(server, query, matching, report)


def check_histograms(server, query, matching, report):
    placed = sorted(log.placed_ns for log in matching) or [0]
    quarter, half = placed[len(placed) // 4], placed[len(placed) // 2]
    for start, end in [(None, None), (quarter, half), (quarter, None), (None, half)]:
        for buckets in (1, 60, 1_000):
            times = {"from": rfc3339(start), "to": rfc3339(end)}
            answer = server.ask(HISTOGRAM, q=query, buckets=buckets, **times)
            counted = [log for log in matching if in_range(log, start, end)]
            what = f"histogram [{query}] {shown(start)} to {shown(end)} in {buckets}"
            report.equal(what, (len(counted), None), (answer["total"], fault(answer, counted, start, buckets)))


def in_range(log, start, end):
    return (start is None or log.placed_ns >= start) and (end is None or log.placed_ns < end)


def shown(end):
    return "..." if end is None else rfc3339(end)[:19]


def fault(answer, counted, start, buckets_max):
    """What is wrong with a histogram over these logs; None when nothing is."""
    width = int(answer["bucket_ns"])
    found = {int(bucket["start_ns"]): bucket["counts"] for bucket in answer["buckets"]}
    starts = sorted(found)
    if len(starts) > buckets_max + 1 or any(b - a != width for a, b in zip(starts, starts[1:])):
        return "the buckets"
    first = min((log.placed_ns for log in counted), default=None) if start is None else start
    if first is not None and not (starts and starts[0] <= first < starts[0] + width):
        return "the first bucket"
    expected = defaultdict(Counter)
    for log in counted:
        expected[log.placed_ns - (log.placed_ns - starts[0]) % width][name_of_severity(log)] += 1
    return None if expected == {at: counts for at, counts in found.items() if counts} else "the counts"


def fields_of(log):
    known = {name for name, value in KNOWN.items() if value(log) is not None}
    return known | set(log.attributes) | set(log.resource)


def check_fields(server, query, matching, report):
    expected = Counter(name for log in matching for name in fields_of(log))
    answer = server.ask(FIELDS, q=query)
    found = {field["name"]: field["count"] for field in answer["fields"]}
    report.equal(f"fields [{query}]", dict(expected), found)
    report.equal("  in order", sorted(found, key=lambda name: (-found[name], name)), list(found))


def value_of(log, field):
    if field in KNOWN:
        return KNOWN[field](log)
    return log.attributes.get(field, log.resource.get(field))


def check_values(server, query, matching, report):
    """Of every field with few enough values; all values of the data are texts, and each severity is the name of its number."""
    fields = sorted(set().union(*map(fields_of, matching)) | {"no.such.field"})
    expected = {field: Counter(value_of(log, field) for log in matching) for field in fields}
    for counts in expected.values():
        counts.pop(None, None)
    asked = [field for field in fields if len(expected[field]) <= ALL_VALUES]
    for at in range(0, len(asked), FACETS_MAX):
        some = asked[at : at + FACETS_MAX]
        answer = server.ask(FACETS, q=query, fields=",".join(some), limit=ALL_VALUES)
        for facet in answer["facets"]:
            counts = expected[facet["field"]]
            wanted = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
            found = [(one["value"], one["count"]) for one in facet["values"]]
            report.equal(f"values of {facet['field']} [{query}]", (len(counts), True), (facet["distinct"], found == wanted))
    for field in fields:
        answer = server.ask(f"{FIELDS}/{field}/values", q=query, limit=3)
        counts = expected[field]
        wanted = sorted(counts.items(), key=lambda one: (-one[1], one[0]))[:3]
        found = [(one["value"], one["count"]) for one in answer["values"]]
        report.equal(f"values of {field} [{query}], the first", (len(counts), wanted), (answer["distinct"], found))
