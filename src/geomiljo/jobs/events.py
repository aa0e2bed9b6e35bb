"""Following jobs: one LISTEN connection for each service process, whichever process or worker changes the job."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import TYPE_CHECKING

import psycopg

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from sqlalchemy import Engine

CHANNEL = "geomiljo_job"
RECONNECT_S = 1.0
_log = logging.getLogger("geomiljo.jobs")


class JobEvents:
    """Wakes those who follow a job when it changes; what has changed they read for themselves.

    While the connection is away nothing is lost: once it is back, everybody is woken.
    """

    def __init__(self) -> None:
        self._followers: dict[str, set[asyncio.Event]] = defaultdict(set)

    @contextmanager
    def following(self, job_id: str) -> Iterator[asyncio.Event]:
        """Yield an event that is set whenever the job changes."""
        changed = asyncio.Event()
        self._followers[job_id].add(changed)
        try:
            yield changed
        finally:
            self._followers[job_id].discard(changed)
            if not self._followers[job_id]:
                del self._followers[job_id]

    async def listen(self, engine: Engine) -> None:
        """Listen until cancelled."""
        address = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        while True:
            try:
                connection = await psycopg.AsyncConnection.connect(
                    address, autocommit=True, application_name="geomiljo events"
                )
                async with connection:
                    await connection.execute(f"LISTEN {CHANNEL}")
                    self._wake(*self._followers)
                    async for notice in connection.notifies():
                        self._wake(notice.payload)
            except psycopg.OperationalError as error:
                _log.warning("no connection to follow jobs by: %s", error)
            await asyncio.sleep(RECONNECT_S)

    def _wake(self, *job_ids: str) -> None:
        for job_id in job_ids:
            for changed in self._followers.get(job_id, ()):
                changed.set()


@asynccontextmanager
async def listening(engine: Engine) -> AsyncIterator[JobEvents]:
    """Follow jobs until the block ends."""
    events = JobEvents()
    task = asyncio.create_task(events.listen(engine))
    try:
        yield events
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
