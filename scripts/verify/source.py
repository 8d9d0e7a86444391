"""The data as it stands in the files: OTLP/JSON lines, packed with zstd."""

import json
import os
import shutil
import subprocess

TRACES = ("trainticket-traces.otlp.jsonl.zst", "onlineboutique-traces.otlp.jsonl.zst")
LOGS = ("trainticket-logs.otlp.jsonl.zst", "onlineboutique-logs.otlp.jsonl.zst")


def unpack_command():
    """Python's standard library has no zstd before 3.14; the project's own tool, named by CLEARSPAN_BENCH, has."""
    bench = os.environ.get("CLEARSPAN_BENCH")
    if bench:
        return [bench, "unpack"]
    if shutil.which("zstd"):
        return ["zstd", "-dcq"]
    raise SystemExit("neither CLEARSPAN_BENCH is set nor is there a `zstd`; `make check-data` sees to it")


def requests(folder, names):
    """Every line of the files, parsed."""
    for name in names:
        command = [*unpack_command(), os.path.join(folder, name)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as unpacking:
            for line in unpacking.stdout:
                yield json.loads(line)
        if unpacking.returncode != 0:
            raise SystemExit(f"{' '.join(command)} failed")
