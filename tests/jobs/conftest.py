"""Workers over a database of the test's own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from pydantic import SecretStr

from geomiljo.assessments import Assessor
from geomiljo.catalogue import Catalogue
from geomiljo.jobs.work import Tools, open_tools
from geomiljo.jobs.worker import work
from geomiljo.settings import Settings

HEARTBEAT_S = 0.3


@pytest.fixture
def tools(database_url: str, catalogue: Catalogue) -> Iterator[Tools]:
    """What jobs have at hand."""
    settings = Settings(database_url=SecretStr(database_url), worker_heartbeat_s=HEARTBEAT_S)
    with open_tools(settings, Assessor.of(catalogue)) as tools:
        yield tools


@contextmanager
def working(tools: Tools) -> Iterator[Callable[[], None]]:
    """Run a worker in a thread until the block ends; yields what stops it earlier."""
    loop = asyncio.new_event_loop()
    task: list[asyncio.Task[None]] = []
    started = threading.Event()

    async def main() -> None:
        task.append(asyncio.create_task(work(tools, handle_signals=False)))
        started.set()
        await asyncio.wait(task)

    thread = threading.Thread(target=loop.run_until_complete, args=[main()])
    thread.start()
    started.wait(10)

    def stop() -> None:
        if thread.is_alive():
            loop.call_soon_threadsafe(task[0].cancel)
            thread.join(30)
            assert not thread.is_alive()

    try:
        yield stop
    finally:
        stop()
        loop.close()
    if not task[0].cancelled():
        task[0].result()
