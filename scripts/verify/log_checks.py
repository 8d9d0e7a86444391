"""Comparisons over logs."""

import functools
import shutil
from collections import Counter
from datetime import datetime, timezone
from pathlib import Path

from . import queries
from .logs import row_digest

SEARCH = "/api/v1/logs/search"

# Answers of up to this many rows are compared row by row, not only by their count.
COMPARED_ROWS = 10_000

# Of all rows, what a search for a rare word may read.
RARE_SHARE = 0.01


@functools.cache
def plain_answers(logs):
    """Every query with the records that it must find. Asked once, because a plain scan takes its time."""
    return [(query, logs.matching(predicate)) for query, predicate in queries.of_logs(logs)]


def check_queries(server, logs, report):
    """The count of every query, and for most the very rows."""
    for query, expected in plain_answers(logs):
        shown = query if len(query) <= 60 else query[:57] + "..."
        if len(expected) > COMPARED_ROWS:
            report.equal(f"logs [{shown}]", len(expected), server.ask(SEARCH, q=query, limit=1, count="exact")["matched"])
            continue
        pages = list(server.pages(SEARCH, q=query, limit=COMPARED_ROWS))
        report.equal(f"logs [{shown}]", len(expected), pages[0]["matched"])
        found = Counter(row_digest(row) for page in pages for row in page["rows"])
        wanted = Counter(log.digest for log in expected)
        if found != wanted:
            report.equal(f"  rows of [{shown}]", wanted.total(), (found & wanted).total())


def check_paging(server, logs, report, limit=7_919):
    """Every row once, in either order, each as it was sent."""
    total = len(logs.all)
    descending = read_all(server, report, logs, "desc", limit)
    ascending = read_all(server, report, logs, "asc", limit)
    report.holds("logs ascending are logs descending, backwards", ascending == descending[::-1], "another order")
    narrow = [row["id"] for page in take(server.pages(SEARCH, limit=100), 5) for row in page["rows"]]
    report.holds("five pages of 100 are the first 500 rows", narrow == descending[:500], "other rows")
    report.equal("rows with an id of their own", total, len(set(descending)))


def take(pages, count):
    return [page for page, _ in zip(pages, range(count))]


def read_all(server, report, logs, order, limit):
    """The ids in order."""
    ids, placed, found = [], [], Counter()
    for page in server.pages(SEARCH, order=order, limit=limit):
        for row in page["rows"]:
            ids.append(row["id"])
            placed.append(int(row["time_ns"] or row["observed_time_ns"]))
            found[row_digest(row)] += 1
    wanted = Counter(log.digest for log in logs.all)
    report.equal(f"logs {order}: rows of all pages", len(logs.all), len(ids))
    report.equal(f"logs {order}: equal to what was sent", wanted.total(), (found & wanted).total())
    in_order = sorted(placed, reverse=order == "desc")
    report.holds(f"logs {order}: in order of time", placed == in_order, "another order")
    return ids


def check_ranges(server, logs, report):
    """[from, to): the first instant belongs to the range, the last does not."""
    placed = sorted(log.placed_ns for log in logs.all)
    untimed = next(log.observed_ns for log in logs.all if not log.time_ns)
    ends = [
        (placed[0], placed[0]),
        (placed[0], placed[0] + 1),
        (placed[1_000], placed[90_000]),
        (placed[90_000], None),
        (None, placed[90_000]),
        (untimed, untimed + 1),
    ]
    for start, end in ends:
        expected = sum((start is None or log >= start) and (end is None or log < end) for log in placed)
        found = server.ask(SEARCH, **{"from": rfc3339(start), "to": rfc3339(end), "limit": 1})["matched"]
        report.equal(f"logs from {rfc3339(start)} to {rfc3339(end)}", expected, found)


def rfc3339(ns):
    """With all nine digits, which a float would lose."""
    if ns is None:
        return None
    seconds, rest = divmod(ns, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, timezone.utc):%Y-%m-%dT%H:%M:%S}.{rest:09}Z"


def check_rare_words(server, logs, report, index=True):
    """The text index is really used; and without it the answer is the same, from reading all rows.

    Ids are no words of the index but have filters of their own, so these are asked for where both are there.
    """
    total = len(logs.all)
    for rare in [*logs.rare_words(3), *(logs.rare_uuids(3) if index else [])]:
        answer = server.ask(SEARCH, q=rare)
        expected = [log.digest for log in logs.matching(queries.word(rare))]
        found = [row_digest(row) for row in answer["rows"]]
        report.equal(f"rare word [{rare}]: the record that has it", [1, True], [len(found), found == expected])
        scanned = answer["stats"]["rows_scanned"]
        if index:
            report.holds(f"  reads {scanned} of {total} rows: under 1%", 0 < scanned < total * RARE_SHARE, scanned)
        else:
            report.equal("  rows read", total, scanned)


def check_trace_logs(server, logs, report, every=23):
    """The logs of a trace, oldest first, for some of the traces."""
    by_trace = {}
    for log in logs.all:
        by_trace.setdefault(log.trace_id, []).append(log)
    asked = sorted(by_trace)[::every]
    good = 0
    for trace_id in asked:
        rows = server.ask(f"/api/v1/traces/{trace_id}/logs")["rows"]
        placed = [int(row["time_ns"] or row["observed_time_ns"]) for row in rows]
        same = Counter(map(row_digest, rows)) == Counter(log.digest for log in by_trace[trace_id])
        good += same and placed == sorted(placed)
    report.equal("logs of a trace, oldest first, of every 23rd trace", len(asked), good)


def without_text_index(data_dir, copy):
    """A copy of a data folder in which no segment has its text index; gives the number of removed files."""
    shutil.copytree(data_dir, copy)
    indexes = list(Path(copy).rglob("text.idx"))
    for index in indexes:
        index.unlink()
    return len(indexes)
