"""How much one client may ask: requests in a time, checks at a time."""

from __future__ import annotations

import ipaddress
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request

from geomiljo.access import ANONYMOUS
from geomiljo.api.idempotency import HEADER as IDEMPOTENCY_HEADER
from geomiljo.api.security import CurrentCaller
from geomiljo.api.state import State
from geomiljo.settings import Settings

_FREE = frozenset({"/health", "/ready", "/metrics"})
"""Paths that machines ask all the time."""


def client_of(request: Request, caller: CurrentCaller) -> str:
    """Return who counts as one client."""
    if caller.id != ANONYMOUS.id:
        return caller.id
    host = request.client.host if request.client else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return f"address:{host}"
    if address.version == 6:
        return f"address:{ipaddress.ip_network((address, 64), strict=False)}"
    return f"address:{address}"


Client = Annotated[str, Depends(client_of)]


async def within_rate(request: Request, state: State, client: Client, caller: CurrentCaller) -> None:
    """Let a request pass whose client has not asked too much; a dependency of every route."""
    if request.url.path not in _FREE:
        await state.clients.note_request(client, is_known=caller.id != ANONYMOUS.id)


async def one_of_few_checks(state: State, client: Client) -> AsyncIterator[None]:
    """Let a check run while not too many of the client's are running; a dependency of routes that measure."""
    state.clients.begin_check(client)
    try:
        yield
    finally:
        state.clients.end_check(client)


def limits_in_words(settings: Settings) -> str:
    """Return the limits of an installation, for the service's description."""
    rows = (
        (f"{settings.max_upload_bytes / 1e6:g} MB", "a body", 413),
        (f"{settings.max_vertices}", "vertices of a planning area", 413),
        (f"{settings.max_features}", "features of a file", 413),
        (f"{settings.max_area_km2:g} km²", "a planning area", 413),
        (f"{settings.checks_per_client}", "checks of one client at a time", 429),
        (settings.rate_limit_anonymous, "requests of an address", 429),
        (settings.rate_limit, "requests of a key or person", 429),
        (f"{settings.jobs_per_client}", "unfinished jobs of one client", 429),
        (f"{settings.request_deadline_s:g} s", "until an answer begins", 503),
        (f"{settings.statement_timeout_s:g} s", "a database statement", 503),
    )
    table = "".join(f"| {what} | {most} | {status} |\n" for most, what, status in rows)
    return (
        f"\n## Limits\n\n| what | at most | else |\n|---|---|---|\n{table}\n"
        "What is too much for a request is work for a job. A POST that creates or starts something takes an"
        f" `{IDEMPOTENCY_HEADER}` header: sent again within a day it gets the same answer and does nothing more.\n"
    )
