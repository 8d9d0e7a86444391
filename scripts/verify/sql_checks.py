"""Comparisons of SQL: counts, groups, ranges, words and joins over both tables."""

from collections import Counter
from datetime import datetime, timezone

from .log_checks import plain_answers

# Of all rows, what a condition that an index serves may read.
PRUNED_SHARE = 0.1

# Groups that are compared.
GROUPS = 9_000


def check(server, logs, traces, report):
    spans = [span for trace in traces.by_id.values() for span in trace.spans]
    check_counts(server, logs, traces, spans, report)
    check_groups(server, logs, spans, report)
    check_words(server, logs, report)
    check_ranges(server, logs, report)
    check_joins(server, logs, traces, report)


def value(server, query, **params):
    """The only value of an answer."""
    [[found]] = server.sql(query, **params)["rows"]
    return int(found) if isinstance(found, str) and found.lstrip("-").isdigit() else found


def check_counts(server, logs, traces, spans, report):
    counts = {
        "SELECT count(*) FROM spans": len(spans),
        "SELECT count(*) FROM logs": len(logs.all),
        "SELECT count(DISTINCT trace_id) FROM spans": len(traces.by_id),
        "SELECT sum(duration_ns) FROM spans": sum(span.duration_ns for span in spans),
        "SELECT max(duration_ns) FROM spans": max(span.duration_ns for span in spans),
        "SELECT count(*) FROM spans WHERE status_code = 'ERROR'": sum(span.is_error for span in spans),
        "SELECT count(*) FROM spans WHERE parent_span_id IS NULL": sum(not span.parent_id for span in spans),
        "SELECT count(DISTINCT trace_id) FROM logs": len({log.trace_id for log in logs.all if log.trace_id}),
        "SELECT count(*) FROM logs WHERE time IS NULL": sum(not log.time_ns for log in logs.all),
    }
    for query, expected in counts.items():
        report.equal(f"sql [{query}]", expected, value(server, query))


def groups(server, expression, table):
    answer = server.sql(f"SELECT {expression}, count(*) FROM {table} GROUP BY 1 ORDER BY 2 DESC LIMIT {GROUPS}")
    return Counter({key: count for key, count in answer["rows"]})


def check_groups(server, logs, spans, report):
    report.equal("sql: logs by service", Counter(log.service for log in logs.all), groups(server, "service", "logs"))
    report.equal("sql: spans by service", Counter(span.service for span in spans), groups(server, "service", "spans"))
    report.equal("sql: spans by service, from the resource", Counter(span.resource.get("service.name") for span in spans),
                 groups(server, "resource['service.name']", "spans"))
    names = Counter(span.name for span in spans)
    if len(names) <= GROUPS:
        report.equal("sql: spans by name", names, groups(server, "name", "spans"))
    for table, rows in (("logs", logs.all), ("spans", spans)):
        keys = Counter(key for row in rows for key in row.attributes)
        for key, _ in keys.most_common(3):
            has = f"SELECT count(*) FROM {table} WHERE attributes[$k] IS NOT NULL"
            expected = sum(row.attributes.get(key) is not None for row in rows)
            report.equal(f"sql: {table} with attributes['{key}']", expected, value(server, has, k=key))


def check_words(server, logs, report):
    """Every query of the search language, as a condition of WHERE."""
    for query, expected in plain_answers(logs):
        shown = query if len(query) <= 60 else query[:57] + "..."
        found = value(server, "SELECT count(*) FROM logs WHERE matches(body, $q)", q=query)
        report.equal(f"sql: logs that match [{shown}]", len(expected), found)


def check_ranges(server, logs, report):
    timed = sorted(log.time_ns for log in logs.all if log.time_ns)
    for first, last in ((0, 1_000), (50_000, 50_001), (90_000, 170_000)):
        start, end = timed[first], timed[last]
        query = "SELECT count(*) FROM logs WHERE time >= $from AND time < $to"
        answer = server.sql(query, **{"from": rfc3339(start), "to": rfc3339(end)})
        expected = sum(start <= time < end for time in timed)
        report.equal(f"sql: logs from {start} to {end}", [[expected]], answer["rows"])


def rfc3339(ns):
    moment = datetime.fromtimestamp(ns // 10**9, timezone.utc)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{ns % 10**9:09}Z"


def check_joins(server, logs, traces, report):
    sizes = {trace_id: len(trace.spans) for trace_id, trace in traces.by_id.items()}
    joined = sum(sizes.get(log.trace_id, 0) for log in logs.all)
    report.equal("sql: logs joined with their spans", joined,
                 value(server, "SELECT count(*) FROM logs JOIN spans USING (trace_id)"))
    failed = {trace_id for trace_id, trace in traces.by_id.items() if trace.errors}
    query = ("SELECT count(*) FROM logs WHERE trace_id IN "
             "(SELECT trace_id FROM spans WHERE status_code = 'ERROR')")
    report.equal("sql: logs of traces with errors", sum(log.trace_id in failed for log in logs.all), value(server, query))
    one = next(log.trace_id for log in logs.all if log.trace_id in sizes)
    query = "SELECT count(*) FROM logs JOIN spans USING (trace_id) WHERE trace_id = $id"
    answer = server.sql(query, id=one)
    expected = sum(log.trace_id == one for log in logs.all) * sizes[one]
    report.equal("sql: logs of one trace joined with its spans", [[expected]], answer["rows"])


def check_pruning(server, logs, traces, report):
    """What the indexes rule out is not read. Only segments have all of them."""
    some = next(iter(traces.by_id))
    body = max((log.body for log in logs.all if isinstance(log.body, str) and len(log.body) < 200), key=len)
    conditions = {
        ("spans", "trace_id = $x"): some,
        ("logs", "trace_id = $x"): next(log.trace_id for log in logs.all if log.trace_id),
        ("logs", "body = $x"): body,
        ("logs", "matches(body, $x)"): f'"{body[:80]}"'.replace("\\", "\\\\"),
    }
    for (table, condition), given in conditions.items():
        stats = server.sql(f"SELECT * FROM {table} WHERE {condition} LIMIT 100", x=given)["stats"]
        share = stats["rows_scanned"] / stats["rows_total"]
        report.holds(f"sql: {table} by {condition}: {stats['rows_scanned']} of {stats['rows_total']} rows read",
                     share < PRUNED_SHARE, share)
