"""Each request is told of once: a line in the log, and the counters."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from structlog.contextvars import bound_contextvars

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from geomiljo.api.metrics import Metrics

_log = logging.getLogger("geomiljo.api")
_QUIET = frozenset({"/health", "/ready", "/metrics"})
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
NO_ROUTE = "none"


class ObserveMiddleware:
    """Logs and counts requests; everything that is logged meanwhile carries the request's id."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status = 500
        begun = time.perf_counter()

        async def send_noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with bound_contextvars(request_id=scope["state"]["request_id"]):
            try:
                await self.app(scope, receive, send_noted)
            finally:
                self._tell(scope, status, time.perf_counter() - begun)

    def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", NO_ROUTE)
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        self.metrics.note(method, route, status, seconds)
        level = logging.DEBUG if scope["path"] in _QUIET else logging.INFO
        facts = {"method": method, "route": route, "path": scope["path"], "status": status}
        _log.log(level, "request", extra={**facts, "ms": round(seconds * 1_000, 1)})
