"""Comparisons over traces and services."""

import functools
from collections import Counter

from . import queries
from .spans import digests

SEARCH = "/api/v1/traces/search"
SORTS = ("start", "duration", "span_count", "error_count")


plain_answers = functools.cache(queries.of_traces)


def check_queries(server, traces, report):
    """The count of every query, and the very traces."""
    for query, expected in plain_answers(traces):
        pages = list(server.pages(SEARCH, q=query, limit=5_000))
        report.equal(f"traces [{query}]", len(expected), pages[0]["matched"])
        found = [trace["trace_id"] for page in pages for trace in page["traces"]]
        if sorted(found) != sorted(expected):
            report.equal(f"  traces of [{query}]", len(expected), len(expected.intersection(found)))


def check_durations(server, traces, report):
    """Both bounds are inclusive."""
    durations = sorted(trace.duration_ns for trace in traces.by_id.values())
    low, high = durations[len(durations) // 4], durations[len(durations) * 3 // 4]
    expected = sum(low <= duration <= high for duration in durations)
    found = server.ask(SEARCH, min_duration=f"{low}ns", max_duration=f"{high}ns", limit=1)["matched"]
    report.equal(f"traces of {low} ns to {high} ns", expected, found)


def check_ranges(server, traces, report):
    """A trace is placed by its earliest span's start."""
    starts = sorted(trace.start_ns for trace in traces.by_id.values())
    # In whole milliseconds, the other form in which a time may be given.
    from_ms, to_ms = starts[1_000] // 1_000_000, starts[5_000] // 1_000_000
    expected = sum(from_ms * 1_000_000 <= start < to_ms * 1_000_000 for start in starts)
    found = server.ask(SEARCH, **{"from": from_ms, "to": to_ms, "limit": 1})["matched"]
    report.equal(f"traces from {from_ms} to {to_ms}", expected, found)


def check_summaries(server, traces, report):
    """What a page shows of every trace, each of them once in any order."""
    for sort in (direction + key for key in SORTS for direction in ("", "-")):
        rows = [row for page in server.pages(SEARCH, sort=sort, limit=997) for row in page["traces"]]
        ids = [row["trace_id"] for row in rows]
        report.equal(f"traces by {sort}: each once", (len(traces.by_id), len(traces.by_id)), (len(ids), len(set(ids))))
        key = f"{sort.lstrip('-')}{'_ns' if sort.lstrip('-') in ('start', 'duration') else ''}"
        values = [int(row[key]) for row in rows]
        report.holds(f"traces by {sort}: in order", values == sorted(values, reverse=sort[0] == "-"), "another order")
    wrong = [(row, traces.by_id.get(row["trace_id"])) for row in rows if not is_summary(row, traces.by_id.get(row["trace_id"]))]
    report.equal("traces summarised as a plain scan does", len(traces.by_id), len(rows) - len(wrong), lambda: difference(*wrong[0]))


def is_summary(row, trace):
    return trace is not None and (
        (row["root_service"], row["root_name"]) in trace.roots()
        and int(row["start_ns"]) == trace.start_ns
        and int(row["duration_ns"]) == trace.duration_ns
        and row["span_count"] == len(trace.spans)
        and row["error_count"] == trace.errors
        and {service["name"]: service["spans"] for service in row["services"]} == trace.services
    )


def difference(row, trace):
    if trace is None:
        return f"never sent: {row}"
    return f"{row}\n    a plain scan says: {trace.roots()} {trace.start_ns} {trace.duration_ns} {len(trace.spans)} {trace.services}"


def check_every_trace(server, traces, report):
    """All its spans, equal to what was sent, under equal resources and scopes."""
    different = []
    for trace_id, trace in traces.by_id.items():
        answer = server.ask(f"/api/v1/traces/{trace_id}")
        found = Counter(digest for _, _, digest in digests(answer["resourceSpans"]))
        if found != Counter(span.digest for span in trace.spans):
            different.append((trace_id, len(trace.spans), found.total()))
    report.equal("traces that come back as they were sent", len(traces.by_id), len(traces.by_id) - len(different),
                 lambda: f"(id, spans sent, spans found): {different[:5]}")
    status, _ = server.get(f"/api/v1/traces/{'0' * 31}1")
    report.equal("status of a trace that nobody sent", 404, status)


PERCENTILES = ("p50_ns", "p95_ns", "p99_ns")


def is_near(exact, found):
    """Whether a percentile is within 1% of the exact one, or both are absent."""
    if exact is None or found is None:
        return exact is found
    return abs(int(found) - int(exact)) <= 0.01 * abs(int(exact))


def check_services(server, traces, report):
    """Calls, errors and percentiles, over all time and over a range."""
    starts = sorted(span.start_ns for trace in traces.by_id.values() for span in trace.spans)
    from_ms, to_ms = starts[len(starts) // 3] // 1_000_000, starts[len(starts) * 2 // 3] // 1_000_000
    ranges = [(None, None), (from_ms, to_ms)]
    for from_ms, to_ms in ranges:
        scaled = [None if end is None else end * 1_000_000 for end in (from_ms, to_ms)]
        expected = traces.services(*scaled)
        answer = server.ask("/api/v1/services", **{"from": from_ms, "to": to_ms})
        rows = answer["services"]
        report.equal(f"services from {from_ms} to {to_ms}", sorted(expected), [row["name"] for row in rows])
        for row in rows:
            wanted = expected.get(row["name"], {})
            found = {key: row[key] for key in wanted}
            # Of many spans percentiles are added up from sketches.
            if all(is_near(wanted.get(key), found.get(key)) for key in PERCENTILES):
                found |= {key: wanted[key] for key in PERCENTILES if key in wanted}
            if found != wanted:
                report.equal(f"  {row['name']}", wanted, found)
            if to_ms is not None:
                rate = wanted["calls"] / ((to_ms - from_ms) / 1_000)
                if abs(row["rate_per_s"] - rate) > 1e-6 * max(rate, 1):
                    report.equal(f"  {row['name']} calls per second", rate, row["rate_per_s"])
        report.equal("  of these spans", sum(s["spans"] for s in expected.values()), sum(row["spans"] for row in rows))
