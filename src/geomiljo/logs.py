"""The log of service and worker: one JSON object a line, with the ids of request and job.

Modules log as usual (`logging`, facts in ``extra``); what is bound in `structlog.contextvars` goes into every line.
"""

from __future__ import annotations

from typing import Any

import structlog


def log_config(form: str, level: str) -> dict[str, Any]:
    """Return what `logging.config.dictConfig` takes; uvicorn hands it to each of its processes.

    Parameters
    ----------
    form : str
        ``json`` or ``text``.
    level : str
        Least serious level that is logged.
    """
    shared = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        structlog.processors.EventRenamer("message"),
    ]
    last: list[Any] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    if form == "json":
        last += [_exceptions(), structlog.processors.JSONRenderer(ensure_ascii=False)]
    else:
        last += [
            structlog.dev.ConsoleRenderer(
                exception_formatter=structlog.dev.plain_traceback,
                colors=False,
                event_key="message",
                timestamp_key="time",
            )
        ]
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "lines": {"()": structlog.stdlib.ProcessorFormatter, "processors": last, "foreign_pre_chain": shared}
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines", "stream": "ext://sys.stderr"}},
        "root": {"handlers": ["stderr"], "level": level.upper()},
        "loggers": {
            "uvicorn.access": {"level": "WARNING"},  # the service logs its requests itself, with their ids
            "uvicorn.error": {"level": level.upper()},
            "procrastinate": {"level": "WARNING"},  # jobs are logged by ours
        },
    }


def _exceptions() -> structlog.processors.ExceptionRenderer:
    """Render exceptions without the values of variables: a key or a plan may be among them."""
    return structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False))
