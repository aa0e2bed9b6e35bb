"""Jobs as people see them: asked for, looked at, cancelled."""

from __future__ import annotations

import uuid
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from geomiljo.access import ANONYMOUS, Caller
from geomiljo.database.work_tables import Job, JobLine
from geomiljo.errors import Conflict, NotFound, TooManyRequests
from geomiljo.jobs import queue
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from geomiljo.jobs.kinds import Parameters

UNFINISHED = ("queued", "running")
AFTER_OTHERS = -1
"""Priority of jobs of nobody in particular: who is signed in comes first."""


def new_job_id() -> str:
    """Return a job id that nobody can guess."""
    return uuid.uuid4().hex


def write_job(
    connection: Connection, job_id: str, caller: Caller, parameters: Parameters, request_id: str | None, **known: Any
) -> None:
    """Write a job's row; `known` are the columns that say how far it has come."""
    connection.execute(
        insert(Job).values(
            id=job_id,
            kind=parameters.kind,
            caller_id=caller.id,
            caller=asdict(caller),
            parameters=parameters.model_dump(mode="json", by_alias=True),
            request_id=request_id,
            **known,
        )
    )


def enqueue(
    connection: Connection,
    caller: Caller,
    parameters: Parameters,
    *,
    most: int | None = None,
    job_id: str | None = None,
    request_id: str | None = None,
) -> str:
    """Write a job and queue it, in the caller's transaction; return its id.

    Parameters
    ----------
    most : int, optional
        Most unfinished jobs that the caller may have.
    job_id : str, optional
        Of :func:`new_job_id`, where files of the job have been written already.
    request_id : str, optional
        The request that asks for it.

    Raises
    ------
    TooManyRequests
        The caller has `most` unfinished jobs.
    """
    if most is not None and unfinished(connection, caller.id) >= most:
        raise TooManyRequests(
            _("You have {count} unfinished jobs, as many as are allowed."),
            remedy=_("Wait until one has ended, or cancel one; GEOMILJO_JOBS_PER_CLIENT sets the limit."),
            count=most,
        )
    job_id = job_id or new_job_id()
    write_job(connection, job_id, caller, parameters, request_id, state="queued")
    queue_id = queue.put(connection, job_id, parameters.lock(), AFTER_OTHERS if caller.id == ANONYMOUS.id else 0)
    connection.execute(update(Job).where(Job.id == job_id).values(queue_id=queue_id))
    return job_id


def unfinished(connection: Connection, caller_id: str) -> int:
    """Return how many jobs of a caller have not ended."""
    query = select(func.count()).where(Job.caller_id == caller_id, Job.state.in_(UNFINISHED))
    return int(connection.scalar(query) or 0)


def get_job(connection: Connection, job_id: str) -> Job:
    """Return a job.

    Raises
    ------
    NotFound
        There is none with that id.
    """
    with Session(connection) as session:
        found = session.get(Job, job_id)
        session.expunge_all()
    if found is None:
        raise no_such_job(job_id)
    return found


def no_such_job(job_id: str) -> NotFound:
    """Return what is told where a job does not exist or belongs to somebody else."""
    return NotFound(_("There is no job {job}."), job=job_id)


def list_jobs(connection: Connection, caller_id: str | None, limit: int) -> Sequence[Job]:
    """Return the newest jobs, of one caller or of all."""
    query = select(Job).order_by(Job.created_at.desc(), Job.id).limit(limit)
    with Session(connection) as session:
        rows = session.scalars(query if caller_id is None else query.where(Job.caller_id == caller_id)).all()
        session.expunge_all()
    return rows


def job_lines(connection: Connection, job_id: str, after: int = 0) -> list[dict[str, Any]]:
    """Return a job's log from line number `after` on, which is left out."""
    query = (
        select(JobLine.number, JobLine.at, JobLine.level, JobLine.message, JobLine.params)
        .where(JobLine.job_id == job_id, JobLine.number > after)
        .order_by(JobLine.number)
    )
    return [dict(row._mapping) for row in connection.execute(query)]  # noqa: SLF001 - public in SQLAlchemy


def owner(job: Job) -> Caller:
    """Return whose rights a job has."""
    return Caller(**job.caller)


def drop_job(connection: Connection, job_id: str) -> None:
    """Delete a job that has ended, with its files."""
    connection.execute(delete(Job).where(Job.id == job_id, Job.state.not_in(UNFINISHED)))


def cancel_job(connection: Connection, job_id: str) -> None:
    """Cancel a job: at once while it waits, at its next step while it runs.

    Raises
    ------
    Conflict
        The job has ended.
    """
    state, queue_id = connection.execute(
        select(Job.state, Job.queue_id).where(Job.id == job_id).with_for_update()
    ).one_or_none() or (None, None)
    if state is None:
        raise no_such_job(job_id)
    if state not in UNFINISHED:
        raise Conflict(
            _("Job {job} has ended already: {state}."),
            remedy=_("What it did stays; there is nothing left to cancel."),
            job=job_id,
            state=state,
        )
    values: dict[str, Any] = {"cancel_requested": True}
    if state == "queued":
        values |= {"state": "cancelled", "finished_at": func.now()}
        if queue_id is not None:
            queue.withdraw(connection, queue_id)
    connection.execute(update(Job).where(Job.id == job_id).values(**values))
