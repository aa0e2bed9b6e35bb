"""`Idempotency-Key`: a request that creates or starts something does so once, however often it is sent.

The first answer that creates (201 or 202) is kept for a day and given again, to the same credentials and the same body.
Other answers leave no trace: what was refused can be sent again with the same key.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request

from geomiljo.api.problems import problem_of
from geomiljo.api.security import current_caller
from geomiljo.database.engine import database_errors
from geomiljo.database.work_tables import RequestKey
from geomiljo.errors import Conflict, GeomiljoError, InputError
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = "Idempotency-Key"
_ACCEPTABLE = re.compile(r"[\x21-\x7e]{8,128}")
_KEPT = (201, 202)
_KEPT_FOR = dt.timedelta(hours=24)
_CREDENTIALS = ("authorization", "cookie")


@dataclass
class _Answer:
    """An answer on its way out, and the hash of the body that came in."""

    status: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytearray = field(default_factory=bytearray)


class IdempotencyMiddleware:
    """Gives the kept answer where a key has been used, and keeps answers that create."""

    def __init__(self, app: ASGIApp, abandoned_after_s: float) -> None:
        self.app = app
        self.abandoned_after = dt.timedelta(seconds=abandoned_after_s)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        key = Headers(scope=scope).get(HEADER) if scope["type"] == "http" and scope["method"] == "POST" else None
        if key is None:
            await self.app(scope, receive, send)
            return
        try:
            kept = await self._known(scope, key, receive)
        except GeomiljoError as error:
            await problem_of(Request(scope), error)(scope, receive, send)
            return
        if kept is not None:
            await _replay(kept, send)
        else:
            await self._first(scope, _scope_of(scope, key), receive, send)

    async def _known(self, scope: Scope, key: str, receive: Receive) -> Any:
        """Claim a key; where it was used before return its answer, once the body has proved to be the same."""
        if not _ACCEPTABLE.fullmatch(key):
            raise InputError(
                _("The Idempotency-Key is not usable."),
                remedy=_("Send 8 to 128 visible ASCII characters, for example a UUID."),
            )
        engine: Engine = scope["app"].state.service.engine
        found = await run_in_threadpool(self._claim, engine, _scope_of(scope, key))
        if found is None:
            return None
        if found.status is None:
            raise Conflict(
                _("A request with this Idempotency-Key is being answered."),
                remedy=_("Wait for its answer, then send it again to get the same one."),
            )
        await current_caller(Request(scope))  # the credentials must still hold
        if await _hash_of_rest(receive) != found.body_hash:
            raise InputError(
                _("This Idempotency-Key was used with another body."),
                remedy=_("Use a new key for a new request."),
            )
        return found

    def _claim(self, engine: Engine, scope_hash: str) -> Any:
        """Return None when the key is ours now, its row otherwise."""
        with database_errors(), engine.begin() as connection:
            given_up = (RequestKey.status.is_(None)) & (RequestKey.created_at < func.now() - self.abandoned_after)
            is_old = RequestKey.created_at < func.now() - _KEPT_FOR
            connection.execute(delete(RequestKey).where(RequestKey.scope == scope_hash, or_(given_up, is_old)))
            claimed = connection.scalar(
                insert(RequestKey).values(scope=scope_hash).on_conflict_do_nothing().returning(RequestKey.scope)
            )
            return None if claimed else _row(connection, scope_hash)

    async def _first(self, scope: Scope, scope_hash: str, receive: Receive, send: Send) -> None:
        digest, answer = hashlib.sha256(), _Answer()

        async def receive_hashed() -> Message:
            message = await receive()
            digest.update(message.get("body", b""))
            return message

        async def send_noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer.status = message["status"]
                answer.headers = [
                    (name.decode("latin-1"), value.decode("latin-1")) for name, value in message["headers"]
                ]
            elif answer.status in _KEPT:
                answer.body += message.get("body", b"")
            await send(message)

        engine: Engine = scope["app"].state.service.engine
        try:
            await self.app(scope, receive_hashed, send_noted)
        finally:
            await run_in_threadpool(_settle, engine, scope_hash, digest.hexdigest(), answer)


def _row(connection: Connection, scope_hash: str) -> Any:
    columns = (RequestKey.status, RequestKey.body_hash, RequestKey.headers, RequestKey.body)
    return connection.execute(select(*columns).where(RequestKey.scope == scope_hash)).one()


def _settle(engine: Engine, scope_hash: str, body_hash: str, answer: _Answer) -> None:
    mine = RequestKey.scope == scope_hash
    with engine.begin() as connection:
        if answer.status not in _KEPT:
            connection.execute(delete(RequestKey).where(mine))
            return
        kept = {"status": answer.status, "headers": {"all": answer.headers}, "body": bytes(answer.body)}
        connection.execute(update(RequestKey).where(mine).values(body_hash=body_hash, **kept))


def _scope_of(scope: Scope, key: str) -> str:
    """Return the hash under which a key is kept: nobody meets another's keys."""
    headers = Headers(scope=scope)
    parts = [*(headers.get(name, "") for name in _CREDENTIALS), scope["path"], scope["query_string"].decode(), key]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


async def _hash_of_rest(receive: Receive) -> str:
    digest = hashlib.sha256()
    while True:
        message = await receive()
        digest.update(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body", False):
            return digest.hexdigest()


async def _replay(kept: Any, send: Send) -> None:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in kept.headers["all"]]
    headers.append((b"idempotent-replayed", b"true"))
    await send({"type": "http.response.start", "status": kept.status, "headers": headers})
    await send({"type": "http.response.body", "body": bytes(kept.body)})
