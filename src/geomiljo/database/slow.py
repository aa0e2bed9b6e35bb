"""Slow statements are logged, without their values."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

from sqlalchemy import event

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

_log = logging.getLogger("geomiljo.database")
_STATEMENT_CHARACTERS = 500


def log_slow_statements(engine: Engine, slow_ms: float) -> None:
    """Log each statement of `engine` that takes `slow_ms` or longer; values stay out, since they may be a plan."""

    @event.listens_for(engine, "before_cursor_execute")
    def begin(connection: Connection, *_: Any) -> None:
        connection.info.setdefault("begun", []).append(time.perf_counter())

    @event.listens_for(engine, "after_cursor_execute")
    def end(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        spent_ms = (time.perf_counter() - connection.info["begun"].pop()) * 1_000
        if spent_ms >= slow_ms:
            shown = " ".join(statement.split())[:_STATEMENT_CHARACTERS]
            _log.warning("slow statement", extra={"ms": round(spent_ms, 1), "statement": shown})

    @event.listens_for(engine, "handle_error")
    def failed(context: Any) -> None:
        if context.connection is not None:
            context.connection.info["begun"] = []
