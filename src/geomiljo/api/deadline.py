"""No answer begins later than the deadline: what takes longer is work for a job."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.requests import Request

from geomiljo.api.problems import problem_of
from geomiljo.errors import DeadlineExceeded
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


class DeadlineMiddleware:
    """Answers a 503 problem where no answer has begun in time.

    Work in a thread cannot be broken off; it goes on to its end, and counts among the client's checks until then.
    """

    def __init__(self, app: ASGIApp, deadline_s: float) -> None:
        self.app = app
        self.deadline_s = deadline_s
        self._late: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = asyncio.Event()
        is_late = False

        async def send_in_time(message: Message) -> None:
            if not is_late:
                begun.set()
                await send(message)

        work = asyncio.ensure_future(self.app(scope, receive, send_in_time))
        answer = asyncio.create_task(begun.wait())
        try:
            await asyncio.wait({work, answer}, timeout=self.deadline_s, return_when=asyncio.FIRST_COMPLETED)
            if begun.is_set() or work.done():
                await work
                return
        except asyncio.CancelledError:
            work.cancel()
            raise
        finally:
            answer.cancel()
        is_late = True
        self._late.add(work)
        work.add_done_callback(self._let_go)
        error = DeadlineExceeded(
            _("The answer took longer than {seconds} s."),
            remedy=_("Keep the area as a plan and have it assessed by a job (POST /api/v1/jobs), or ask for less."),
            seconds=round(self.deadline_s),
        )
        await problem_of(Request(scope), error)(scope, receive, send)

    def _let_go(self, work: asyncio.Task[None]) -> None:
        self._late.discard(work)
        if not work.cancelled():
            work.exception()
