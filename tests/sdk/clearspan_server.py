"""The real binary as a child process, and its API."""

import os
import signal
import subprocess
import time

import requests

# Longer than anything here takes; what is not there by then never comes.
TIMEOUT_S = 30


class Server:
    """A running server. Used with `with`, and stopped by SIGTERM."""

    def __init__(self, binary, data_dir):
        self.binary = binary
        self.data_dir = data_dir
        self.start()

    def start(self):
        ports = [part for port in ("--otlp-grpc", "--otlp-http", "--http") for part in (port, "127.0.0.1:0")]
        self.process = subprocess.Popen(
            [self.binary, "serve", "--data-dir", str(self.data_dir), *ports],
            env={"PATH": os.environ["PATH"]},
            stdout=subprocess.PIPE,
            text=True,
        )
        urls = {}
        while len(urls) < 3:
            line = self.process.stdout.readline()
            assert line, f"the server ended with {self.process.wait()} before it was ready"
            name, url = line.split()
            urls[name] = url
        self.otlp_grpc, self.otlp_http, self.ui = urls["otlp-grpc"], urls["otlp-http"], urls["ui"]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(timeout=TIMEOUT_S) == 0

    def restart(self):
        self.stop()
        self.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def get(self, path, **parameters):
        return requests.get(f"{self.ui}/api/v1/{path}", params=parameters, timeout=TIMEOUT_S)

    def await_rows(self, count, path, rows, **parameters):
        """The answer, once it holds this many rows: acknowledged is not yet searchable."""
        deadline = time.monotonic() + TIMEOUT_S
        while True:
            answer = self.get(path, **parameters)
            found = rows(answer) if answer.status_code == 200 else []
            if len(found) >= count:
                return answer
            assert time.monotonic() < deadline, f"{path} {parameters}: {len(found)} of {count}: {answer.text[:500]}"
