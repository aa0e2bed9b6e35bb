"""Small servers on loopback, shaped like those of the agencies, with faults at will."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from urllib.request import Request, urlopen

HTML = b"<!DOCTYPE html><html><body>Underh\xc3\xa5ll</body></html>"


@dataclass(frozen=True)
class Question:
    """A request."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class Reply:
    """An answer."""

    body: bytes
    kind: str = "application/json"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


Handler = Callable[[Question], Reply]
FAULTS = ("killed", "slow", "html", "truncated", "too_long", "error")


@dataclass
class Server:
    """A running server.

    `fault`: what goes wrong with answers for which `when` holds; `asked`: every request so far.
    """

    url: str
    handler: Handler
    fault: str | None = None
    when: Callable[[Question, int], bool] = lambda _question, _number: True
    asked: list[Question] = field(default_factory=list)
    slowness_s: float = 1.5

    def is_faulty(self, question: Question) -> bool:
        return self.fault is not None and self.when(question, len(self.asked))


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    server: Server

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go away are meant."""


class _Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 20

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
        """Say nothing."""

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        server: Server = self.server.server  # type: ignore[attr-defined]
        parts = urlsplit(self.path)
        length = int(self.headers.get("content-length") or 0)
        question = Question(
            parts.path,
            {key.lower(): value for key, value in parse_qsl(parts.query, keep_blank_values=True)},
            {key.lower(): value for key, value in self.headers.items()},
            self.rfile.read(length),
        )
        server.asked.append(question)
        reply = server.handler(question)
        self._send(reply, server.fault if server.is_faulty(question) else None, server.slowness_s)

    def _send(self, reply: Reply, fault: str | None, slowness_s: float) -> None:
        body = reply.body
        told = len(body)
        if fault == "html":
            reply, body, told = Reply(HTML, "text/html"), HTML, len(HTML)
        elif fault == "error":
            reply, body, told = Reply(b"", status=503), b"", 0
        elif fault == "truncated":
            body = body[: len(body) * 2 // 3]
            told = len(body)
        elif fault == "too_long":
            told = len(body) * 2 + 10
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.kind)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(told))
        self.end_headers()
        half = len(body) // 2
        self.wfile.write(body[:half])
        self.wfile.flush()
        if fault == "slow":
            time.sleep(slowness_s)
        if fault == "killed":
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
            return
        self.wfile.write(body[half:])
        self.close_connection = fault is not None


def through(url: str) -> Handler:
    """Return a proxy in front of another server of loopback: faults are then done to its answers."""

    def answer(question: Question) -> Reply:
        query = f"?{urlencode(question.query)}" if question.query else ""
        kept = {name: question.headers[name] for name in ("accept",) if name in question.headers}
        with urlopen(Request(f"{url}{question.path}{query}", headers=kept), timeout=60) as response:  # noqa: S310 - loopback
            return Reply(response.read(), response.headers["Content-Type"], response.status)

    return answer


@contextmanager
def serving(handler: Handler) -> Iterator[Server]:
    """Run a server on a free port of loopback."""
    listener = _Listener(("127.0.0.1", 0), _Answering)
    server = Server(f"http://127.0.0.1:{listener.server_address[1]}", handler)
    listener.server = server
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listener.shutdown()
        listener.server_close()
        thread.join()
