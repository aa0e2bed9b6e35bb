"""The worker: takes jobs from the queue, runs them in threads, says that it lives, and looks after lost ones."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from procrastinate import PsycopgConnector
from psycopg_pool import AsyncConnectionPool

from geomiljo.jobs import queue
from geomiljo.jobs.rescue import rescue, tidy
from geomiljo.jobs.run import run_job
from geomiljo.jobs.schedule import ask_for_refresh
from geomiljo.jobs.work import open_tools

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from procrastinate import JobContext

    from geomiljo.assessments import Assessor
    from geomiljo.jobs.work import Tools
    from geomiljo.settings import Settings

LOST_AFTER_HEARTBEATS = 3
_log = logging.getLogger("geomiljo.jobs")


async def work(tools: Tools, *, handle_signals: bool) -> None:
    """Run jobs until cancelled or, with `handle_signals`, until SIGINT or SIGTERM.

    Jobs come as soon as they are queued (LISTEN/NOTIFY). A job that runs when the worker is told to stop is laid
    down at its next step, and another worker takes it up.
    """
    beat_s = tools.settings.worker_heartbeat_s

    def run(context: JobContext, job_id: str) -> None:
        run_job(tools, context, job_id)

    def refresh() -> None:
        ask_for_refresh(tools.engine, tools.assessor.catalogue)

    connector = PsycopgConnector(pool_factory=lambda **_: _pool(tools))
    app = queue.queue_app(connector, run, refresh, tools.settings.refresh_at)
    async with app.open_async():
        keeper = asyncio.create_task(_look_after(tools, beat_s))
        try:
            await app.run_worker_async(
                queues=[queue.QUEUE],
                concurrency=tools.settings.worker_concurrency,
                install_signal_handlers=handle_signals,
                update_heartbeat_interval=beat_s,
                stalled_worker_timeout=beat_s * LOST_AFTER_HEARTBEATS,
                fetch_job_polling_interval=min(beat_s, 5.0),
                shutdown_graceful_timeout=0,
            )
        finally:
            keeper.cancel()
            with suppress(asyncio.CancelledError):
                await keeper


@asynccontextmanager
async def worker_inside(settings: Settings, assessor: Assessor) -> AsyncIterator[None]:
    """Run a worker in the event loop of the caller until the block ends."""
    with open_tools(settings, assessor) as tools:
        task = asyncio.create_task(work(tools, handle_signals=False))
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


def run_worker(settings: Settings, assessor: Assessor) -> None:
    """Run a worker until SIGINT or SIGTERM."""
    with open_tools(settings, assessor) as tools:
        asyncio.run(work(tools, handle_signals=True))


def _pool(tools: Tools) -> AsyncConnectionPool:
    url = tools.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    options = {"options": f"-c search_path={queue.SEARCH_PATH.replace(' ', '')}", "application_name": "geomiljo worker"}
    return AsyncConnectionPool(url, kwargs=options, min_size=1, max_size=3, open=False)


async def _look_after(tools: Tools, beat_s: float) -> None:
    """Look for lost jobs as often as workers say that they live; a fault here is told and does not stop the worker."""
    while True:
        try:
            await asyncio.to_thread(rescue, tools.engine, beat_s * LOST_AFTER_HEARTBEATS)
            kept = tools.settings.job_retention_days, tools.settings.result_retention_hours
            await asyncio.to_thread(tidy, tools.engine, *kept)
        except Exception:  # noqa: BLE001 - the worker goes on
            _log.exception("looking after lost jobs failed")
        await asyncio.sleep(beat_s)
