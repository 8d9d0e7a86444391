#!/usr/bin/env python3
"""Imports the real data into a fresh server and compares every answer with a plain scan of the files.

    CLEARSPAN_BIN=.../clearspan scripts/verify_data.py [FOLDER]

FOLDER holds the four files and is ../shared/data when not given. Without it there is nothing to compare, and the
script says so and ends well. Prints a table; ends with 1 when anything differs. `make check-data` builds what it needs.

The same comparisons run over every form in which rows can lie:

1. in memory alone, before any flush;
2. in segments, after SIGTERM and a new start;
3. in segments and in memory side by side, with traces split over many of them;
4. for logs, in segments whose text index was removed.
"""

import os
import sys
import tempfile
from pathlib import Path

from verify import count_checks, log_checks, source, sql_checks, trace_checks
from verify.logs import Logs
from verify.report import Report
from verify.server import Server
from verify.spans import Traces

# What the data set's description says that it holds.
LOGS = 185_856
TRACES = 6_846
SPANS = 427_971
REPEATS = 9_745

FOREVER_MS = 10**9
NEVER = {"storage__flush_bytes": 2**29, "storage__flush_interval_ms": FOREVER_MS, "memory__total_bytes": 2**32}
OFTEN = {"storage__flush_bytes": 2**23, "storage__flush_interval_ms": FOREVER_MS}


class Data:
    """The files, and what a plain scan says of them."""

    def __init__(self, folder):
        self.paths = [str(Path(folder) / name) for name in (*source.TRACES, *source.LOGS)]
        self.span_paths = self.paths[: len(source.TRACES)]
        self.logs = Logs(folder)
        self.traces = Traces(folder)


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent / "../shared/data"
    if not Path(folder).is_dir():
        print(f"{folder} does not exist; there is nothing to compare")
        return 0
    binary = os.environ.get("CLEARSPAN_BIN") or sys.exit("CLEARSPAN_BIN must name the binary")
    report = Report()
    data = Data(folder)
    check_scan(data, report)
    with tempfile.TemporaryDirectory(prefix="clearspan-verify-") as place:
        one, two, bare = (str(Path(place) / name) for name in ("one", "two", "bare"))
        in_memory(binary, one, data, report)
        in_segments(binary, one, data, report)
        side_by_side(binary, two, data, report)
        removed = log_checks.without_text_index(one, bare)
        without_index(binary, bare, removed, data, report)
    return report.finish()


def check_scan(data, report):
    """The plain scan finds what the description of the data says; else it proves nothing."""
    report.stage("Plain scan")
    report.equal("logs", LOGS, len(data.logs.all))
    report.equal("traces", TRACES, len(data.traces.by_id))
    report.equal("distinct spans", SPANS, data.traces.distinct)
    report.equal("identical repeats", REPEATS, data.traces.sent - data.traces.distinct)


def import_all(server, data, report):
    sent = SPANS + REPEATS + LOGS
    report.equal("import", [f"sent {sent} accepted {sent} rejected 0"], server.import_files(data.paths))
    report.equal("spans counted as duplicates", REPEATS, duplicates(server, REPEATS))
    status = server.ask("/api/v1/status")
    report.equal("rejected", (0, 0), tuple(sum(status[s]["rejected"].values()) for s in ("logs", "spans")))


def duplicates(server, expected):
    """Spans that were dropped as repeats. Whether one is a repeat is found out behind its acknowledgement."""
    return server.settled("/api/v1/status", lambda status: status["spans"]["duplicates"], expected)


def in_memory(binary, folder, data, report):
    report.stage("1. In memory, before any flush")
    with Server(binary, folder, **NEVER) as server:
        import_all(server, data, report)
        status = server.ask("/api/v1/status")
        report.equal("segments", (0, 0), (status["logs"]["segments"], status["spans"]["segments"]))
        check_all(server, data, report)
        report.holds("SIGTERM: gone in under 30 s", (seconds := server.stop()) < 30, seconds)


def in_segments(binary, folder, data, report):
    report.stage("2. In segments, after a restart")
    with Server(binary, folder, **NEVER) as server:
        status = server.ask("/api/v1/status")
        pending = tuple(status[signal]["memtable"]["rows"] for signal in ("logs", "spans"))
        report.equal("rows in memory", (0, 0), pending)
        check_all(server, data, report)
        log_checks.check_rare_words(server, data.logs, report)
        sql_checks.check_pruning(server, data.logs, data.traces, report)
        report.equal("import of all spans again", [f"sent {SPANS + REPEATS} accepted {SPANS + REPEATS} rejected 0"],
                     server.import_files(data.span_paths))
        report.equal("all of them are duplicates", SPANS + REPEATS, duplicates(server, SPANS + REPEATS))
        report.equal("spans stored", SPANS, server.ask("/api/v1/status")["spans"]["rows"])
        trace_checks.check_services(server, data.traces, report)


def side_by_side(binary, folder, data, report):
    report.stage("3. In segments and in memory side by side")
    with Server(binary, folder, **OFTEN) as server:
        import_all(server, data, report)
        segments = [server.ask("/api/v1/status")[signal]["segments"] for signal in ("logs", "spans")]
        report.holds(f"flushed on the way: {segments} segments of logs and spans", min(segments) > 1, segments)
        check_all(server, data, report)


def without_index(binary, folder, removed, data, report):
    report.stage("4. In segments without their text index")
    report.holds(f"text indexes removed: {removed}", removed > 0, removed)
    with Server(binary, folder, **NEVER) as server:
        log_checks.check_rare_words(server, data.logs, report, index=False)
        log_checks.check_queries(server, data.logs, report)
        count_checks.check(server, data.logs, report)


def check_all(server, data, report):
    status = server.ask("/api/v1/status")
    report.equal("logs stored", LOGS, status["logs"]["rows"])
    report.equal("spans stored", SPANS, status["spans"]["rows"])
    log_checks.check_queries(server, data.logs, report)
    log_checks.check_ranges(server, data.logs, report)
    log_checks.check_paging(server, data.logs, report)
    log_checks.check_trace_logs(server, data.logs, report)
    count_checks.check(server, data.logs, report)
    trace_checks.check_queries(server, data.traces, report)
    trace_checks.check_durations(server, data.traces, report)
    trace_checks.check_ranges(server, data.traces, report)
    trace_checks.check_summaries(server, data.traces, report)
    trace_checks.check_every_trace(server, data.traces, report)
    trace_checks.check_services(server, data.traces, report)
    sql_checks.check(server, data.logs, data.traces, report)


if __name__ == "__main__":
    sys.exit(main())
