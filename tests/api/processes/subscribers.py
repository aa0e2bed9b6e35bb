"""A small server that jobs call back, and those that wait there: each at an address of its own."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any


@dataclass
class Callbacks:
    """A small server that notes what jobs tell it."""

    origin: str
    noted: list[tuple[str, Any]] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def subscriber(self) -> Subscriber:
        """Return one that nobody has told anything yet."""
        return Subscriber(self, f"/{next(self._numbers)}")


@dataclass(frozen=True)
class Subscriber:
    """One that sees only what comes to its own address, however late jobs of others tell theirs."""

    callbacks: Callbacks
    path: str

    @property
    def address(self) -> str:
        return self.callbacks.origin + self.path

    @property
    def got(self) -> list[tuple[str, Any]]:
        """What came so far, with paths from the address on."""
        own = f"{self.path}/"
        return [(path.removeprefix(self.path), body) for path, body in self.callbacks.noted if path.startswith(own)]

    def until(self, count: int) -> list[tuple[str, Any]]:
        end = time.monotonic() + 20
        while len(self.got) < count and time.monotonic() < end:
            time.sleep(0.02)
        return self.got


@contextmanager
def called_back() -> Iterator[Callbacks]:
    class Notes(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            callbacks.noted.append((self.path, json.loads(body)))
            if self.path.endswith("/elsewhere"):
                self.send_response(307)
                self.send_header("Location", f"{self.path}/moved")
            else:
                self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Notes) as server:
        callbacks = Callbacks(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield callbacks
        finally:
            server.shutdown()
            thread.join()
