"""Jobs whose worker was lost, and what is old: looked after by every worker, one at a time."""

from __future__ import annotations

import datetime as dt
import logging
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, select, text, update

from geomiljo.assessments.checks import drop_old_checks
from geomiljo.database.work_tables import Job, RequestKey
from geomiljo.jobs import queue
from geomiljo.jobs.progress import add_line, told
from geomiljo.jobs.run import JobFailed
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

MOST_LOSSES = 1
"""How often a job is tried again after its worker was lost."""
FLEETING = ("check-area", "echo")
"""Jobs that hold what was sent and its results, and are kept for hours."""
REQUEST_KEYS_KEPT = dt.timedelta(hours=24)
_log = logging.getLogger("geomiljo.jobs")


def rescue(engine: Engine, silent_s: float) -> int:
    """Take up again, or close, the jobs of workers that have been silent for `silent_s` seconds; return how many."""
    with engine.begin() as connection:
        if not connection.scalar(text("SELECT pg_try_advisory_xact_lock(hashtext('geomiljo.rescue'))")):
            return 0
        lost = queue.stalled(connection, silent_s)
        for queue_id in lost:
            _rescue_one(connection, queue_id)
    return len(lost)


def _rescue_one(connection: Connection, queue_id: int) -> None:
    job = connection.execute(
        select(Job.id, Job.state, Job.losses, Job.cancel_requested).where(Job.queue_id == queue_id).with_for_update()
    ).one_or_none()
    if job is None or job.state in {"succeeded", "failed", "cancelled"}:
        queue.finish(connection, queue_id, "failed" if job is None or job.state == "failed" else "aborted")
        return
    if job.cancel_requested:
        _close(connection, job.id, state="cancelled", finished_at=func.now())
        queue.finish(connection, queue_id, "aborted")
    elif job.losses < MOST_LOSSES:
        add_line(connection, job.id, _("The worker was lost; the job is tried once more."), "warning", {})
        _close(connection, job.id, state="queued", losses=Job.losses + 1)
        queue.put_back(connection, queue_id)
        _log.warning("job taken up again after its worker was lost", extra={"job_id": job.id})
    else:
        error = JobFailed(
            _("The worker was lost {count} times while the job ran."),
            remedy=_("The job may need more memory than there is: split it, or ask the operator of the service."),
            count=job.losses + 1,
        )
        add_line(connection, job.id, error.message, "error", error.params)
        _close(connection, job.id, state="failed", losses=Job.losses + 1, finished_at=func.now(), error=told(error))
        queue.finish(connection, queue_id, "failed")
        _log.error("job given up: its worker was lost again", extra={"job_id": job.id})


def _close(connection: Connection, job_id: str, **values: Any) -> None:
    connection.execute(update(Job).where(Job.id == job_id).values(**values))


def tidy(engine: Engine, job_retention_days: int, result_retention_hours: float) -> None:
    """Delete finished jobs with their files, kept checks and used idempotency keys when their time is over."""
    with engine.begin() as connection:
        queue.drop_finished(connection)
        old = func.now() - dt.timedelta(days=job_retention_days)
        connection.execute(delete(Job).where(Job.finished_at < old))
        old = func.now() - dt.timedelta(hours=result_retention_hours)
        connection.execute(delete(Job).where(Job.finished_at < old, Job.kind.in_(FLEETING)))
        connection.execute(delete(RequestKey).where(RequestKey.created_at < func.now() - REQUEST_KEYS_KEPT))
        drop_old_checks(connection)
