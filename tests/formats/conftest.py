"""Stores whose segments are read without the program: what it writes now, and what it wrote."""

import json
import os
import subprocess
from pathlib import Path

import pytest

FIXTURES = Path(__file__).parents[2] / "storage/tests/fixtures"
# So many in a flush that a segment has several record batches, of either container.
SEED, ROWS = 7, 2_500


class Store:
    """A data folder, and beside it the rows that the program reads from it."""

    def __init__(self, folder):
        self.folder = folder
        self.rows = {signal: dict(self._rows(signal)) for signal in ("logs", "spans")}

    def _rows(self, signal):
        with open(self.folder / f"{signal}.jsonl", encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                yield row["seq"], row

    def segments(self, signal, row_file="meta.json"):
        """Its segment folders, or those that have this file."""
        found = (self.folder / "data/tenants/default" / signal / "segments").glob(f"*/*/{row_file}")
        return sorted(path.parent for path in found)


@pytest.fixture(scope="session", params=["format-1", "format-2", "now"])
def store(request, tmp_path_factory):
    if request.param != "now":
        return Store(FIXTURES / request.param)
    program = os.environ.get("CLEARSPAN_SAMPLE_STORE")
    if not program:
        pytest.fail("CLEARSPAN_SAMPLE_STORE must name the example that writes a store; `make test-formats` builds it")
    folder = tmp_path_factory.mktemp("store")
    subprocess.run([program, str(folder), str(SEED), str(ROWS)], check=True)
    return Store(folder)
