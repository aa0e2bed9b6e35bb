"""A small server that jobs call back."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any


@dataclass
class Subscriber:
    """A small server that notes what jobs tell it."""

    address: str
    got: list[tuple[str, Any]] = field(default_factory=list)

    def until(self, count: int) -> list[tuple[str, Any]]:
        end = time.monotonic() + 20
        while len(self.got) < count and time.monotonic() < end:
            time.sleep(0.02)
        return self.got


@contextmanager
def subscribed() -> Iterator[Subscriber]:
    class Notes(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            noted.got.append((self.path, json.loads(body)))
            if self.path == "/elsewhere":
                self.send_response(307)
                self.send_header("Location", "/moved")
            else:
                self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Notes) as server:
        noted = Subscriber(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield noted
        finally:
            server.shutdown()
            thread.join()
