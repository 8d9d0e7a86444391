"""Fixtures: the real binary, and the SDK's exporters for it."""

import os

import pytest

from clearspan_server import Server


@pytest.fixture(scope="session")
def binary():
    path = os.environ.get("CLEARSPAN_BIN")
    if not path:
        pytest.fail("CLEARSPAN_BIN must name the binary; `make test-sdk` builds it")
    return path


@pytest.fixture(scope="session")
def server(binary, tmp_path_factory):
    with Server(binary, tmp_path_factory.mktemp("data")) as running:
        yield running
