"""The real binary: start, import, ask, stop."""

import http.client
import json
import os
import signal
import subprocess
import time
import urllib.parse

# Longer than any answer takes, so that a server that hangs is an error and not a wait.
TIMEOUT_S = 120

# Longer than a record takes from its acknowledgement until it is counted.
SETTLE_S = 10


class Server:
    """A running server on a data folder. Used with `with`, and stopped by SIGTERM."""

    def __init__(self, binary, data_dir, **settings):
        self.binary = binary
        variables = {f"CLEARSPAN_{name.upper()}": str(held) for name, held in settings.items()}
        ports = [part for port in ("--otlp-grpc", "--otlp-http", "--http") for part in (port, "127.0.0.1:0")]
        self.process = subprocess.Popen(
            [binary, "serve", "--data-dir", data_dir, *ports],
            env={"PATH": os.environ["PATH"], "CLEARSPAN_LOG__LEVEL": "warn", **variables},
            stdout=subprocess.PIPE,
            text=True,
        )
        self.urls = {}
        while len(self.urls) < 3:
            line = self.process.stdout.readline()
            if not line:
                raise SystemExit(f"the server ended with {self.process.wait()} before it was ready")
            name, url = line.split()
            self.urls[name] = url
        self.api = http.client.HTTPConnection(self.urls["ui"].removeprefix("http://"), timeout=TIMEOUT_S)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind is None:
            self.stop()
        elif self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def stop(self):
        """SIGTERM; gives the exit status and the seconds it took."""
        asked = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(timeout=TIMEOUT_S)
        if status != 0:
            raise SystemExit(f"the server ended with {status}")
        return time.monotonic() - asked

    def import_files(self, paths):
        """The last line of `clearspan import`."""
        command = [self.binary, "import", *paths, "--to", self.urls["otlp-http"]]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        return done.stdout.strip().splitlines()[-1:]

    def get(self, path, **parameters):
        """The status and the answer, parsed."""
        given = {name: held for name, held in parameters.items() if held is not None}
        query = urllib.parse.urlencode(given)
        self.api.request("GET", f"{path}?{query}" if query else path)
        answer = self.api.getresponse()
        body = answer.read()
        return answer.status, json.loads(body)

    def ask(self, path, **parameters):
        """The answer, which must be a good and a whole one."""
        status, answer = self.get(path, **parameters)
        if status != 200 or answer.get("partial"):
            raise SystemExit(f"{path} {parameters}: {status} {json.dumps(answer)[:600]}")
        return answer

    def sql(self, query, **params):
        """The answer to a SELECT, which must be a good and a whole one."""
        body = json.dumps({"query": query, "params": params})
        self.api.request("POST", "/api/v1/sql", body, {"content-type": "application/json"})
        answer = self.api.getresponse()
        found = json.loads(answer.read())
        if answer.status != 200 or found.get("partial"):
            raise SystemExit(f"{query} {params}: {answer.status} {json.dumps(found)[:600]}")
        return found

    def settled(self, path, value, expected):
        """A value of the answer, once it is the expected one; the last that was seen, when that never happens.

        Acknowledged is on disk; what the answer tells of it may come a moment later.
        """
        deadline = time.monotonic() + SETTLE_S
        while (found := value(self.ask(path))) != expected and time.monotonic() < deadline:
            pass
        return found

    def pages(self, path, **parameters):
        """Every page, following the cursor."""
        cursor = None
        while True:
            page = self.ask(path, cursor=cursor, **parameters)
            yield page
            cursor = page["next_cursor"]
            if cursor is None:
                return
